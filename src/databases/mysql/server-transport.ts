/** A MySQL or MariaDB server over TCP or a Unix socket. */
import { isIP } from 'node:net';
import { userInfo } from 'node:os';
import type { SslOptions } from 'mysql2';
import { type CallOptions, DatabaseError } from '../../core/database.ts';
import { connectionLabel, type ServerSettings } from '../connection-settings.ts';
import type { SshTunnel } from '../ssh/tunnel.ts';
import { readTlsFiles } from '../tls-files.ts';
import { type Configure, type Connected, connectOnce, connectWithRetry } from './connect.ts';
import type { ErrorContext } from './errors.ts';
import { quoteLiteral } from './quoting.ts';
import { runText } from './wire.ts';

const PARALLELISM = 3;
/** Below wait_timeout of every server that is not set up to break clients. */
const IDLE_MS = 60_000;
/** Limit for asking the server to stop a statement, milliseconds. */
const CONTROL_MS = 5000;
const APPLICATION = 'AI SQL Optimizer';
/** Characters of a statement by which the control connection knows it. */
const KNOWN_BY = 1000;

/**
 * IGNORE_SPACE would change the meaning of names before a parenthesis, LOCAL_FILES would let the server ask for
 * files of this machine.
 */
const FLAGS = ['-IGNORE_SPACE', '-LOCAL_FILES'];

export class ServerTransport {
  readonly parallelism = PARALLELISM;
  readonly idleMs = IDLE_MS;
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
    this.user = settings.user ?? userInfo().username;
  }

  /** @throws DatabaseError */
  async connect(options: CallOptions): Promise<Connected> {
    try {
      return await this.connectBy(connectWithRetry, options);
    } catch (error) {
      if (this.settings.tls.mode !== 'prefer' || this.withoutTls || !offersNoTls(error)) throw error;
      this.withoutTls = true;
      return this.connectBy(connectWithRetry, options);
    }
  }

  /**
   * Stop the statement that runs on a connection, over a connection of its own and only when that very statement
   * still runs. MariaDB numbers its statements, so there it can hit no other one; on MySQL nothing else runs on the
   * connection before this call has ended.
   *
   * @param sql the statement as it was sent
   * @throws DatabaseError when the server could not be asked
   */
  async interrupt({ session }: Connected, sql: string): Promise<void> {
    const control = await this.connectBy(connectOnce, { timeoutMs: CONTROL_MS });
    try {
      const [target] = (await runText(control, runningStatement(session.id, session.mariadb, sql))).rows;
      const number = target?.[0];
      if (!number) return;
      await runText(control, session.mariadb ? `KILL QUERY ID ${number}` : `KILL QUERY ${number}`);
    } catch (error) {
      // it ended between the look and the signal
      if (!isNoSuchThread(error)) throw error;
    } finally {
      await control.end();
    }
  }

  close(): void {
    this.tunnel?.close();
  }

  private async connectBy(
    connect: (configure: Configure, context: ErrorContext, options: CallOptions) => Promise<Connected>,
    options: CallOptions,
  ): Promise<Connected> {
    const { host, port, database, password } = this.settings;
    const socket = host.startsWith('/');
    const ssl = socket || this.withoutTls ? null : await this.tlsOptions();
    const configure: Configure = async (attempt) => ({
      ...(socket ? { socketPath: host } : { host, port }),
      user: this.user,
      ...(database === null ? {} : { database }),
      ...(password === null ? {} : { password }),
      ...(ssl === null ? {} : { ssl }),
      charset: 'utf8mb4',
      flags: FLAGS,
      // it would build functions from text, which a content security policy may forbid
      disableEval: true,
      // placeholders of the caller stay as they are
      queryFormat: (sql: string) => sql,
      connectAttributes: { program_name: APPLICATION },
      ...(this.tunnel ? { stream: await this.tunnel.stream(attempt) } : {}),
    });
    return connect(configure, { target: this.target, user: this.user }, options);
  }

  private async tlsOptions(): Promise<SslOptions | null> {
    const { tls, host } = this.settings;
    if (tls.mode === 'disable') return null;
    const files = await readTlsFiles(tls);
    switch (tls.mode) {
      case 'prefer':
      case 'require':
        return { rejectUnauthorized: false, verifyIdentity: false, ...files };
      case 'verify-ca':
        return { rejectUnauthorized: true, verifyIdentity: false, ...files };
      case 'verify-full':
        // mysql2 would compare the certificate of an address with the name "localhost"
        if (isIP(host) !== 0) throw addressWithoutName(host);
        return { rejectUnauthorized: true, verifyIdentity: true, ...files };
      default:
        throw new Error(`unknown mode ${tls.mode satisfies never}`);
    }
  }
}

function addressWithoutName(host: string): DatabaseError {
  return new DatabaseError(
    'tls',
    `sslmode=verify-full compares the certificate with the host name, and ${host} is an address, not a name. Connect by the name in the certificate, or use sslmode=verify-ca.`,
  );
}

/** The query for the number of the statement (MariaDB) or of the connection (MySQL) when the statement runs there. */
function runningStatement(id: string, mariadb: boolean, sql: string): string {
  const begin = sql.slice(0, KNOWN_BY);
  if (mariadb) {
    return `SELECT QUERY_ID FROM information_schema.PROCESSLIST
             WHERE ID = ${Number(id)} AND COMMAND <> 'Sleep'
               AND LEFT(INFO_BINARY, ${Buffer.byteLength(begin)}) = BINARY ${quoteLiteral(begin)}`;
  }
  // INFO has another character set than the statement: what comes before the first foreign character is compared
  const plain = /^[\x20-\x7e\s]*/.exec(begin)?.[0] ?? '';
  return `SELECT ID FROM information_schema.PROCESSLIST
           WHERE ID = ${Number(id)} AND COMMAND <> 'Sleep'
             AND LEFT(INFO, ${plain.length}) = ${quoteLiteral(plain)}`;
}

/** ER_NO_SUCH_THREAD, and MariaDB's ER_NO_SUCH_QUERY. */
function isNoSuchThread(error: unknown): boolean {
  return error instanceof Error && 'errno' in error && (error.errno === 1094 || error.errno === 1957);
}

function offersNoTls(error: unknown): boolean {
  return DatabaseError.is(error, 'tls') && error.code === 'HANDSHAKE_NO_SSL_SUPPORT';
}
