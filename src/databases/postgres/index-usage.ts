/** Reads how often indexes were used. PostgreSQL 13 and later; the last use is known from 16 on. */
import type { ReadOnlySession, ServerInfo } from '../../core/database.ts';
import { type IndexStatistics, MOST_INDEXES } from '../../core/workload/index-usage.ts';
import type { StatisticsUnavailable } from '../../core/workload/statement-statistics.ts';
import { figure, timeOf } from '../statement-rows.ts';

/** https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ALL-INDEXES-VIEW */
const USAGE = `
SELECT i.schemaname, i.relname, i.indexrelname, i.idx_scan::text,
       extract(epoch FROM (to_jsonb(i) ->> 'last_idx_scan')::timestamptz)::text,
       (t.n_tup_ins + t.n_tup_upd + t.n_tup_del)::text
  FROM pg_catalog.pg_stat_user_indexes AS i
  JOIN pg_catalog.pg_stat_user_tables AS t ON t.relid = i.relid
 ORDER BY i.idx_scan, i.schemaname, i.relname, i.indexrelname
 LIMIT ${MOST_INDEXES}`;

/**
 * stats_reset of a database is null until someone resets its counts. A crash throws the counts of all databases away, and
 * sets that of the background writer, which is never null: the counts are at least as old as it.
 */
const STATE = `
SELECT current_setting('track_counts'), pg_is_in_recovery(),
       (SELECT extract(epoch FROM coalesce(d.stats_reset, (SELECT b.stats_reset FROM pg_catalog.pg_stat_bgwriter AS b)))::text
          FROM pg_catalog.pg_stat_database AS d WHERE d.datname = current_database())`;

/** @throws DatabaseError */
export async function readIndexUsage(
  session: ReadOnlySession,
  info: ServerInfo,
): Promise<IndexStatistics | StatisticsUnavailable> {
  if (info.embedded) {
    return {
      available: false,
      reason: 'The embedded PostgreSQL does not count the use of indexes. Choose a connection to a server.',
      remedy: null,
    };
  }
  const [[counts, standby, since] = []] = (await session.query(STATE)).rows;
  if (counts === 'off') {
    return {
      available: false,
      reason:
        'The server does not count the use of indexes (track_counts = off). An administrator turns it on.',
      remedy: `ALTER SYSTEM SET track_counts = on;\nSELECT pg_reload_conf();`,
    };
  }
  const { rows } = await session.query(USAGE);
  return {
    ...{ available: true, since: timeOf(since) },
    indexes: rows.map(([schema, table, index, reads, last, writes]) => ({
      ...{ schema: schema ?? '', table: table ?? '', index: index ?? '', reads: figure(reads) },
      ...{ tableWrites: figure(writes), lastRead: timeOf(last) },
    })),
    notes: [
      standby === 't'
        ? 'This server is a standby: the primary counts its own use of indexes, and only there can one be dropped.'
        : 'Standbys count their own use of indexes, which is not in these figures.',
    ],
  };
}
