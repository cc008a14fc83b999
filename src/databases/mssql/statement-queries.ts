/**
 * What is asked of the Query Store and of the plan cache, for SQL Server 2016 and later and Azure SQL. Times are in
 * microseconds, reads in pages of 8 KB.
 * https://learn.microsoft.com/sql/relational-databases/system-catalog-views/sys-query-store-runtime-stats-transact-sql
 * https://learn.microsoft.com/sql/relational-databases/system-dynamic-management-views/sys-dm-exec-query-stats-transact-sql
 *
 * Both are counted together by query_hash, which is the same for statements that differ in constants only.
 */

/** Whether the Query Store is there to be read: 1 read only, 2 read and write, 4 by the primary (SQL Server 2022). */
export const QUERY_STORE_STATE = 'SELECT actual_state, desired_state FROM sys.database_query_store_options';

/** A statement over the server's own views is ours, or that of another tool that watches it. */
const NOT_OWN = (text: string) => `${text} NOT LIKE N'%[^a-zA-Z0-9_.]sys.[a-zA-Z]%'`;

/** A moment as text in UTC: '2024-05-01T10:00:00'. */
const moment = (time: string) => `CONVERT(nvarchar(19), CAST(${time} AS datetime2(0)), 126)`;
/** Of a datetimeoffset. */
const moved = (time: string) => moment(`SWITCHOFFSET(${time}, 0)`);
/** Of a datetime of the server's own clock. */
export const shifted = (time: string) =>
  moment(`DATEADD(minute, DATEDIFF(minute, GETDATE(), GETUTCDATE()), ${time})`);

/** One row for each plan; averages are over the executions of an interval. */
const STORED_RUNS = `
  SELECT q.query_hash, q.query_text_id,
         SUM(CAST(r.count_executions AS float)) AS calls,
         SUM(r.avg_duration * r.count_executions) AS elapsed,
         SUM(r.avg_cpu_time * r.count_executions) AS cpu,
         SUM(r.avg_rowcount * r.count_executions) AS row_count,
         SUM(r.avg_logical_io_reads * r.count_executions) AS logical_reads,
         SUM(r.avg_physical_io_reads * r.count_executions) AS physical_reads,
         MIN(r.first_execution_time) AS first_run, MAX(r.last_execution_time) AS last_run
    FROM sys.query_store_runtime_stats AS r
    JOIN sys.query_store_plan AS p ON p.plan_id = r.plan_id
    JOIN sys.query_store_query AS q ON q.query_id = p.query_id
    JOIN sys.query_store_query_text AS x ON x.query_text_id = q.query_text_id
   WHERE q.is_internal_query = 0 AND ${NOT_OWN('x.query_sql_text')}
   GROUP BY q.query_hash, q.query_text_id`;

/** @param limit statements wanted */
export function queryStoreTop(limit: number): string {
  return `
WITH runs AS (${STORED_RUNS}),
grouped AS (
  SELECT query_hash, query_text_id, SUM(calls) OVER (PARTITION BY query_hash) AS calls,
         SUM(elapsed) OVER (PARTITION BY query_hash) AS elapsed, SUM(cpu) OVER (PARTITION BY query_hash) AS cpu,
         SUM(row_count) OVER (PARTITION BY query_hash) AS row_count,
         SUM(logical_reads) OVER (PARTITION BY query_hash) AS logical_reads,
         SUM(physical_reads) OVER (PARTITION BY query_hash) AS physical_reads,
         MIN(first_run) OVER (PARTITION BY query_hash) AS first_run,
         MAX(last_run) OVER (PARTITION BY query_hash) AS last_run,
         ROW_NUMBER() OVER (PARTITION BY query_hash ORDER BY elapsed DESC) AS place
    FROM runs)
SELECT TOP (${limit}) CONVERT(varchar(18), g.query_hash, 1), x.query_sql_text, g.calls, g.elapsed, g.cpu, g.row_count,
       g.logical_reads, g.physical_reads, ${moved('g.first_run')}, ${moved('g.last_run')}
  FROM grouped AS g
  JOIN sys.query_store_query_text AS x ON x.query_text_id = g.query_text_id
 WHERE g.place = 1
 ORDER BY g.elapsed DESC`;
}

export const QUERY_STORE_TOTALS = `
WITH runs AS (${STORED_RUNS})
SELECT COUNT(DISTINCT query_hash), SUM(calls), SUM(elapsed), ${moved('MIN(first_run)')} FROM runs`;

/** One row for each statement of each cached plan of this database; texts of encrypted modules are NULL. */
const CACHED = `
  SELECT s.query_hash, s.sql_handle, s.statement_start_offset, s.statement_end_offset,
         CAST(s.execution_count AS float) AS calls, CAST(s.total_elapsed_time AS float) AS elapsed,
         CAST(s.total_worker_time AS float) AS cpu, CAST(s.total_rows AS float) AS row_count,
         CAST(s.total_logical_reads AS float) AS logical_reads, CAST(s.total_physical_reads AS float) AS physical_reads,
         s.creation_time, s.last_execution_time
    FROM sys.dm_exec_query_stats AS s
   CROSS APPLY sys.dm_exec_plan_attributes(s.plan_handle) AS a
   CROSS APPLY sys.dm_exec_sql_text(s.sql_handle) AS x
   WHERE a.attribute = N'dbid' AND TRY_CAST(a.value AS int) = DB_ID() AND x.text IS NOT NULL
     AND (x.objectid IS NOT NULL OR ${NOT_OWN('x.text')})`;

/** @param limit statements wanted */
export function planCacheTop(limit: number): string {
  return `
WITH cached AS (${CACHED}),
grouped AS (
  SELECT query_hash, sql_handle, statement_start_offset, statement_end_offset,
         SUM(calls) OVER (PARTITION BY query_hash) AS calls, SUM(elapsed) OVER (PARTITION BY query_hash) AS elapsed,
         SUM(cpu) OVER (PARTITION BY query_hash) AS cpu, SUM(row_count) OVER (PARTITION BY query_hash) AS row_count,
         SUM(logical_reads) OVER (PARTITION BY query_hash) AS logical_reads,
         SUM(physical_reads) OVER (PARTITION BY query_hash) AS physical_reads,
         MIN(creation_time) OVER (PARTITION BY query_hash) AS first_run,
         MAX(last_execution_time) OVER (PARTITION BY query_hash) AS last_run,
         ROW_NUMBER() OVER (PARTITION BY query_hash ORDER BY elapsed DESC) AS place
    FROM cached)
SELECT TOP (${limit}) CONVERT(varchar(18), g.query_hash, 1), x.text, g.statement_start_offset, g.statement_end_offset,
       g.calls, g.elapsed, g.cpu, g.row_count, g.logical_reads, g.physical_reads,
       ${shifted('g.first_run')}, ${shifted('g.last_run')}
  FROM grouped AS g
 CROSS APPLY sys.dm_exec_sql_text(g.sql_handle) AS x
 WHERE g.place = 1
 ORDER BY g.elapsed DESC`;
}

export const PLAN_CACHE_TOTALS = `
WITH cached AS (${CACHED})
SELECT COUNT(DISTINCT query_hash), SUM(calls), SUM(elapsed), ${shifted('MIN(creation_time)')} FROM cached`;
