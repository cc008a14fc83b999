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
import { type CallLimits, GuardedSession, LOCK_TIMEOUT_MS, type SessionPlace } from '../guarded-session.ts';
import { tooLarge } from '../result-size.ts';
import { toDatabaseError } from './errors.ts';
import { explainForm, readTiming, TIMING_PREFIX } from './explain.ts';
import { type Limits, runLimited } from './limited-run.ts';
import { quoteIdentifier, quoteLiteral } from './quoting.ts';
import type { ResultTypes } from './result-types.ts';
import type { Connected, Transport } from './transport.ts';
import { runExtended, runSimple } from './wire.ts';

const IDLE_IN_TRANSACTION_MS = 600_000;
const SAVEPOINT = 'sqlopt';
const PREPARED = 'sqlopt_plan';

interface PostgresPlace extends SessionPlace<Connected> {
  readonly transport: Transport;
  readonly types: ResultTypes;
}

export class PostgresSession extends GuardedSession<Connected, PostgresPlace> implements ReadOnlySession {
  /** statement_timeout that the transaction has now, milliseconds */
  private timeoutMs: number | null = null;

  query(sql: string, options: CallOptions & { readonly maxRows?: number } = {}): Promise<QueryResult> {
    const { maxRows } = options;
    return this.call({ sql }, options, async (client, limits) => {
      // one more than asked: a portal that ends with its last row does not say that it is at its end
      const rowsWanted = maxRows === undefined ? undefined : maxRows + 1;
      const result = await this.limited({ text: sql, maxRows: rowsWanted }, limits);
      if (result.dropped > 0 && maxRows === undefined) throw tooLarge();
      const columns = await this.place.types.columns(client, result.fields);
      const rows = maxRows === undefined ? result.rows : result.rows.slice(0, maxRows);
      const changed = /(\d+)$/.exec(result.command)?.[1];
      return {
        columns,
        rows,
        truncated: result.rows.length > rows.length || result.dropped > 0,
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

  protected override async start(connected: Connected): Promise<void> {
    await runSimple(connected.client, this.opening());
    this.timeoutMs = null;
  }

  protected override async finish(connected: Connected): Promise<void> {
    if (connected.status() !== 'I') await runSimple(connected.client, 'ROLLBACK');
  }

  protected override failure(error: unknown): DatabaseError {
    return toDatabaseError(error, this.context());
  }

  /** The embedded database is ended to stop a statement; reading goes on in a new one. */
  protected override goesOn(): boolean {
    return this.place.transport.embedded && this.kind === 'reads';
  }

  /** The embedded database has no network that could lose it. */
  protected override soon<T>(connected: Connected, work: () => Promise<T>): Promise<T> {
    return this.place.transport.embedded ? work() : super.soon(connected, work);
  }

  private call<T>(
    statement: { readonly sql: string; readonly local?: boolean },
    options: CallOptions,
    work: (client: Client, limits: Limits) => Promise<T>,
  ): Promise<T> {
    return this.inTurn(options, (limits) => this.callNow(statement, limits, work));
  }

  private async callNow<T>(
    { sql, local = false }: { readonly sql: string; readonly local?: boolean },
    { signal, timeoutMs }: CallLimits,
    work: (client: Client, limits: Limits) => Promise<T>,
  ): Promise<T> {
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
      throw this.failure(error);
    }
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

  private control(connected: Connected, sql: string): ReturnType<typeof runSimple> {
    return this.soon(connected, () => runSimple(connected.client, sql));
  }

  private context() {
    const { target, user } = this.place.transport;
    return { target, user };
  }
}

function leftTransaction(): DatabaseError {
  return new DatabaseError(
    'readOnly',
    'The statement ended the guarded transaction (COMMIT, ROLLBACK or the like), so nothing more runs in it. Such statements are not executed here.',
  );
}
