/** {@link Database} for MariaDB 10.6 and later and MySQL 8.0 and later. */
import type { CallOptions, Database, ServerInfo } from '../../core/database.ts';
import { openPooledDatabase } from '../pooled-database.ts';
import { readCatalog } from './catalog.ts';
import type { SessionFacts } from './connect.ts';
import { readSchemaDetails } from './index-details.ts';
import { readIndexHints } from './index-hints.ts';
import { readIndexUsage } from './index-usage.ts';
import { adviseOnRole } from './role.ts';
import { openMysqlScratch } from './scratch.ts';
import { readServerSettings } from './server-settings.ts';
import type { ServerTransport } from './server-transport.ts';
import { MysqlSession } from './session.ts';
import { readStatementStatistics } from './statement-statistics.ts';

/**
 * Connect and look who answers.
 * @throws DatabaseError why no connection could be made
 */
export function openMysqlDatabase(transport: ServerTransport, options: CallOptions): Promise<Database> {
  return openPooledDatabase(transport, options, (first, pool) => {
    const info = serverInfo(first.session);
    const place = { transport, pool, dialect: info.dialect };
    return {
      info,
      session: (kind, defaults) => new MysqlSession(place, kind, defaults),
      readCatalog,
      readStatementStatistics,
      readIndexUsage,
      readSchemaDetails,
      readIndexHints,
      readServerSettings,
      adviseOnRole,
      openScratch: (opening) => openMysqlScratch(transport, opening),
    };
  });
}

function serverInfo({ mariadb, version, versionText, database, user, superuser }: SessionFacts): ServerInfo {
  return {
    dialect: mariadb ? 'mariadb' : 'mysql',
    product: mariadb ? 'MariaDB' : 'MySQL',
    version,
    versionText,
    embedded: false,
    database: database ?? '',
    user,
    superuser,
  };
}
