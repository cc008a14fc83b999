/** Connections as frameworks and drivers write them, in one line of text. */
import type { ConnectionSettings, ServerEngine, ServerSettings } from '../connection-settings.ts';
import { ConnectionUrlError, parseConnectionUrl } from '../connection-url.ts';
import { OPTION_NAMES } from '../mssql/options.ts';

/** Schemes with a driver's name in them: SQLAlchemy's, Rails', Django's. */
const SCHEMES: readonly (readonly [pattern: RegExp, engine: ServerEngine])[] = [
  [/^(?:postgres(?:ql)?(?:\+\w+)?|pgsql|postgis):/i, 'postgresql'],
  [/^mariadb(?:\+\w+)?:/i, 'mariadb'],
  [/^mysql2?(?:\+\w+)?:/i, 'mysql'],
  [/^(?:mssql(?:\+\w+)?|sqlserver):/i, 'sqlserver'],
];

/**
 * Read a connection string: a URL (of JDBC, SQLAlchemy, Rails, Prisma too), libpq's `host=… dbname=…`, ADO.NET's
 * `Server=…;Database=…`, JDBC's `jdbc:sqlserver://…;databaseName=…`, or PDO's `mysql:host=…;dbname=…`.
 *
 * @param hint what it is kept under ('MYSQL_DSN'): decides between engines that write the same words
 * @returns null when it is none
 */
export function readConnectionString(text: string, hint = ''): ServerSettings | null {
  const trimmed = text.trim().replace(/^jdbc:/i, '');
  const scheme = SCHEMES.find(([pattern]) => pattern.test(trimmed));
  if (scheme) {
    const [pattern, engine] = scheme;
    const rest = trimmed.replace(pattern, '');
    if (!rest.startsWith('//')) return fromPairs(pairs(rest, ';'), engine);
    // JDBC's form for SQL Server has its parameters after semicolons
    if (engine === 'sqlserver' && rest.includes(';')) return jdbcSqlServer(rest.slice(2));
    return fromUrl(`${engine === 'sqlserver' ? 'mssql' : engine}:${rest}`);
  }
  if (/^[\w ]+=[^;]*;/.test(trimmed)) {
    const found = pairs(trimmed, ';');
    const engine = engineOfPairs(found, hint);
    return engine === null ? null : fromPairs(found, engine);
  }
  if (/(^|\s)(host|dbname)=/.test(trimmed)) return fromPairs(pairs(trimmed, ' '), 'postgresql');
  return null;
}

function fromUrl(url: string): ServerSettings | null {
  try {
    return server(parseConnectionUrl(url));
  } catch (error) {
    if (ConnectionUrlError.is(error)) return null;
    throw error;
  }
}

function server(settings: ConnectionSettings): ServerSettings | null {
  return settings.engine === 'embedded' ? null : settings;
}

/** `host:port;databaseName=…;user=…;password=…` */
function jdbcSqlServer(text: string): ServerSettings | null {
  const [address = '', ...rest] = text.split(';');
  return fromPairs(
    new Map([...pairs(rest.join(';'), ';'), ['server', address.replace(':', ',')]]),
    'sqlserver',
  );
}

/** Names in lower case without spaces; values without their quotes. */
function pairs(text: string, separator: ';' | ' '): Map<string, string> {
  const one =
    separator === ';'
      ? /([\w. ]+?)\s*=\s*("[^"]*"|'[^']*'|\{[^}]*\}|[^;]*)(?:;|$)/g
      : /(\w+)\s*=\s*('(?:[^'\\]|\\.)*'|\S+)/g;
  return new Map(
    [...text.matchAll(one)].map(([, name = '', value = '']) => [
      name.toLowerCase().replaceAll(' ', ''),
      value.trim().replace(/^(["'{])(.*)["'}]$/s, '$2'),
    ]),
  );
}

const WORDS = {
  host: ['host', 'server', 'datasource', 'addr', 'address', 'networkaddress', 'hostname', 'unix_socket'],
  port: ['port'],
  database: ['database', 'initialcatalog', 'dbname', 'databasename'],
  user: ['username', 'userid', 'user', 'uid'],
  password: ['password', 'pwd'],
  sslmode: ['sslmode', 'ssl-mode'],
} as const;

function engineOfPairs(found: ReadonlyMap<string, string>, hint: string): ServerEngine | null {
  const has = (...names: string[]) => names.some((name) => found.has(name));
  if (!has(...WORDS.host)) return null;
  if (/postgres|npgsql|\bpg|_pg/i.test(hint)) return 'postgresql';
  if (/maria/i.test(hint)) return 'mariadb';
  if (/mysql/i.test(hint)) return 'mysql';
  if (/mssql|sqlserver/i.test(hint)) return 'sqlserver';
  // https://learn.microsoft.com/dotnet/api/microsoft.data.sqlclient.sqlconnection.connectionstring
  if (
    has('initialcatalog', 'integratedsecurity', 'trusted_connection', 'trustservercertificate', 'encrypt')
  ) {
    return 'sqlserver';
  }
  // https://www.npgsql.org/doc/connection-string-parameters.html
  if (has('host', 'searchpath') || found.get('port') === '5432') return 'postgresql';
  // https://mysqlconnector.net/connection-options/
  if (has('sslmode', 'allowuservariables') || found.get('port') === '3306') return 'mysql';
  return has('database') ? 'sqlserver' : null;
}

function fromPairs(found: ReadonlyMap<string, string>, engine: ServerEngine): ServerSettings | null {
  const first = (what: keyof typeof WORDS) => WORDS[what].map((name) => found.get(name)).find(Boolean);
  const address = (first('host') ?? '').replace(/^tcp:/i, '');
  // SQL Server: host\instance,port
  const [host = '', after] = address.split(engine === 'sqlserver' ? ',' : '\0');
  // a database file's own process is not reached over the network
  if (host === '' || /^\(localdb\)/i.test(host)) return null;
  return settingsOf(engine, {
    host: host.replace(/^(\(local\)|\.)(?=\\|$)/i, 'localhost'),
    port: first('port') ?? after,
    database: first('database'),
    user: first('user'),
    password: first('password'),
    sslmode: first('sslmode'),
    trust: found.get('trustservercertificate'),
    encrypt: found.get('encrypt'),
    more: engine === 'sqlserver' ? found : undefined,
  });
}

export interface ConnectionParts {
  readonly host: string;
  readonly port?: string | number | undefined;
  readonly database?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly sslmode?: string | undefined;
  /** SQL Server's TrustServerCertificate and Encrypt */
  readonly trust?: string | undefined;
  readonly encrypt?: string | undefined;
  /** SQL Server's other parameters by their names in lower case; those that are known are taken */
  readonly more?: ReadonlyMap<string, string> | undefined;
}

/** Settings from their parts, by way of a URL so that defaults and checks are the same. @returns null when wrong */
export function settingsOf(engine: ServerEngine, parts: ConnectionParts): ServerSettings | null {
  const { host, port, database, user, password, sslmode, trust, encrypt, more } = parts;
  const parameters = new URLSearchParams();
  // Npgsql and MySqlConnector write VerifyFull, libpq verify-full
  const mode = sslmode?.replace(/([a-z])([A-Z])/g, '$1-$2').toLowerCase();
  if (mode && mode !== 'none') parameters.set('sslmode', mode);
  if (mode === 'none') parameters.set('sslmode', 'disable');
  if (trust !== undefined) parameters.set('trustservercertificate', trust);
  if (encrypt !== undefined) parameters.set('encrypt', encrypt);
  for (const name of [...OPTION_NAMES, 'instancename']) {
    const value = more?.get(name);
    if (value !== undefined && name !== 'encrypt') parameters.set(name, value);
  }
  const encode = (text: string | undefined) => encodeURIComponent(text ?? '');
  const signIn = user ? `${encode(user)}${password ? `:${encode(password)}` : ''}@` : '';
  const place =
    host.includes(':') && !host.startsWith('/') ? `[${host.replace(/^\[|\]$/g, '')}]` : encode(host);
  const query = parameters.toString().replaceAll('+', '%20');
  const scheme = engine === 'sqlserver' ? 'mssql' : engine;
  return fromUrl(
    `${scheme}://${signIn}${place}${port ? `:${port}` : ''}/${encode(database)}${query === '' ? '' : `?${query}`}`,
  );
}
