/** Indexes that a statement creates, beside what the catalog has already. */
import { findColumn, findTable, type Table } from '../../catalog/catalog.ts';
import type { CreateIndex, Identifier, TableConstraint } from '../../sql/ast.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import type { TextRange } from '../../sql/text.ts';
import { allEngines } from '../engines.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';

/** More columns than that are seldom all used. */
const MOST_COLUMNS = 5;
/** More indexes than that make every write dear. */
const MOST_INDEXES = 10;

function createIndexOf(
  statement: AnalyzedStatement,
): { node: CreateIndex; table: Table; names: (string | null)[] } | null {
  const { tree } = statement;
  if (tree.kind !== 'createIndex') return null;
  const table = findTable(
    statement.catalog,
    tree.table.map((part) => part.name),
  );
  const names = tree.columns.map(({ expression, prefixLength }) =>
    expression.kind === 'column' && prefixLength === null ? (expression.parts.at(-1)?.name ?? null) : null,
  );
  return table && { node: tree, table, names };
}

function isTree(method: string | null): boolean {
  return method === null || /^btree$/i.test(method);
}

/** An index whose columns begin another one. */
export const redundantIndex: Pattern = {
  id: 'redundant-index',
  title: 'Index that another one makes needless',
  category: 'schema',
  engines: allEngines('for writes: each index is written with every row, and takes memory from the others'),
  severity: 'warning',
  description:
    'An index on (a, b) serves every search that an index on (a) serves. The shorter one costs writes, disk and memory, and the planner gains nothing by it but a little in size.',
  source:
    'https://www.postgresql.org/docs/current/indexes-multicolumn.html; Schwartz et al., "High Performance MySQL": redundant and duplicate indexes',
  precondition:
    'The new index is plain, not unique and not partial, and its columns with their directions begin a valid, plain index or key of the table in the catalog under another name.',
  example: {
    schema:
      'CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total int); CREATE INDEX orders_customer_total ON orders (customer_id, total);',
    before: 'CREATE INDEX orders_customer ON orders (customer_id)',
    after: null,
  },
  rewrites: false,
  needs: ['createIndex'],
  *find(statement) {
    const found = createIndexOf(statement);
    if (
      !found ||
      found.node.unique ||
      found.node.where ||
      found.node.include.length > 0 ||
      !isTree(found.node.method)
    )
      return;
    const { node, table, names } = found;
    if (names.includes(null) || node.columns.some((one) => one.operatorClass !== null || one.nulls !== null))
      return;
    const wanted = node.columns.map((one, i) => `${names[i]} ${one.direction === 'desc'}`);
    const others = [
      ...table.indexes
        .filter(
          (one) =>
            one.valid &&
            one.predicate === null &&
            isTree(one.method) &&
            one.columns.every((key) => key.operatorClass === null && key.collation === null),
        )
        .map((one) => ({
          name: one.name,
          columns: one.columns.map((key) => `${key.column} ${key.descending}`),
        })),
      ...table.keys.map((key) => ({ name: key.name, columns: key.columns.map((name) => `${name} false`) })),
    ];
    const other = others.find(
      (one) => one.name !== node.name?.name && wanted.every((column, i) => one.columns[i] === column),
    );
    if (!other) return;
    const what = other.columns.length === wanted.length ? 'is the same' : 'begins with the same columns';
    yield advice(node.name ?? node, `${other.name} ${what}: this index serves nothing that it does not.`);
  },
};

/** An index on a boolean alone. */
export const booleanIndex: Pattern = {
  id: 'index-on-boolean',
  title: 'Index on a boolean column alone',
  category: 'schema',
  engines: allEngines(
    'for the rare value only: a partial (filtered) index on another column, or the boolean behind a selective one',
  ),
  severity: 'info',
  description:
    'Half of the rows, or nearly all of them, have the value: to read them by an index takes longer than to read the table. A partial index (PostgreSQL, SQL Server) holds only the rows with the rare value, on the column that is searched for among them.',
  source: 'https://www.postgresql.org/docs/current/indexes-partial.html',
  precondition:
    'The only column of an index that is neither partial nor unique is a boolean (bit, tinyint(1)).',
  example: {
    schema: 'CREATE TABLE users (id int PRIMARY KEY, active boolean);',
    before: 'CREATE INDEX users_active ON users (active)',
    after: null,
  },
  rewrites: false,
  needs: ['createIndex'],
  *find(statement) {
    const found = createIndexOf(statement);
    const [name, ...more] = found?.names ?? [];
    if (!found || !name || more.length > 0 || found.node.where || found.node.unique) return;
    const column = findColumn(found.table, name);
    const isBoolean =
      column?.family === 'boolean' || /^(boolean|bool|bit|tinyint\(1\))$/i.test(column?.type ?? '');
    if (isBoolean)
      yield advice(
        found.node.columns[0] ?? found.node,
        `${name} has two values: the index finds half of the table. Index what is searched for, WHERE ${name} has the rare value.`,
      );
  },
};

/** Many columns in one index. */
export const wideIndex: Pattern = {
  id: 'wide-index',
  title: 'Index of many columns',
  category: 'schema',
  engines: allEngines('for writes and memory: columns behind the first range serve no search'),
  severity: 'hint',
  description:
    'Only the columns up to the first one that is searched by a range narrow the search. Those behind it make the index larger, and every write dearer; where they are only read, INCLUDE keeps them out of the key.',
  source: 'https://use-the-index-luke.com/sql/where-clause/the-equals-operator/concatenated-keys',
  precondition: 'More than five key columns.',
  example: {
    schema: 'CREATE TABLE t (a int, b int, c int, d int, e int, f int);',
    before: 'CREATE INDEX t_all ON t (a, b, c, d, e, f)',
    after: null,
  },
  rewrites: false,
  needs: ['createIndex'],
  *find({ tree }) {
    if (tree.kind === 'createIndex' && tree.columns.length > MOST_COLUMNS)
      yield advice(
        tree.name ?? tree,
        `${tree.columns.length} columns: those behind the first range serve no search. Keep what narrows the search, INCLUDE what is only read.`,
      );
  },
};

/** One more index on a table that has many. */
export const manyIndexes: Pattern = {
  id: 'many-indexes',
  title: 'One more index on a table with many',
  category: 'schema',
  engines: allEngines('for writes: each of them is written with every row'),
  severity: 'hint',
  description:
    'Every INSERT and most UPDATEs write all indexes of the table, and in PostgreSQL one index on a changed column keeps all of them from being left alone. Look for those that nobody uses before adding one.',
  source: 'https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ALL-INDEXES-VIEW',
  precondition: 'The catalog knows ten or more other indexes of the table.',
  example: {
    schema: `CREATE TABLE t (a int, b int, c int, d int);
CREATE INDEX i1 ON t (a); CREATE INDEX i2 ON t (b); CREATE INDEX i3 ON t (c); CREATE INDEX i4 ON t (a, b); CREATE INDEX i5 ON t (a, c);
CREATE INDEX i6 ON t (b, a); CREATE INDEX i7 ON t (b, c); CREATE INDEX i8 ON t (c, a); CREATE INDEX i9 ON t (c, b); CREATE INDEX i10 ON t (a, b, c);`,
    before: 'CREATE INDEX i11 ON t (d)',
    after: null,
  },
  rewrites: false,
  needs: ['createIndex'],
  *find(statement) {
    const found = createIndexOf(statement);
    if (!found) return;
    const others = found.table.indexes.filter((one) => one.name !== found.node.name?.name);
    if (others.length >= MOST_INDEXES)
      yield advice(
        found.node.name ?? found.node,
        `${found.table.name} has ${others.length} other indexes, and each is written with every row. Drop what nobody uses first.`,
      );
  },
};

/** A unique key with a column that may be NULL. */
export const nullableUnique: Pattern = {
  id: 'unique-with-null',
  title: 'Unique key over a column that may be NULL',
  category: 'schema',
  engines: allEngines(
    'never faster: it is about duplicates that the key lets through (SQL Server: about a second NULL that it refuses)',
  ),
  severity: 'info',
  description:
    'Two NULLs are different to a unique key, so rows that agree in all the other columns get through as often as they come. PostgreSQL 15 has NULLS NOT DISTINCT. SQL Server does the opposite: it takes one NULL only, unless the index is filtered.',
  source:
    'https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-UNIQUE-CONSTRAINTS; https://learn.microsoft.com/sql/relational-databases/tables/unique-constraints-and-check-constraints',
  precondition:
    'A unique key of several columns has one that may be NULL; in SQL Server, a unique key of one column that may be NULL.',
  example: {
    schema: 'CREATE TABLE prices (product_id int NOT NULL, until_day int);',
    before: 'CREATE UNIQUE INDEX prices_key ON prices (product_id, until_day)',
    after: null,
  },
  rewrites: false,
  needs: [['createIndex', 'createTable']],
  *find(statement) {
    for (const { columns, range, nullable } of uniqueKeysOf(statement)) {
      const several = statement.dialect !== 'tsql';
      if (several ? columns.length < 2 : columns.length !== 1) continue;
      const name = columns.find(nullable);
      if (name === undefined) continue;
      yield advice(
        range,
        several
          ? `${name} may be NULL, and rows with NULL never clash: duplicates get through. Make it NOT NULL${statement.dialect === 'postgresql' ? ', or the key NULLS NOT DISTINCT' : ''}.`
          : `${name} may be NULL, and a second NULL is refused. Filter the index: WHERE ${name} IS NOT NULL.`,
      );
    }
  },
};

interface WrittenKey {
  readonly columns: readonly string[];
  readonly range: TextRange;
  nullable(name: string): boolean;
}

function uniqueKeysOf(statement: AnalyzedStatement): WrittenKey[] {
  const { tree } = statement;
  const found = createIndexOf(statement);
  if (found) {
    const { node, table, names } = found;
    if (!node.unique || node.where || node.nullsNotDistinct || names.includes(null)) return [];
    const columns = names.filter((name) => name !== null);
    return [
      { columns, range: node.name ?? node, nullable: (name) => findColumn(table, name)?.notNull === false },
    ];
  }
  if (tree.kind !== 'createTable') return [];
  const primary = tree.constraints.find((one) => one.type === 'primaryKey')?.columns ?? [];
  const definition = (name: string) => tree.columns.find((one) => one.name.name === name);
  const nullable = (name: string): boolean => {
    const column = definition(name);
    const isKey =
      column?.constraints.some((one) => one.type === 'primaryKey') ||
      primary.some((one) => one.name === name);
    return column !== undefined && !column.notNull && !isKey && column.generated === null;
  };
  const own = tree.columns.flatMap((one) =>
    one.constraints.map((constraint) => ({ constraint, names: [one.name] as readonly Identifier[] })),
  );
  const all: { constraint: TableConstraint; names: readonly Identifier[] }[] = [
    ...own,
    ...tree.constraints.map((constraint) => ({ constraint, names: constraint.columns })),
  ];
  return all
    .filter(({ constraint }) => constraint.type === 'unique' && !constraint.nullsNotDistinct)
    .map(({ constraint, names }) => ({ columns: names.map((one) => one.name), range: constraint, nullable }));
}
