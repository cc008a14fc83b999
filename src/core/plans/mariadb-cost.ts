/**
 * A price for plans of MariaDB before version 11, whose EXPLAIN tells none. (`Last_query_cost` is no help: it is not
 * set for statements with subqueries or UNION, so that a statement and its rewrite would be priced in different units.)
 *
 * The unit is one row read in the order in which it is stored; what is counted are the planner's own row estimates.
 * A row that an index leads to is a search in the primary key's tree, so it costs more than its neighbour in a scan.
 */

/** Going down an index to its first entry. */
const DESCENT = 2;
/** A row by an index other than the primary key, when the index does not hold all columns. */
const ROW_BY_INDEX = 4;
/** A look into a temporary table by its hash, and each row found. */
const STORED_ROW = 0.1;
/** A comparison of a row with one of the other side in a join without an index. */
const COMPARISON = 0.1;
/** Writing a row into a temporary table, or reading one from it. */
const TEMPORARY_ROW = 0.5;
const SORT_STEP = 0.02;

export interface Access {
  readonly type: string;
  readonly index: string | null;
  readonly covering: boolean;
  /** a temporary table of this statement */
  readonly stored: boolean;
  /** rows read each time */
  readonly examined: number;
}

/** The price of reading a table once. */
export function accessCost({ type, index, covering, stored, examined }: Access): number {
  const word = type.toLowerCase();
  if (word === 'const' || word === 'system') return 0;
  if (stored) return STORED_ROW * (1 + examined);
  if (word === 'all' || index === null) return examined;
  const row = covering || index === 'PRIMARY' ? 1 : ROW_BY_INDEX;
  return DESCENT + row * examined;
}

/** The price of comparing each row of one side with each of the other. */
export function comparisonCost(outer: number, inner: number): number {
  return COMPARISON * outer * inner;
}

export function sortCost(rows: number): number {
  return SORT_STEP * rows * Math.log2(Math.max(2, rows));
}

export function temporaryCost(rows: number): number {
  return TEMPORARY_ROW * rows;
}
