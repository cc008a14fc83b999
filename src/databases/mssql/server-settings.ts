/** Reads what a SQL Server or an Azure SQL database is set to. */
import { DatabaseError, type ReadOnlySession } from '../../core/database.ts';
import {
  type ServerSetting,
  type ServerSettings,
  serverSettings,
} from '../../core/settings/server-settings.ts';

/**
 * Of the server; Azure SQL databases have none of these.
 * https://learn.microsoft.com/sql/relational-databases/system-catalog-views/sys-configurations-transact-sql
 */
export const OF_SERVER = `
  SELECT c.name, CONVERT(nvarchar(100), c.value_in_use), CONVERT(nvarchar(100), c.value), c.is_dynamic, c.description
    FROM sys.configurations AS c`;

/** Of the database. https://learn.microsoft.com/sql/relational-databases/system-catalog-views/sys-database-scoped-configurations-transact-sql */
export const OF_DATABASE = `
  SELECT d.name, CONVERT(nvarchar(100), d.value), d.is_value_default
    FROM sys.database_scoped_configurations AS d`;

/** The view has no defaults. https://learn.microsoft.com/sql/database-engine/configure-windows/server-configuration-options-sql-server */
const DEFAULTS: Readonly<Record<string, string>> = {
  'max degree of parallelism': '0',
  'cost threshold for parallelism': '5',
  'max server memory (MB)': '2147483647',
  'min server memory (MB)': '0',
  'min memory per query (KB)': '1024',
  'index create memory (KB)': '0',
  'max worker threads': '0',
  'optimize for ad hoc workloads': '0',
  'fill factor (%)': '0',
  'query governor cost limit': '0',
  'query wait (s)': '-1',
  'blocked process threshold (s)': '0',
  'backup compression default': '0',
  'user connections': '0',
  'network packet size (B)': '4096',
  'lightweight pooling': '0',
  'priority boost': '0',
  'recovery interval (min)': '0',
};

/** @throws DatabaseError when the connection fails */
export async function readServerSettings(session: ReadOnlySession): Promise<ServerSettings> {
  const notes: string[] = [];
  const settings: ServerSetting[] = [];
  const add = async (sql: string, what: string, read: (row: readonly (string | null)[]) => ServerSetting) => {
    try {
      settings.push(...(await session.query(sql)).rows.map((row) => read(row)));
    } catch (error) {
      if (!DatabaseError.is(error, 'permission', 'undefinedObject')) throw error;
      notes.push(`${what} could not be read: ${error.message}`);
    }
  };
  await add(OF_SERVER, 'Settings of the server', ([name, inUse, written, dynamic, description]) => {
    const defaultValue = DEFAULTS[name ?? ''] ?? null;
    return {
      name: name ?? '',
      value: inUse ?? '',
      defaultValue,
      isSet: defaultValue === null ? null : written !== defaultValue,
      change: dynamic === '1' ? 'reload' : 'restart',
      pendingRestart: inUse !== written,
      description: inUse === written ? (description ?? '') : `${description ?? ''} (then ${written})`,
    };
  });
  await add(OF_DATABASE, 'Settings of the database', ([name, value, isDefault]) => ({
    name: `database: ${name ?? ''}`,
    value: value ?? '',
    defaultValue: null,
    // before SQL Server 2017 it is not told
    isSet: isDefault === null || isDefault === undefined ? null : isDefault === '0',
    change: 'reload',
    pendingRestart: false,
    description: 'ALTER DATABASE SCOPED CONFIGURATION',
  }));
  return serverSettings(settings, notes);
}
