/** Running a statement once, without its rows, and what it took. */
import type { Timing } from '../../core/database.ts';
import type { ServerMessage, WireResult } from './wire.ts';

/** How statements are run, within the limits of one call. */
export interface TimedRun {
  run(statement: string): Promise<WireResult>;
  /** Run to the end without keeping rows. */
  count(statement: string): Promise<WireResult>;
  /** Turn a setting off again, whatever has happened. */
  takeBack(statement: string): Promise<void>;
}

/**
 * The rows come here and are counted: nothing in the server throws them away. The time is that of the whole exchange,
 * because SET STATISTICS TIME tells whole milliseconds only; processor time and pages are the server's.
 */
export async function timingOf(sql: string, { run, count, takeBack }: TimedRun): Promise<Timing> {
  await run('SET STATISTICS IO, TIME ON');
  try {
    const began = performance.now();
    const result = await count(sql);
    const elapsedMs = performance.now() - began;
    const { cpuMs, logicalReads, physicalReads } = readStatistics(result.messages);
    return {
      elapsedMs,
      cpuMs,
      rows: result.count,
      sharedHit: Math.max(0, logicalReads - physicalReads),
      sharedRead: physicalReads,
      tempBlocks: 0,
    };
  } finally {
    await takeBack('SET STATISTICS IO, TIME OFF');
  }
}

export interface ServerStatistics {
  /** milliseconds; null when the server did not tell */
  readonly cpuMs: number | null;
  readonly elapsedMs: number | null;
  /** pages of 8 kB, over all tables */
  readonly logicalReads: number;
  readonly physicalReads: number;
}

/** Numbers of the messages, which are the same in every language of the server (`sys.messages`). */
const EXECUTION_TIMES = 3612;
const TABLE_IO = 3615;

/**
 * What SET STATISTICS IO, TIME said of a statement.
 * https://learn.microsoft.com/sql/t-sql/statements/set-statistics-io-transact-sql
 * https://learn.microsoft.com/sql/t-sql/statements/set-statistics-time-transact-sql
 */
export function readStatistics(messages: readonly ServerMessage[]): ServerStatistics {
  let [cpuMs, elapsedMs]: (number | null)[] = [null, null];
  let [logicalReads, physicalReads] = [0, 0];
  for (const { number, message } of messages) {
    if (number === EXECUTION_TIMES) {
      // 'CPU time = 16 ms,  elapsed time = 21 ms.'
      const [cpu = 0, elapsed = 0] = numbersIn(message);
      cpuMs = (cpuMs ?? 0) + cpu;
      elapsedMs = (elapsedMs ?? 0) + elapsed;
    } else if (number === TABLE_IO) {
      // "Table 'orders'. Scan count 1, logical reads 53, physical reads 0, …": the name may hold anything
      const [, logical = 0, physical = 0] = numbersIn(message.slice(message.lastIndexOf("'") + 1));
      logicalReads += logical;
      physicalReads += physical;
    }
  }
  return { cpuMs: cpuMs ?? null, elapsedMs: elapsedMs ?? null, logicalReads, physicalReads };
}

function numbersIn(text: string): number[] {
  return (text.match(/\d+/g) ?? []).map(Number);
}
