/**
 * Private databases for counterexamples on the user's own MySQL or MariaDB server. Only for a user who has allowed it:
 * a database is created there, filled with generated rows, and dropped.
 */
import { randomBytes } from 'node:crypto';
import {
  type CallOptions,
  DatabaseError,
  type QueryResult,
  type ScratchDatabase,
} from '../../core/database.ts';
import type { Dialect } from '../../core/sql/dialect.ts';
import { runStoppable } from '../stoppable-run.ts';
import { resultColumn } from './column-types.ts';
import type { Connected } from './connect.ts';
import { toDatabaseError } from './errors.ts';
import { quoteIdentifier } from './quoting.ts';
import type { ServerTransport } from './server-transport.ts';
import { runText } from './wire.ts';

const DEFAULT_TIMEOUT_MS = 30_000;
/** What its databases are called, so that a person knows a forgotten one. */
const PREFIX = 'sqlopt_scratch_';

/**
 * Create a scratch database.
 * @throws DatabaseError why it could not be created ('permission' when the user may not), or 'cancelled'
 */
export async function openMysqlScratch(
  transport: ServerTransport,
  options: CallOptions = {},
): Promise<ScratchDatabase> {
  const connected = await transport.connect(options);
  const scratch = new MysqlScratch(transport, connected, PREFIX + randomBytes(8).toString('hex'));
  try {
    await scratch.create();
    return scratch;
  } catch (error) {
    await scratch.close();
    throw error;
  }
}

class MysqlScratch implements ScratchDatabase {
  readonly dialect: Dialect;
  private readonly transport: ServerTransport;
  private readonly connected: Connected;
  private readonly name: string;
  private depth = 0;
  private closed = false;

  constructor(transport: ServerTransport, connected: Connected, name: string) {
    this.transport = transport;
    this.connected = connected;
    this.name = name;
    this.dialect = connected.session.mariadb ? 'mariadb' : 'mysql';
  }

  async create(): Promise<void> {
    await this.execute('SET NAMES utf8mb4');
    await this.execute(`CREATE DATABASE ${quoteIdentifier(this.name)}`);
    await this.execute(`USE ${quoteIdentifier(this.name)}`);
  }

  async execute(
    sql: string,
    { timeoutMs = DEFAULT_TIMEOUT_MS, signal, maxRows }: CallOptions & { readonly maxRows?: number } = {},
  ): Promise<QueryResult> {
    if (this.closed) throw new DatabaseError('connectionLost', 'The scratch database is closed.');
    const { transport, connected } = this;
    let cutting: Promise<void> = Promise.resolve();
    const onFull = () => {
      cutting = transport.interrupt(connected, sql).catch(() => connected.destroy());
    };
    try {
      const result = await runStoppable(() => runText(connected, sql, { maxRows, onFull }), {
        signal,
        timeoutMs,
        serverObeys: false,
        interrupt: () => transport.interrupt(connected, sql),
        destroy: () => connected.destroy(),
        failed: (error, stopped) =>
          toDatabaseError(error, { target: transport.target, user: transport.user, sql, stopped, timeoutMs }),
      });
      return {
        columns: result.fields.map(resultColumn),
        rows: result.rows,
        truncated: result.truncated,
        rowCount: result.fields.length > 0 ? result.rows.length : result.affected,
      };
    } finally {
      await cutting;
    }
  }

  /** Tables are not created in transactions here: what `work` has created is undone by dropping the database. */
  async rolledBack<T>(work: () => Promise<T>): Promise<T> {
    this.depth++;
    try {
      return await work();
    } finally {
      this.depth--;
      if (this.depth === 0 && this.connected.lost() === null && !this.closed) {
        await this.execute('ROLLBACK');
        await this.execute(`DROP DATABASE ${quoteIdentifier(this.name)}`);
        await this.create();
      }
    }
  }

  /** Drop the database, by another connection when this one is gone. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    const own = this.connected.lost() === null;
    const connected = own ? this.connected : await this.transport.connect({ timeoutMs: 5000 });
    try {
      await runText(connected, `DROP DATABASE IF EXISTS ${quoteIdentifier(this.name)}`);
    } catch {
      // it was never created: the user may not
    } finally {
      await connected.end();
    }
  }
}
