/** A PostgreSQL server over TCP or a Unix socket. */
import { userInfo } from 'node:os';
import type { Duplex } from 'node:stream';
import { DatabaseError } from '../../core/database.ts';
import { connectionLabel, type ServerSettings } from '../connection-settings.ts';
import type { SshTunnel } from '../ssh/tunnel.ts';
import { type Configure, type ConnectOptions, connectOnce, connectWithRetry } from './connect.ts';
import type { ErrorContext } from './errors.ts';
import { tlsOptions } from './tls.ts';
import type { Connected, Transport } from './transport.ts';
import { runExtended } from './wire.ts';

const PARALLELISM = 3;
const IDLE_MS = 60_000;
/** Limit for asking the server to stop a statement, milliseconds. */
const CONTROL_MS = 5000;
const APPLICATION = 'AI SQL Optimizer';

export class ServerTransport implements Transport {
  readonly embedded = false;
  readonly parallelism = PARALLELISM;
  readonly idleMs = IDLE_MS;
  readonly obeysTimeouts = true;
  readonly target: string;
  readonly user: string;
  private readonly settings: ServerSettings;
  /** `prefer` met a server without TLS */
  private withoutTls = false;
  private readonly tunnel: SshTunnel | null;

  /** @param tunnel the way to the server, closed with this; null: the network's own */
  constructor(settings: ServerSettings, tunnel: SshTunnel | null = null) {
    this.settings = settings;
    this.tunnel = tunnel;
    this.target = connectionLabel(settings);
    this.user = settings.user ?? process.env['PGUSER'] ?? userInfo().username;
  }

  async connect(options: ConnectOptions): Promise<Connected> {
    try {
      return await this.connectAs(APPLICATION, options, connectWithRetry);
    } catch (error) {
      if (this.settings.tls.mode !== 'prefer' || this.withoutTls || !offersNoTls(error)) throw error;
      this.withoutTls = true;
      return this.connectAs(APPLICATION, options, connectWithRetry);
    }
  }

  /**
   * Over a connection of its own, and only when the very statement still runs: `pg_stat_activity` shows the first
   * `track_activity_query_size` bytes of it. Between the look and the signal lies one row of one query.
   */
  async interrupt({ session }: Connected, sql: string): Promise<void> {
    const control = await this.connectAs(`${APPLICATION} (cancel)`, { timeoutMs: CONTROL_MS }, connectOnce);
    try {
      await runExtended(control.client, {
        text: `SELECT pg_cancel_backend(pid)
                 FROM pg_stat_activity
                WHERE pid = $1::int AND backend_start::text = $2 AND state = 'active'
                  AND query <> '' AND starts_with($3, query)`,
        values: [String(session.pid), session.backendStart, sql],
      });
    } finally {
      await control.end();
    }
  }

  async close(): Promise<void> {
    this.tunnel?.close();
  }

  private async connectAs(
    application: string,
    options: ConnectOptions,
    connect: (configure: Configure, context: ErrorContext, options: ConnectOptions) => Promise<Connected>,
  ): Promise<Connected> {
    const { host, port, database, password, tls, options: startOptions } = this.settings;
    const ssl = this.withoutTls ? false : await tlsOptions(tls);
    const configure: Configure = async (attempt) => ({
      host,
      port,
      user: this.user,
      database: database ?? this.user,
      ssl: host.startsWith('/') ? false : ssl,
      application_name: application,
      ...(password === null ? {} : { password }),
      ...(startOptions === null ? {} : { options: startOptions }),
      ...(this.tunnel ? { stream: await this.stream(this.tunnel, attempt) } : {}),
    });
    return connect(configure, { target: this.target, user: this.user }, options);
  }

  /** pg takes a function that makes its stream. */
  private async stream(tunnel: SshTunnel, options: ConnectOptions): Promise<() => Duplex> {
    const stream = await tunnel.stream(options);
    return () => stream;
  }
}

/** The server has no TLS, or its pg_hba.conf lets this user in without TLS only. */
function offersNoTls(error: unknown): boolean {
  const said = error instanceof Error && error.cause instanceof Error ? error.cause.message : '';
  if (DatabaseError.is(error, 'tls')) return /does not support SSL/.test(said);
  return DatabaseError.is(error, 'authentication') && /SSL (on|encryption)/.test(said);
}
