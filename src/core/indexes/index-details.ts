/**
 * What advice on indexes has to know beyond the catalog: how to create an index again exactly, what else rests on it, and
 * how much its table is written to. Read by the adapters in `src/databases/`.
 */
import type { Dialect } from '../sql/dialect.ts';

export interface IndexDetails {
  /** names as the server spells them */
  readonly schema: string;
  readonly table: string;
  readonly index: string;
  /** the statement that creates it again exactly as it is; null when the server does not tell all of it */
  readonly create: string | null;
  /** the statement that drops it */
  readonly drop: string;
  /** what else rests on it than searches, each as a noun phrase: 'the constraint orders_pkey' */
  readonly restsOn: readonly string[];
  /** it is being built at this moment */
  readonly building: boolean;
}

export interface TableDetails {
  /** names as the server spells them */
  readonly schema: string;
  readonly table: string;
  /** its name in DDL, qualified and quoted where it has to be */
  readonly qualified: string;
  /** rows written since {@link SchemaDetails.since}; null where the server does not count */
  readonly writes: TableWrites | null;
}

export interface TableWrites {
  readonly inserts: number;
  readonly updates: number;
  readonly deletes: number;
  /** updates that wrote to no index (PostgreSQL's HOT); null where the engine has none */
  readonly hotUpdates: number | null;
}

export interface SchemaDetails {
  /** since when writes are counted, ISO 8601 in UTC; null where it is unknown */
  readonly since: string | null;
  /** this server only follows another one: nothing can be created or dropped here, and reads elsewhere are not counted */
  readonly standby: boolean;
  readonly tables: readonly TableDetails[];
  readonly indexes: readonly IndexDetails[];
}

/** Details of nothing: no index can be dropped by them. */
export const NO_DETAILS: SchemaDetails = { since: null, standby: false, tables: [], indexes: [] };

/**
 * Finds details by the names of the catalog. Catalogs fold names of engines that compare them without regard to case, and
 * details have them as they are spelled: two names that fold to the same are both unknown.
 */
export class DetailsByName {
  private readonly tables: ReadonlyMap<string, TableDetails | null>;
  private readonly indexes: ReadonlyMap<string, IndexDetails | null>;
  private readonly dialect: Dialect;

  constructor(details: SchemaDetails, dialect: Dialect) {
    this.dialect = dialect;
    this.tables = once(details.tables, ({ schema, table }) => nameKey(dialect, schema, table));
    this.indexes = once(details.indexes, ({ schema, table, index }) =>
      nameKey(dialect, schema, table, index),
    );
  }

  table(schema: string, table: string): TableDetails | null {
    return this.tables.get(nameKey(this.dialect, schema, table)) ?? null;
  }

  index(schema: string, table: string, index: string): IndexDetails | null {
    return this.indexes.get(nameKey(this.dialect, schema, table, index)) ?? null;
  }
}

function once<T>(all: readonly T[], keyOf: (one: T) => string): Map<string, T | null> {
  const found = new Map<string, T | null>();
  for (const one of all) found.set(keyOf(one), found.has(keyOf(one)) ? null : one);
  return found;
}

/** A key for names: PostgreSQL tells "Orders" from orders, the others' catalogs are folded. */
export function nameKey(dialect: Dialect, ...names: readonly string[]): string {
  return JSON.stringify(dialect === 'postgresql' ? names : names.map((name) => name.toLowerCase()));
}
