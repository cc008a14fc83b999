/** Reads how often indexes were used. SQL Server 2016 and later, Azure SQL. */
import { DatabaseError, type ReadOnlySession, type ServerInfo } from '../../core/database.ts';
import { type IndexStatistics, MOST_INDEXES } from '../../core/workload/index-usage.ts';
import type { StatisticsUnavailable } from '../../core/workload/statement-statistics.ts';
import { figure } from '../statement-rows.ts';
import { grant, serverPermission } from './state-permissions.ts';
import { shifted } from './statement-queries.ts';

/**
 * An index that is not in the view was not used since the server started. The clustered one, number 1, is the table itself.
 * https://learn.microsoft.com/sql/relational-databases/system-dynamic-management-views/sys-dm-db-index-usage-stats-transact-sql
 */
export const USAGE = `
  SELECT TOP (${MOST_INDEXES}) s.name, o.name, i.name,
         COALESCE(u.user_seeks + u.user_scans + u.user_lookups, 0) AS reads, COALESCE(u.user_updates, 0) AS writes,
         ${shifted(`(SELECT MAX(v.used) FROM (VALUES (u.last_user_seek), (u.last_user_scan), (u.last_user_lookup)) AS v (used))`)}
    FROM sys.indexes AS i
    JOIN sys.objects AS o ON o.object_id = i.object_id
    JOIN sys.schemas AS s ON s.schema_id = o.schema_id
    LEFT JOIN sys.dm_db_index_usage_stats AS u
      ON u.object_id = i.object_id AND u.index_id = i.index_id AND u.database_id = DB_ID()
   WHERE o.type = 'U' AND o.is_ms_shipped = 0 AND i.index_id > 1 AND i.is_disabled = 0 AND i.is_hypothetical = 0
   ORDER BY reads, s.name, o.name, i.name`;

/** https://learn.microsoft.com/sql/relational-databases/system-dynamic-management-views/sys-dm-os-sys-info-transact-sql */
export const STARTED = `SELECT ${shifted('x.sqlserver_start_time')} FROM sys.dm_os_sys_info AS x`;

/** @throws DatabaseError when the connection fails */
export async function readIndexUsage(
  session: ReadOnlySession,
  info: ServerInfo,
): Promise<IndexStatistics | StatisticsUnavailable> {
  try {
    const { rows } = await session.query(USAGE);
    const since = await startOf(session);
    return {
      ...{ available: true, since },
      indexes: rows.map(([schema, table, index, reads, writes, last]) => ({
        ...{ schema: schema ?? '', table: table ?? '', index: index ?? '', reads: figure(reads) },
        ...{ tableWrites: figure(writes), lastRead: last ? `${last}Z` : null },
      })),
      notes: ['The counts begin when the server starts. Readable replicas count their own use of indexes.'],
    };
  } catch (error) {
    if (!DatabaseError.is(error, 'permission')) throw error;
    const needed = serverPermission(info);
    return {
      available: false,
      reason: `"${info.user}" may not read how often indexes were used: the permission ${needed} is missing.`,
      remedy: grant(needed, info),
    };
  }
}

/** Small databases of Azure SQL show it to administrators only. */
async function startOf(session: ReadOnlySession): Promise<string | null> {
  try {
    const [[started] = []] = (await session.query(STARTED)).rows;
    return started ? `${started}Z` : null;
  } catch (error) {
    if (DatabaseError.is(error, 'permission')) return null;
    throw error;
  }
}
