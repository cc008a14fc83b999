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
import { planWithoutLiterals } from '../../core/plans/plan-without-literals.ts';
import { withTableNames } from '../../core/plans/table-names.ts';
import type { Dialect } from '../../core/sql/dialect.ts';
import {
  type CallLimits,
  GuardedSession,
  LOCK_TIMEOUT_MS,
  type SessionKind,
  type SessionPlace,
} from '../guarded-session.ts';
import { tooLarge } from '../result-size.ts';
import { runStoppable } from '../stoppable-run.ts';
import { type ColumnDefinition, resultColumn } from './column-types.ts';
import type { Connected } from './connect.ts';
import { toDatabaseError } from './errors.ts';
import { explainStatement, readPlan, refuseParameters, withoutValues, withValues } from './explain.ts';
import { quoteLiteral } from './quoting.ts';
import type { ServerTransport } from './server-transport.ts';
import { checkStatement } from './statement-guard.ts';
import { timingOf } from './timing.ts';
import { tablesWithoutRollback } from './transactional.ts';
import { prepareOnly, runText, type WireResult } from './wire.ts';

/** More rows than any server sends. */
const NO_LIMIT = 'DEFAULT';
/** ER_LOCK_DEADLOCK: the server has rolled the transaction back. */
const DEADLOCK = '1213';

interface MysqlPlace extends SessionPlace<Connected> {
  readonly transport: ServerTransport;
  readonly dialect: Dialect;
}

export class MysqlSession extends GuardedSession<Connected, MysqlPlace> implements ReadOnlySession {
  /** session variables that we set, as the connection has them now */
  private variables: Readonly<Record<string, string>> = {};
  /** tables that cannot be rolled back; null: not asked yet */
  private permanent: readonly string[] | null = null;

  query(sql: string, options: CallOptions & { readonly maxRows?: number } = {}): Promise<QueryResult> {
    const { maxRows } = options;
    return this.call(sql, options, async (call) => {
      // one more than asked, so that a result that is cut off is known from one that ends there
      await call.set({ sql_select_limit: maxRows === undefined ? NO_LIMIT : String(maxRows + 1) });
      const result = await call.run(sql, { maxRows });
      if (result.truncated && maxRows === undefined) throw tooLarge();
      return {
        columns: result.fields.map(resultColumn),
        rows: result.rows,
        truncated: result.truncated,
        rowCount: result.fields.length > 0 ? result.rows.length : result.affected,
      };
    });
  }

  async explain(sql: string, options: ExplainOptions = {}): Promise<Plan> {
    const { values } = options;
    if (!values || values.length === 0) return this.explained(sql, options);
    const { dialect } = this.place;
    if (options.analyze)
      throw new DatabaseError('other', 'A statement is not run with values that were assumed.');
    return this.explained(withValues(sql, values, dialect), options).then(
      (plan) => planWithoutLiterals(plan, dialect),
      (error: unknown) => {
        throw withoutValues(error);
      },
    );
  }

  private explained(sql: string, options: ExplainOptions): Promise<Plan> {
    return this.call(sql, options, async (call) => {
      const { dialect } = this.place;
      refuseParameters(sql, dialect);
      const before = Object.entries(options.settings ?? {});
      await call.set({ sql_select_limit: NO_LIMIT });
      await this.setForOnce(call, before);
      try {
        const result = await call.run(explainStatement(sql, dialect, options.analyze === true));
        const plan = readPlan(result.rows, call.connected.session, options.analyze === true);
        return withTableNames(plan, sql, dialect);
      } finally {
        if (call.connected.lost() === null) await this.takeBack(call, before);
      }
    });
  }

  time(sql: string, options: CallOptions = {}): Promise<Timing> {
    return this.call(sql, options, async (call) => {
      refuseParameters(sql, this.place.dialect);
      await call.set({ sql_select_limit: NO_LIMIT });
      return timingOf(sql, call.connected.session.mariadb, call);
    });
  }

  describe(sql: string, options: CallOptions = {}): Promise<readonly ResultColumn[]> {
    return this.call(sql, options, async (call) => (await call.prepare(sql)).map(resultColumn));
  }

  protected override async start(connected: Connected): Promise<void> {
    connected.setClean(false);
    for (const statement of opening(this.kind, connected.session.mariadb)) {
      await runText(connected, statement);
    }
    this.variables = {};
  }

  protected override async finish(connected: Connected): Promise<void> {
    await runText(connected, 'ROLLBACK');
    await forget(connected);
  }

  protected override failure(error: unknown): DatabaseError {
    return toDatabaseError(error, this.context());
  }

  private call<T>(sql: string, options: CallOptions, work: (call: Call) => Promise<T>): Promise<T> {
    return this.inTurn(options, (limits) => this.callNow(sql, limits, work));
  }

  private async callNow<T>(
    sql: string,
    { signal, timeoutMs }: CallLimits,
    work: (call: Call) => Promise<T>,
  ): Promise<T> {
    const changes = checkStatement(sql, this.kind, this.place.dialect);
    const connected = await this.ready(signal);
    const limits = { sql, signal, timeoutMs };
    try {
      if (changes) await this.refusePermanent(connected);
      return await work({
        connected,
        set: (variables) =>
          this.setVariables(connected, { ...variables, ...limitVariable(connected, timeoutMs) }),
        run: (statement, run = {}) => this.runCutOff(connected, statement, run, limits),
        count: (statement) =>
          this.runLimited(connected, statement, limits, () => runText(connected, statement, { maxRows: 0 })),
        prepare: (statement) =>
          this.runLimited(connected, statement, limits, () => prepareOnly(connected, statement)),
      });
    } catch (error) {
      const known = toDatabaseError(error, { ...this.context(), sql });
      if (known.code === DEADLOCK) this.over = true;
      throw known;
    }
  }

  /** A statement that is also stopped when more rows come than are wanted. */
  private async runCutOff(
    connected: Connected,
    statement: string,
    { maxRows }: { readonly maxRows?: number | undefined },
    limits: Limits,
  ): Promise<WireResult> {
    let cutting: Promise<void> = Promise.resolve();
    const onFull = () => {
      // rows that flood in would keep the control connection from its turn
      connected.client.pause();
      cutting = this.place.transport
        .interrupt(connected, statement)
        .catch(() => connected.destroy())
        .finally(() => connected.client.resume());
    };
    try {
      return await this.runLimited(connected, statement, limits, () =>
        runText(connected, statement, { maxRows, onFull }),
      );
    } finally {
      // the control connection has looked, and stops nothing that comes after this statement
      await cutting;
    }
  }

  /** One step of a call, stopped at its limit or by its signal. */
  private runLimited<T>(
    connected: Connected,
    statement: string,
    { sql, signal, timeoutMs }: Limits,
    run: () => Promise<T>,
  ): Promise<T> {
    return runStoppable(run, {
      signal,
      timeoutMs,
      serverObeys: true,
      interrupt: () => this.place.transport.interrupt(connected, statement),
      destroy: () => connected.destroy(),
      failed: (error, stopped, ranMs) =>
        toDatabaseError(error, {
          ...this.context(),
          sql,
          timeoutMs,
          stopped: stopped ?? (isOwnLimit(error, ranMs, timeoutMs) ? 'limit' : null),
        }),
    });
  }

  private async setVariables(connected: Connected, wanted: Readonly<Record<string, string>>): Promise<void> {
    const changed = Object.entries(wanted).filter(([name, value]) => this.variables[name] !== value);
    if (changed.length === 0) return;
    const parts = changed.map(([name, value]) => `SESSION ${name} = ${value}`);
    await this.soon(connected, () => runText(connected, `SET ${parts.join(', ')}`));
    this.variables = { ...this.variables, ...wanted };
  }

  private async setForOnce(call: Call, settings: readonly (readonly [string, string])[]): Promise<void> {
    for (const [name, value] of settings) {
      const statement = `SET SESSION ${settingName(name)} = ${settingValue(value)}`;
      await this.soon(call.connected, () => runText(call.connected, statement));
    }
  }

  private async takeBack(call: Call, settings: readonly (readonly [string, string])[]): Promise<void> {
    for (const [name] of settings) {
      const statement = `SET SESSION ${settingName(name)} = DEFAULT`;
      await this.soon(call.connected, () => runText(call.connected, statement));
    }
  }

  /** What MyISAM, Aria and the like have written stays written: with such tables about, nothing is changed. */
  private async refusePermanent(connected: Connected): Promise<void> {
    this.permanent ??= await this.soon(connected, () => tablesWithoutRollback(connected));
    const [first] = this.permanent;
    if (first === undefined) return;
    const more = this.permanent.length - 1;
    throw new DatabaseError(
      'readOnly',
      `The statement was not run: ${first}${more > 0 ? ` and ${more} more tables` : ''} on this server cannot be rolled back, and a trigger could write there. Convert to InnoDB, or try it on a copy.`,
    );
  }

  private context() {
    const { target, user } = this.place.transport;
    return { target, user };
  }
}

interface Limits extends CallLimits {
  /** the caller's statement */
  readonly sql: string;
}

/** What one call works with. */
interface Call {
  readonly connected: Connected;
  /** Set session variables, with the time limit. */
  set(variables: Readonly<Record<string, string>>): Promise<void>;
  run(statement: string, options?: { readonly maxRows?: number | undefined }): Promise<WireResult>;
  /** Run to the end without keeping rows. */
  count(statement: string): Promise<WireResult>;
  prepare(statement: string): Promise<readonly ColumnDefinition[]>;
}

/**
 * The session is read-only besides the transaction, so that what follows the end of the transaction is refused too.
 * Row counts of MySQL's information_schema may be a day old, unless it is told to look. SET NAMES gives the server's own collation for utf8mb4, as other clients have it.
 */
function opening(kind: SessionKind, mariadb: boolean): string[] {
  const mode = kind === 'reads' ? 'READ ONLY' : 'READ WRITE';
  const lockSeconds = LOCK_TIMEOUT_MS / 1000;
  const fresh = mariadb ? '' : ', SESSION information_schema_stats_expiry = 0';
  return [
    `SET NAMES utf8mb4, SESSION autocommit = 1, SESSION lock_wait_timeout = ${lockSeconds}, SESSION innodb_lock_wait_timeout = ${lockSeconds}${fresh}`,
    `SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, ${mode}`,
    `START TRANSACTION WITH CONSISTENT SNAPSHOT, ${mode}`,
  ];
}

/** max_execution_time holds for SELECT only; for the rest, and where neither works, this side looks at the clock. */
function limitVariable({ session }: Connected, timeoutMs: number): Record<string, string> {
  const ms = Math.max(1, Math.ceil(timeoutMs));
  return session.mariadb
    ? { max_statement_time: String(ms / 1000) }
    : { max_execution_time: String(Math.min(ms, 2 ** 32 - 1)) };
}

/** MariaDB's ER_STATEMENT_TIMEOUT and MySQL's ER_QUERY_TIMEOUT, when it was our limit and not a lower one. */
function isOwnLimit(error: unknown, ranMs: number, timeoutMs: number): boolean {
  if (!(error instanceof Error) || !('errno' in error)) return false;
  return (error.errno === 1969 || error.errno === 3024) && ranMs >= timeoutMs * 0.9;
}

/** Variables, prepared statements, temporary tables and locks that statements left in the session. */
function forget(connected: Connected): Promise<void> {
  const { client } = connected as unknown as { readonly client: { reset(done: (e?: Error) => void): void } };
  return connected.guarded((resolve, reject) => {
    client.reset((error) => {
      if (error) {
        reject(error);
        return;
      }
      connected.setClean(true);
      resolve();
    });
  });
}

function settingName(name: string): string {
  if (/^\w+$/.test(name)) return name;
  throw new DatabaseError('other', `"${name}" is no name of a session variable.`);
}

function settingValue(value: string): string {
  return /^-?\d+(\.\d+)?$/.test(value) ? value : quoteLiteral(value);
}
