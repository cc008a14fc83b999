/** "Is my own rewrite right?": two texts in, a verdict out, as the command line prints it. */
import type { Catalog } from '../catalog/catalog.ts';
import type { Database, ScratchDatabase } from '../database.ts';
import { analyzeStatement } from '../sql/analyze.ts';
import type { Counterexample } from './evidence.ts';
import type { SearchOptions } from './search/search.ts';
import { verifyCandidate } from './verify.ts';

export interface VerifyPairOptions {
  readonly signal?: AbortSignal | undefined;
  /** milliseconds that one statement may take on the user's data; default 30,000 */
  readonly timeoutMs?: number | undefined;
  /** milliseconds for the search on generated databases; default 10,000 */
  readonly budgetMs?: number | undefined;
  /** small databases to try at most; default 1,000 */
  readonly databases?: number | undefined;
  readonly seed?: number | undefined;
}

export interface PairVerdict {
  readonly verdict: 'proved' | 'tested' | 'observed' | 'refuted' | 'unknown';
  readonly assumptions: readonly string[];
  readonly databases: number;
  readonly rowsCompared: number;
  /** the order of rows was compared */
  readonly ordered: boolean;
  readonly counterexample: Counterexample | null;
  /** one sentence */
  readonly reason: string;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_BUDGET_MS = 10_000;
const DEFAULT_DATABASES = 1000;

/**
 * Verify a rewrite that somebody wrote.
 *
 * @param before one statement
 * @param after the statement that should return the same
 * @param catalog what their names mean
 * @param scratch opens a private PostgreSQL database for generated data; null: none
 * @param database the user's database, or null
 * @throws DatabaseError 'cancelled', or 'connectionLost' of the user's database
 */
export async function verifyPair(
  before: string,
  after: string,
  catalog: Catalog,
  scratch: (() => Promise<ScratchDatabase>) | null,
  database: Database | null,
  options: VerifyPairOptions = {},
): Promise<PairVerdict> {
  const search: Omit<SearchOptions, 'signal'> = {
    budgetMs: options.budgetMs ?? DEFAULT_BUDGET_MS,
    databases: options.databases ?? DEFAULT_DATABASES,
    seed: options.seed,
  };
  const verdict = await verifyCandidate({
    original: analyzeStatement(before, catalog),
    candidate: analyzeStatement(after, catalog),
    proof: { soundness: 'none', assumptions: [] },
    database,
    scratch,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    search,
    signal: options.signal,
  });
  switch (verdict.outcome) {
    case 'refuted': {
      const { counterexample, databases, rowsCompared } = verdict;
      const reason =
        counterexample.setup === ''
          ? 'They differ on your data.'
          : 'They differ on the database of the counterexample.';
      return {
        verdict: 'refuted',
        assumptions: [],
        databases,
        rowsCompared,
        ordered: false,
        counterexample,
        reason,
      };
    }
    case 'unknown': {
      const { assumptions, databases, rowsCompared } = verdict.evidence;
      const { reason } = verdict;
      return {
        verdict: 'unknown',
        assumptions,
        databases,
        rowsCompared,
        ordered: false,
        counterexample: null,
        reason,
      };
    }
    case 'accepted': {
      const { level, assumptions, databases, rowsCompared } = verdict.evidence;
      return {
        verdict: level === 'unverified' ? 'unknown' : level,
        assumptions,
        databases,
        rowsCompared,
        ordered: verdict.ordered,
        counterexample: null,
        reason: assumptions.at(-1) ?? 'No difference was found.',
      };
    }
    default:
      return verdict satisfies never;
  }
}
