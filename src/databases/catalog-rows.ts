/** Putting together what several questions say of the same tables; for engines that answer in rows. */
import type { CatalogGap, Table } from '../core/catalog/catalog.ts';
import type { Cell, DatabaseError } from '../core/database.ts';

export type Row = readonly Cell[];

export function tableKey(schema: string, table: string): string {
  return JSON.stringify([schema, table]);
}

/** The rows of each table, without its two names. */
export function byTable(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const [schema, table, ...rest] of rows) {
    const key = tableKey(schema ?? '', table ?? '');
    const group = groups.get(key);
    if (group) group.push(rest);
    else groups.set(key, [rest]);
  }
  return groups;
}

/** Rows with the same first value, in their order. */
export function grouped(rows: readonly Row[]): Row[][] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const name = row[0] ?? '';
    const group = groups.get(name);
    if (group) group.push(row);
    else groups.set(name, [row]);
  }
  return [...groups.values()];
}

/** A figure, null where there is none. */
export function numberOf(cell: Cell | undefined): number | null {
  return cell === null || cell === undefined ? null : Number(cell);
}

/** Errors after which asking on makes no sense; after the others one subject is missing. */
export function endsReading({ reason }: DatabaseError): boolean {
  return reason === 'cancelled' || reason === 'connectionLost' || reason === 'timeout';
}

/**
 * Names are compared without regard to case here, as columns always are. On a server that keeps `Orders` and `orders`
 * apart, neither of the two can be told from the other: both are left out.
 */
export function withoutTwins(tables: readonly Table[], gaps: CatalogGap[]): Table[] {
  const count = new Map<string, number>();
  const keyOf = (table: Table) => JSON.stringify([table.schema, table.name]);
  for (const table of tables) count.set(keyOf(table), (count.get(keyOf(table)) ?? 0) + 1);
  const twins = new Set(
    tables
      .filter((table) => (count.get(keyOf(table)) ?? 0) > 1)
      .map((table) => `${table.schema}.${table.name}`),
  );
  if (twins.size > 0) {
    gaps.push({
      what: 'tables',
      reason: `${[...twins].join(', ')} exist with several spellings of upper and lower case`,
      grant: null,
    });
  }
  return tables.filter((table) => !twins.has(`${table.schema}.${table.name}`));
}
