/** Connection URLs: read, written, and made fit to be shown. */
import type {
  ConnectionSettings,
  ServerEngine,
  ServerSettings,
  SshSettings,
  TlsMode,
} from './connection-settings.ts';
import { OPTION_NAMES } from './mssql/options.ts';

export type ConnectionUrlReason = 'scheme' | 'syntax' | 'port' | 'encoding' | 'tls' | 'unsupported';

/** A URL that names no connection: why, in a sentence that never holds the password. */
export class ConnectionUrlError extends Error {
  override readonly name = 'ConnectionUrlError';
  readonly reason: ConnectionUrlReason;

  constructor(reason: ConnectionUrlReason, message: string) {
    super(message);
    this.reason = reason;
  }

  static is(error: unknown, ...reasons: readonly ConnectionUrlReason[]): error is ConnectionUrlError {
    return error instanceof ConnectionUrlError && (reasons.length === 0 || reasons.includes(error.reason));
  }
}

const ENGINES: Readonly<Record<string, ServerEngine>> = {
  postgres: 'postgresql',
  postgresql: 'postgresql',
  mysql: 'mysql',
  mariadb: 'mariadb',
  mssql: 'sqlserver',
  sqlserver: 'sqlserver',
};

const SCHEMES: Readonly<Record<ServerEngine, string>> = {
  postgresql: 'postgresql',
  mysql: 'mysql',
  mariadb: 'mariadb',
  sqlserver: 'mssql',
};

const PORTS: Readonly<Record<ServerEngine, number>> = {
  postgresql: 5432,
  mysql: 3306,
  mariadb: 3306,
  sqlserver: 1433,
};

const EXAMPLES =
  'postgresql://user:password@host:5432/database, mysql://…, mariadb://…, mssql://… or embedded: (a PostgreSQL without a server)';

/** The makers' words for how to encrypt, in lower case. */
const TLS_WORDS: Readonly<Record<string, TlsMode>> = {
  disable: 'disable',
  disabled: 'disable',
  allow: 'prefer',
  prefer: 'prefer',
  preferred: 'prefer',
  require: 'require',
  required: 'require',
  'verify-ca': 'verify-ca',
  verify_ca: 'verify-ca',
  'verify-full': 'verify-full',
  verify_identity: 'verify-full',
};

/**
 * Read a connection URL: `postgresql://user:password@host:port/database?sslmode=verify-full`, and the like for
 * `postgres`, `mysql`, `mariadb`, `mssql`; `embedded:`, `embedded:FOLDER`, `embedded:?init=FILE.sql` (as often as
 * needed). Parts are percent-decoded. A PostgreSQL socket folder is a host that begins with `/` (`%2Fvar%2Frun`
 * or `?host=/var/run/postgresql`). `ssh=user@jump.example.com:22` names a jump host; with it go `ssh_key` (file),
 * `ssh_agent` (socket), `ssh_known_hosts` (file), `ssh_host_key` (SHA256:…), `ssh_config` (file or 'none') and `ssh_password`. Parameters that are not known are ignored, as drivers add their own.
 *
 * @throws ConnectionUrlError
 */
export function parseConnectionUrl(url: string): ConnectionSettings {
  const text = url.trim().replace(/^jdbc:/i, '');
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)?.[1]?.toLowerCase();
  if (scheme === 'embedded') return parseEmbedded(text.slice('embedded:'.length));
  const engine = scheme === undefined ? undefined : ENGINES[scheme];
  if (!engine || scheme === undefined) {
    throw new ConnectionUrlError(
      'scheme',
      scheme === undefined || text === ''
        ? `This is not a connection URL. One begins like ${EXAMPLES}.`
        : `Connections that begin with "${scheme}:" are not known. They begin like ${EXAMPLES}.`,
    );
  }
  const rest = text.slice(scheme.length + 1);
  if (!rest.startsWith('//')) {
    throw new ConnectionUrlError(
      'syntax',
      `After "${scheme}:" come two slashes: ${scheme}://user@host/database`,
    );
  }
  return parseServer(engine, engine === 'sqlserver' ? withoutSemicolons(rest.slice(2)) : rest.slice(2));
}

/** JDBC writes parameters of SQL Server as `host:1433;databaseName=shop;encrypt=true`. */
function withoutSemicolons(text: string): string {
  if (text.includes('?') || !/^[^/@]*;/.test(text)) return text;
  const [place, parameters] = splitOnce(text, ';');
  return `${place}?${(parameters ?? '').split(';').join('&')}`;
}

function parseEmbedded(rest: string): ConnectionSettings {
  const [path = '', query = ''] = splitOnce(rest, '?');
  const directory = decode(path.replace(/^\/\/(?=\/|$)/, ''), 'folder');
  const parameters = readParameters(query);
  for (const name of parameters.keys()) {
    if (name !== 'init') {
      throw new ConnectionUrlError(
        'unsupported',
        `The embedded database knows no parameter "${name}", only init: embedded:?init=schema.sql`,
      );
    }
  }
  const init = parameters.get('init') ?? [];
  if (init.includes('')) {
    throw new ConnectionUrlError('syntax', 'init= names no file: embedded:?init=schema.sql');
  }
  return { engine: 'embedded', directory: directory === '' ? null : directory, init };
}

/** @param rest what follows the scheme and its two slashes */
function parseServer(engine: ServerEngine, rest: string): ServerSettings {
  const [beforeQuery = '', query = ''] = splitOnce(rest, '?');
  const slash = beforeQuery.indexOf('/', Math.max(0, beforeQuery.lastIndexOf('@')));
  const authority = slash < 0 ? beforeQuery : beforeQuery.slice(0, slash);
  const path = slash < 0 ? '' : beforeQuery.slice(slash + 1);
  const at = authority.lastIndexOf('@');
  const [user, password] = splitOnce(at < 0 ? '' : authority.slice(0, at), ':');
  const parameters = readParameters(query);
  const first = (...names: string[]) => names.map((name) => parameters.get(name)?.at(-1)).find(isGiven);
  const address = readAddress(authority.slice(at + 1));
  const database = first('dbname', 'database', 'databasename') ?? decode(path, 'database');
  const instance = engine === 'sqlserver' ? first('instancename', 'instance') : undefined;
  const host = first('host', 'socketpath') ?? (address.host === '' ? 'localhost' : address.host);
  return {
    engine,
    host: instance ? `${host}\\${instance}` : host,
    port: readPort(first('port') ?? address.port, engine),
    database: database === '' ? null : database,
    user: first('user') ?? (isGiven(user) && user !== '' ? decode(user, 'user') : null),
    password: first('password') ?? (isGiven(password) ? decode(password, 'password') : null),
    tls: readTls(engine, first),
    options: engine === 'sqlserver' ? sqlServerOptions(parameters) : readOptions(first),
    ...readSsh(first),
  };
}

type FirstOf = (...names: string[]) => string | undefined;

function readAddress(text: string): { host: string; port: string } {
  if (text.includes(',')) {
    throw new ConnectionUrlError('unsupported', 'Only one host can be named. Take the one to read from.');
  }
  const match = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(text);
  if (!match) throw new ConnectionUrlError('syntax', `The host and port cannot be read. ${ENCODE}`);
  const host = decode(match[1] ?? '', 'host').replace(/^\[(.*)\]$/, '$1');
  return { host, port: match[2] ?? '' };
}

const ENCODE =
  'If the user or password holds one of : / ? # @ %, write that character percent-encoded: %3A %2F %3F %23 %40 %25.';

function readPort(text: string, engine: ServerEngine): number {
  if (text === '') return PORTS[engine];
  const port = Number(text);
  // the text is not repeated: it may be part of a password
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) {
    throw new ConnectionUrlError('port', `The port is not a number from 1 to 65535. ${ENCODE}`);
  }
  return port;
}

function readTls(engine: ServerEngine, first: FirstOf): ServerSettings['tls'] {
  return {
    mode: engine === 'sqlserver' ? sqlServerTls(first) : tlsWord(first('sslmode', 'ssl-mode', 'ssl')),
    authorityFile: fileOf(first('sslrootcert', 'ssl-ca')),
    certificateFile: fileOf(first('sslcert', 'ssl-cert')),
    keyFile: fileOf(first('sslkey', 'ssl-key')),
  };
}

function tlsWord(word: string | undefined): TlsMode {
  if (word === undefined) return 'prefer';
  if (word === 'true' || word === '1') return 'require';
  if (word === 'false' || word === '0') return 'disable';
  const mode = TLS_WORDS[word.toLowerCase()];
  if (mode) return mode;
  throw new ConnectionUrlError(
    'tls',
    `sslmode=${word} is not known. Take disable, prefer, require, verify-ca or verify-full.`,
  );
}

/** https://learn.microsoft.com/sql/connect/ado-net/connection-string-syntax: Encrypt, TrustServerCertificate */
function sqlServerTls(first: FirstOf): TlsMode {
  const encrypt = first('encrypt')?.toLowerCase();
  if (encrypt === 'disable') return 'disable';
  if (encrypt === 'strict') return 'verify-full';
  if (encrypt === 'false' || encrypt === 'no' || encrypt === 'optional') return 'prefer';
  return first('trustservercertificate')?.toLowerCase() === 'true' ? 'require' : 'verify-full';
}

/** What has no place of its own: `encrypt=strict;applicationIntent=ReadOnly`, as `mssql/options.ts` reads it. */
function sqlServerOptions(parameters: ReadonlyMap<string, readonly string[]>): string | null {
  const given = OPTION_NAMES.flatMap((name) => {
    const value = parameters.get(name)?.at(-1);
    const said = name === 'encrypt' && value?.toLowerCase() !== 'strict';
    return value === undefined || said ? [] : [`${name}=${value}`];
  });
  const options = parameters.get('options')?.at(-1);
  return [...(isGiven(options) ? [options] : []), ...given].join(';') || null;
}

/** libpq's word for the system's authorities */
function fileOf(file: string | undefined): string | null {
  return file === undefined || file === 'system' ? null : file;
}

function readOptions(first: FirstOf): string | null {
  const options = first('options');
  const schema = first('currentschema', 'search_path', 'schema');
  const path = schema === undefined ? null : `-c search_path=${schema.replace(/[\\ ]/g, '\\$&')}`;
  return [options, path].filter(isGiven).join(' ') || null;
}

/** OpenSSH's port. */
export const SSH_PORT = 22;

function readSsh(first: FirstOf): { readonly ssh?: SshSettings } {
  const place = first('ssh');
  if (place === undefined || place === '') return {};
  const at = place.lastIndexOf('@');
  const user = at < 0 ? '' : place.slice(0, at);
  const { host, port } = readAddress(place.slice(at + 1).replace(/^ssh:\/\//, ''));
  if (host === '' || user.includes(':')) {
    throw new ConnectionUrlError(
      'syntax',
      'ssh= names the jump host as user@host or user@host:port; its password goes into ssh_password or SQLOPT_SSH_PASSWORD.',
    );
  }
  return {
    ssh: {
      host,
      port: port === '' ? SSH_PORT : readPort(port, 'postgresql'),
      user: user === '' ? null : user,
      keyFile: first('ssh_key') ?? null,
      agent: first('ssh_agent') ?? null,
      secret: first('ssh_password') ?? null,
      knownHostsFile: first('ssh_known_hosts') ?? null,
      hostKey: first('ssh_host_key') ?? null,
      ...configFileOf(first('ssh_config')),
    },
  };
}

function configFileOf(file: string | undefined): { readonly configFile?: string } {
  return file === undefined ? {} : { configFile: file };
}

/** The jump host's parameters of a URL, without its password. */
function sshParameters(ssh: SshSettings | null | undefined): Record<string, string | null> {
  if (!ssh) return {};
  const host = ssh.host.includes(':') ? `[${ssh.host}]` : ssh.host;
  return {
    ssh: `${ssh.user === null ? '' : `${ssh.user}@`}${host}${ssh.port === SSH_PORT ? '' : `:${ssh.port}`}`,
    ssh_key: ssh.keyFile,
    ssh_agent: ssh.agent,
    ssh_known_hosts: ssh.knownHostsFile,
    ssh_host_key: ssh.hostKey,
    ssh_config: ssh.configFile ?? null,
  };
}

/**
 * The URL of settings without the password, to be kept in a settings file.
 * {@link parseConnectionUrl} reads it back.
 */
export function connectionUrl(settings: ConnectionSettings): string {
  if (settings.engine === 'embedded') {
    const init = settings.init.map((file) => `init=${encodeURIComponent(file).replaceAll('%2F', '/')}`);
    const directory = encodeURI(settings.directory ?? '').replace(/[?#]/g, encodeURIComponent);
    return `embedded:${directory}${init.length > 0 ? `?${init.join('&')}` : ''}`;
  }
  const { engine, host, port, database, user, tls } = settings;
  const name = host.includes(':') ? `[${host}]` : encodeURIComponent(host);
  const place = port === PORTS[engine] ? name : `${name}:${port}`;
  const parameters = Object.entries({
    ...tlsParameters(engine, tls.mode),
    sslrootcert: tls.authorityFile,
    sslcert: tls.certificateFile,
    sslkey: tls.keyFile,
    options: settings.options,
    ...sshParameters(settings.ssh),
  }).flatMap(([key, value]) => (isGiven(value) ? [`${key}=${encodeURIComponent(value)}`] : []));
  return `${SCHEMES[engine]}://${isGiven(user) ? `${encodeURIComponent(user)}@` : ''}${place}/${encodeURIComponent(
    database ?? '',
  )}${parameters.length > 0 ? `?${parameters.join('&')}` : ''}`;
}

function tlsParameters(engine: ServerEngine, mode: TlsMode): Record<string, string> {
  if (engine !== 'sqlserver') return mode === 'prefer' ? {} : { sslmode: mode };
  if (mode === 'disable') return { encrypt: 'disable' };
  if (mode === 'prefer') return { encrypt: 'false' };
  return mode === 'verify-full' || mode === 'verify-ca' ? {} : { trustServerCertificate: 'true' };
}

/** The settings with another password; null removes it. The embedded database has none. */
export function withPassword(settings: ConnectionSettings, password: string | null): ConnectionSettings {
  return settings.engine === 'embedded' ? settings : { ...settings, password };
}

/** The settings with another password (or passphrase of the key) for their jump host, if they have one. */
export function withSshSecret(settings: ConnectionSettings, secret: string | null): ConnectionSettings {
  return settings.engine === 'embedded' || !settings.ssh
    ? settings
    : { ...settings, ssh: { ...settings.ssh, secret } };
}

/** A URL as it may be shown or logged: the password is `***`. Works on texts that are not valid URLs too. */
export function redactUrl(url: string): string {
  return url
    .replace(/^(\s*[A-Za-z][A-Za-z0-9+.-]*:\/\/[^:/?#@]*):.*@/s, '$1:***@')
    .replace(/([?&](?:ssh_)?(?:password|pwd)=)[^&]*/gi, '$1***');
}

function splitOnce(text: string, by: string): [string, string | undefined] {
  const at = text.indexOf(by);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + by.length)];
}

/** Parameter names in lower case with their values in order. */
function readParameters(query: string | undefined): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const part of (query ?? '').split('&').filter((text) => text !== '')) {
    const [name, value] = splitOnce(part, '=');
    const key = decode(name, 'parameter').toLowerCase();
    found.set(key, [...(found.get(key) ?? []), decode(value ?? '', key)]);
  }
  return found;
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ConnectionUrlError(
      'encoding',
      `The ${what} holds a % that begins no percent-encoded character. Write a plain % as %25.`,
    );
  }
}

function isGiven(value: string | null | undefined): value is string {
  return value !== undefined && value !== null;
}
