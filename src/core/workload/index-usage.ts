/** How often indexes were used, as servers count it, and which of them nothing has used. */
import type { Catalog, Index, Table } from '../catalog/catalog.ts';
import { servesForeignKey } from '../indexes/compare-indexes.ts';

/** One index with its counts. */
export interface IndexUsage {
  /** names as the server spells them */
  readonly schema: string;
  readonly table: string;
  readonly index: string;
  /** how often statements read it: scans, or rows where the engine counts those */
  readonly reads: number;
  /** rows or statements that wrote to its table, each of which may have had to write to it */
  readonly tableWrites: number;
  /** ISO 8601, UTC; null where it is unknown */
  readonly lastRead: string | null;
}

export interface IndexStatistics {
  readonly available: true;
  /** since when is counted, ISO 8601 in UTC; null where the server does not tell */
  readonly since: string | null;
  /** those that were read the least first */
  readonly indexes: readonly IndexUsage[];
  /** what limits the figures, as sentences */
  readonly notes: readonly string[];
}

/** Indexes of which counts are read at most. */
export const MOST_INDEXES = 5000;

/** An index that costs writes and room, and that nothing has read. */
export interface UnusedIndex {
  readonly schema: string;
  readonly table: string;
  readonly index: string;
  /** its key columns and expressions */
  readonly columns: readonly string[];
  readonly bytes: number | null;
  readonly tableWrites: number;
}

/**
 * Indexes that nothing has read since the counts began, the largest first. Left out are those that do more than being
 * read: unique ones, those that a foreign key rests on (MySQL refuses to drop them, and elsewhere a delete in the other
 * table would read all of this one), and those of partitions, which belong to their parent's.
 */
export function unusedIndexes({ indexes }: IndexStatistics, catalog: Catalog): UnusedIndex[] {
  const known = new Map(
    catalog.tables.flatMap((table) =>
      table.indexes.map((index) => [keyOf(table.schema, table.name, index.name), { table, index }] as const),
    ),
  );
  return indexes
    .filter(({ reads }) => reads === 0)
    .flatMap((usage): UnusedIndex[] => {
      const found = known.get(keyOf(usage.schema, usage.table, usage.index));
      if (!found || doesMore(found.table, found.index)) return [];
      const { schema, table, index, tableWrites } = usage;
      const columns = found.index.columns.map(({ column, expression }) => column ?? expression ?? '');
      return [{ schema, table, index, columns, bytes: found.index.bytes, tableWrites }];
    })
    .sort((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0) || b.tableWrites - a.tableWrites);
}

/** Catalogs fold names, and statistics have them as they are spelled. */
function keyOf(...names: readonly string[]): string {
  return JSON.stringify(names.map((name) => name.toLowerCase()));
}

function doesMore(table: Table, index: Index): boolean {
  return index.unique || index.primary || table.kind === 'partition' || servesForeignKey(table, index);
}
