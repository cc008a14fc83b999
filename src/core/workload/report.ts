/** The costliest statements with what our library says of each: what the tool `workload_report` answers. */
import type { Catalog } from '../catalog/catalog.ts';
import { numberPlaceholders, plansForValuesOnly } from '../optimizer/parameters.ts';
import { findPatterns } from '../patterns/find.ts';
import type { Severity } from '../patterns/pattern.ts';
import { analyzeStatement } from '../sql/analyze.ts';
import type { AnalyzedStatement } from '../sql/query-model.ts';
import { statementKind } from '../sql/statement-facts.ts';
import type { IndexHints, MissingIndex, RedundantIndex } from './index-hints.ts';
import { type IndexStatistics, type UnusedIndex, unusedIndexes } from './index-usage.ts';
import type {
  StatementFigures,
  StatementStatistics,
  StatisticsSource,
  StatisticsUnavailable,
} from './statement-statistics.ts';
import { withoutValues } from './without-values.ts';

export interface WorkloadReport {
  readonly source: StatisticsSource;
  /** one sentence: what the figures are of */
  readonly about: string;
  /** since when they count, ISO 8601 in UTC; null where the server does not tell */
  readonly since: string | null;
  readonly counted: StatementStatistics['counted'];
  readonly notes: readonly string[];
  /** the costliest first */
  readonly statements: readonly ReportedStatement[];
  /** ranks of those that the library has a rewrite for, the costliest first */
  readonly next: readonly number[];
}

export interface ReportedStatement {
  /** 1 is the costliest */
  readonly rank: number;
  /** without values: parameters stand for them */
  readonly sql: string;
  readonly fingerprint: string;
  readonly serverId: string | null;
  readonly calls: number;
  /** milliseconds over all calls */
  readonly totalMs: number;
  /** milliseconds per call */
  readonly meanMs: number;
  /** of the time of all statements that count, in per cent */
  readonly sharePct: number;
  /** what else the engine counts, over all calls */
  readonly figures: Readonly<Record<string, number | string>>;
  readonly findings: readonly ReportedFinding[];
  /** can it be given to optimize_sql as it is; if not, why, or what has to be done before */
  readonly optimizable: boolean;
  readonly hint: string | null;
}

export interface ReportedFinding {
  readonly pattern: string;
  readonly severity: Severity;
  readonly message: string;
  /** a rewrite for it exists */
  readonly fixable: boolean;
}

/** Characters of a statement that are shown. */
const LONGEST = 4000;

/**
 * @param statistics with at least as many statements as are wanted, if there are
 * @param limit statements wanted
 */
export function workloadReport(
  statistics: StatementStatistics,
  catalog: Catalog,
  limit: number,
): WorkloadReport {
  const { source, since, counted, notes } = statistics;
  const statements = statistics.statements
    .slice(0, limit)
    .map((figures, index) => reported(figures, index + 1, counted.totalMs, catalog));
  return {
    ...{ source, about: ABOUT[source], since },
    counted: { ...counted, totalMs: rounded(counted.totalMs) },
    ...{ notes, statements },
    next: statements
      .filter(({ optimizable, findings }) => optimizable && findings.some(({ fixable }) => fixable))
      .map(({ rank }) => rank),
  };
}

const ABOUT: Readonly<Record<StatisticsSource, string>> = {
  pg_stat_statements: 'Runs that pg_stat_statements has counted in this database.',
  performance_schema: 'Runs that performance_schema has counted for this schema.',
  slow_log: 'Runs that are in the table of the slow log for this schema.',
  query_store: 'Runs that the Query Store of this database has counted.',
  plan_cache: 'Runs of the plans that are in the server’s memory now, of this database.',
};

function reported(
  figures: StatementFigures,
  rank: number,
  wholeMs: number,
  catalog: Catalog,
): ReportedStatement {
  const sql = withoutValues(figures.text, catalog.dialect);
  const long = sql.length > LONGEST;
  const statement = analyzeStatement(sql, catalog);
  const cut = figures.truncated || long;
  return {
    rank,
    sql: long ? `${sql.slice(0, LONGEST)} …` : sql,
    ...{ fingerprint: figures.fingerprint, serverId: figures.serverId, calls: figures.calls },
    ...{ totalMs: rounded(figures.totalMs), meanMs: rounded(figures.meanMs) },
    sharePct: wholeMs > 0 ? Math.round((1000 * figures.totalMs) / wholeMs) / 10 : 0,
    figures: otherFigures(figures),
    // half a statement looks worse than it is
    findings: cut ? [] : findingsIn(statement),
    ...optimizable(statement, cut),
  };
}

function findingsIn(statement: AnalyzedStatement): ReportedFinding[] {
  return findPatterns(statement, { onFailure: () => {} }).map(({ pattern, severity, message, fixable }) => ({
    ...{ pattern, severity, message, fixable },
  }));
}

const OPTIMIZED = new Set(['select', 'insert', 'update', 'delete', 'merge']);

function optimizable(
  statement: AnalyzedStatement,
  cut: boolean,
): Pick<ReportedStatement, 'optimizable' | 'hint'> {
  const not = (hint: string) => ({ optimizable: false, hint });
  if (cut) return not('The text is cut off. Look for the statement in the program that runs it.');
  if (!OPTIMIZED.has(statementKind(statement.tree))) {
    return not('It is no query and no change of rows.');
  }
  if (statement.opaque.length > 0) return not('A part of it is not understood by the parser.');
  const bound = numberPlaceholders(statement);
  if (!bound) return not('Something other than a value is left open in it.');
  return {
    optimizable: true,
    hint:
      bound.parameters > 0
        ? plansForValuesOnly(statement)
          ? 'This server plans for values only: for prices, optimize_sql assumes values. Put typical values in the places of the parameters, and it can measure it too; lists of values are shortened here.'
          : 'With typical values in the places of the parameters, optimize_sql can measure it too.'
        : null,
  };
}

/** The figures that this engine counts. */
function otherFigures(figures: StatementFigures): Record<string, number | string> {
  const { cpuMs, rows, rowsExamined, blocksHit, blocksRead, logicalReads, firstSeen, lastSeen } = figures;
  const all = { cpuMs, rows, rowsExamined, blocksHit, blocksRead, logicalReads, firstSeen, lastSeen };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) =>
      value === null ? [] : [[name, typeof value === 'number' ? rounded(value) : value]],
    ),
  );
}

/** To microseconds. */
function rounded(milliseconds: number): number {
  return Math.round(1000 * milliseconds) / 1000;
}

/** Indexes that nothing has read since the counts began, or why that is not known. */
export type IndexReport =
  | {
      readonly since: string | null;
      /** the largest first */
      readonly unused: readonly UnusedIndex[];
      /** all unused ones, those that are not listed included */
      readonly count: number;
      readonly notes: readonly string[];
    }
  | { readonly unavailable: string; readonly remedy: string | null };

/** Unused indexes that are listed. */
const LISTED = 20;

/** What the statistics of indexes say of the catalog's. */
export function indexReport(usage: IndexStatistics | StatisticsUnavailable, catalog: Catalog): IndexReport {
  if (!usage.available) return { unavailable: usage.reason, remedy: usage.remedy };
  const unused = unusedIndexes(usage, catalog);
  const { since, notes } = usage;
  return { since, unused: unused.slice(0, LISTED), count: unused.length, notes: [CAUTION, ...notes] };
}

const CAUTION =
  'Unused means not read since the counts began: an index for the end of a month, or one that a hint names, is not seen in a quiet week.';

/** What the server itself says of its indexes, or why that is not known. Null where the engine says nothing of them. */
export type HintReport =
  | {
      readonly source: string;
      readonly redundant: readonly RedundantIndex[];
      readonly missing: readonly MissingIndex[];
      /** all hints, those that are not listed included */
      readonly count: number;
      readonly notes: readonly string[];
    }
  | { readonly unavailable: string; readonly remedy: string | null };

/** The first of a server's hints. */
export function hintReport(hints: IndexHints | StatisticsUnavailable): HintReport {
  if (!hints.available) return { unavailable: hints.reason, remedy: hints.remedy };
  const { source, redundant, missing, notes } = hints;
  return {
    source,
    redundant: redundant.slice(0, LISTED),
    missing: missing.slice(0, LISTED),
    count: redundant.length + missing.length,
    notes: [NOT_OURS, ...notes],
  };
}

const NOT_OURS =
  'Hints of the server’s own: nothing of them was checked or priced here, and none is a recommendation.';
