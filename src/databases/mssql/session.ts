/** One guarded transaction: what may run in it, how long, and how it is stopped. */
import {
  type CallOptions,
  DatabaseError,
  type ExplainOptions,
  type QueryResult,
  type ReadOnlySession,
  type ResultColumn,
  type Timing,
} from '../../core/database.ts';
import type { Plan } from '../../core/plans/plan.ts';
import { cancelled } from '../call-errors.ts';
import { runStoppable } from '../stoppable-run.ts';
import { resultColumn } from './column-types.ts';
import { type Connected, connectionLost } from './connect.ts';
import { isDeadlock, toDatabaseError } from './errors.ts';
import { describeStatement, explainSettings, readPlan, withParameters } from './explain.ts';
import type { ServerTransport } from './server-transport.ts';
import { checkStatement } from './statement-guard.ts';
import { timingOf } from './timing.ts';
import { runBatch, type WireResult } from './wire.ts';

/** Milliseconds that a statement may take when the caller does not say. */
const DEFAULT_TIMEOUT_MS = 60_000;
/** Milliseconds that another session's lock is waited for. */
const LOCK_TIMEOUT_MS = 5000;

/** How a session gets its connection. */
export interface SessionPlace {
  readonly transport: ServerTransport;
  acquire(options: CallOptions): Promise<Connected>;
  release(connected: Connected): void;
}

/** A transaction that reads only (`reads`), or one that may write and is rolled back (`writes`). */
export type SessionKind = 'reads' | 'writes';

export class MssqlSession implements ReadOnlySession {
  private readonly place: SessionPlace;
  private readonly kind: SessionKind;
  private readonly defaults: CallOptions;
  private connected: Connected | null = null;
  private over = false;
  /** the end of the call before: calls of one session run one after the other */
  private previous: Promise<unknown> = Promise.resolve();

  constructor(place: SessionPlace, kind: SessionKind, defaults: CallOptions) {
    this.place = place;
    this.kind = kind;
    this.defaults = defaults;
  }

  query(sql: string, options: CallOptions & { readonly maxRows?: number } = {}): Promise<QueryResult> {
    const { maxRows } = options;
    return this.call(sql, options, async (call) => {
      const result = await call.run(sql, { maxRows });
      return {
        columns: result.columns.map(resultColumn),
        rows: result.rows,
        truncated: result.truncated,
        rowCount: result.columns.length > 0 ? result.rows.length : result.affected,
      };
    });
  }

  explain(sql: string, options: ExplainOptions = {}): Promise<Plan> {
    const analyze = options.analyze === true;
    // what is only planned may be anything that a transaction could take back
    const allowed = analyze ? this.kind : 'planned';
    const work = async (call: Call) => {
      const statement = await withParameters(sql, analyze, call);
      const { on, off } = explainSettings(analyze);
      await call.run(on);
      try {
        const result = await call.run(statement, { maxRows: 0 }, { mayFill: true });
        return await readPlan(result.plans, analyze);
      } finally {
        await this.takeBack(call.connected, off);
      }
    };
    return this.call(sql, options, work, allowed);
  }

  time(sql: string, options: CallOptions = {}): Promise<Timing> {
    return this.call(sql, options, (call) =>
      timingOf(sql, {
        run: (statement) => call.run(statement),
        count: (statement) => call.run(statement, { maxRows: 0 }, { mayFill: true }),
        takeBack: (statement) => this.takeBack(call.connected, statement),
      }),
    );
  }

  describe(sql: string, options: CallOptions = {}): Promise<readonly ResultColumn[]> {
    return this.call(sql, options, (call) => describeStatement(sql, call));
  }

  /** Roll back and give the connection back; the session is over. */
  async end(): Promise<void> {
    this.over = true;
    await this.previous.catch(() => undefined);
    const { connected } = this;
    this.connected = null;
    if (!connected) return;
    try {
      if (connected.lost() === null) {
        await runBatch(connected, ROLLBACK);
        await forget(connected);
      }
    } catch {
      // the server rolls back what a lost connection leaves behind
      connected.destroy();
    } finally {
      this.place.release(connected);
    }
  }

  /** Begin the transaction now, so that a connection that cannot be had shows before the work begins. */
  begin(): Promise<void> {
    return this.call(null, {}, async () => undefined);
  }

  private call<T>(
    sql: string | null,
    options: CallOptions,
    work: (call: Call) => Promise<T>,
    allowed: SessionKind | 'planned' = this.kind,
  ): Promise<T> {
    const result = this.previous.then(() => this.callNow(sql, options, work, allowed));
    this.previous = result.catch(() => undefined);
    return result;
  }

  private async callNow<T>(
    sql: string | null,
    options: CallOptions,
    work: (call: Call) => Promise<T>,
    allowed: SessionKind | 'planned',
  ): Promise<T> {
    const signal = options.signal ?? this.defaults.signal;
    const timeoutMs = options.timeoutMs ?? this.defaults.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    if (signal?.aborted) throw cancelled(signal.reason);
    if (this.over) throw endedError();
    const changes = sql !== null && checkStatement(sql, allowed === 'planned' ? 'writes' : allowed);
    const connected = await this.ready(signal);
    const limits = { sql: sql ?? '', signal, timeoutMs };
    try {
      // an error may have ended the transaction: what is written then would stay
      if (changes && allowed === 'writes') await this.refuseOutside(connected);
      return await work({
        connected,
        run: (statement, run = {}, { mayFill = false } = {}) =>
          this.runLimited(connected, statement, run, mayFill, limits),
      });
    } catch (error) {
      const known = toDatabaseError(error, { ...this.place.transport.context, sql: sql ?? undefined });
      if (isDeadlock(known)) this.over = true;
      throw known;
    }
  }

  /**
   * One batch of a call, stopped at its limit, by its signal, or when more rows come than are wanted.
   *
   * @param mayFill rows are only counted, so no number of them is too many
   */
  private runLimited(
    connected: Connected,
    statement: string,
    { maxRows }: { readonly maxRows?: number | undefined },
    mayFill: boolean,
    { sql, signal, timeoutMs }: Limits,
  ): Promise<WireResult> {
    const { transport } = this.place;
    const onFull = mayFill ? undefined : () => void transport.interrupt(connected);
    return runStoppable(() => runBatch(connected, statement, { maxRows, onFull }), {
      signal,
      timeoutMs,
      serverObeys: false,
      interrupt: () => transport.interrupt(connected),
      destroy: () => connected.destroy(),
      failed: (error, stopped) => toDatabaseError(error, { ...transport.context, sql, timeoutMs, stopped }),
    });
  }

  private async refuseOutside(connected: Connected): Promise<void> {
    const { rows } = await runBatch(connected, 'SELECT @@TRANCOUNT');
    if (Number(rows[0]?.[0]) > 0) return;
    this.over = true;
    throw endedError();
  }

  /** The connection with its transaction, begun when there is none yet. */
  private async ready(signal: AbortSignal | undefined): Promise<Connected> {
    const { context } = this.place.transport;
    if (this.connected && this.connected.lost() !== null) {
      this.place.release(this.connected);
      this.connected = null;
      this.over = true;
      throw toDatabaseError(connectionLost(), context);
    }
    if (this.connected) return this.connected;
    const first = await this.open(signal);
    if (first) return first;
    // the connection came from the pool and its server was gone meanwhile: nothing has run yet, so once more
    const second = await this.open(signal);
    if (second) return second;
    throw toDatabaseError(connectionLost(), context);
  }

  /** @returns null when the connection turned out to be lost */
  private async open(signal: AbortSignal | undefined): Promise<Connected | null> {
    const connected = await this.place.acquire({ signal, timeoutMs: this.defaults.timeoutMs });
    connected.setClean(false);
    try {
      await runBatch(connected, opening(connected.session.snapshots));
    } catch (error) {
      const known = toDatabaseError(error, this.place.transport.context);
      connected.destroy();
      this.place.release(connected);
      if (known.reason === 'connectionLost') return null;
      throw known;
    }
    this.connected = connected;
    return connected;
  }

  /** Turn a setting off again. A session in which that fails would plan instead of run, or the reverse: it ends. */
  private async takeBack(connected: Connected, statement: string): Promise<void> {
    if (connected.lost() !== null) return;
    try {
      await runBatch(connected, statement);
    } catch {
      connected.destroy();
    }
  }
}

interface Limits {
  /** the caller's statement */
  readonly sql: string;
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number;
}

/** What one call works with. */
interface Call {
  readonly connected: Connected;
  /** Run one batch within the limits of the call. */
  run(
    statement: string,
    options?: { readonly maxRows?: number | undefined },
    more?: { readonly mayFill?: boolean },
  ): Promise<WireResult>;
}

const ROLLBACK = 'IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION';

/**
 * One state for all of the transaction where the database keeps row versions; else READ COMMITTED: anything stricter
 * would keep locks on what it reads, against which others wait. Whoever else meets us in a deadlock wins.
 */
function opening(snapshots: boolean): string {
  return `SET LOCK_TIMEOUT ${LOCK_TIMEOUT_MS};
SET DEADLOCK_PRIORITY LOW;
SET TRANSACTION ISOLATION LEVEL ${snapshots ? 'SNAPSHOT' : 'READ COMMITTED'};
BEGIN TRANSACTION;`;
}

/** Temporary tables, settings and locks that statements left in the session. */
function forget(connected: Connected): Promise<void> {
  return connected.guarded((resolve, reject) => {
    connected.client.reset((error) => {
      if (error) {
        reject(error);
        return;
      }
      connected.setClean(true);
      resolve();
    });
  });
}

function endedError(): DatabaseError {
  return new DatabaseError('connectionLost', 'The transaction is over. Begin the work again.');
}
