/**
 * What is asked of pg_stat_statements. Its columns follow the version of the extension in the database, which may be
 * older than the server's.
 * https://www.postgresql.org/docs/current/pgstatstatements.html and the same page of versions 13 to 17
 */

/** One row: where the extension is, and the settings that everybody may see. */
export const STATE = `
SELECT (SELECT quote_ident(n.nspname)
          FROM pg_catalog.pg_extension AS e
          JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
         WHERE e.extname = 'pg_stat_statements'),
       (SELECT e.extversion FROM pg_catalog.pg_extension AS e WHERE e.extname = 'pg_stat_statements'),
       -- null unless the library is loaded
       current_setting('pg_stat_statements.max', true),
       current_setting('pg_stat_statements.track', true),
       current_setting('compute_query_id', true),
       EXISTS (SELECT FROM pg_catalog.pg_available_extensions AS a WHERE a.name = 'pg_stat_statements')`;

/** Longer texts are cut off here. */
export const LONGEST_TEXT = 20_000;

/** Characters by which a statement is told from those that do not count. */
const LOOKED_AT = 4000;

/** What another user's statement is called. */
const HIDDEN = "'<insufficient privilege>'";

/**
 * Plans and transactions say nothing of the work, and our own statements are none of the user's: those over the
 * server's catalogs, and those that compare results (core/verification/server-hash.ts).
 */
const COUNTS = `
       s.query IS NOT NULL
   AND s.query !~* '^\\s*(explain|begin|start|commit|end|rollback|abort|savepoint|release|set|reset|show|deallocate|discard)\\M'
   AND left(s.query, ${LOOKED_AT}) !~* '\\m(from|join)\\s+(pg_catalog\\.|information_schema\\.|pg_\\w)|\\mpg_stat_statements'
   AND s.query NOT LIKE '%hashtextextended(CAST(t AS text)%'
   AND s.query NOT LIKE '%) AS a EXCEPT ALL SELECT * FROM (%'
   AND s.query !~ '^\\s*SELECT (current_setting|pg_catalog\\.|pg_backend_pid|current_user)'`;

export interface StatementQueries {
  /** one row for each statement: the costliest ones, in order */
  readonly top: string;
  /** one row over all */
  readonly totals: string;
  /** one row: since when, and how often the least used statements were given up; null in extensions before 1.9 */
  readonly since: string | null;
}

/** The extension tells since when it counts: from 1.9 on. */
export function hasBeginning(version: string): boolean {
  return minorOf(version) >= 9;
}

function minorOf(version: string): number {
  return Number(version.split('.')[1] ?? 0);
}

/**
 * @param schema where the extension is, quoted
 * @param version of the extension: '1.10'
 * @param limit statements wanted
 */
export function statementQueries(schema: string, version: string, limit: number): StatementQueries {
  const minor = minorOf(version);
  const time = minor >= 8 ? 's.total_exec_time' : 's.total_time';
  // statements inside of functions count once more in those around them
  const outermost = minor >= 9 ? 's.toplevel' : 'true';
  const first = minor >= 11 ? 'extract(epoch FROM min(s.stats_since))' : 'NULL';
  const from = `
  FROM ${schema}.pg_stat_statements AS s
 WHERE s.dbid = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = current_database())
   AND ${COUNTS}`;
  return {
    top: `
SELECT s.queryid::text, left(min(s.query), ${LONGEST_TEXT}), length(min(s.query)) > ${LONGEST_TEXT},
       sum(s.calls)::text, sum(${time})::text, sum(s.rows)::text,
       sum(s.shared_blks_hit + s.local_blks_hit)::text, sum(s.shared_blks_read + s.local_blks_read)::text,
       (${first})::text${from}
   AND s.queryid IS NOT NULL AND s.query <> ${HIDDEN}
 GROUP BY s.queryid
HAVING sum(s.calls) > 0
 ORDER BY sum(${time}) DESC, s.queryid
 LIMIT ${limit}`,
    totals: `
SELECT count(DISTINCT s.queryid)::text, sum(s.calls) FILTER (WHERE ${outermost})::text,
       sum(${time}) FILTER (WHERE ${outermost})::text,
       count(*) FILTER (WHERE s.query = ${HIDDEN})::text${from}`,
    since: hasBeginning(version)
      ? `SELECT extract(epoch FROM i.stats_reset)::text, i.dealloc::text FROM ${schema}.pg_stat_statements_info AS i`
      : null,
  };
}
