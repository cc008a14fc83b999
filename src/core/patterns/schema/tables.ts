/** Tables as CREATE TABLE writes them. */
import { findTable } from '../../catalog/catalog.ts';
import type { CreateTable, TableConstraint } from '../../sql/ast.ts';
import { allEngines } from '../engines.ts';
import { advice } from '../offer.ts';
import type { EngineSupport, Pattern } from '../pattern.ts';
import { beginsIndex, referencesTo } from '../script/ddl.ts';

/** More columns than that are more than one thing. */
const MOST_COLUMNS = 60;

/** A table with very many columns. */
export const wideTable: Pattern = {
  id: 'wide-table',
  title: 'Table with very many columns',
  category: 'schema',
  engines: allEngines('when most queries need a few of the columns: rows are read and written whole'),
  severity: 'hint',
  description:
    'Rows are read, cached and written whole: the columns that are seldom needed push the others out of memory, and every UPDATE copies them. Split what is used apart into tables with the same key.',
  source:
    'Karwin, "SQL Antipatterns", 2010: metadata tribbles; https://www.postgresql.org/docs/current/storage-page-layout.html',
  precondition: 'CREATE TABLE names more than sixty columns.',
  example: {
    schema: '',
    before: `CREATE TABLE t (id int PRIMARY KEY, ${Array.from({ length: MOST_COLUMNS }, (_, i) => `c${i + 1} int`).join(', ')})`,
    after: null,
  },
  rewrites: false,
  needs: ['createTable'],
  *find({ tree }) {
    if (tree.kind === 'createTable' && tree.columns.length > MOST_COLUMNS)
      yield advice(
        tree.name.at(-1) ?? tree,
        `${tree.columns.length} columns are read and written together. Split off what is seldom needed.`,
      );
  },
};

/** A table between two others that lets a pair in twice. */
export const linkWithoutUnique: Pattern = {
  id: 'link-table-without-unique-pair',
  title: 'Link table that lets the same pair in twice',
  category: 'schema',
  engines: allEngines('for joins from both sides: the key of the pair is the index that they need'),
  severity: 'warning',
  description:
    'The id of its own makes every row different, so the same pair may stand there twice: joins then count it twice. The pair is the key; an id beside it serves nobody who does not refer to it.',
  source: 'Karwin, "SQL Antipatterns", 2010: ID required',
  precondition:
    'CREATE TABLE has a key of one column that refers to nothing, exactly two foreign keys of one column each that are NOT NULL, at most one further column, and no unique key over the pair.',
  example: {
    schema: 'CREATE TABLE posts (id int PRIMARY KEY); CREATE TABLE tags (id int PRIMARY KEY);',
    before:
      'CREATE TABLE post_tags (id int PRIMARY KEY, post_id int NOT NULL REFERENCES posts (id), tag_id int NOT NULL REFERENCES tags (id))',
    after: null,
  },
  rewrites: false,
  needs: ['createTable'],
  *find(statement) {
    const { tree } = statement;
    if (tree.kind !== 'createTable' || tree.query) return;
    const constraints = constraintsOf(tree);
    const keys = constraints.filter(({ type }) => type === 'primaryKey' || type === 'unique');
    const references = constraints.filter(
      ({ type, columns }) => type === 'foreignKey' && columns.length === 1,
    );
    const [a, b, ...more] = references.map(({ columns }) => columns[0] ?? '');
    const primary = keys.find(({ type }) => type === 'primaryKey');
    if (!a || !b || a === b || more.length > 0 || primary?.columns.length !== 1 || tree.columns.length > 5)
      return;
    if ([a, b].includes(primary.columns[0] ?? '')) return;
    // where one of the two may be missing, the row is a thing of its own
    if (![a, b].every((name) => tree.columns.some((one) => one.name.name === name && one.notNull))) return;
    const table = findTable(
      statement.catalog,
      tree.name.map((part) => part.name),
    );
    const written = keys.map(({ columns }) => columns);
    const paired = [...written, ...(table?.keys.map((key) => key.columns) ?? [])].some((columns) =>
      columns.every((name) => name === a || name === b),
    );
    if (!paired)
      yield advice(
        tree.name.at(-1) ?? tree,
        `The same pair (${a}, ${b}) may stand here twice. Make it the primary key, or add UNIQUE (${a}, ${b}).`,
      );
  },
};

function constraintsOf(tree: CreateTable): { type: TableConstraint['type']; columns: readonly string[] }[] {
  const own = tree.columns.flatMap((column) =>
    column.constraints.map(({ type }) => ({ type, columns: [column.name.name] })),
  );
  return [
    ...own,
    ...tree.constraints.map(({ type, columns }) => ({ type, columns: columns.map((one) => one.name) })),
  ];
}

const UNINDEXED: readonly EngineSupport[] = [
  { dialect: 'postgresql', pays: 'the more rows are deleted and the larger the child table is' },
  { dialect: 'tsql', pays: 'the more rows are deleted and the larger the child table is' },
];

/** DELETE of rows that a child table without an index may refer to. */
export const deleteWithUnindexedChild: Pattern = {
  id: 'delete-with-unindexed-child',
  title: 'DELETE that searches a child table without an index',
  category: 'writes',
  engines: UNINDEXED,
  severity: 'warning',
  description:
    'For every row that is deleted, the child table is searched for rows that refer to it. Without an index on its foreign key it is read whole each time; the plan of the DELETE does not show it.',
  source: 'https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK',
  precondition:
    'A table of the catalog has a foreign key to the table, and no index or key of it begins with the columns of the foreign key.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY); CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers (id));',
    before: 'DELETE FROM customers WHERE id < 1000',
    after: null,
  },
  rewrites: false,
  needs: ['write', 'delete'],
  *find(statement) {
    for (const { statement: node, target } of statement.writes) {
      if (node.kind !== 'delete' || !target?.table) continue;
      const found = referencesTo(statement.catalog, target.table).find(
        ({ child, key }) => !beginsIndex(child, key.columns),
      );
      if (found)
        yield advice(
          node.target,
          `${found.child.name} is read whole for every row that is deleted: no index begins with ${found.key.columns.join(', ')}. Create one there first.`,
        );
    }
  },
};
