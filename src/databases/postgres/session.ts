/** One guarded transaction: what may run in it, how long, and how it is stopped. */
import type { Client } from 'pg';
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
import { readPostgresPlan } from '../../core/plans/read-postgres-plan.ts';
import { cancelled } from '../call-errors.ts';
import { answeredSoon } from '../control-limit.ts';
import { toDatabaseError } from './errors.ts';
import { explainForm, readTiming, TIMING_PREFIX } from './explain.ts';
import { type Limits, runLimited } from './limited-run.ts';
import { quoteIdentifier, quoteLiteral } from './quoting.ts';
import type { ResultTypes } from './result-types.ts';
import type { Connected, Transport } from './transport.ts';
import { runExtended, runSimple } from './wire.ts';

/** Milliseconds that a statement may take when the caller does not say. */
const DEFAULT_TIMEOUT_MS = 60_000;
const LOCK_TIMEOUT_MS = 5000;
const IDLE_IN_TRANSACTION_MS = 600_000;
const SAVEPOINT = 'sqlopt';
const PREPARED = 'sqlopt_plan';

/** How a session gets its connection, and another one when the transport ended the first to stop a statement. */
export interface SessionPlace {
  readonly transport: Transport;
  readonly types: ResultTypes;
  acquire(options: CallOptions): Promise<Connected>;
  release(connected: Connected): void;
}

/** A transaction that reads only (`reads`), or one that may write and is rolled back (`writes`). */
export type SessionKind = 'reads' | 'writes';

export class PostgresSession implements ReadOnlySession {
  private readonly place: SessionPlace;
  private readonly kind: SessionKind;
  private readonly defaults: CallOptions;
  private connected: Connected | null = null;
  /** statement_timeout that the transaction has now, milliseconds */
  private timeoutMs: number | null = null;
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
    return this.call({ sql }, options, async (client, limits) => {
      // one more than asked: a portal that ends with its last row does not say that it is at its end
      const rowsWanted = maxRows === undefined ? undefined : maxRows + 1;
      const result = await this.limited({ text: sql, maxRows: rowsWanted }, limits);
      const columns = await this.place.types.columns(client, result.fields);
      const rows = maxRows === undefined ? result.rows : result.rows.slice(0, maxRows);
      const changed = /(\d+)$/.exec(result.command)?.[1];
      return {
        columns,
        rows,
        truncated: result.rows.length > rows.length,
        rowCount: columns.length > 0 || changed === undefined ? rows.length : Number(changed),
      };
    });
  }

  explain(sql: string, options: ExplainOptions = {}): Promise<Plan> {
    const settings = Object.entries(options.settings ?? {});
    const local = settings.length > 0;
    return this.call({ sql, local }, options, async (_client, limits) => {
      const form = explainForm(sql, options);
      await this.setLocal(limits.connected, settings);
      if (form.prepare) return this.explainPrepared(sql, form.prefix, limits);
      const { rows } = await this.limited({ text: form.prefix + sql }, { ...limits, prefix: form.prefix });
      return readPostgresPlan(rows[0]?.[0] ?? '');
    });
  }

  time(sql: string, options: CallOptions = {}): Promise<Timing> {
    return this.call({ sql }, options, async (_client, limits) => {
      const { rows } = await this.limited(
        { text: TIMING_PREFIX + sql },
        { ...limits, prefix: TIMING_PREFIX },
      );
      return readTiming(rows[0]?.[0] ?? '');
    });
  }

  describe(sql: string, options: CallOptions = {}): Promise<readonly ResultColumn[]> {
    return this.call({ sql }, options, async (client, limits) => {
      const { fields } = await this.limited({ text: sql, describeOnly: true }, limits);
      return this.place.types.columns(client, fields);
    });
  }

  /** Roll back and give the connection back; the session is over. */
  async end(): Promise<void> {
    this.over = true;
    await this.previous.catch(() => undefined);
    const { connected } = this;
    this.connected = null;
    if (!connected) return;
    try {
      if (connected.lost() === null && connected.status() !== 'I') {
        await this.control(connected, 'ROLLBACK');
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
    return this.call({ sql: '' }, {}, async () => undefined);
  }

  private call<T>(
    statement: { readonly sql: string; readonly local?: boolean },
    options: CallOptions,
    work: (client: Client, limits: Limits) => Promise<T>,
  ): Promise<T> {
    const result = this.previous.then(() => this.callNow(statement, options, work));
    this.previous = result.catch(() => undefined);
    return result;
  }

  private async callNow<T>(
    { sql, local = false }: { readonly sql: string; readonly local?: boolean },
    options: CallOptions,
    work: (client: Client, limits: Limits) => Promise<T>,
  ): Promise<T> {
    const signal = options.signal ?? this.defaults.signal;
    const timeoutMs = options.timeoutMs ?? this.defaults.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    if (signal?.aborted) throw cancelled(signal.reason);
    if (this.over) throw endedError();
    const connected = await this.ready(signal);
    const { client } = connected;
    const limits: Limits = { sql, timeoutMs, signal, transport: this.place.transport, connected };
    try {
      await this.prepareCall(connected, timeoutMs);
      const result = await work(client, limits);
      if (connected.status() !== 'T') throw leftTransaction();
      if (local) await this.control(connected, `ROLLBACK TO SAVEPOINT ${SAVEPOINT}`);
      return result;
    } catch (error) {
      await this.recover(connected);
      throw toDatabaseError(error, this.context());
    }
  }

  /** The connection with its transaction, begun when there is none yet. */
  private async ready(signal: AbortSignal | undefined): Promise<Connected> {
    if (this.connected && this.connected.lost() !== null) {
      this.place.release(this.connected);
      this.connected = null;
      // the embedded database is ended to stop a statement; reading goes on in a new one
      if (!this.place.transport.embedded || this.kind === 'writes') {
        this.over = true;
        throw toDatabaseError(new Error('Connection terminated'), this.context());
      }
    }
    if (this.connected) return this.connected;
    const first = await this.open(signal);
    if (first) return first;
    // the connection came from the pool and its server was gone meanwhile: nothing has run yet, so once more
    const second = await this.open(signal);
    if (second) return second;
    throw toDatabaseError(new Error('Connection terminated'), this.context());
  }

  /** @returns null when the connection turned out to be lost */
  private async open(signal: AbortSignal | undefined): Promise<Connected | null> {
    const connected = await this.place.acquire({ signal, timeoutMs: this.defaults.timeoutMs });
    try {
      await this.control(connected, this.opening());
    } catch (error) {
      const known = toDatabaseError(error, this.context());
      connected.destroy();
      this.place.release(connected);
      if (known.reason === 'connectionLost') return null;
      throw known;
    }
    this.connected = connected;
    this.timeoutMs = null;
    return connected;
  }

  /** The savepoint is what a failed call goes back to; in it the server refuses to lift READ ONLY too. */
  private opening(): string {
    const mode = this.kind === 'reads' ? 'READ ONLY' : 'READ WRITE';
    return `BEGIN ISOLATION LEVEL REPEATABLE READ ${mode};
      SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS};
      SET LOCAL idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS};
      SAVEPOINT ${SAVEPOINT}`;
  }

  private async prepareCall(connected: Connected, timeoutMs: number): Promise<void> {
    const parts: string[] = [];
    // what the calls before wrote stays when this one fails
    if (this.kind === 'writes') parts.push(`RELEASE SAVEPOINT ${SAVEPOINT}`, `SAVEPOINT ${SAVEPOINT}`);
    if (this.timeoutMs !== timeoutMs) parts.push(`SET LOCAL statement_timeout = ${Math.ceil(timeoutMs)}`);
    if (parts.length > 0) await this.control(connected, parts.join('; '));
    this.timeoutMs = timeoutMs;
  }

  /** After a failed call: back to the savepoint, and an end to a transaction that is not ours any more. */
  private async recover(connected: Connected): Promise<void> {
    if (connected.lost() !== null) return;
    try {
      if (connected.status() === 'I') {
        this.over = true;
        // what it set before would go on to the next user of the connection
        await this.control(connected, 'DISCARD ALL');
        return;
      }
      await this.control(connected, `ROLLBACK TO SAVEPOINT ${SAVEPOINT}`);
      // it takes the settings back too
      this.timeoutMs = null;
    } catch {
      this.over = true;
      connected.destroy();
    }
  }

  private limited(statement: Parameters<typeof runExtended>[1], limits: Limits) {
    return runLimited((client) => runExtended(client, statement), { ...limits, sent: statement.text });
  }

  private async setLocal(
    connected: Connected,
    settings: readonly (readonly [string, string])[],
  ): Promise<void> {
    if (settings.length === 0) return;
    const calls = settings.map(
      ([name, value]) => `set_config(${quoteLiteral(name)}, ${quoteLiteral(value)}, true)`,
    );
    await this.control(connected, `SELECT ${calls.join(', ')}`);
  }

  /** The generic plan, which holds for all values of the parameters. */
  private async explainPrepared(sql: string, prefix: string, limits: Limits): Promise<Plan> {
    const { connected } = limits;
    const head = `PREPARE ${PREPARED} AS `;
    await this.limited({ text: head + sql }, { ...limits, prefix: head });
    try {
      const { rows: counted } = await this.control(
        connected,
        `SET LOCAL plan_cache_mode = force_generic_plan;
         SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = ${quoteLiteral(PREPARED)}`,
      );
      const values = new Array<string>(Number(counted[0]?.[0] ?? 0)).fill('NULL');
      const { rows } = await this.limited(
        { text: `${prefix}EXECUTE ${quoteIdentifier(PREPARED)}(${values.join(', ')})` },
        limits,
      );
      const plan = readPostgresPlan(rows[0]?.[0] ?? '');
      const { plan_cache_mode: _ours, ...settings } = plan.settings;
      return { ...plan, settings };
    } finally {
      // a prepared statement outlives the transaction, but nothing can be said inside of a failed one
      if (connected.status() === 'E') {
        await this.control(connected, `ROLLBACK TO SAVEPOINT ${SAVEPOINT}`);
        this.timeoutMs = null;
      }
      await this.control(connected, `DEALLOCATE ${PREPARED}; SET LOCAL plan_cache_mode = auto`);
    }
  }

  /** A statement of ours; the embedded database has no network that could lose it. */
  private control(connected: Connected, sql: string): ReturnType<typeof runSimple> {
    const run = () => runSimple(connected.client, sql);
    const { embedded, target } = this.place.transport;
    return embedded ? run() : answeredSoon(connected, target, run);
  }

  private context() {
    const { target, user } = this.place.transport;
    return { target, user };
  }
}

function endedError(): DatabaseError {
  return new DatabaseError('connectionLost', 'The transaction is over. Begin the work again.');
}

function leftTransaction(): DatabaseError {
  return new DatabaseError(
    'readOnly',
    'The statement ended the guarded transaction (COMMIT, ROLLBACK or the like), so nothing more runs in it. Such statements are not executed here.',
  );
}
