/**
 * What is asked of performance_schema and of the slow log, for MySQL 8.0 and later and MariaDB 10.6 and later. Times
 * of performance_schema are in picoseconds.
 * https://dev.mysql.com/doc/refman/8.4/en/performance-schema-statement-summary-tables.html
 * https://mariadb.com/kb/en/performance-schema-events_statements_summary_by_digest-table/
 * https://dev.mysql.com/doc/refman/8.4/en/log-destinations.html, https://mariadb.com/kb/en/mysqlslow_log-table/
 */

/** One row of settings that everybody may see. */
export const STATE = `
  SELECT @@performance_schema, @@global.slow_query_log, @@global.log_output, @@global.long_query_time,
         @@global.max_digest_length`;

/** Whether digests are collected, each with YES or NO. */
export const COLLECTED = `
  SELECT NAME, ENABLED
    FROM performance_schema.setup_consumers
   WHERE NAME IN ('global_instrumentation', 'statements_digest')`;

export interface StatementQueries {
  /** one row for each statement or run: the costliest ones, in order */
  readonly top: string;
  /** one row over all */
  readonly totals: string;
}

/** Transactions and settings say nothing of the work, plans and questions about the session neither. */
const NO_WORK =
  '^SELECT (@@|CURRENT_USER|CONNECTION_ID|DATABASE|LAST_INSERT_ID)|^(SET|SHOW|EXPLAIN|DESC|DESCRIBE|ANALYZE FORMAT|USE|KILL|BEGIN|START|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|PREPARE|DEALLOCATE)( |$)';
/** Over the server's own tables: ours, and those of other tools that watch it. */
const OWN_SCHEMAS = '`?(information_schema|performance_schema|mysql|sys)`? ?\\.';
/** What compares results (core/verification/server-hash.ts) begins with tables of columns c0, c1, … */
const COMPARISON = '^WITH `?[at]`? ?\\( ?`?c0`? ?[,)]';

/** @param text a column whose words are divided by single blanks */
function isWork(text: string): string {
  return `${text} NOT REGEXP ${pattern(NO_WORK)} AND ${text} NOT REGEXP ${pattern(OWN_SCHEMAS)} AND ${text} NOT REGEXP ${pattern(COMPARISON)}`;
}

/** Without backslashes, which sql_mode may give another meaning. */
function pattern(expression: string): string {
  return `'${expression.replaceAll('\\.', '[.]').replaceAll('\\(', '[(]')}'`;
}

/** @param database of the connection; empty for none, and all but the server's own are meant then */
function inDatabase(column: string, database: string): string {
  return database === ''
    ? `${column} NOT IN ('', 'mysql', 'sys', 'information_schema', 'performance_schema')`
    : `${column} = DATABASE()`;
}

/** @param limit statements wanted */
export function digestQueries(database: string, limit: number): StatementQueries {
  const from = `
    FROM performance_schema.events_statements_summary_by_digest
   WHERE DIGEST IS NOT NULL AND ${inDatabase('SCHEMA_NAME', database)}
     AND ${isWork('DIGEST_TEXT')}`;
  return {
    top: `
  SELECT DIGEST, DIGEST_TEXT, COUNT_STAR, SUM_TIMER_WAIT, SUM_ROWS_SENT + SUM_ROWS_AFFECTED, SUM_ROWS_EXAMINED,
         UNIX_TIMESTAMP(FIRST_SEEN), UNIX_TIMESTAMP(LAST_SEEN)${from}
   ORDER BY SUM_TIMER_WAIT DESC, DIGEST
   LIMIT ${limit}`,
    totals: `
  SELECT COUNT(*), SUM(COUNT_STAR), SUM(SUM_TIMER_WAIT), MIN(UNIX_TIMESTAMP(FIRST_SEEN)),
         (SELECT SUM(COUNT_STAR) FROM performance_schema.events_statements_summary_by_digest WHERE DIGEST IS NULL)${from}`,
  };
}

/** Runs of the slow log that are read, the slowest ones. */
export const MOST_RUNS = 5000;
/** Characters of a run's text that are read. */
export const LONGEST_RUN = 4000;

/** The text is a BLOB in MySQL. TIME_TO_SEC() keeps fractions in MariaDB only. */
export function slowLogQueries(database: string): StatementQueries {
  const text = 'CONVERT(sql_text USING utf8mb4)';
  const milliseconds = 'FLOOR(TIME_TO_SEC(query_time)) * 1000 + MICROSECOND(query_time) / 1000';
  const from = `
    FROM mysql.slow_log
   WHERE ${inDatabase('db', database)} AND ${text} NOT LIKE '#%'
     AND ${isWork(`REGEXP_REPLACE(UPPER(LEFT(${text}, 500)), '[[:space:]]+', ' ')`)}`;
  return {
    top: `
  SELECT LEFT(${text}, ${LONGEST_RUN}), CHAR_LENGTH(${text}) > ${LONGEST_RUN}, ${milliseconds},
         rows_sent, rows_examined, UNIX_TIMESTAMP(start_time)${from}
   ORDER BY query_time DESC
   LIMIT ${MOST_RUNS}`,
    totals: `
  SELECT COUNT(*), SUM(${milliseconds}), MIN(UNIX_TIMESTAMP(start_time))${from}`,
  };
}
