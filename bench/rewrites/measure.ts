/** One query of the benchmark through the whole use case, measured. */
import type { Catalog } from '../../src/core/catalog/catalog.ts';
import { type Database, DatabaseError, type ScratchDatabase } from '../../src/core/database.ts';
import type { Candidate } from '../../src/core/optimizer/optimization.ts';
import { optimizeStatement } from '../../src/core/optimizer/optimize.ts';
import { openScratch } from '../../src/databases/embedded/scratch.ts';
import type { BenchQuery } from './queries.ts';

export interface Rewritten {
  readonly patterns: readonly string[];
  readonly evidence: string;
  readonly ms: number;
  readonly speedup: number;
  readonly low: number;
  readonly high: number;
  /** planner's prices, null where there are none */
  readonly cost: { readonly before: number; readonly after: number } | null;
  readonly sql: string;
}

export interface QueryOutcome {
  readonly schema: string;
  readonly title: string;
  readonly sql: string;
  /** milliseconds of the original; the limit when it was stopped there */
  readonly originalMs: number | null;
  /** the limit ended the original: speed-ups are lower bounds */
  readonly stopped: boolean;
  readonly best: Rewritten | null;
  /** other measured candidates */
  readonly others: readonly Rewritten[];
  readonly refuted: readonly {
    readonly patterns: readonly string[];
    readonly sql: string;
    readonly before: string;
    readonly after: string;
  }[];
  readonly findings: readonly string[];
  readonly reason: string;
  /** seconds that optimizing took */
  readonly seconds: number;
}

/** Optimize and measure. @param timeoutMs of one run @param open a database for counterexamples */
export async function measureQuery(
  { schema, title, sql }: BenchQuery,
  database: Database,
  catalog: Catalog,
  timeoutMs: number,
  open: () => Promise<ScratchDatabase> = openScratch,
): Promise<QueryOutcome> {
  const began = performance.now();
  // one for the whole query, given back afterwards: each is a process of 400 MB
  let opened: Promise<ScratchDatabase> | null = null;
  const scratch = (): Promise<ScratchDatabase> => {
    opened ??= open();
    return opened;
  };
  const result = await optimizeStatement({
    text: sql,
    catalog,
    database,
    scratch,
    options: { measure: true, timeoutMs },
  }).finally(async () => (await opened)?.close());
  const seconds = (performance.now() - began) / 1000;
  const measured = result.candidates.filter((candidate) => candidate.measured);
  const best = measured.find(({ id }) => id === result.best) ?? null;
  const first = measured[0]?.measured?.before ?? null;
  const alone = first ? null : await timeOf(database, sql, timeoutMs);
  return {
    schema,
    title,
    sql,
    originalMs: first?.medianMs ?? alone,
    stopped: first?.timedOut ?? alone === timeoutMs,
    best: best ? rewritten(best) : null,
    others: measured.filter((candidate) => candidate !== best).map(rewritten),
    refuted: result.refuted.map(({ patterns, sql: text, counterexample: { before, after } }) => ({
      patterns,
      sql: text,
      before,
      after,
    })),
    findings: [...new Set(result.findings.map(({ pattern }) => pattern))],
    reason: result.reason,
    seconds,
  };
}

function rewritten({ patterns, evidence, measured, cost, sql }: Candidate): Rewritten {
  return {
    patterns,
    evidence: evidence.level,
    ms: measured?.after.medianMs ?? Number.NaN,
    speedup: measured?.speedup ?? Number.NaN,
    low: measured?.low ?? Number.NaN,
    high: measured?.high ?? Number.NaN,
    cost,
    sql,
  };
}

async function timeOf(database: Database, sql: string, timeoutMs: number): Promise<number | null> {
  try {
    return await database.readOnly(async (session) => {
      await session.time(sql, { timeoutMs });
      return (await session.time(sql, { timeoutMs })).elapsedMs;
    });
  } catch (error) {
    if (DatabaseError.is(error, 'timeout')) return timeoutMs;
    throw error;
  }
}
