import { allEngines } from '../engines.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { columnAdvice, definedColumns, newTable, wordsOf } from './ddl-columns.ts';

/** PRIMARY KEY (a, b, c, d) */
export const widePrimaryKey: Pattern = {
  id: 'wide-primary-key',
  title: 'Primary key of four columns or more',
  category: 'types',
  engines: allEngines(
    'Other tables refer to it, or (InnoDB, SQL Server) the table has several indexes, each of which repeats the key.',
  ),
  severity: 'hint',
  description:
    'Every foreign key repeats all of the columns, every join compares them, and in InnoDB and SQL Server each other index carries the whole key.',
  source: 'https://dev.mysql.com/doc/refman/8.4/en/innodb-index-types.html',
  precondition: 'A primary key has four columns or more.',
  example: {
    schema: '',
    before: 'CREATE TABLE readings (a int, b int, c int, d int, PRIMARY KEY (a, b, c, d))',
    after: null,
  },
  rewrites: false,
  *find({ tree }) {
    if (tree.kind !== 'createTable' && tree.kind !== 'alterTable') return;
    const constraints = tree.kind === 'createTable' ? tree.constraints : tree.addConstraints;
    const key = constraints.find((one) => one.type === 'primaryKey' && one.columns.length >= 4);
    if (!key) return;
    yield advice(
      key,
      `A key of ${key.columns.length} columns is repeated in every reference to it: a generated key, with these columns as UNIQUE, is smaller.`,
    );
  },
};

/** `id uniqueidentifier DEFAULT NEWID() PRIMARY KEY` */
export const randomClusteredKey = columnAdvice(
  {
    id: 'random-clustered-key',
    title: 'Random UUID as the clustered key',
    industries: ['saas'],
    engines: [
      { dialect: 'mysql', pays: 'The table is larger than the buffer pool and rows are inserted often.' },
      { dialect: 'mariadb', pays: 'The table is larger than the buffer pool and rows are inserted often.' },
      { dialect: 'tsql', pays: 'The table is larger than memory and rows are inserted often.' },
    ],
    severity: 'info',
    description:
      'Rows are stored in the order of the primary key. Random values put each new row on another page: pages split, stay half empty, and the whole table has to be in memory. Ordered UUIDs (version 7, NEWSEQUENTIALID()) or a number are appended.',
    source: 'https://learn.microsoft.com/sql/t-sql/functions/newsequentialid-transact-sql',
    precondition: 'A primary key of one column has NEWID(), UUID() or a UUID type as its source.',
    example: { before: 'CREATE TABLE orders (order_id char(36) PRIMARY KEY DEFAULT (UUID()), total int)' },
  },
  (column) => {
    const source = column.node.default;
    const call = source?.kind === 'paren' ? source.expression : source;
    const random = call?.kind === 'call' && ['newid', 'uuid'].includes(call.function);
    return column.isPrimaryKey && random
      ? `${column.node.name.text} is random, and the table is stored in its order: use ${column.dialect === 'tsql' ? 'NEWSEQUENTIALID()' : 'UUIDs of version 7 or UUID_TO_BIN(UUID(), 1)'}, or a number.`
      : null;
  },
);

/** `value float PRIMARY KEY` */
export const floatKey = columnAdvice(
  {
    id: 'float-key',
    title: 'Floating-point primary key',
    engines: allEngines('never: it is about keys that are not found again'),
    severity: 'warning',
    description:
      'Two floating-point numbers that print alike may differ, and one that was read, printed and sent back may not be equal to itself.',
    source: 'https://www.postgresql.org/docs/current/datatype-numeric.html#DATATYPE-FLOAT',
    precondition: 'A primary key of one column is float, real or double.',
    example: { before: 'CREATE TABLE readings (taken real PRIMARY KEY, value int)' },
  },
  (column) =>
    column.isPrimaryKey && /^(float|real|double)/.test(column.typeName)
      ? `${column.node.name.text} is a key, but ${column.type} is not exact: use decimal or a whole number.`
      : null,
);

/** `customer_id int` without REFERENCES */
export const referenceWithoutForeignKey: Pattern = {
  id: 'reference-without-foreign-key',
  title: 'Reference to a table of the catalog without a foreign key',
  category: 'types',
  engines: allEngines(
    'The optimizer (PostgreSQL, SQL Server) can then leave out joins, and knows how many rows a join has.',
  ),
  severity: 'hint',
  description:
    'Nothing keeps the column from referring to a row that does not exist. A validated foreign key is also what join elimination and good estimates rest on.',
  source: 'https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK',
  precondition:
    'A column is called like the one-column primary key of another table of the catalog (customer_id of customers), and is in no foreign key.',
  example: {
    schema: 'CREATE TABLE customers (customer_id int PRIMARY KEY);',
    before: 'CREATE TABLE orders (order_id int PRIMARY KEY, customer_id int)',
    after: null,
  },
  rewrites: false,
  *find(statement) {
    const table = newTable(statement);
    if (!table) return;
    const referring = table.constraints
      .filter((one) => one.type === 'foreignKey')
      .flatMap((one) => one.columns);
    for (const column of definedColumns(statement)) {
      const own = column.node.constraints.some((one) => one.type === 'foreignKey');
      if (own || column.isPrimaryKey || referring.some((one) => one.name.toLowerCase() === column.name))
        continue;
      const target = statement.catalog.tables.find(
        (one) =>
          one.name.toLowerCase() !== column.table &&
          column.name.length > 2 &&
          one.keys.some(
            (key) => key.primary && key.columns.length === 1 && key.columns[0]?.toLowerCase() === column.name,
          ),
      );
      if (!target) continue;
      yield advice(
        column.node.name,
        `${column.node.name.text} is called like the key of ${target.name}, but nothing says that it refers to it.`,
      );
    }
  },
};

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
