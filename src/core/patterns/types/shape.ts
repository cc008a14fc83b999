import { allEngines } from '../engines.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { columnAdvice, definedColumns, newTable, wordsOf } from './ddl-columns.ts';

/** `entity_id, attribute, value` */
export const entityAttributeValue: Pattern = {
  id: 'entity-attribute-value',
  title: 'Table of attributes and values',
  category: 'types',
  industries: ['saas', 'e-commerce'],
  engines: allEngines(
    'Several attributes of one thing are asked for at once: each is a join with the same table.',
  ),
  severity: 'info',
  description:
    'Values have no type and no constraint, every attribute is a self-join or a pivot, and the planner cannot estimate any of them. Columns, or one json document a row, can be indexed and checked.',
  source: 'Karwin, SQL Antipatterns, chapter 6',
  precondition:
    'A new table has a column for the name of an attribute, one for its value, and one that refers to something.',
  example: {
    schema: '',
    before:
      'CREATE TABLE product_attributes (product_id int, attribute_name varchar(40), attribute_value varchar(200), PRIMARY KEY (product_id, attribute_name))',
    after: null,
  },
  rewrites: false,
  needs: ['createTable'],
  *find(statement) {
    const table = newTable(statement);
    const name = table?.name.at(-1);
    const columns = definedColumns(statement);
    if (!table || !name || columns.length > 6) return;
    const has = (wanted: (words: readonly string[]) => boolean): boolean =>
      columns.some((column) => wanted(wordsOf(column)));
    const attribute = has(
      (words) =>
        ['attribute', 'attr', 'property', 'key', 'field'].includes(words[0] ?? '') &&
        words.length <= 2 &&
        words[1] !== 'value',
    );
    const value = has((words) => words.at(-1) === 'value');
    const entity = has((words) => words.length > 1 && words.at(-1) === 'id');
    if (attribute && value && entity) {
      yield advice(
        name,
        `${name.text} holds attributes as rows: each one asked for is a join. Columns or a json document can be indexed and checked.`,
      );
    }
  },
};

/** `phone1, phone2, phone3` */
export const numberedColumns: Pattern = {
  id: 'numbered-columns',
  title: 'Columns that are numbered',
  category: 'types',
  engines: allEngines(
    'All of the columns are searched for one value: each needs an index of its own, and an OR.',
  ),
  severity: 'info',
  description:
    'A list spread over columns has a largest length, is searched by an OR over all of them, and cannot be counted or kept unique. A table with a row for each is all of that.',
  source: 'Karwin, SQL Antipatterns, chapter 8',
  precondition: 'Three or more columns of one type have the same name but for a number at its end.',
  example: {
    schema: '',
    before:
      'CREATE TABLE customers (customer_id int PRIMARY KEY, phone1 varchar(20), phone2 varchar(20), phone3 varchar(20))',
    after: null,
  },
  rewrites: false,
  needs: [['createTable', 'alterTable']],
  *find(statement) {
    const groups = new Map<string, ReturnType<typeof definedColumns>>();
    for (const column of definedColumns(statement)) {
      const stem = /^(.*[a-z])_?\d{1,2}$/.exec(column.name)?.[1];
      if (stem)
        groups.set(`${stem} ${column.type}`, [...(groups.get(`${stem} ${column.type}`) ?? []), column]);
    }
    for (const group of groups.values()) {
      const [first] = group;
      if (!first || group.length < 3) continue;
      yield advice(
        first.node.name,
        `${group.map((column) => column.node.name.text).join(', ')} are a list spread over columns: a table with a row for each can be searched by one index.`,
      );
    }
  },
};

/** `tag_ids varchar(200)` */
export const listAsText = columnAdvice(
  {
    id: 'list-as-text',
    title: 'List of keys kept as text',
    engines: allEngines('Rows are searched by one element: only LIKE with wildcards on both sides finds it.'),
    severity: 'warning',
    description:
      'A list in a text cannot be joined, has no foreign key, and is searched by LIKE or FIND_IN_SET, which read every row. A table of pairs, or in PostgreSQL an array with a GIN index, is searched.',
    source: 'Karwin, SQL Antipatterns, chapter 2',
    precondition: 'The name of a text column ends with ids or has the word list or csv.',
    example: { before: 'CREATE TABLE posts (post_id int PRIMARY KEY, tag_ids varchar(200))' },
  },
  (column) => {
    const words = wordsOf(column);
    const named = words.at(-1) === 'ids' || words.at(-1) === 'list' || words.includes('csv');
    const text = /^(text|varchar|character varying|nvarchar|char|longtext|mediumtext)$/.test(column.typeName);
    return text && named
      ? `${column.node.name.text} seems to hold a list in a text: a table with a row for each element can be joined and indexed.`
      : null;
  },
);

/** `status enum('a', 'b')` */
export const enumColumn = columnAdvice(
  {
    id: 'enum-or-set-column',
    title: 'ENUM or SET column',
    engines: [
      { dialect: 'mysql', pays: 'never: it is about changes of the list' },
      { dialect: 'mariadb', pays: 'never: it is about changes of the list' },
    ],
    severity: 'hint',
    description:
      'Taking a value out of the list or putting one between rewrites the table, values sort by their number, a number is taken for one, and SET is a list in one column.',
    source: 'https://dev.mysql.com/doc/refman/8.4/en/enum.html',
    precondition: 'The type of a new column is ENUM or SET.',
    example: { before: "CREATE TABLE orders (order_id int PRIMARY KEY, status enum('new', 'paid'))" },
  },
  (column) =>
    column.typeName === 'enum' || column.typeName === 'set'
      ? `${column.node.name.text}: a table of the values with a foreign key is changed by INSERT, not by ALTER TABLE.`
      : null,
);
