/** How large an index will be. */
import { type Column, findColumn, type Table } from '../catalog/catalog.ts';
import type { Dialect } from '../sql/dialect.ts';
import type { NewIndex } from './index-ddl.ts';

export interface SizeRange {
  /** bytes */
  readonly low: number;
  readonly high: number;
}

const PAGE = { postgresql: 8192, mysql: 16_384, mariadb: 16_384, tsql: 8192 } as const;
/** Share of a page that entries fill: right after a build, and after many writes in the middle. */
const FULL = 0.9;
const LOOSE = 0.69;

/**
 * Bytes of a b-tree from the rows and widths that the catalog knows.
 *
 * PostgreSQL: an entry is 8 bytes of header, the values padded to 8, and 4 bytes of pointer on its page; where values
 * repeat, entries since version 13 share one and take 6 bytes each.
 * https://www.postgresql.org/docs/current/btree.html#BTREE-DEDUPLICATION, src/include/access/itup.h
 * InnoDB: about 7 bytes beside the values and the primary key's. SQL Server: about as much beside the clustered key's.
 */
export function indexSize({ table, keys }: NewIndex, dialect: Dialect): SizeRange {
  const rows = table.rows ?? 0;
  const columns = keys.flatMap(({ column }) => (column === null ? [] : [findColumn(table, column)]));
  const width = columns.reduce((sum, column) => sum + widthOf(column), 0);
  const page = PAGE[dialect];
  const pages = (bytes: number, fill: number) => page * (1 + Math.ceil((rows * bytes) / (page * fill)));
  if (dialect !== 'postgresql') {
    const entry = width + primaryWidth(table) + 7;
    return { low: pages(entry, FULL), high: pages(entry, LOOSE) };
  }
  const entry = 8 + 8 * Math.ceil(width / 8) + 4;
  const high = pages(entry, LOOSE);
  // at least as many entries as its most varied column has values: others may depend on that one
  const distinct = Math.max(1, ...columns.map((column) => column?.statistics?.distinct ?? rows));
  const shared = (Math.min(distinct, rows) / Math.max(1, rows)) * entry + 6;
  return { low: pages(Math.min(entry, shared), FULL), high };
}

function primaryWidth(table: Table): number {
  const key = table.keys.find(({ primary }) => primary);
  return key ? key.columns.reduce((sum, name) => sum + widthOf(findColumn(table, name)), 0) : 6;
}

const WIDTHS: Readonly<Record<string, number>> = {
  boolean: 1,
  integer: 8,
  decimal: 8,
  float: 8,
  date: 4,
  time: 8,
  timestamp: 8,
  timestamptz: 8,
  uuid: 16,
  enum: 4,
};

function widthOf(column: Column | null): number {
  if (!column) return 16;
  const known = column.statistics?.averageWidth ?? null;
  if (known !== null) return known;
  const length = Number(/\((\d+)\)/.exec(column.type)?.[1] ?? 32);
  return WIDTHS[column.family] ?? Math.min(64, length);
}
