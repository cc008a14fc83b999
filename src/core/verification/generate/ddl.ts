/** The small databases' tables as statements, for the sandbox and for a counterexample's text. */
import type { Dialect } from '../../sql/dialect.ts';
import { identifierText } from '../../sql/writing/identifiers.ts';
import type { SmallDatabase, SmallRow } from './rows.ts';
import { createFunction } from './scratch-functions.ts';
import { isMysql, type SearchSpace, type TableShape } from './search-space.ts';

/** Where an unqualified name is looked up in the sandbox. */
const DEFAULT_SCHEMA = 'public';

/** CREATE FUNCTION for the functions that the statements call, in an order that works: when all else is there. */
export function functionStatements({ functions }: SearchSpace): string[] {
  return functions.flatMap((info) => createFunction(info) ?? []);
}

/** CREATE SCHEMA, TABLE and VIEW for the whole space, in an order that works. */
export function createStatements(space: SearchSpace): string[] {
  if (isMysql(space.dialect)) return space.tables.map((shape) => createTable(shape, space));
  const schemas = new Set([
    ...[...space.tables, ...space.views].map(({ table }) => table.schema),
    ...space.functions.map(({ schema }) => schema),
  ]);
  for (const name of space.domains.keys()) {
    const schema = /^(\w+)\./.exec(name)?.[1];
    if (schema !== undefined) schemas.add(schema);
  }
  return [
    ...[...schemas]
      .filter((schema) => schema !== DEFAULT_SCHEMA)
      .map((schema) => `CREATE SCHEMA IF NOT EXISTS ${quoted(schema)}`),
    ...[...space.domains].map(([name, base]) => `CREATE DOMAIN ${name} AS ${base}`),
    ...space.tables.map((shape) => createTable(shape, space)),
    ...space.views.map(
      ({ table, definition }) => `CREATE VIEW ${tableName(table)} AS ${definition.replace(/[\s;]+$/, '')}`,
    ),
  ];
}

function createTable(shape: TableShape, space: SearchSpace): string {
  const { dialect } = space;
  const names = (indexes: readonly number[], of: TableShape): string =>
    indexes.map((index) => quoted(of.columns[index]?.name ?? '', dialect)).join(', ');
  // a timestamp of MySQL is NOT NULL unless it is said not to be
  const nullable = isMysql(dialect) ? ' NULL' : '';
  const lines = shape.columns.map(
    (column) => `${quoted(column.name, dialect)} ${column.type}${column.notNull ? ' NOT NULL' : nullable}`,
  );
  for (const key of shape.keys) {
    const kind = key.primary ? 'PRIMARY KEY' : key.nullsNotDistinct ? 'UNIQUE NULLS NOT DISTINCT' : 'UNIQUE';
    lines.push(`${kind} (${names(key.columns, shape)})`);
  }
  for (const foreignKey of shape.foreignKeys) {
    const parent = space.tables[foreignKey.table];
    if (!parent) continue;
    const target = `${tableName(parent.table, dialect)} (${names(foreignKey.references, parent)})`;
    lines.push(`FOREIGN KEY (${names(foreignKey.columns, shape)}) REFERENCES ${target}`);
  }
  for (const check of shape.checks) lines.push(`CHECK (${check})`);
  // only what can be rolled back can be filled again and again
  const engine = isMysql(dialect) ? ' ENGINE=InnoDB' : '';
  return `CREATE TABLE ${tableName(shape.table, dialect)} (\n  ${lines.join(',\n  ')}\n)${engine}`;
}

/** The beginning of an INSERT, up to the rows. */
export function insertHead(shape: TableShape, dialect: Dialect): string {
  const columns = shape.columns.map((column) => quoted(column.name, dialect)).join(', ');
  return `INSERT INTO ${tableName(shape.table, dialect)} (${columns}) VALUES `;
}

/** One row of an INSERT: `(1, 'a', NULL)`. */
export function rowValues(row: SmallRow, shape: TableShape, dialect: Dialect): string {
  const literal = isMysql(dialect) ? mysqlLiteral : cellLiteral;
  return `(${row.map((cell, i) => literal(cell, shape.columns[i]?.family)).join(', ')})`;
}

/** The statements that build a database: its tables and its rows. */
export function setupText(database: SmallDatabase, space: SearchSpace): string {
  const inserts = space.tables.flatMap((shape, index) => {
    const rows = database.rows[index] ?? [];
    if (rows.length === 0) return [];
    const values = rows.map((row) => rowValues(row, shape, space.dialect));
    return [`${insertHead(shape, space.dialect)}\n  ${values.join(',\n  ')}`];
  });
  return [...createStatements(space), ...functionStatements(space), ...inserts]
    .map((statement) => `${statement};`)
    .join('\n');
}

function cellLiteral(cell: string | null, family: string | undefined): string {
  if (cell === null) return 'NULL';
  const plain = (family === 'integer' || family === 'decimal') && /^-?\d+(\.\d+)?$/.test(cell);
  if (plain || (family === 'boolean' && /^(true|false)$/.test(cell))) return cell;
  return stringLiteral(cell);
}

/** MySQL reads backslashes in texts, has no time zones in its moments, and writes bytes as X'…' and bits as B'…'. */
function mysqlLiteral(cell: string | null, family: string | undefined): string {
  if (cell === null) return 'NULL';
  if ((family === 'integer' || family === 'decimal') && /^-?\d+(\.\d+)?$/.test(cell)) return cell;
  if (family === 'binary') return `X'${cell.replace(/^\\x/, '')}'`;
  if (family === 'bit' && /^[01]+$/.test(cell)) return `B'${cell}'`;
  const text = family === 'timestamptz' ? cell.replace(/\+00$/, '') : cell;
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

/** A text in quotes; backslashes are plain characters (standard_conforming_strings). */
export function stringLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A table's name as statements in the sandbox write it. */
export function tableName(
  table: { readonly schema: string; readonly name: string },
  dialect: Dialect = 'postgresql',
): string {
  const name = quoted(table.name, dialect);
  if (isMysql(dialect)) return name;
  return table.schema === DEFAULT_SCHEMA || table.schema === '' ? name : `${quoted(table.schema)}.${name}`;
}

function quoted(name: string, dialect: Dialect = 'postgresql'): string {
  return identifierText(name, dialect);
}
