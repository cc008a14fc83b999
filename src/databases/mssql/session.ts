/** One guarded transaction: what may run in it, how long, and how it is stopped. */
import type {
  CallOptions,
  DatabaseError,
  ExplainOptions,
  QueryResult,
  ReadOnlySession,
  ResultColumn,
  Timing,
} from '../../core/database.ts';
import type { Plan } from '../../core/plans/plan.ts';
import {
  type CallLimits,
  endedError,
  GuardedSession,
  LOCK_TIMEOUT_MS,
  type SessionKind,
  type SessionPlace,
} from '../guarded-session.ts';
import { tooLarge } from '../result-size.ts';
import { runStoppable } from '../stoppable-run.ts';
import { resultColumn } from './column-types.ts';
import type { Connected } from './connect.ts';
import { isDeadlock, toDatabaseError } from './errors.ts';
import { describeStatement, explainSettings, readPlan, withParameters } from './explain.ts';
import type { ServerTransport } from './server-transport.ts';
import { checkStatement } from './statement-guard.ts';
import { timingOf } from './timing.ts';
import { runBatch, type WireResult } from './wire.ts';

interface MssqlPlace extends SessionPlace<Connected> {
  readonly transport: ServerTransport;
}

export class MssqlSession extends GuardedSession<Connected, MssqlPlace> implements ReadOnlySession {
  query(sql: string, options: CallOptions & { readonly maxRows?: number } = {}): Promise<QueryResult> {
    const { maxRows } = options;
    return this.call(sql, options, async (call) => {
      const result = await call.run(sql, { maxRows });
      if (result.truncated && maxRows === undefined) throw tooLarge();
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

  protected override async start(connected: Connected): Promise<void> {
    connected.setClean(false);
    await runBatch(connected, opening(connected.session.snapshots));
  }

  protected override async finish(connected: Connected): Promise<void> {
    await runBatch(connected, ROLLBACK);
    await forget(connected);
  }

  protected override failure(error: unknown): DatabaseError {
    return toDatabaseError(error, this.place.transport.context);
  }

  private call<T>(
    sql: string,
    options: CallOptions,
    work: (call: Call) => Promise<T>,
    allowed: SessionKind | 'planned' = this.kind,
  ): Promise<T> {
    return this.inTurn(options, (limits) => this.callNow(sql, limits, work, allowed));
  }

  private async callNow<T>(
    sql: string,
    { signal, timeoutMs }: CallLimits,
    work: (call: Call) => Promise<T>,
    allowed: SessionKind | 'planned',
  ): Promise<T> {
    const changes = checkStatement(sql, allowed === 'planned' ? 'writes' : allowed);
    const connected = await this.ready(signal);
    const limits = { sql, signal, timeoutMs };
    try {
      // an error may have ended the transaction: what is written then would stay
      if (changes && allowed === 'writes') await this.refuseOutside(connected);
      return await work({
        connected,
        run: (statement, run = {}, { mayFill = false } = {}) =>
          this.runLimited(connected, statement, run, mayFill, limits),
      });
    } catch (error) {
      const known = toDatabaseError(error, { ...this.place.transport.context, sql });
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
    const { rows } = await this.soon(connected, () => runBatch(connected, 'SELECT @@TRANCOUNT'));
    if (Number(rows[0]?.[0]) > 0) return;
    this.over = true;
    throw endedError();
  }

  /** Turn a setting off again. A session in which that fails would plan instead of run, or the reverse: it ends. */
  private async takeBack(connected: Connected, statement: string): Promise<void> {
    if (connected.lost() !== null) return;
    try {
      await this.soon(connected, () => runBatch(connected, statement));
    } catch {
      connected.destroy();
    }
  }
}

interface Limits extends CallLimits {
  /** the caller's statement */
  readonly sql: string;
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
