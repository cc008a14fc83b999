/** Prepared answers of the stand-in for SQL Server, and results as tokens. */
import { type Column, columnMetadata, nullBitmapRow, rowToken, type ServerMessage } from './tokens.ts';

export interface ResultSet {
  /** a name alone is a column of nvarchar(4000) */
  readonly columns: readonly (string | Column)[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/**
 * What a batch is answered with. `'hang'` answers nothing until an attention comes; `endless` sends its rows again and
 * again until then; `'break'` ends the connection, `'breakMidway'` does so between two
 * rows, `'garbage'` is no TDS, and `'deaf'` answers nothing, not even an attention.
 */
export type Answer =
  | (ResultSet & {
      readonly messages?: readonly ServerMessage[];
      /** milliseconds that the statement takes */
      readonly delayMs?: number;
    })
  | { readonly sets: readonly ResultSet[]; readonly messages?: readonly ServerMessage[] }
  | { readonly error: ServerMessage; readonly rolledBack?: boolean }
  | { readonly ok: number }
  | { readonly endless: ResultSet }
  | 'hang'
  | 'deaf'
  | 'garbage'
  | 'breakMidway'
  | 'break';

/** What the session was told to give besides, or instead of, results. */
export interface BatchMode {
  /** SET SHOWPLAN_XML: the plan instead of a result; SET STATISTICS XML: the plan after it */
  readonly plan: 'estimated' | 'actual' | null;
  /** SET STATISTICS IO, TIME */
  readonly statistics: boolean;
}

/** The result in which a server sends a plan. */
export function showplan(xml: string): ResultSet {
  const column = { name: 'Microsoft SQL Server 2005 XML Showplan', type: 'nvarchar(max)' };
  return { columns: [column], rows: [[xml]] };
}

function columnsOf(set: ResultSet): Column[] {
  return set.columns.map((column) =>
    typeof column === 'string' ? { name: column, type: 'nvarchar(4000)' } : column,
  );
}

export function head(set: ResultSet): Buffer {
  return columnMetadata(columnsOf(set));
}

/** Both kinds of rows in turns, as a server sends the one or the other by its choice. */
export function rowOf(set: ResultSet, row: readonly (string | null)[], at: number): Buffer {
  const columns = columnsOf(set);
  return at % 2 === 0 ? rowToken(columns, row) : nullBitmapRow(columns, row);
}
