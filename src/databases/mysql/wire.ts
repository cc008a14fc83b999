/**
 * Statements over MySQL's text protocol, with values as the bytes that the server sent. `mysql2` is used for the
 * connection, its authentication and its packets; its conversion of values is not, because it changes them.
 */
import type { FieldPacket, Query } from 'mysql2';
import type { Cell } from '../../core/database.ts';
import { ResultSize } from '../result-size.ts';
import { type ColumnDefinition, cellOf } from './column-types.ts';
import type { Connected } from './connect.ts';

export interface WireResult {
  readonly fields: readonly ColumnDefinition[];
  readonly rows: readonly (readonly Cell[])[];
  /** rows in all, those that were thrown away included */
  readonly count: number;
  /** there were more rows than were kept */
  readonly truncated: boolean;
  /** rows matched by a statement that has no result */
  readonly affected: number;
}

export interface RunOptions {
  /** rows that are kept; the others are counted and thrown away */
  readonly maxRows?: number | undefined;
  /** called once when more rows come than the one that says that there are more */
  readonly onFull?: (() => void) | undefined;
}

/** Run one statement: the server refuses several in one text. @throws what mysql2 raises */
export function runText(
  connected: Connected,
  sql: string,
  { maxRows = Number.POSITIVE_INFINITY, onFull }: RunOptions = {},
): Promise<WireResult> {
  return connected.guarded((resolve, reject) => {
    let fields: readonly ColumnDefinition[] = [];
    const rows: (readonly Cell[])[] = [];
    const size = new ResultSize(Number.isFinite(maxRows));
    let count = 0;
    let affected = 0;
    const query = connected.client.query({ sql, rowsAsArray: true, typeCast: false }) as Query & Streaming;
    query.on('fields', (found: readonly FieldPacket[] | undefined) => {
      // mysql2 declares less of a column than it knows
      fields = (found ?? []) as unknown as readonly ColumnDefinition[];
    });
    query.on('result', (row: readonly (Buffer | null)[] | { readonly affectedRows?: number }) => {
      if (!Array.isArray(row)) {
        affected = (row as { readonly affectedRows?: number }).affectedRows ?? 0;
        return;
      }
      count++;
      if (rows.length < maxRows && !size.full) {
        const cells = fields.map((field, index) => cellOf(row[index] ?? null, field));
        size.add(cells);
        rows.push(cells);
      } else if (count === rows.length + EXPECTED_OVER + 1) onFull?.();
    });
    query.on('error', (error) => {
      // it was cut off after the rows that are wanted
      if (count > rows.length + EXPECTED_OVER && isInterrupted(error)) return;
      reject(error);
    });
    query.on('end', () => resolve({ fields, rows, count, truncated: count > rows.length, affected }));
  });
}

/** The row by which a result that is cut off is known. */
const EXPECTED_OVER = 1;

/** ER_QUERY_INTERRUPTED */
function isInterrupted(error: Error): boolean {
  return 'errno' in error && error.errno === 1317;
}

/** The columns of a statement's result, which is prepared and not run. @throws what mysql2 raises */
export function prepareOnly(connected: Connected, sql: string): Promise<readonly ColumnDefinition[]> {
  return connected.guarded((resolve, reject) => {
    connected.client.prepare(sql, (error, statement) => {
      if (error) {
        reject(error);
        return;
      }
      const { columns } = statement as unknown as { readonly columns: readonly ColumnDefinition[] };
      connected.client.unprepare(sql);
      resolve(columns);
    });
  });
}

/** The events of a query without a callback; mysql2's types know the first two only. */
interface Streaming {
  on(event: 'fields', listener: (fields: readonly FieldPacket[] | undefined) => void): this;
  on(
    event: 'result',
    listener: (row: readonly (Buffer | null)[] | { readonly affectedRows?: number }) => void,
  ): this;
  on(event: 'error', listener: (error: Error) => void): this;
  on(event: 'end', listener: () => void): this;
}
