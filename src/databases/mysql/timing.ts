/** Running a statement once, without its rows, and what it took. */
import { DatabaseError, type Timing } from '../../core/database.ts';
import { mariadbTotals } from '../../core/plans/mariadb-run-totals.ts';
import type { WireResult } from './wire.ts';

/** The rows that the server has sent, or thrown away in ANALYZE, in this session. */
const ROWS_SENT = "SHOW SESSION STATUS LIKE 'Rows_sent'";

/** How statements are run, within the limits of one call. */
export interface TimedRun {
  run(statement: string): Promise<WireResult>;
  /** Run to the end without keeping rows. */
  count(statement: string): Promise<WireResult>;
}

/**
 * MariaDB runs the statement in ANALYZE, which throws the rows away in the server and tells its time. MySQL's EXPLAIN
 * ANALYZE reads the clock around every row of every step, which distorts; so there the rows come here and are counted,
 * and the time is that of the whole exchange.
 */
export async function timingOf(sql: string, mariadb: boolean, { run, count }: TimedRun): Promise<Timing> {
  if (!mariadb) {
    const began = performance.now();
    const result = await count(sql);
    return { ...NOTHING, elapsedMs: performance.now() - began, rows: result.count };
  }
  const before = await rowsSent(run);
  const { rows } = await run(`ANALYZE FORMAT=JSON ${sql}`);
  const after = await rowsSent(run);
  const totals = mariadbTotals(rows[0]?.[0] ?? '');
  return {
    ...NOTHING,
    elapsedMs: totals.elapsedMs,
    // ANALYZE itself returned one
    rows: after - before - 1,
    sharedHit: Math.max(0, totals.pagesAccessed - totals.pagesRead),
    sharedRead: totals.pagesRead,
  };
}

const NOTHING: Timing = {
  elapsedMs: 0,
  cpuMs: null,
  rows: 0,
  sharedHit: 0,
  sharedRead: 0,
  tempBlocks: 0,
};

async function rowsSent(run: (statement: string) => Promise<WireResult>): Promise<number> {
  const value = Number((await run(ROWS_SENT)).rows[0]?.[1]);
  if (Number.isFinite(value)) return value;
  throw new DatabaseError('driver', 'The server does not tell how many rows a statement has.');
}
