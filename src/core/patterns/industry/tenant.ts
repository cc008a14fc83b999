/** Tables that hold the rows of many tenants, as the catalog shows them. */
import type { Catalog, Table } from '../../catalog/catalog.ts';

/** What such a column is usually called. */
const NAMED = /^(tenant|organi[sz]ation|org|account|workspace|company|team)_?(id|uuid|key)$/;

/** The column that says whose rows they are, in every table that has it. */
export interface Tenancy {
  readonly column: string;
  readonly tables: ReadonlySet<Table>;
}

/**
 * The tenant column of a catalog: one of the usual names that at least three tables have as NOT NULL, of which at least
 * two have it in a key or refer to the same parent by it. Null when there is none, or more than one.
 */
export function tenancyOf(catalog: Catalog): Tenancy | null {
  const known = KNOWN.get(catalog);
  if (known !== undefined) return known;
  const names = new Set(
    catalog.tables.flatMap((table) =>
      table.columns.map((one) => one.name).filter((name) => NAMED.test(name)),
    ),
  );
  const found = [...names].flatMap((column) => tenancyBy(catalog, column) ?? []);
  const tenancy = found.length === 1 ? (found[0] ?? null) : null;
  KNOWN.set(catalog, tenancy);
  return tenancy;
}

const KNOWN = new WeakMap<Catalog, Tenancy | null>();

function tenancyBy(catalog: Catalog, column: string): Tenancy | null {
  const tables = catalog.tables.filter(
    (table) =>
      (table.kind === 'table' || table.kind === 'partitioned') &&
      table.columns.some((one) => one.name === column && one.notNull),
  );
  const tied = tables.filter(
    (table) =>
      table.keys.some((key) => key.columns.length > 1 && key.columns.includes(column)) ||
      table.foreignKeys.some((key) => key.columns.length === 1 && key.columns[0] === column),
  );
  return tables.length >= 3 && tied.length >= 2 ? { column, tables: new Set(tables) } : null;
}
