/**
 * What a server itself says of its indexes: those that it misses (SQL Server), and those that others make superfluous
 * (MySQL, MariaDB). They are the server's hints, told as such: nothing here has been checked or priced.
 */

/** An index whose columns are the beginning of another one's, by the server's own view. */
export interface RedundantIndex {
  /** names as the server spells them */
  readonly schema: string;
  readonly table: string;
  readonly index: string;
  readonly columns: readonly string[];
  /** it also keeps values unique: dropping it takes that away, unless the other one does too */
  readonly unique: boolean;
  readonly dominant: {
    readonly index: string;
    readonly columns: readonly string[];
    readonly unique: boolean;
  };
  /** one of the two holds only the beginning of a column: they may not be alike after all */
  readonly prefixes: boolean;
}

/** An index that the optimizer would have liked. */
export interface MissingIndex {
  readonly schema: string;
  readonly table: string;
  /**
   * columns of conditions by `=`, and of others. The server gives them in the order of the table's columns, which says
   * nothing about their order in an index
   */
  readonly equality: readonly string[];
  readonly inequality: readonly string[];
  /** columns that the statements return. What they cost in writes and room, the server does not reckon */
  readonly include: readonly string[];
  /** how often a statement could have used it */
  readonly uses: number;
  /** average cost of those statements, in the optimizer's unit */
  readonly averageCost: number;
  /** per cent by which the optimizer expected that cost to fall */
  readonly expectedGainPct: number;
  /** ISO 8601, UTC; null where it is unknown */
  readonly lastWanted: string | null;
}

export interface IndexHints {
  readonly available: true;
  /** the views that they come from */
  readonly source: string;
  /** by table */
  readonly redundant: readonly RedundantIndex[];
  /** by cost × gain × uses, the largest first */
  readonly missing: readonly MissingIndex[];
  /** what limits them, as sentences */
  readonly notes: readonly string[];
}

/** Hints that are read at most. */
export const MOST_HINTS = 500;
