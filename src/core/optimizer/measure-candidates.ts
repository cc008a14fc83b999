/** Measured times for the candidates of one statement, and what measuring shows of their rows. */
import type { Database } from '../database.ts';
import { type RaceResult, race, type TimedSession } from '../measurement/measure.ts';
import type { Comparison, Measurement } from '../measurement/measurement.ts';
import type { Candidate, RefutedCandidate } from './optimization.ts';

export interface MeasureRequest {
  readonly database: Database;
  /** the original as the server runs it */
  readonly original: string;
  readonly candidates: readonly Candidate[];
  readonly runs: number | undefined;
  /** limit of one run, milliseconds */
  readonly timeoutMs: number;
  /** milliseconds for all runs together */
  readonly budgetMs: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (fraction: number) => void;
}

export interface MeasuredCandidates {
  readonly candidates: readonly Candidate[];
  /** those that raised an error or returned another number of rows than the original */
  readonly refuted: readonly RefutedCandidate[];
}

/** A leader below this is not worth a second race. */
const PROMISING = 1.15;
/** Runs of the original and the leader that a second race should have time for; fewer than four each show nothing. */
const DECIDING_RUNS = 7;
/** … but no longer than this many times the budget. */
const LONGEST = 6;

/**
 * Run the original and its candidates in turns. When the time was too short to tell whether the one in front is really
 * faster, it runs against the original alone once more.
 * @throws DatabaseError what the original raises other than the time limit, or 'cancelled'
 */
export async function measureCandidates(request: MeasureRequest): Promise<MeasuredCandidates> {
  const { candidates, signal } = request;
  const results = await request.database.readOnly(
    async (session) => {
      const all = await runRace(session, request, candidates, request.budgetMs);
      const leader = undecidedLeader(all);
      const candidate = leader === null ? undefined : candidates[leader.index];
      if (leader === null || !candidate) return all;
      const { before, after } = leader.comparison;
      const wanted = DECIDING_RUNS * (before.medianMs + after.medianMs);
      const budgetMs = Math.min(LONGEST * request.budgetMs, Math.max(request.budgetMs, wanted));
      const [again] = await runRace(session, request, [candidate], budgetMs);
      return again ? all.map((result, index) => (index === leader.index ? again : result)) : all;
    },
    { signal },
  );
  const kept: Candidate[] = [];
  const refuted: RefutedCandidate[] = [];
  candidates.forEach((candidate, index) => {
    const result = results[index];
    if (!result) return;
    if (result.outcome === 'failed') {
      refuted.push(refute(candidate, 'It ran without an error.', result.error.message));
      return;
    }
    const { before, after } = result.comparison;
    if (!before.timedOut && !after.timedOut && before.rows !== after.rows) {
      refuted.push(refute(candidate, rowsSentence(before), rowsSentence(after)));
      return;
    }
    kept.push({ ...candidate, measured: result.comparison });
  });
  return { candidates: kept, refuted };
}

function runRace(
  session: TimedSession,
  request: MeasureRequest,
  candidates: readonly Candidate[],
  budgetMs: number,
): Promise<RaceResult[]> {
  return race(
    session,
    request.original,
    candidates.map((candidate) => candidate.sql),
    {
      signal: request.signal,
      limitMs: request.timeoutMs,
      budgetMs,
      maxRuns: request.runs,
      onProgress: request.onProgress,
    },
  );
}

/** The fastest candidate, when it seems faster than the original and nothing is certain yet. */
function undecidedLeader(
  results: readonly RaceResult[],
): { readonly index: number; readonly comparison: Comparison } | null {
  let leader: { readonly index: number; readonly comparison: Comparison } | null = null;
  for (const [index, result] of results.entries()) {
    if (result.outcome === 'failed') continue;
    const { comparison } = result;
    if (comparison.significant && comparison.speedup > 1) return null;
    if (comparison.after.timedOut || comparison.speedup < (leader?.comparison.speedup ?? PROMISING)) continue;
    leader = { index, comparison };
  }
  return leader;
}

function refute(candidate: Candidate, before: string, after: string): RefutedCandidate {
  const { sql, patterns, origin } = candidate;
  return { sql, patterns, origin, counterexample: { setup: '', before, after } };
}

function rowsSentence(measurement: Measurement): string {
  return `${measurement.rows} rows on your data.`;
}
