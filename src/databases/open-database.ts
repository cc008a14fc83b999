/** The one way to a database: settings in, a connected {@link Database} out. */
import type { CallOptions, Database } from '../core/database.ts';
import type { ConnectionSettings, ServerSettings } from './connection-settings.ts';
import { openEmbedded } from './embedded/open-embedded.ts';
import { openMssqlDatabase } from './mssql/mssql-database.ts';
import { ServerTransport as MssqlTransport } from './mssql/server-transport.ts';
import { openMysqlDatabase } from './mysql/mysql-database.ts';
import { ServerTransport as MysqlTransport } from './mysql/server-transport.ts';
import { openPostgresDatabase } from './postgres/postgres-database.ts';
import { ServerTransport } from './postgres/server-transport.ts';
import type { HostKeyTrust } from './ssh/host-keys.ts';
import { SshTunnel } from './ssh/tunnel.ts';

export interface OpenOptions extends CallOptions {
  /** called with short sentences while something takes time: starting the embedded database, running its files */
  readonly onProgress?: ((message: string) => void) | undefined;
  /** what is known of jump hosts, and who can be asked; null or left out: one that is not known is refused */
  readonly hostKeys?: HostKeyTrust | null | undefined;
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
      return throughTunnel(settings, options, (tunnel) =>
        openPostgresDatabase(new ServerTransport(settings, tunnel), options),
      );
    case 'embedded':
      return openEmbedded(settings, options);
    case 'mysql':
    case 'mariadb':
      return throughTunnel(settings, options, (tunnel) =>
        openMysqlDatabase(new MysqlTransport(settings, tunnel), options),
      );
    case 'sqlserver':
      return throughTunnel(settings, options, (tunnel) =>
        openMssqlDatabase(new MssqlTransport(settings, tunnel), options),
      );
    default:
      throw new Error(`unknown engine ${settings satisfies never}`);
  }
}

/** PostgreSQL's socket in its folder: https://www.postgresql.org/docs/current/libpq-connect.html, host */
function forwardTarget({ engine, host, port }: ServerSettings): { host: string; port: number } {
  const folder = engine === 'postgresql' && host.startsWith('/');
  return { host: folder ? `${host}/.s.PGSQL.${port}` : host, port };
}

/**
 * Open a database by way of its jump host, if it has one. The tunnel ends with the database (its transport closes it)
 * or when the database cannot be opened.
 */
async function throughTunnel(
  settings: ServerSettings,
  options: OpenOptions,
  open: (tunnel: SshTunnel | null) => Promise<Database>,
): Promise<Database> {
  if (!settings.ssh) return open(null);
  const tunnel = new SshTunnel(settings.ssh, forwardTarget(settings), options.hostKeys ?? null);
  try {
    options.onProgress?.(`Connecting to the jump host ${settings.ssh.host}`);
    // here, where time that the user takes to answer does not count
    await tunnel.connect(options);
    return await open(tunnel);
  } catch (error) {
    tunnel.close();
    throw error;
  }
}
