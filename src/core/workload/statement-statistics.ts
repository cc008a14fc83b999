/**
 * What a server has counted of the statements that it ran: one model for every engine. The readers are the adapters in
 * `src/databases/`; they order and cut off in the server.
 */
import type { Dialect } from '../sql/dialect.ts';
import { fingerprint } from '../sql/fingerprint.ts';

/** Where figures come from. */
export type StatisticsSource =
  | 'pg_stat_statements'
  | 'performance_schema'
  | 'slow_log'
  | 'query_store'
  | 'plan_cache';

/** A statement with its figures over all its calls. What the engine does not count is null. */
export interface StatementFigures {
  /** as the server gives it; with values in it where the server does not normalize */
  readonly text: string;
  /** the text may hold values of users */
  readonly hasValues: boolean;
  /** the server has cut the text off */
  readonly truncated: boolean;
  /** ours, see `core/sql/fingerprint.ts` */
  readonly fingerprint: string;
  readonly normalized: string;
  /** the server's own: queryid, DIGEST, query_hash */
  readonly serverId: string | null;
  readonly calls: number;
  /** milliseconds over all calls */
  readonly totalMs: number;
  /** milliseconds per call */
  readonly meanMs: number;
  /** milliseconds of processor time over all calls */
  readonly cpuMs: number | null;
  /** rows returned or changed over all calls */
  readonly rows: number | null;
  /** rows read to find those, over all calls */
  readonly rowsExamined: number | null;
  /** blocks found in the server's cache; of PostgreSQL 8 KB each */
  readonly blocksHit: number | null;
  /** blocks (pages) that had to be fetched */
  readonly blocksRead: number | null;
  /** pages of 8 KB asked for, whether in the cache or not; SQL Server counts these */
  readonly logicalReads: number | null;
  /** ISO 8601, UTC */
  readonly firstSeen: string | null;
  /** ISO 8601, UTC */
  readonly lastSeen: string | null;
}

export interface StatementStatistics {
  readonly available: true;
  readonly source: StatisticsSource;
  /** since when the figures count, ISO 8601 in UTC; null where the server does not tell */
  readonly since: string | null;
  /** the costliest first, at most as many as were asked for */
  readonly statements: readonly StatementFigures[];
  /** over all statements that count, those that were cut off or are hidden included */
  readonly counted: {
    readonly statements: number;
    readonly calls: number;
    /** milliseconds */
    readonly totalMs: number;
  };
  /** what limits the figures, as sentences that name what to do where something can be done */
  readonly notes: readonly string[];
}

/** The server has no figures for us. Everything else works without them. */
export interface StatisticsUnavailable {
  readonly available: false;
  /** sentences that name what to do */
  readonly reason: string;
  /** statements or settings that an administrator runs or writes; null where there are none */
  readonly remedy: string | null;
}

/** Statements read at most when the caller says nothing. */
export const DEFAULT_STATEMENTS = 50;
/** Statements that any caller can get at most. */
export const MOST_STATEMENTS = 500;

/** What a reader knows of a statement; figures that are left out are not counted by its engine. */
export interface FiguresRead {
  readonly text: string;
  readonly hasValues: boolean;
  readonly truncated?: boolean;
  readonly serverId?: string | null;
  readonly calls: number;
  readonly totalMs: number;
  readonly cpuMs?: number | null;
  readonly rows?: number | null;
  readonly rowsExamined?: number | null;
  readonly blocksHit?: number | null;
  readonly blocksRead?: number | null;
  readonly logicalReads?: number | null;
  readonly firstSeen?: string | null;
  readonly lastSeen?: string | null;
}

/** A statement's figures with our fingerprint and what follows from the others. */
export function statementFigures(read: FiguresRead, dialect: Dialect): StatementFigures {
  return {
    ...{ truncated: false, serverId: null, cpuMs: null, rows: null, rowsExamined: null },
    ...{ blocksHit: null, blocksRead: null, logicalReads: null, firstSeen: null, lastSeen: null },
    ...read,
    ...fingerprint(read.text, dialect),
    meanMs: read.calls > 0 ? read.totalMs / read.calls : 0,
  };
}

/**
 * Single runs, as a log has them, counted together where they differ in nothing but constants.
 *
 * @param runs each with the figures of its one call
 * @returns the costliest first; the text of each is that of its first run in the list
 */
export function countTogether(runs: readonly FiguresRead[], dialect: Dialect): StatementFigures[] {
  const byShape = new Map<string, StatementFigures>();
  for (const run of runs) {
    const figures = statementFigures(run, dialect);
    const known = byShape.get(figures.fingerprint);
    byShape.set(figures.fingerprint, known ? sumOf(known, figures) : figures);
  }
  return [...byShape.values()].sort((a, b) => b.totalMs - a.totalMs);
}

function sumOf(a: StatementFigures, b: StatementFigures): StatementFigures {
  const calls = a.calls + b.calls;
  const totalMs = a.totalMs + b.totalMs;
  return {
    ...a,
    ...{ calls, totalMs, meanMs: calls > 0 ? totalMs / calls : 0 },
    cpuMs: plus(a.cpuMs, b.cpuMs),
    rows: plus(a.rows, b.rows),
    rowsExamined: plus(a.rowsExamined, b.rowsExamined),
    blocksHit: plus(a.blocksHit, b.blocksHit),
    blocksRead: plus(a.blocksRead, b.blocksRead),
    logicalReads: plus(a.logicalReads, b.logicalReads),
    firstSeen: [a.firstSeen, b.firstSeen].filter((time) => time !== null).sort()[0] ?? null,
    lastSeen:
      [a.lastSeen, b.lastSeen]
        .filter((time) => time !== null)
        .sort()
        .at(-1) ?? null,
  };
}

function plus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}

/** A whole number of statements within what may be asked for. */
export function statementLimit(wanted: number | undefined): number {
  return Math.max(1, Math.min(MOST_STATEMENTS, Math.floor(wanted ?? DEFAULT_STATEMENTS)));
}
