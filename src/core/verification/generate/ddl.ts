/** The small databases' tables as PostgreSQL statements, for the sandbox and for a counterexample's text. */
import { identifierText } from '../../sql/writing/identifiers.ts';
import type { SmallDatabase, SmallRow } from './rows.ts';
import type { SearchSpace, TableShape } from './search-space.ts';

/** Where an unqualified name is looked up in the sandbox. */
const DEFAULT_SCHEMA = 'public';

/** CREATE SCHEMA, TABLE and VIEW for the whole space, in an order that works. */
export function createStatements(space: SearchSpace): string[] {
  const schemas = new Set([...space.tables, ...space.views].map(({ table }) => table.schema));
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
  const names = (indexes: readonly number[], of: TableShape): string =>
    indexes.map((index) => quoted(of.columns[index]?.name ?? '')).join(', ');
  const lines = shape.columns.map(
    (column) => `${quoted(column.name)} ${column.type}${column.notNull ? ' NOT NULL' : ''}`,
  );
  for (const key of shape.keys) {
    const kind = key.primary ? 'PRIMARY KEY' : key.nullsNotDistinct ? 'UNIQUE NULLS NOT DISTINCT' : 'UNIQUE';
    lines.push(`${kind} (${names(key.columns, shape)})`);
  }
  for (const foreignKey of shape.foreignKeys) {
    const parent = space.tables[foreignKey.table];
    if (!parent) continue;
    const target = `${tableName(parent.table)} (${names(foreignKey.references, parent)})`;
    lines.push(`FOREIGN KEY (${names(foreignKey.columns, shape)}) REFERENCES ${target}`);
  }
  for (const check of shape.checks) lines.push(`CHECK (${check})`);
  return `CREATE TABLE ${tableName(shape.table)} (\n  ${lines.join(',\n  ')}\n)`;
}

/** The beginning of an INSERT, up to the rows. */
export function insertHead(shape: TableShape): string {
  const columns = shape.columns.map((column) => quoted(column.name)).join(', ');
  return `INSERT INTO ${tableName(shape.table)} (${columns}) VALUES `;
}

/** One row of an INSERT: `(1, 'a', NULL)`. */
export function rowValues(row: SmallRow, shape: TableShape): string {
  return `(${row.map((cell, i) => cellLiteral(cell, shape.columns[i]?.family)).join(', ')})`;
}

/** The statements that build a database: its tables and its rows. */
export function setupText(database: SmallDatabase, space: SearchSpace): string {
  const inserts = space.tables.flatMap((shape, index) => {
    const rows = database.rows[index] ?? [];
    if (rows.length === 0) return [];
    return [`${insertHead(shape)}\n  ${rows.map((row) => rowValues(row, shape)).join(',\n  ')}`];
  });
  return [...createStatements(space), ...inserts].map((statement) => `${statement};`).join('\n');
}

function cellLiteral(cell: string | null, family: string | undefined): string {
  if (cell === null) return 'NULL';
  const plain = (family === 'integer' || family === 'decimal') && /^-?\d+(\.\d+)?$/.test(cell);
  if (plain || (family === 'boolean' && /^(true|false)$/.test(cell))) return cell;
  return stringLiteral(cell);
}

/** A text in quotes; backslashes are plain characters (standard_conforming_strings). */
export function stringLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A table's name as statements in the sandbox write it. */
export function tableName(table: { readonly schema: string; readonly name: string }): string {
  const name = quoted(table.name);
  return table.schema === DEFAULT_SCHEMA || table.schema === '' ? name : `${quoted(table.schema)}.${name}`;
}

function quoted(name: string): string {
  return identifierText(name, 'postgresql');
}
