/**
 * Reads what MySQL and MariaDB have counted of statements: the digests of performance_schema, and where that is off the
 * slow log, if it is a table. Or says what keeps both from being read.
 */
import { DatabaseError, type ReadOnlySession, type ServerInfo } from '../../core/database.ts';
import {
  countTogether,
  type StatementStatistics,
  type StatisticsUnavailable,
  statementFigures,
} from '../../core/workload/statement-statistics.ts';
import { counted, figure, timeOf } from '../statement-rows.ts';
import { digestText } from './digest-text.ts';
import { accountOf } from './quoting.ts';
import {
  COLLECTED,
  digestQueries,
  LONGEST_RUN,
  MOST_RUNS,
  STATE,
  slowLogQueries,
} from './statement-queries.ts';

type Read = StatementStatistics | StatisticsUnavailable;

/** Times of performance_schema are in picoseconds. */
const PICOSECONDS = 1e9;

interface State {
  readonly performanceSchema: boolean;
  /** the slow log is written into its table */
  readonly slowLog: boolean;
  /** seconds from which a statement is slow */
  readonly slowSeconds: number;
  /** bytes of a digest's tokens */
  readonly longestDigest: number;
}

/**
 * @param limit statements wanted at most
 * @throws DatabaseError when the connection fails; what the user may not read makes the figures unavailable
 */
export async function readStatementStatistics(
  session: ReadOnlySession,
  info: ServerInfo,
  limit: number,
): Promise<Read> {
  const state = await readState(session);
  const digests = state.performanceSchema
    ? await allowed(() => readDigests(session, state, info, limit), info, DIGESTS)
    : performanceSchemaOff(info);
  if (digests.available || !state.slowLog) return digests;
  const runs = await allowed(() => readSlowLog(session, state, info, limit), info, SLOW_LOG);
  return runs.available ? { ...runs, notes: [digests.reason, ...runs.notes] } : both(digests, runs);
}

async function readState(session: ReadOnlySession): Promise<State> {
  const [row = []] = (await session.query(STATE)).rows;
  const [performanceSchema, slowLog, output, seconds, longestDigest] = row;
  return {
    performanceSchema: performanceSchema === '1',
    slowLog: slowLog === '1' && (output ?? '').toUpperCase().split(',').includes('TABLE'),
    slowSeconds: figure(seconds),
    longestDigest: figure(longestDigest),
  };
}

async function readDigests(
  session: ReadOnlySession,
  { longestDigest }: State,
  info: ServerInfo,
  limit: number,
): Promise<Read> {
  const queries = digestQueries(info.database, limit);
  const { rows } = await session.query(queries.top);
  if (rows.length === 0 && !(await isCollected(session))) return NOT_COLLECTED;
  const [totals = []] = (await session.query(queries.totals)).rows;
  const beyond = figure(totals[4]);
  return {
    available: true,
    source: 'performance_schema',
    since: timeOf(totals[3]),
    statements: rows.map(([id, text, calls, picoseconds, count, examined, first, last]) =>
      statementFigures(
        {
          ...{
            ...digestText(text ?? '', info.dialect, longestDigest),
            hasValues: false,
            serverId: id ?? null,
          },
          ...{ calls: figure(calls), totalMs: figure(picoseconds) / PICOSECONDS, rows: figure(count) },
          ...{ rowsExamined: figure(examined), firstSeen: timeOf(first), lastSeen: timeOf(last) },
        },
        info.dialect,
      ),
    ),
    counted: {
      statements: figure(totals[0]),
      calls: figure(totals[1]),
      totalMs: figure(totals[2]) / PICOSECONDS,
    },
    notes: beyond > 0 ? [beyondNote(beyond)] : [],
  };
}

/** Digests can be turned off beside performance_schema; who may not see that is not told so. */
async function isCollected(session: ReadOnlySession): Promise<boolean> {
  try {
    return (await session.query(COLLECTED)).rows.every(([, enabled]) => enabled !== 'NO');
  } catch (error) {
    if (DatabaseError.is(error, 'permission')) return true;
    throw error;
  }
}

async function readSlowLog(
  session: ReadOnlySession,
  { slowSeconds }: State,
  info: ServerInfo,
  limit: number,
): Promise<Read> {
  const queries = slowLogQueries(info.database);
  const { rows } = await session.query(queries.top);
  const [totals = []] = (await session.query(queries.totals)).rows;
  const runs = rows.map(([text, cut, milliseconds, sent, examined, started]) => ({
    ...{ text: text ?? '', hasValues: true, truncated: cut === '1', calls: 1, totalMs: figure(milliseconds) },
    ...{ rows: figure(sent), rowsExamined: figure(examined) },
    ...{ firstSeen: timeOf(started), lastSeen: timeOf(started) },
  }));
  const statements = countTogether(runs, info.dialect);
  const all = figure(totals[0]);
  return {
    available: true,
    source: 'slow_log',
    since: timeOf(totals[2]),
    statements: statements.slice(0, limit),
    counted: { statements: statements.length, calls: all, totalMs: figure(totals[1]) },
    notes: [
      `The slow log holds only runs that took longer than ${slowSeconds} s (long_query_time): faster statements are missing, however often they run.`,
      ...(all > MOST_RUNS ? [`Of ${counted(all, 'run')} the ${MOST_RUNS} slowest were read.`] : []),
      ...(runs.some(({ truncated }) => truncated)
        ? [`Texts longer than ${LONGEST_RUN} characters are cut off.`]
        : []),
    ],
  };
}

function beyondNote(calls: number): string {
  return `The server’s table of statements is full, and ${counted(calls, 'call')} of further ones cannot be told apart. Raise performance_schema_digests_size, or empty the table: TRUNCATE performance_schema.events_statements_summary_by_digest;`;
}

const NOT_COLLECTED: StatisticsUnavailable = {
  available: false,
  reason:
    'The server counts no statements: performance_schema is on, but does not collect their digests. An administrator turns that on.',
  remedy:
    "UPDATE performance_schema.setup_consumers SET ENABLED = 'YES' WHERE NAME IN ('global_instrumentation', 'statements_digest');",
};

/** MariaDB's default. It cannot be turned on while the server runs; the slow log can. */
function performanceSchemaOff({ product }: ServerInfo): StatisticsUnavailable {
  return {
    available: false,
    reason: `The server counts no statements, because performance_schema is off${product === 'MariaDB' ? ', as it is in MariaDB unless it is turned on' : ''}. An administrator writes performance_schema = ON under [${product === 'MariaDB' ? 'mariadbd' : 'mysqld'}] in the server’s settings and restarts it. Without a restart, the slow log can be written into a table, which is read then.`,
    remedy: "SET GLOBAL log_output = 'TABLE', GLOBAL slow_query_log = ON, GLOBAL long_query_time = 1;",
  };
}

interface Privilege {
  /** what is read, for a sentence */
  readonly what: string;
  /** tables of which one needs SELECT */
  readonly tables: readonly string[];
}

const DIGESTS: Privilege = {
  what: 'the server’s statistics of statements',
  tables: ['performance_schema.events_statements_summary_by_digest'],
};
const SLOW_LOG: Privilege = { what: 'the slow log', tables: ['mysql.slow_log'] };

/** What `read` gives, or the grant that it needs. */
async function allowed(
  read: () => Promise<Read>,
  { user }: ServerInfo,
  { what, tables }: Privilege,
): Promise<Read> {
  try {
    return await read();
  } catch (error) {
    if (!DatabaseError.is(error, 'permission')) throw error;
    const account = accountOf(user);
    return {
      available: false,
      reason: `${account} may not read ${what}: the privilege SELECT on ${tables.join(' and ')} is missing.`,
      remedy: tables.map((table) => `GRANT SELECT ON ${table} TO ${account};`).join('\n'),
    };
  }
}

function both(first: StatisticsUnavailable, second: StatisticsUnavailable): StatisticsUnavailable {
  const remedies = [second.remedy, first.remedy].filter((remedy) => remedy !== null);
  return {
    available: false,
    reason: `${first.reason} ${second.reason}`,
    remedy: remedies.length > 0 ? remedies.join('\n-- or\n') : null,
  };
}
