/** A SQL Server or an Azure SQL database over TCP. */
import { isIP, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import type { ConnectionConfiguration } from 'tedious';
import { type CallOptions, DatabaseError } from '../../core/database.ts';
import { connectionLabel, type ServerSettings } from '../connection-settings.ts';
import type { SshTunnel } from '../ssh/tunnel.ts';
import { readTlsFiles, type TlsFiles } from '../tls-files.ts';
import { type Connected, connectWithRetry } from './connect.ts';
import { type TokenSource, tokenSource } from './entra.ts';
import type { ErrorContext } from './errors.ts';
import { readOptions, type SqlServerOptions } from './options.ts';

const PARALLELISM = 3;
const IDLE_MS = 60_000;
const APPLICATION = 'AI SQL Optimizer';
/** The port of the default instance; another instance is looked up unless a port is named. */
const DEFAULT_PORT = 1433;
/** How long a stopped statement may take to end before the connection counts as lost, milliseconds. */
const STOPPING_MS = 5000;

/**
 * How texts are read as dates stays as the log-in has it, as with other clients. The driver takes null for that, which
 * its types do not say.
 */
const OWN_LANGUAGE = { datefirst: null, dateFormat: null, language: null } as unknown as Record<never, never>;

export class ServerTransport {
  readonly parallelism = PARALLELISM;
  readonly idleMs = IDLE_MS;
  readonly target: string;
  readonly user: string;
  readonly database: string | null;
  private readonly settings: ServerSettings;
  private readonly options: SqlServerOptions;
  private readonly token: TokenSource | null;
  /** `prefer` met a server without encryption */
  private withoutTls = false;

  private readonly tunnel: SshTunnel | null;

  /**
   * @param tunnel the way to the server, closed with this; null: the network's own
   * @throws DatabaseError for options that cannot be
   */
  constructor(settings: ServerSettings, tunnel: SshTunnel | null = null) {
    this.settings = settings;
    this.tunnel = tunnel;
    this.options = readOptions(settings.options);
    this.token = tokenSource(settings, this.options);
    this.target = connectionLabel(settings);
    this.user = settings.user ?? userInfo().username;
    this.database = settings.database;
  }

  close(): void {
    this.tunnel?.close();
  }

  get context(): ErrorContext {
    return { target: this.target, user: this.user, database: this.database };
  }

  /** @throws DatabaseError */
  async connect(options: CallOptions): Promise<Connected> {
    try {
      return await this.attempt(options);
    } catch (error) {
      if (this.settings.tls.mode !== 'prefer' || this.withoutTls || !offersNoTls(error)) throw error;
      this.withoutTls = true;
      return this.attempt(options);
    }
  }

  /**
   * Stop the statement that runs on a connection, by an attention on that very connection: it can hit no other one.
   * The call that waits for the statement then fails. [MS-TDS] 2.2.1.7
   */
  async interrupt({ client }: Connected): Promise<void> {
    client.cancel();
  }

  private attempt(options: CallOptions): Promise<Connected> {
    return connectWithRetry((attempt) => this.configure(attempt), this.context, options);
  }

  private async configure(attempt: CallOptions): Promise<ConnectionConfiguration> {
    const { host, port, database } = this.settings;
    const { readOnlyIntent, multiSubnetFailover } = this.options;
    const [server = host, instance] = host.split('\\');
    const [authentication, encryption] = [await this.logInBy(attempt.signal), await this.encryption(server)];
    return {
      server,
      authentication,
      options: {
        // through a jump host there is no way to ask for an instance's port
        ...(instance && port === DEFAULT_PORT && !this.tunnel ? { instanceName: instance } : { port }),
        ...(this.tunnel ? { connector: () => this.throughTunnel(attempt) } : {}),
        ...(database === null ? {} : { database }),
        ...encryption,
        readOnlyIntent,
        multiSubnetFailover,
        appName: APPLICATION,
        ...OWN_LANGUAGE,
        requestTimeout: 0,
        cancelTimeout: STOPPING_MS,
        maxRetriesOnTransientErrors: 0,
        rowCollectionOnRequestCompletion: false,
        useUTC: true,
      },
    };
  }

  /** A stream that is no socket; the driver asks nothing of it that only sockets have. */
  private async throughTunnel(attempt: CallOptions): Promise<Socket> {
    if (!this.tunnel) throw new Error('There is no tunnel.');
    return (await this.tunnel.stream(attempt)) as unknown as Socket;
  }

  private async logInBy(
    signal: AbortSignal | undefined,
  ): Promise<NonNullable<ConnectionConfiguration['authentication']>> {
    if (this.token !== null) {
      const token = await this.token(signal);
      return { type: 'azure-active-directory-access-token', options: { token } };
    }
    const { password } = this.settings;
    return {
      type: 'default',
      options: { userName: this.user, ...(password === null ? {} : { password }) },
    };
  }

  /** @param server the host without its instance */
  private async encryption(server: string): Promise<NonNullable<ConnectionConfiguration['options']>> {
    const { tls } = this.settings;
    const { strict, hostNameInCertificate } = this.options;
    if (!strict && (tls.mode === 'disable' || this.withoutTls)) return { encrypt: false };
    const files = await readTlsFiles(tls);
    const checked = strict || tls.mode === 'verify-ca' || tls.mode === 'verify-full';
    // TLS names hosts, not addresses; where nothing is checked any name does
    const name = hostNameInCertificate ?? (!checked && isIP(server) !== 0 ? 'localhost' : null);
    return {
      encrypt: strict ? 'strict' : true,
      trustServerCertificate: !checked,
      ...(name === null ? {} : { serverName: name }),
      ...(hasFiles(files) ? { cryptoCredentialsDetails: { ...files } } : {}),
    };
  }
}

function hasFiles(files: TlsFiles): boolean {
  return Object.keys(files).length > 0;
}

function offersNoTls(error: unknown): boolean {
  return DatabaseError.is(error, 'tls') && error.code === 'ENOENCRYPT';
}
