/** The planner's price of a statement. It is an estimate and is never called time. */
import { type Database, DatabaseError, type ReadOnlySession } from '../database.ts';
import type { AnalyzedStatement } from '../sql/query-model.ts';
import { type AssumedValues, plannable } from './assumed-values.ts';
import type { Pricer } from './search.ts';

/** The server refused what we wrote: the candidate is wrong, whatever its price. */
const REFUSALS = ['syntax', 'undefinedObject', 'dataException'] as const;

/**
 * A pricer over one session.
 *
 * @param session plans the statements (EXPLAIN without executing)
 * @param timeoutMs limit of one call, milliseconds
 * @param assumed values of parameters, for engines that plan for values only
 * @returns prices; null for a statement that cannot be planned without its values or in time
 */
export function planPricer(
  session: ReadOnlySession,
  timeoutMs: number,
  signal: AbortSignal | undefined,
  assumed: AssumedValues | null,
): Pricer {
  return async (statement: AnalyzedStatement) => {
    const bound = plannable(statement, assumed);
    if (!bound) return null;
    try {
      return (await session.explain(bound.sql, { timeoutMs, signal, values: bound.values })).cost;
    } catch (error) {
      if (DatabaseError.is(error, ...REFUSALS)) return 'invalid';
      if (DatabaseError.is(error, 'cancelled', 'connectionLost') || !DatabaseError.is(error)) throw error;
      return null;
    }
  };
}

/** Sessions that plan at the same time at most: planning is short, and the server has other work. */
const MOST_SESSIONS = 4;

interface PriceJob {
  readonly statement: AnalyzedStatement;
  readonly settle: (price: number | 'invalid' | null) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Do some work with a pricer that plans on as many sessions as the database has at a time (a few at most).
 *
 * @param timeoutMs limit of one call, milliseconds
 * @param assumed values of parameters, for engines that plan for values only
 * @throws DatabaseError when a session fails or the call is cancelled; what `work` throws
 */
export async function withPricer<T>(
  database: Database,
  timeoutMs: number,
  signal: AbortSignal | undefined,
  assumed: AssumedValues | null,
  work: (price: Pricer) => Promise<T>,
): Promise<T> {
  const queue = new PriceQueue();
  const ended = new AbortController();
  const count = Math.max(1, Math.min(database.parallelism, MOST_SESSIONS));
  // no session waits for another one while it is held, so that two searches cannot block each other
  const workers = Array.from({ length: count }, async () => {
    try {
      const limits = { signal: signal ? AbortSignal.any([signal, ended.signal]) : ended.signal };
      await database.readOnly(
        (session) => queue.serve(planPricer(session, timeoutMs, signal, assumed)),
        limits,
      );
    } catch (error) {
      if (!ended.signal.aborted) queue.fail(error);
    }
  });
  try {
    return await work((statement) => queue.price(statement));
  } finally {
    queue.close();
    ended.abort(new DatabaseError('cancelled', 'All prices are known.'));
    await Promise.all(workers);
  }
}

/** Statements that wait for a price, and sessions that wait for statements. */
class PriceQueue {
  private readonly jobs: PriceJob[] = [];
  private readonly idle: (() => void)[] = [];
  private closed = false;
  private failure: { readonly error: unknown } | null = null;

  price(statement: AnalyzedStatement): Promise<number | 'invalid' | null> {
    if (this.failure) return Promise.reject(this.failure.error);
    return new Promise((settle, fail) => {
      this.jobs.push({ statement, settle, fail });
      this.idle.shift()?.();
    });
  }

  /** Price what comes, until the queue is closed. */
  async serve(price: Pricer): Promise<void> {
    while (!this.closed) {
      const job = this.jobs.shift();
      if (!job) await new Promise<void>((wake) => this.idle.push(wake));
      else {
        try {
          job.settle(await price(job.statement));
        } catch (error) {
          job.fail(error);
        }
      }
    }
  }

  close(): void {
    this.closed = true;
    for (const wake of this.idle.splice(0)) wake();
  }

  /** A session could not be had or broke: nobody waits for it any longer. */
  fail(error: unknown): void {
    this.failure = { error };
    for (const job of this.jobs.splice(0)) job.fail(error);
  }
}
