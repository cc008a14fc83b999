/** What a model needs to know of a table: its definition with keys and indexes, and its statistics without data. */
import type { Column, Index, Table } from '../../core/catalog/catalog.ts';
import type { Dialect } from '../../core/sql/dialect.ts';
import { identifierText } from '../../core/sql/writing/identifiers.ts';

/**
 * CREATE statements for a table, from the catalog.
 *
 * @param columns folded names of the columns to show, null for all; those of keys and foreign keys are shown as well
 * @param masked checks, expressions and predicates go through it: they hold values
 */
export function tableDdl(
  table: Table,
  columns: ReadonlySet<string> | null,
  dialect: Dialect,
  masked: (expression: string) => string,
): string {
  const name = (text: string): string => identifierText(text, dialect);
  const list = (names: readonly string[]): string => names.map(name).join(', ');
  const shown = table.columns.filter((column) => columns === null || isShown(column, table, columns));
  const lines = [
    ...shown.map((column) => `${name(column.name)} ${column.type}${column.notNull ? ' NOT NULL' : ''}`),
    ...table.keys.map((key) => `${key.primary ? 'PRIMARY KEY' : 'UNIQUE'} (${list(key.columns)})`),
    ...table.foreignKeys.map(
      ({ columns: from, references }) =>
        `FOREIGN KEY (${list(from)}) REFERENCES ${name(references.table)} (${list(references.columns)})`,
    ),
    ...table.checks.map(({ expression }) => `CHECK (${masked(expression)})`),
  ];
  const hidden = table.columns.length - shown.length;
  const note = hidden > 0 ? ` -- and ${hidden} more columns` : '';
  const kind = table.kind === 'view' || table.kind === 'materializedView' ? ` -- a ${KINDS[table.kind]}` : '';
  const create = `CREATE TABLE ${name(table.name)} (${kind}\n  ${lines.join(',\n  ')}${note}\n);`;
  return [
    create,
    ...table.indexes
      .filter((index) => !isKey(index, table))
      .map((index) => indexDdl(index, table, name, masked)),
  ].join('\n');
}

const KINDS = { view: 'view', materializedView: 'materialized view' } as const;

function isShown(column: Column, table: Table, wanted: ReadonlySet<string>): boolean {
  if (wanted.has(column.name)) return true;
  if (table.keys.some((key) => key.columns.includes(column.name))) return true;
  return table.foreignKeys.some((key) => key.columns.includes(column.name));
}

/** An index that only serves a key says nothing that the key does not. */
function isKey(index: Index, table: Table): boolean {
  return index.primary || table.keys.some((key) => key.name === index.name);
}

function indexDdl(
  index: Index,
  table: Table,
  name: (text: string) => string,
  masked: (expression: string) => string,
): string {
  const keys = index.columns.map(({ column, expression, descending }) => {
    const text = column === null ? `(${masked(expression ?? '')})` : name(column);
    return descending ? `${text} DESC` : text;
  });
  const include = index.include.length > 0 ? ` INCLUDE (${index.include.map(name).join(', ')})` : '';
  const where = index.predicate === null ? '' : ` WHERE ${masked(index.predicate)}`;
  const method = index.method === 'btree' ? '' : ` USING ${index.method}`;
  return `CREATE ${index.unique ? 'UNIQUE ' : ''}INDEX ON ${name(table.name)}${method} (${keys.join(', ')})${include}${where};`;
}

/** Rows and, per column, distinct values, NULLs and order on disk. Never a value: those are the user's data. */
export function statisticsText(table: Table, columns: ReadonlySet<string> | null): string | null {
  if (table.rows === null) return null;
  const lines = table.columns
    .filter((column) => columns === null || columns.has(column.name))
    .flatMap((column) => columnText(column));
  return [`${table.name}: about ${Math.round(table.rows).toLocaleString('en-US')} rows`, ...lines].join('\n');
}

function columnText({ name, statistics }: Column): string[] {
  if (!statistics) return [];
  const { distinct, nullFraction, correlation } = statistics;
  const facts = [`${Math.round(distinct).toLocaleString('en-US')} distinct values`];
  if (nullFraction > 0) facts.push(`${(100 * nullFraction).toFixed(1)} % NULL`);
  if (correlation !== null && Math.abs(correlation) > 0.9) facts.push('stored in its order');
  return [`  ${name}: ${facts.join(', ')}`];
}
