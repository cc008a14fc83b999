/** Batches of T-SQL, with values as text, rows counted beyond those that are kept. */
import type { Cell } from '../../core/database.ts';
import { ResultSize } from '../result-size.ts';
import { type ColumnMetadata, cellOf } from './column-types.ts';
import type { Connected } from './connect.ts';

/** A message that is no error: PRINT, SET STATISTICS. */
export interface ServerMessage {
  readonly number: number;
  readonly message: string;
}

export interface WireResult {
  /** of the first result; empty when there is none */
  readonly columns: readonly ColumnMetadata[];
  readonly rows: readonly (readonly Cell[])[];
  /** rows in all, those that were thrown away included */
  readonly count: number;
  /** there were more rows than were kept */
  readonly truncated: boolean;
  /** rows that a statement without a result has changed */
  readonly affected: number;
  /** plans as XML, which come as results of their own */
  readonly plans: readonly string[];
  readonly messages: readonly ServerMessage[];
}

export interface RunOptions {
  /** rows that are kept; the others are counted and thrown away */
  readonly maxRows?: number | undefined;
  /** called once when more rows come than the one that says that there are more */
  readonly onFull?: (() => void) | undefined;
}

/** 'Microsoft SQL Server 2005 XML Showplan', in every version. */
const PLAN = /XML Showplan$/;
/** The row by which a result that is cut off is known. */
const EXPECTED_OVER = 1;
/** `error.code` of a batch that was stopped by an attention. */
export const STOPPED = 'ECANCEL';

/** Run one batch. @throws what the driver raises */
export async function runBatch(
  connected: Connected,
  sql: string,
  { maxRows = Number.POSITIVE_INFINITY, onFull }: RunOptions = {},
): Promise<WireResult> {
  const { BatchRequest } = await import('#drivers/mssql');
  const { client } = connected;
  const rows: (readonly Cell[])[] = [];
  const size = new ResultSize(Number.isFinite(maxRows));
  const plans: string[] = [];
  const messages: ServerMessage[] = [];
  let columns: readonly ColumnMetadata[] | null = null;
  let current: readonly ColumnMetadata[] = [];
  let count = 0;
  const onMessage = (message: ServerMessage) => messages.push(message);
  client.on('infoMessage', onMessage);
  try {
    return await connected.guarded((resolve, reject) => {
      const request = new BatchRequest(sql, (error, affected) => {
        // it was cut off after the rows that are wanted
        const cutOff = count > rows.length + EXPECTED_OVER && codeOf(error) === STOPPED;
        if (error && !cutOff) {
          reject(error);
          return;
        }
        const truncated = count > rows.length;
        const found = columns ?? [];
        resolve({ columns: found, rows, count, truncated, affected: affected ?? 0, plans, messages });
      });
      request.on('columnMetadata', (found: unknown) => {
        current = found as readonly ColumnMetadata[];
        if (!isPlan(current)) columns ??= current;
      });
      request.on('row', (values: readonly { readonly value: unknown }[]) => {
        if (isPlan(current)) {
          plans.push(String(values[0]?.value ?? ''));
          return;
        }
        if (current !== columns) return;
        count++;
        if (rows.length < maxRows && !size.full) {
          const cells = current.map((column, index) => cellOf(values[index]?.value, column));
          size.add(cells);
          rows.push(cells);
        } else if (count === rows.length + EXPECTED_OVER + 1) onFull?.();
      });
      client.execSqlBatch(request);
    });
  } finally {
    client.removeListener('infoMessage', onMessage);
  }
}

function isPlan(columns: readonly ColumnMetadata[]): boolean {
  return columns.length === 1 && PLAN.test(columns[0]?.colName ?? '');
}

function codeOf(error: Error | null | undefined): string | null {
  return error && 'code' in error ? String(error.code) : null;
}
