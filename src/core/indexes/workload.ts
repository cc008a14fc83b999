/** The statements that indexes are advised for, with how often each is called. */
import type { Catalog } from '../catalog/catalog.ts';
import type { CallOptions, Database } from '../database.ts';
import { analyzeStatement } from '../sql/analyze.ts';
import { fingerprint } from '../sql/fingerprint.ts';
import type { AnalyzedStatement } from '../sql/query-model.ts';
import { splitStatements } from '../sql/splitter.ts';
import { statementKind } from '../sql/statement-facts.ts';
import { takingTurns } from '../turns.ts';
import type { StatementFigures } from '../workload/statement-statistics.ts';

export interface WorkloadStatement {
  readonly text: string;
  readonly fingerprint: string;
  /** its weight: calls in the period, or as the file says; 1 where nothing is said */
  readonly calls: number;
  readonly statement: AnalyzedStatement;
}

/** What is left out of a workload, and why. */
export interface SkippedStatement {
  readonly fingerprint: string;
  /** its beginning, on one line */
  readonly text: string;
  readonly reason: string;
}

export interface Workload {
  /** where it comes from, as the end of "… of": 'a file', 'pg_stat_statements' */
  readonly source: string;
  readonly statements: readonly WorkloadStatement[];
  readonly skipped: readonly SkippedStatement[];
}

const CALLS = /--\s*calls:\s*(\d+(?:\.\d+)?)\s*$/im;
const NO_QUERY = 'It is no query and no change of rows.';
const PLANNED = new Set(['select', 'insert', 'update', 'delete', 'merge']);

/**
 * The statements of SQL texts. A line `-- calls: 120` above one gives its weight; statements that differ in nothing but
 * constants count together.
 */
export async function workloadFromTexts(
  sources: readonly string[],
  catalog: Catalog,
  signal?: AbortSignal,
): Promise<Workload> {
  const found = sources.flatMap((source) =>
    splitStatements(source, catalog.dialect)
      .filter(({ kind }) => kind === 'sql')
      .map(({ start, end, leadingStart }) => ({
        text: source.slice(start, end),
        calls: Number(CALLS.exec(source.slice(leadingStart, start))?.[1] ?? 1),
      })),
  );
  return workload('statements', found, catalog, signal);
}

/** Of a server's statements, those that are looked at: each is planned with every index that could serve it. */
const COSTLIEST = 100;

/** A server's workload, or why there is none. */
export interface StatisticsWorkload {
  readonly workload: Workload | null;
  /** a sentence with what to do */
  readonly note: string | undefined;
}

/** The costliest statements that the server has counted. @throws DatabaseError */
export async function workloadOfServer(
  database: Database,
  catalog: Catalog,
  call: CallOptions,
): Promise<StatisticsWorkload> {
  const statistics = await database.readStatementStatistics({ ...call, limit: COSTLIEST });
  if (!statistics.available) {
    const { reason, remedy } = statistics;
    return {
      workload: null,
      note: `Without statements, no missing index is looked for: give them in a file. ${reason}${remedy === null ? '' : ` ${remedy}`}`,
    };
  }
  const { source, statements } = statistics;
  const workload = await workloadFromStatistics(source, statements, catalog, call.signal);
  return { workload, note: undefined };
}

/** What a server has counted. Texts that were cut off cannot be planned. */
export async function workloadFromStatistics(
  source: string,
  statements: readonly StatementFigures[],
  catalog: Catalog,
  signal?: AbortSignal,
): Promise<Workload> {
  const whole = statements.filter(({ truncated }) => !truncated);
  const cut = statements.filter(({ truncated }) => truncated);
  const made = await workload(source, whole, catalog, signal);
  // a server counts CREATE, GRANT and the like too: nobody waits for an index for them
  const queries = made.skipped.filter(({ reason }) => reason !== NO_QUERY);
  const reason = 'The server has cut its text off.';
  return {
    ...made,
    skipped: [...queries, ...cut.map((one) => skippedStatement(one.text, catalog, reason))],
  };
}

async function workload(
  source: string,
  found: readonly { readonly text: string; readonly calls: number }[],
  catalog: Catalog,
  signal: AbortSignal | undefined,
): Promise<Workload> {
  const turn = takingTurns(signal);
  const byShape = new Map<string, WorkloadStatement>();
  const skipped: SkippedStatement[] = [];
  for (const { text, calls } of found) {
    await turn();
    const statement = analyzeStatement(text, catalog);
    if (!PLANNED.has(statementKind(statement.tree))) {
      skipped.push(skippedStatement(text, catalog, NO_QUERY));
      continue;
    }
    const shape = fingerprint(text, catalog.dialect).fingerprint;
    const known = byShape.get(shape);
    byShape.set(
      shape,
      known ? { ...known, calls: known.calls + calls } : { text, fingerprint: shape, calls, statement },
    );
  }
  return { source, statements: [...byShape.values()], skipped };
}

/** @param reason a sentence */
export function skippedStatement(text: string, catalog: Catalog, reason: string): SkippedStatement {
  return {
    fingerprint: fingerprint(text, catalog.dialect).fingerprint,
    text: beginning(text, catalog),
    reason,
  };
}

/** Its beginning without values, on one line. */
export function beginning(text: string, { dialect }: Catalog): string {
  const { normalized } = fingerprint(text, dialect);
  return normalized.length > 80 ? `${normalized.slice(0, 79)}…` : normalized;
}
