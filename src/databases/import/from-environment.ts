/** Connections in the variables of a `.env` file: strings, and groups such as PGHOST, PGUSER. */
import type { ServerEngine, ServerSettings } from '../connection-settings.ts';
import { type ConnectionParts, readConnectionString, settingsOf } from './connection-string.ts';
import type { EnvEntry } from './env-file.ts';

/** A connection that another tool's file or settings hold. */
export interface FoundConnection {
  /** a name for lists */
  readonly name: string;
  /** with the password, if it was written there: for the secret storage, never for a log */
  readonly settings: ServerSettings;
  /** where it stands, to be shown: 'line 3, DATABASE_URL' */
  readonly place: string;
}

type Part = 'host' | 'port' | 'database' | 'user' | 'password' | 'sslmode';

interface Group {
  readonly engine: ServerEngine | null;
  /** what the group's variables begin with, and what each part is called after that */
  readonly names: Readonly<Record<Part, readonly string[]>>;
  /** the variables of which one has to be there */
  readonly begins: readonly string[];
}

const named = (prefix: string, parts: Record<Part, string>): Group['names'] =>
  Object.fromEntries(
    Object.entries(parts).map(([part, names]) => [part, names.split(' ').map((name) => prefix + name)]),
  ) as Record<Part, string[]>;

const DOCKER = {
  host: 'HOST SERVER',
  port: 'PORT',
  database: 'DB DATABASE DBNAME NAME',
  user: 'USER USERNAME',
  password: 'PASSWORD PASS ROOT_PASSWORD',
  sslmode: 'SSLMODE SSL_MODE',
};

const GROUPS: readonly Group[] = [
  {
    // https://www.postgresql.org/docs/current/libpq-envars.html
    engine: 'postgresql',
    names: named('PG', {
      host: 'HOST',
      port: 'PORT',
      database: 'DATABASE',
      user: 'USER',
      password: 'PASSWORD',
      sslmode: 'SSLMODE',
    }),
    begins: ['PGHOST', 'PGDATABASE'],
  },
  {
    // https://hub.docker.com/_/postgres
    engine: 'postgresql',
    names: named('POSTGRES_', DOCKER),
    begins: ['POSTGRES_DB', 'POSTGRES_HOST', 'POSTGRES_USER'],
  },
  {
    // https://hub.docker.com/_/mysql
    engine: 'mysql',
    names: named('MYSQL_', DOCKER),
    begins: ['MYSQL_DATABASE', 'MYSQL_HOST', 'MYSQL_USER'],
  },
  {
    // https://hub.docker.com/_/mariadb
    engine: 'mariadb',
    names: named('MARIADB_', DOCKER),
    begins: ['MARIADB_DATABASE', 'MARIADB_HOST', 'MARIADB_USER'],
  },
  {
    // Laravel, Symfony bundles, many others: https://laravel.com/docs/database#configuration
    engine: null,
    names: named('DB_', DOCKER),
    begins: ['DB_HOST', 'DB_DATABASE', 'DB_NAME'],
  },
];

/** Words of DB_CONNECTION, DB_DRIVER, DB_ENGINE and the like. */
const ENGINES: readonly (readonly [pattern: RegExp, engine: ServerEngine])[] = [
  [/postgres|pgsql|psycopg/i, 'postgresql'],
  [/mariadb/i, 'mariadb'],
  [/mysql/i, 'mysql'],
  [/sqlsrv|mssql|sqlserver/i, 'sqlserver'],
];

/** The engine behind a driver's or product's name, null when it is none of ours. */
export function engineOfWord(word: string): ServerEngine | null {
  return ENGINES.find(([pattern]) => pattern.test(word))?.[1] ?? null;
}

/** Every connection that the variables hold, in their order. */
export function findInEnvironment(entries: readonly EnvEntry[]): readonly FoundConnection[] {
  const values = new Map(entries.map((entry) => [entry.name, entry]));
  const strings = entries.flatMap((entry) => {
    const read = readConnectionString(entry.value, entry.name);
    if (!read) return [];
    const settings = withNeighbours(read, entry.name, values);
    return [found(settings, entry.name, entry.line)];
  });
  const groups = GROUPS.flatMap((group) => {
    const begin = group.begins.map((name) => values.get(name)).find((entry) => entry !== undefined);
    if (!begin) return [];
    const engine =
      group.engine ?? engineOfWord(firstValue(values, DRIVER_NAMES) ?? '') ?? engineOfPort(values);
    const settings = engine === null ? null : settingsOf(engine, partsOf(group, values));
    return settings ? [found(settings, begin.name, begin.line)] : [];
  });
  return distinct([...strings, ...groups]);
}

const DRIVER_NAMES = ['DB_CONNECTION', 'DB_DRIVER', 'DB_ENGINE', 'DB_CLIENT', 'DB_TYPE', 'DB_DIALECT'];

type Values = ReadonlyMap<string, EnvEntry>;

function firstValue(values: Values, names: readonly string[]): string | undefined {
  return names.map((name) => values.get(name)?.value).find((value) => value !== undefined && value !== '');
}

function engineOfPort(values: Values): ServerEngine | null {
  const port = values.get('DB_PORT')?.value;
  return port === '5432' ? 'postgresql' : port === '3306' ? 'mysql' : port === '1433' ? 'sqlserver' : null;
}

function partsOf(group: Group, values: Values): ConnectionParts {
  const part = (name: Part) => firstValue(values, group.names[name]);
  return {
    host: part('host') ?? 'localhost',
    port: part('port'),
    database: part('database'),
    // Docker's images: who has a root password only signs in as root
    user:
      part('user') ?? (values.get('MYSQL_ROOT_PASSWORD') && group.engine === 'mysql' ? 'root' : undefined),
    password: part('password'),
    sslmode: part('sslmode'),
  };
}

/** Spring keeps user and password beside the URL: SPRING_DATASOURCE_URL, …_USERNAME, …_PASSWORD. */
function withNeighbours(settings: ServerSettings, name: string, values: Values): ServerSettings {
  const stem = name.replace(/_?(URL|URI|DSN)$/i, '');
  if (stem === name) return settings;
  const beside = (...names: string[]) =>
    firstValue(
      values,
      names.map((each) => `${stem}_${each}`),
    );
  return {
    ...settings,
    user: settings.user ?? beside('USERNAME', 'USER') ?? null,
    password: settings.password ?? beside('PASSWORD') ?? null,
  };
}

function found(settings: ServerSettings, variable: string, line: number): FoundConnection {
  return { name: settings.database ?? settings.host, settings, place: `line ${line}, ${variable}` };
}

/** The same connection in two spellings is one; the one with the password is kept. */
export function distinct(all: readonly FoundConnection[]): readonly FoundConnection[] {
  const kept = new Map<string, FoundConnection>();
  for (const each of all) {
    const { engine, host, port, database, user, password } = each.settings;
    const key = JSON.stringify([engine, host.toLowerCase(), port, database, user]);
    const before = kept.get(key);
    if (!before || (before.settings.password === null && password !== null)) kept.set(key, each);
  }
  return [...kept.values()];
}
