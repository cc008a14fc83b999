/** Reads which indexes the optimizer missed. SQL Server 2016 and later, Azure SQL. */
import { DatabaseError, type ReadOnlySession, type ServerInfo } from '../../core/database.ts';
import { type IndexHints, MOST_HINTS } from '../../core/workload/index-hints.ts';
import type { StatisticsUnavailable } from '../../core/workload/statement-statistics.ts';
import { figure } from '../statement-rows.ts';
import { grant, serverPermission } from './state-permissions.ts';
import { shifted } from './statement-queries.ts';

/**
 * Of the connection's database, by the improvement that the documentation reckons with.
 * https://learn.microsoft.com/sql/relational-databases/system-dynamic-management-views/sys-dm-db-missing-index-details-transact-sql
 * https://learn.microsoft.com/sql/relational-databases/system-dynamic-management-views/sys-dm-db-missing-index-groups-transact-sql
 * https://learn.microsoft.com/sql/relational-databases/system-dynamic-management-views/sys-dm-db-missing-index-group-stats-transact-sql
 */
export const MISSING = `
  SELECT TOP (${MOST_HINTS}) s.name, o.name, d.equality_columns, d.inequality_columns, d.included_columns,
         u.user_seeks + u.user_scans AS uses, u.avg_total_user_cost, u.avg_user_impact,
         ${shifted('(SELECT MAX(v.used) FROM (VALUES (u.last_user_seek), (u.last_user_scan)) AS v (used))')}
    FROM sys.dm_db_missing_index_details AS d
    JOIN sys.dm_db_missing_index_groups AS g ON g.index_handle = d.index_handle
    JOIN sys.dm_db_missing_index_group_stats AS u ON u.group_handle = g.index_group_handle
    JOIN sys.objects AS o ON o.object_id = d.object_id
    JOIN sys.schemas AS s ON s.schema_id = o.schema_id
   WHERE d.database_id = DB_ID()
   ORDER BY u.avg_total_user_cost * u.avg_user_impact * (u.user_seeks + u.user_scans) DESC, d.index_handle`;

/** @throws DatabaseError when the connection fails */
export async function readIndexHints(
  session: ReadOnlySession,
  info: ServerInfo,
): Promise<IndexHints | StatisticsUnavailable> {
  try {
    const { rows } = await session.query(MISSING);
    return {
      ...{ available: true, source: 'sys.dm_db_missing_index_*', redundant: [] },
      missing: rows.map(([schema, table, equality, inequality, include, uses, cost, gain, last]) => ({
        ...{ schema: schema ?? '', table: table ?? '' },
        ...{ equality: namesIn(equality), inequality: namesIn(inequality), include: namesIn(include) },
        ...{ uses: figure(uses), averageCost: figure(cost), expectedGainPct: figure(gain) },
        lastWanted: last ? `${last}Z` : null,
      })),
      notes: [
        'The columns are in no order that an index could follow, included columns have no price, and like indexes are listed one by one.',
        'The server forgets these hints when it starts anew or a table changes, and keeps some hundreds at most.',
      ],
    };
  } catch (error) {
    if (!DatabaseError.is(error, 'permission')) throw error;
    const needed = serverPermission(info);
    return {
      available: false,
      reason: `"${info.user}" may not read which indexes the server misses: the permission ${needed} is missing.`,
      remedy: grant(needed, info),
    };
  }
}

/** '[a], [b]]c]' is a and b]c. */
function namesIn(columns: string | null | undefined): readonly string[] {
  return [...(columns ?? '').matchAll(/\[((?:[^\]]|\]\])*)\]/g)].map(([, name = '']) =>
    name.replaceAll(']]', ']'),
  );
}
