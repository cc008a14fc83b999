/** Reads how often indexes were used, by performance_schema. MySQL 8.0 and later, MariaDB 10.6 and later. */
import { DatabaseError, type ReadOnlySession, type ServerInfo } from '../../core/database.ts';
import { type IndexStatistics, MOST_INDEXES } from '../../core/workload/index-usage.ts';
import type { StatisticsUnavailable } from '../../core/workload/statement-statistics.ts';
import { figure, timeOf } from '../statement-rows.ts';
import { accountOf } from './quoting.ts';

/**
 * What sys.schema_unused_indexes is made of. A table that nobody has opened since the server started is not in it.
 * https://dev.mysql.com/doc/refman/8.4/en/performance-schema-table-wait-summary-tables.html
 */
export const USAGE = `
  SELECT OBJECT_SCHEMA, OBJECT_NAME, INDEX_NAME, COUNT_READ, WRITES
    FROM (SELECT OBJECT_SCHEMA, OBJECT_NAME, INDEX_NAME, COUNT_READ,
                 SUM(COUNT_WRITE) OVER (PARTITION BY OBJECT_SCHEMA, OBJECT_NAME) AS WRITES
            FROM performance_schema.table_io_waits_summary_by_index_usage
           WHERE OBJECT_SCHEMA NOT IN ('mysql', 'sys', 'performance_schema', 'information_schema')) AS counts
   WHERE INDEX_NAME IS NOT NULL
   ORDER BY COUNT_READ, OBJECT_SCHEMA, OBJECT_NAME, INDEX_NAME
   LIMIT ${MOST_INDEXES}`;

/** Without this instrument all counts are 0, and every index would look unused. */
export const INSTRUMENT = `
  SELECT ENABLED FROM performance_schema.setup_instruments WHERE NAME = 'wait/io/table/sql/handler'`;
export const UPTIME = "SHOW GLOBAL STATUS LIKE 'Uptime'";
export const STATE = 'SELECT @@performance_schema, UNIX_TIMESTAMP()';

/** @throws DatabaseError when the connection fails */
export async function readIndexUsage(
  session: ReadOnlySession,
  info: ServerInfo,
): Promise<IndexStatistics | StatisticsUnavailable> {
  const [[performanceSchema, now] = []] = (await session.query(STATE)).rows;
  if (performanceSchema !== '1') return off(info);
  try {
    const [[enabled] = []] = (await session.query(INSTRUMENT)).rows;
    if (enabled !== 'YES') return NOT_COUNTED;
    const [[, uptime] = []] = (await session.query(UPTIME)).rows;
    const { rows } = await session.query(USAGE);
    return {
      ...{ available: true, since: timeOf(String(figure(now) - figure(uptime))) },
      indexes: rows.map(([schema, table, index, reads, writes]) => ({
        ...{ schema: schema ?? '', table: table ?? '', index: index ?? '', reads: figure(reads) },
        ...{ tableWrites: figure(writes), lastRead: null },
      })),
      notes: [
        'Tables that nobody has opened since the server started are left out. The counts of a table begin anew when its indexes are changed.',
      ],
    };
  } catch (error) {
    if (!DatabaseError.is(error, 'permission')) throw error;
    const account = accountOf(info.user);
    return {
      available: false,
      reason: `${account} may not read how often indexes were used: the privilege SELECT on two tables of performance_schema is missing.`,
      remedy: ['table_io_waits_summary_by_index_usage', 'setup_instruments']
        .map((table) => `GRANT SELECT ON performance_schema.${table} TO ${account};`)
        .join('\n'),
    };
  }
}

const NOT_COUNTED: StatisticsUnavailable = {
  available: false,
  reason:
    'The server does not count the use of indexes: performance_schema is on, but not its instrument wait/io/table/sql/handler. An administrator turns it on.',
  remedy:
    "UPDATE performance_schema.setup_instruments SET ENABLED = 'YES' WHERE NAME = 'wait/io/table/sql/handler';",
};

function off({ product }: ServerInfo): StatisticsUnavailable {
  const section = product === 'MariaDB' ? 'mariadbd' : 'mysqld';
  return {
    available: false,
    reason: `The server does not count the use of indexes, because performance_schema is off. An administrator writes performance_schema = ON under [${section}] in the server’s settings and restarts it.`,
    remedy: null,
  };
}
