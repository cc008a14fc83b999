/** {@link Database} for PostgreSQL 13 and later over any {@link Transport}. */
import type { CallOptions, Database, ServerInfo } from '../../core/database.ts';
import { openPooledDatabase } from '../pooled-database.ts';
import { readCatalog } from './catalog.ts';
import { readSchemaDetails } from './index-details.ts';
import { readIndexUsage } from './index-usage.ts';
import { ResultTypes } from './result-types.ts';
import { adviseOnRole } from './role.ts';
import { readServerSettings } from './server-settings.ts';
import { PostgresSession } from './session.ts';
import { readStatementStatistics } from './statement-statistics.ts';
import type { SessionFacts, Transport } from './transport.ts';
import { POSTGRES_WHAT_IF } from './what-if.ts';

/**
 * Connect and look who answers.
 * @throws DatabaseError why no connection could be made; the transport is closed then
 */
export function openPostgresDatabase(transport: Transport, options: CallOptions): Promise<Database> {
  return openPooledDatabase(transport, options, (first, pool) => {
    const place = { transport, pool, types: new ResultTypes() };
    return {
      info: serverInfo(first.session, transport.embedded),
      session: (kind, defaults) => new PostgresSession(place, kind, defaults),
      readCatalog,
      readStatementStatistics,
      readIndexUsage,
      readSchemaDetails,
      whatIf: POSTGRES_WHAT_IF,
      readServerSettings,
      // whoever starts the embedded database owns it
      adviseOnRole: transport.embedded ? null : adviseOnRole,
    };
  });
}

function serverInfo(facts: SessionFacts, embedded: boolean): ServerInfo {
  return {
    dialect: 'postgresql',
    product: 'PostgreSQL',
    version: [Math.floor(facts.versionNumber / 10_000), facts.versionNumber % 10_000],
    versionText: facts.versionText,
    embedded,
    database: facts.database,
    user: facts.user,
    superuser: facts.superuser,
  };
}
