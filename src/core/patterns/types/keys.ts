import { allEngines } from '../engines.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { columnAdvice, definedColumns, newTable } from './ddl-columns.ts';

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
  needs: [['createTable', 'alterTable']],
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
  needs: ['createTable'],
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
