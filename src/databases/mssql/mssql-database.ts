/** {@link Database} for SQL Server 2016 and later and Azure SQL. */
import type { CallOptions, Database, ServerInfo } from '../../core/database.ts';
import { openPooledDatabase } from '../pooled-database.ts';
import { readCatalog } from './catalog.ts';
import type { SessionFacts } from './connect.ts';
import { readIndexHints } from './index-hints.ts';
import { readIndexUsage } from './index-usage.ts';
import { adviseOnRole } from './role.ts';
import { readServerSettings } from './server-settings.ts';
import type { ServerTransport } from './server-transport.ts';
import { MssqlSession } from './session.ts';
import { readStatementStatistics } from './statement-statistics.ts';

/**
 * Connect and look who answers.
 * @throws DatabaseError why no connection could be made
 */
export function openMssqlDatabase(transport: ServerTransport, options: CallOptions): Promise<Database> {
  return openPooledDatabase(transport, options, (first, pool) => ({
    info: serverInfo(first.session),
    session: (kind, defaults) => new MssqlSession({ transport, pool }, kind, defaults),
    readCatalog,
    readStatementStatistics,
    readIndexUsage,
    readIndexHints,
    readServerSettings,
    adviseOnRole,
  }));
}

function serverInfo({ product, version, versionText, database, user, superuser }: SessionFacts): ServerInfo {
  return {
    dialect: 'tsql',
    product,
    version,
    versionText,
    embedded: false,
    database: database ?? '',
    user,
    superuser,
  };
}
