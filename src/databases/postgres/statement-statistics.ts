/** Reads pg_stat_statements of PostgreSQL 13 and later, or says what keeps it from being read. */
import { DatabaseError, type ReadOnlySession, type ServerInfo } from '../../core/database.ts';
import {
  type StatementStatistics,
  type StatisticsUnavailable,
  statementFigures,
} from '../../core/workload/statement-statistics.ts';
import { counted, figure, timeOf } from '../statement-rows.ts';
import { quoteIdentifier } from './quoting.ts';
import { hasBeginning, STATE, statementQueries } from './statement-queries.ts';

interface State {
  /** quoted; null: the extension is not in this database */
  readonly schema: string | null;
  readonly version: string;
  /** pg_stat_statements.max; null: the library is not loaded */
  readonly max: string | null;
  /** 'top', 'all', 'none' */
  readonly track: string | null;
  /** since version 14: 'auto', 'on', 'off', 'regress' */
  readonly queryIds: string | null;
  /** its files are on the server */
  readonly installed: boolean;
}

/**
 * @param limit statements wanted at most
 * @throws DatabaseError when the connection fails; what the user may not read makes the figures unavailable
 */
export async function readStatementStatistics(
  session: ReadOnlySession,
  info: ServerInfo,
  limit: number,
): Promise<StatementStatistics | StatisticsUnavailable> {
  if (info.embedded) return EMBEDDED;
  const state = await readState(session);
  const missing = missingParts(state);
  if (missing) return missing;
  try {
    const { statistics, hidden } = await readFigures(session, state, info, limit);
    if (statistics.statements.length > 0) return statistics;
    return nothingCounted(state) ?? (hidden > 0 ? allHidden(info) : statistics);
  } catch (error) {
    if (DatabaseError.is(error, 'permission')) return refused(error, state, info);
    // 55000: the extension is there without its library
    if (DatabaseError.is(error) && error.code === '55000') return notLoaded(true);
    throw error;
  }
}

async function readState(session: ReadOnlySession): Promise<State> {
  const [row = []] = (await session.query(STATE)).rows;
  const [schema, version, max, track, queryIds, installed] = row;
  return {
    schema: schema ?? null,
    version: version ?? '',
    max: max ?? null,
    track: track ?? null,
    queryIds: queryIds ?? null,
    installed: installed === 't',
  };
}

async function readFigures(
  session: ReadOnlySession,
  state: State,
  info: ServerInfo,
  limit: number,
): Promise<{ readonly statistics: StatementStatistics; readonly hidden: number }> {
  const queries = statementQueries(state.schema ?? 'public', state.version, limit);
  const { rows } = await session.query(queries.top);
  const [totals = []] = (await session.query(queries.totals)).rows;
  const [started = []] = queries.since === null ? [] : (await session.query(queries.since)).rows;
  const hidden = figure(totals[3]);
  const notes = [
    ...(hidden > 0 ? [hiddenNote(hidden, info)] : []),
    ...(figure(started[1]) > 0 ? [droppedNote(figure(started[1]), state)] : []),
    ...(queries.since === null ? [NO_BEGINNING] : []),
    ...(state.track === 'all' ? [NESTED] : []),
  ];
  const statements = rows.map(([id, text, cut, calls, totalMs, count, hit, read, first]) =>
    statementFigures(
      {
        ...{ text: text ?? '', hasValues: false, truncated: cut === 't', serverId: id ?? null },
        ...{ calls: figure(calls), totalMs: figure(totalMs), rows: figure(count) },
        ...{ blocksHit: figure(hit), blocksRead: figure(read), firstSeen: timeOf(first) },
      },
      info.dialect,
    ),
  );
  const statistics: StatementStatistics = {
    ...{ available: true, source: 'pg_stat_statements', since: timeOf(started[0]), statements, notes },
    counted: { statements: figure(totals[0]), calls: figure(totals[1]), totalMs: figure(totals[2]) },
  };
  return { statistics, hidden };
}

const NO_BEGINNING =
  'This version does not tell since when the figures count (PostgreSQL 14 and later do, with the extension updated: ALTER EXTENSION pg_stat_statements UPDATE;).';
const NESTED =
  'Statements inside of functions are counted too (pg_stat_statements.track = all), and once more in the statement that calls the function; the total counts the outer ones only.';

function hiddenNote(hidden: number, { user }: ServerInfo): string {
  return `The texts of ${counted(hidden, 'statement')} of other users are hidden from "${user}"; their times are in the total. To see them: ${grantOf(user)}`;
}

function droppedNote(times: number, { max }: State): string {
  return `The server gave up the least used statements ${counted(times, 'time')}, for it keeps ${max ?? '5000'} at most (pg_stat_statements.max): what is missing then is missing here.`;
}

function grantOf(user: string): string {
  return `GRANT pg_read_all_stats TO ${quoteIdentifier(user)};`;
}

const EMBEDDED: StatisticsUnavailable = {
  available: false,
  reason:
    'The embedded PostgreSQL counts no statements: nobody but this program runs any in it. Choose a connection to a server.',
  remedy: null,
};

const PRELOAD = `ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements';`;
const CREATE = 'CREATE EXTENSION pg_stat_statements;';

/** What has to be there before anything can be asked; null when all is. */
function missingParts(state: State): StatisticsUnavailable | null {
  if (state.schema !== null) return state.max === null ? notLoaded(true) : null;
  if (state.max !== null) {
    return {
      available: false,
      reason:
        'The server counts statements, but the extension that shows them is not in this database. Its owner or a superuser creates it once.',
      remedy: CREATE,
    };
  }
  if (state.installed) return notLoaded(false);
  return {
    available: false,
    reason:
      'The server does not count statements: the extension pg_stat_statements is not installed on it. It comes with PostgreSQL’s contrib package (postgresql-contrib); after installing it, its library is loaded by a setting and a restart, and the extension is created in this database.',
    remedy: `${PRELOAD}\n-- beside what stands there already; then restart the server, and in this database:\n${CREATE}`,
  };
}

function notLoaded(created: boolean): StatisticsUnavailable {
  const then = created ? '' : `, and in this database:\n${CREATE}`;
  return {
    available: false,
    reason: `The server does not count statements: the library pg_stat_statements is not loaded. An administrator adds it to shared_preload_libraries and restarts the server${created ? '' : '; then the extension is created in this database'}.`,
    remedy: `${PRELOAD}\n-- beside what stands there already; then restart the server${then}`,
  };
}

/** Why nothing is counted although everything is there; null when there is no reason to be seen. */
function nothingCounted({ track, queryIds }: State): StatisticsUnavailable | null {
  if (queryIds === 'off') {
    return {
      available: false,
      reason:
        'The server counts no statements, for it gives them no numbers (compute_query_id = off). An administrator sets it to auto.',
      remedy: `ALTER SYSTEM SET compute_query_id = 'auto';\nSELECT pg_reload_conf();`,
    };
  }
  if (track === 'none') {
    return {
      available: false,
      reason:
        'The server counts no statements: pg_stat_statements.track is none. An administrator sets it to top.',
      remedy: `ALTER SYSTEM SET pg_stat_statements.track = 'top';\nSELECT pg_reload_conf();`,
    };
  }
  return null;
}

function allHidden({ user }: ServerInfo): StatisticsUnavailable {
  return {
    available: false,
    reason: `"${user}" may see its own statements only, and has run none. The role pg_read_all_stats shows those of the others.`,
    remedy: grantOf(user),
  };
}

function refused(
  error: DatabaseError,
  { schema, version }: State,
  { user }: ServerInfo,
): StatisticsUnavailable {
  const name = quoteIdentifier(user);
  const place = schema ?? 'public';
  const views = hasBeginning(version) ? `, ${place}.pg_stat_statements_info` : '';
  return {
    available: false,
    reason: `"${user}" may not read the server's statistics of statements. ${error.message}`,
    remedy: `GRANT USAGE ON SCHEMA ${place} TO ${name};\nGRANT SELECT ON ${place}.pg_stat_statements${views} TO ${name};\n${grantOf(user)}`,
  };
}
