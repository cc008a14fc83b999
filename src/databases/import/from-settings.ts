/**
 * Connections in the settings of other SQL extensions. Their passwords, where they keep them elsewhere, stay there.
 * Forms: https://vscode-sqltools.mteixeira.dev/en/drivers/postgre-sql/ (and those of the other drivers),
 * https://learn.microsoft.com/sql/tools/visual-studio-code-extensions/mssql/mssql-extension-visual-studio-code (settings),
 * https://github.com/microsoft/vscode-pgsql (package.json, pgsql.connections)
 */
import type { ServerEngine, ServerSettings } from '../connection-settings.ts';
import { readConnectionString, settingsOf } from './connection-string.ts';
import { engineOfWord, type FoundConnection } from './from-environment.ts';

/** The settings that are read, and whose they are. */
export const FOREIGN_SETTINGS = {
  'sqltools.connections': 'SQLTools',
  'mssql.connections': 'SQL Server (mssql)',
  'pgsql.connections': 'PostgreSQL (pgsql)',
} as const;

export type ForeignSetting = keyof typeof FOREIGN_SETTINGS;

type Entry = Readonly<Record<string, unknown>>;

/** The connections in a setting's value, whatever that may be. */
export function findInSetting(setting: ForeignSetting, value: unknown): readonly FoundConnection[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null) return [];
    const settings = READERS[setting](entry as Entry);
    if (!settings) return [];
    const name = text(entry as Entry, 'name', 'profileName') ?? settings.database ?? settings.host;
    return [{ name, settings, place: `${FOREIGN_SETTINGS[setting]} settings` }];
  });
}

const READERS: Readonly<Record<ForeignSetting, (entry: Entry) => ServerSettings | null>> = {
  'sqltools.connections': sqlTools,
  'mssql.connections': (entry) => plain(entry, 'sqlserver'),
  'pgsql.connections': (entry) => plain(entry, 'postgresql'),
};

function sqlTools(entry: Entry): ServerSettings | null {
  const engine = engineOfWord(text(entry, 'driver') ?? '');
  if (engine === null) return null;
  return plain(entry, engine, sqlToolsTls(entry));
}

/** `pgOptions.ssl` is true or an object; `mysqlOptions.enableSsl` is a word. */
function sqlToolsTls(entry: Entry): string | undefined {
  const { ssl } = record(entry['pgOptions']);
  if (typeof ssl === 'object' && ssl !== null) {
    return record(ssl)['rejectUnauthorized'] === false ? 'require' : 'verify-full';
  }
  if (ssl === true) return 'require';
  return record(entry['mysqlOptions'])['enableSsl'] === 'Enabled' ? 'require' : undefined;
}

function plain(entry: Entry, engine: ServerEngine, sslmode = text(entry, 'sslmode')): ServerSettings | null {
  const whole = text(entry, 'connectString', 'connectionString');
  if (whole) return readConnectionString(whole, engine);
  const address = text(entry, 'socketPath', 'server', 'host', 'hostname');
  if (!address) return null;
  const [host = '', port] = engine === 'sqlserver' ? address.replace(/^tcp:/i, '').split(',') : [address];
  return settingsOf(engine, {
    host,
    port: numeral(entry['port']) ?? port,
    database: text(entry, 'database', 'dbname'),
    user: text(entry, 'username', 'user'),
    password: text(entry, 'password'),
    sslmode,
    trust: entry['trustServerCertificate'] === true ? 'true' : undefined,
    encrypt: entry['encrypt'] === false || entry['encrypt'] === 'Optional' ? 'false' : undefined,
  });
}

function text(entry: Entry, ...names: string[]): string | undefined {
  const found = names.map((name) => entry[name]).find((value) => typeof value === 'string' && value !== '');
  return typeof found === 'string' ? found : undefined;
}

function numeral(value: unknown): string | undefined {
  return typeof value === 'number' || (typeof value === 'string' && value !== '') ? String(value) : undefined;
}

function record(value: unknown): Entry {
  return typeof value === 'object' && value !== null ? (value as Entry) : {};
}
