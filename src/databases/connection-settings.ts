/** What it takes to reach a database. Profiles store it without the password. */
export type ConnectionSettings = ServerSettings | EmbeddedSettings;

export type ServerEngine = 'postgresql' | 'mysql' | 'mariadb' | 'sqlserver';

/**
 * `prefer` encrypts when the server offers it and checks nothing; `require` refuses an unencrypted connection;
 * `verify-ca` also checks that a trusted authority signed the certificate; `verify-full` also checks the host name.
 */
export type TlsMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

export interface TlsSettings {
  readonly mode: TlsMode;
  /** files in PEM; null: the system's authorities, no client certificate */
  readonly authorityFile: string | null;
  readonly certificateFile: string | null;
  readonly keyFile: string | null;
}

/** A jump host through which the database server is reached. */
export interface SshSettings {
  readonly host: string;
  readonly port: number;
  /** null: the name of the operating system's user */
  readonly user: string | null;
  /** a private key; null: what the agent has, then the usual files in ~/.ssh, then the password */
  readonly keyFile: string | null;
  /** the socket of an agent; null: the one that SSH_AUTH_SOCK names */
  readonly agent: string | null;
  /** the key's passphrase when a key file is named, else the password */
  readonly secret: string | null;
  /** null: the user's and the system's own */
  readonly knownHostsFile: string | null;
  /** 'SHA256:…', the only host key that is accepted; null: known_hosts, and what the user trusted */
  readonly hostKey: string | null;
  /** OpenSSH's client configuration; left out or null: the user's and the system's own; 'none': none is read */
  readonly configFile?: string | null;
}

export interface ServerSettings {
  readonly engine: ServerEngine;
  /**
   * a name, an address, or a Unix socket, which begins with '/': PostgreSQL's folder, MySQL's file; of SQL Server with
   * the name of an instance: 'host\\SQLEXPRESS'
   */
  readonly host: string;
  readonly port: number;
  /** null: the server's default for the user */
  readonly database: string | null;
  /** null: the name of the operating system's user */
  readonly user: string | null;
  readonly password: string | null;
  readonly tls: TlsSettings;
  /** what else the engine knows: for PostgreSQL '-c search_path=shop', for SQL Server 'applicationIntent=ReadOnly' */
  readonly options: string | null;
  /** host and port are those that the jump host sees */
  readonly ssh?: SshSettings | null;
}

/** PostgreSQL in a child process, without a server. */
export interface EmbeddedSettings {
  readonly engine: 'embedded';
  /** where its data is kept; null: in memory */
  readonly directory: string | null;
  /** SQL files that are run when it starts with an empty database, in this order */
  readonly init: readonly string[];
}

/** What a list of connections shows: `shop on db.example.com`, without user and password. */
export function connectionLabel(settings: ConnectionSettings): string {
  if (settings.engine === 'embedded') {
    const place = settings.directory ?? settings.init.at(-1);
    return place ? `Embedded PostgreSQL (${place})` : 'Embedded PostgreSQL';
  }
  const way = settings.ssh ? ` through ${settings.ssh.host}` : '';
  return `${settings.database ? `${settings.database} on ` : ''}${hostLabel(settings)}${way}`;
}

/** Host and port as a message names them; the port only where it matters. */
export function hostLabel({ engine, host, port }: ServerSettings): string {
  if (engine === 'sqlserver' && host.includes('\\')) return host;
  if (!host.startsWith('/')) return `${host}:${port}`;
  return engine === 'postgresql' ? `the socket in ${host}` : `the socket ${host}`;
}
