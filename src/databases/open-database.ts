/** The one way to a database: settings in, a connected {@link Database} out. */
import type { CallOptions, Database } from '../core/database.ts';
import type { ConnectionSettings } from './connection-settings.ts';
import { openEmbedded } from './embedded/open-embedded.ts';
import { openMssqlDatabase } from './mssql/mssql-database.ts';
import { ServerTransport as MssqlTransport } from './mssql/server-transport.ts';
import { openMysqlDatabase } from './mysql/mysql-database.ts';
import { ServerTransport as MysqlTransport } from './mysql/server-transport.ts';
import { openPostgresDatabase } from './postgres/postgres-database.ts';
import { ServerTransport } from './postgres/server-transport.ts';

export interface OpenOptions extends CallOptions {
  /** called with short sentences while something takes time: starting the embedded database, running its files */
  readonly onProgress?: ((message: string) => void) | undefined;
}

/**
 * Connect. Drivers are loaded at the first connection of their engine.
 *
 * @param options `timeoutMs` is the limit for connecting, not for statements
 * @throws DatabaseError why there is no connection, as a sentence to act on
 */
export async function openDatabase(
  settings: ConnectionSettings,
  options: OpenOptions = {},
): Promise<Database> {
  switch (settings.engine) {
    case 'postgresql':
      return openPostgresDatabase(new ServerTransport(settings), options);
    case 'embedded':
      return openEmbedded(settings, options);
    case 'mysql':
    case 'mariadb':
      return openMysqlDatabase(new MysqlTransport(settings), options);
    case 'sqlserver':
      return openMssqlDatabase(new MssqlTransport(settings), options);
    default:
      throw new Error(`unknown engine ${settings satisfies never}`);
  }
}
