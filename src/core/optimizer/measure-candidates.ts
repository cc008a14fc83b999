/** Measured times for the candidates of one statement, and what measuring shows of their rows. */
import type { Database } from '../database.ts';
import { race } from '../measurement/measure.ts';
import type { Measurement } from '../measurement/measurement.ts';
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

/**
 * Run the original and its candidates in turns.
 * @throws DatabaseError what the original raises other than the time limit, or 'cancelled'
 */
export async function measureCandidates(request: MeasureRequest): Promise<MeasuredCandidates> {
  const { candidates, signal, timeoutMs } = request;
  const results = await request.database.readOnly(
    (session) =>
      race(
        session,
        request.original,
        candidates.map((candidate) => candidate.sql),
        {
          signal,
          limitMs: timeoutMs,
          budgetMs: request.budgetMs,
          maxRuns: request.runs,
          onProgress: request.onProgress,
        },
      ),
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

function refute(candidate: Candidate, before: string, after: string): RefutedCandidate {
  const { sql, patterns, origin } = candidate;
  return { sql, patterns, origin, counterexample: { setup: '', before, after } };
}

function rowsSentence(measurement: Measurement): string {
  return `${measurement.rows} rows on your data.`;
}
