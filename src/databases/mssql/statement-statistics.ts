/**
 * Reads what SQL Server has counted of statements: the Query Store where it is on, else the statements whose plans are
 * in memory. Or says what keeps both from being read.
 */
import { type Cell, DatabaseError, type ReadOnlySession, type ServerInfo } from '../../core/database.ts';
import {
  type FiguresRead,
  type StatementStatistics,
  type StatisticsSource,
  type StatisticsUnavailable,
  statementFigures,
} from '../../core/workload/statement-statistics.ts';
import type { Row } from '../catalog-rows.ts';
import { figure } from '../statement-rows.ts';
import { databasePermission, grant, serverPermission } from './state-permissions.ts';
import {
  PLAN_CACHE_TOTALS,
  planCacheTop,
  QUERY_STORE_STATE,
  QUERY_STORE_TOTALS,
  queryStoreTop,
} from './statement-queries.ts';
import { statementAt, withoutDeclarations } from './statement-texts.ts';

/** Times are in microseconds. */
const MICROSECONDS = 1000;
/** `actual_state` in which the Query Store can be read. */
const READABLE = ['1', '2', '4'];

/**
 * @param limit statements wanted at most
 * @throws DatabaseError when the connection fails; what the user may not read makes the figures unavailable
 */
export async function readStatementStatistics(
  session: ReadOnlySession,
  info: ServerInfo,
  limit: number,
): Promise<StatementStatistics | StatisticsUnavailable> {
  const stored = await allowed(() => readQueryStore(session, info, limit));
  if (stored.kind === 'read') return stored.statistics;
  const cached = await allowed(async () => await readPlanCache(session, info, limit));
  if (cached.kind === 'read') {
    const { statistics } = cached;
    return { ...statistics, notes: [...statistics.notes, insteadNote(stored, info)] };
  }
  return unavailable(stored, cached, info);
}

/** What a question gave; `refusal` is what the server said when it was not allowed. */
type Outcome =
  | { readonly kind: 'read'; readonly statistics: StatementStatistics }
  | { readonly kind: 'off' }
  | { readonly kind: 'refused'; readonly refusal: DatabaseError };
type Missing = Exclude<Outcome, { readonly kind: 'read' }>;

async function allowed(read: () => Promise<StatementStatistics | null>): Promise<Outcome> {
  try {
    const statistics = await read();
    return statistics ? { kind: 'read', statistics } : { kind: 'off' };
  } catch (error) {
    if (!DatabaseError.is(error, 'permission')) throw error;
    return { kind: 'refused', refusal: error };
  }
}

/** @returns null when it is off */
async function readQueryStore(
  session: ReadOnlySession,
  info: ServerInfo,
  limit: number,
): Promise<StatementStatistics | null> {
  const [state = []] = (await session.query(QUERY_STORE_STATE)).rows;
  if (!READABLE.includes(state[0] ?? '')) return null;
  const { rows } = await session.query(queryStoreTop(limit));
  const [totals = []] = (await session.query(QUERY_STORE_TOTALS)).rows;
  const notes =
    state[0] === '1' && state[1] === '2'
      ? [
          'The Query Store is full and takes nothing new (it is read only now): raise MAX_STORAGE_SIZE_MB, or clear it.',
        ]
      : [];
  return statisticsOf('query_store', info, totals, notes, rows, ([id, text, ...rest]) => ({
    ...{ serverId: id ?? null, text: withoutDeclarations(text ?? '') },
    ...figuresOf(rest),
  }));
}

async function readPlanCache(
  session: ReadOnlySession,
  info: ServerInfo,
  limit: number,
): Promise<StatementStatistics> {
  const { rows } = await session.query(planCacheTop(limit));
  const [totals = []] = (await session.query(PLAN_CACHE_TOTALS)).rows;
  return statisticsOf('plan_cache', info, totals, [CACHE_NOTE], rows, ([id, text, start, end, ...rest]) => ({
    ...{ serverId: id ?? null, text: statementAt(text ?? '', figure(start), Number(end ?? -1)) },
    ...figuresOf(rest),
  }));
}

const CACHE_NOTE =
  'The figures are those of plans that are in the server’s memory: what left it is not counted, and each counts since its plan was made.';

function statisticsOf(
  source: StatisticsSource,
  info: ServerInfo,
  [statements, calls, elapsed, since]: Row,
  notes: readonly string[],
  rows: readonly Row[],
  read: (row: Row) => Omit<FiguresRead, 'hasValues'>,
): StatementStatistics {
  return {
    ...{ available: true, source, since: utc(since), notes },
    // neither has its constants taken out
    statements: rows.map((row) => statementFigures({ ...read(row), hasValues: true }, info.dialect)),
    counted: {
      statements: figure(statements),
      calls: figure(calls),
      totalMs: figure(elapsed) / MICROSECONDS,
    },
  };
}

function figuresOf([calls, elapsed, cpu, rows, logical, physical, first, last]: Row): Omit<
  FiguresRead,
  'text' | 'hasValues'
> {
  return {
    ...{ calls: figure(calls), totalMs: figure(elapsed) / MICROSECONDS, cpuMs: figure(cpu) / MICROSECONDS },
    ...{ rows: Math.round(figure(rows)), logicalReads: Math.round(figure(logical)) },
    ...{ blocksRead: Math.round(figure(physical)), firstSeen: utc(first), lastSeen: utc(last) },
  };
}

function utc(time: Cell | undefined): string | null {
  return time ? `${time}Z` : null;
}

const TURN_ON = 'ALTER DATABASE CURRENT SET QUERY_STORE = ON;';

function insteadNote(stored: Missing, info: ServerInfo): string {
  return stored.kind === 'off'
    ? `The Query Store keeps figures over restarts, and is off in this database: ${TURN_ON}`
    : `The Query Store was not read, for it needs a permission: ${grant(databasePermission(info), info)}`;
}

/** The plan cache is never off. */
function unavailable(stored: Missing, cached: Missing, info: ServerInfo): StatisticsUnavailable {
  const refusals = [stored, cached].flatMap((each) =>
    each.kind === 'refused' ? [each.refusal.message] : [],
  );
  const needed = serverPermission(info);
  const off = stored.kind === 'off';
  const ways = off
    ? `the Query Store is off in this database, and the statistics of plans in memory need ${needed}`
    : `the Query Store needs ${databasePermission(info)}, and the statistics of plans in memory need ${needed}`;
  const grants = [
    ...(off ? [] : [grant(databasePermission(info), info)]),
    ...(off || needed !== databasePermission(info) ? [grant(needed, info)] : []),
  ];
  return {
    available: false,
    reason:
      `"${info.user}" may not read what the server has counted of statements: ${ways}. ${refusals[0] ?? ''}`.trim(),
    remedy: [...grants, ...(off ? [TURN_ON] : [])].join('\n-- or\n'),
  };
}
