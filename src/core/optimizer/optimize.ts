/** The use case "optimize a statement": match, search, price, verify, measure, rank. */
import type { Catalog } from '../catalog/catalog.ts';
import { type Database, DatabaseError, type ScratchDatabase } from '../database.ts';
import { Estimator, type MeasuredOutcome } from '../learning/estimate.ts';
import { findingsOf, findMatches, type PatternMatch } from '../patterns/find.ts';
import type { Plan } from '../plans/plan.ts';
import { analyzeStatement } from '../sql/analyze.ts';
import type { AnalyzedStatement } from '../sql/query-model.ts';
import { isReadByWords, isSafeToExecute } from '../sql/statement-facts.ts';
import { verifyCandidate } from '../verification/verify.ts';
import { type AssumedValues, assumeValues, needsValues } from './assumed-values.ts';
import { measureCandidates } from './measure-candidates.ts';
import { ModelRounds } from './model-rounds.ts';
import type { Candidate, Optimization, Price, Progress, RefutedCandidate, Stage } from './optimization.ts';
import { numberPlaceholders } from './parameters.ts';
import { planStatement } from './plan-statement.ts';
import { withPricer } from './price.ts';
import { rank } from './rank.ts';
import type { RewriteProposer } from './rewrite-proposer.ts';
import { type RewritePath, searchRewrites } from './search.ts';
import { hasRoughPrices, revealsCost, selectPaths } from './select-paths.ts';

export interface OptimizeOptions {
  /** execute the statement and its candidates in turns to compare their times; only for statements that read */
  readonly measure: boolean;
  /** counted runs of each statement at most, when measuring */
  readonly runs?: number | undefined;
  /** paths carried from one depth of the search to the next; default 8 */
  readonly beam?: number | undefined;
  /** milliseconds that one call to the database may take; default 30,000 */
  readonly timeoutMs?: number | undefined;
  /** id of a rule that somebody asked for: its rewrite is tried even where others promise more */
  readonly wanted?: string | undefined;
  /** milliseconds that all answers of the model may take together; default 180,000 */
  readonly modelTimeoutMs?: number | undefined;
}

export interface OptimizeRequest {
  /** one statement */
  readonly text: string;
  readonly catalog: Catalog;
  /** null: candidates come without price, comparison and times */
  readonly database: Database | null;
  /** opens a private database for generated counterexamples; null when there is none */
  readonly scratch: (() => Promise<ScratchDatabase>) | null;
  /** what earlier rewrites of this engine gained, for estimates; none are made without enough of it */
  readonly history?: readonly MeasuredOutcome[] | undefined;
  /** a language model to ask as well; its rewrites are trusted less than the library's and tried harder */
  readonly proposer?: RewriteProposer | null | undefined;
  readonly options: OptimizeOptions;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

const DEFAULT_BEAM = 8;
const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_MODEL_TIMEOUT_MS = 180_000;
const DEPTH = 5;
const MOST_CANDIDATES = 80;
/** Milliseconds that the planner is asked for prices of one statement's rewrites. */
const PRICING_MS = 10_000;
/** Milliseconds for all measured runs of one statement together; the run under way is not cut off by it. */
const MEASURING_MS = 10_000;
/**
 * How hard a candidate is attacked on generated databases: one whose rules are proved needs a second check only, one
 * that rests on tests alone needs the tests.
 */
const ATTACK = {
  proved: { databases: 80, budgetMs: 1_000 },
  likely: { databases: 400, budgetMs: 4_000 },
} as const;

/**
 * Find faster statements that return the same.
 *
 * @returns findings, candidates (best first), what was refuted, and why the best is the best or why there is none
 * @throws DatabaseError when the connection fails or the call is cancelled; one candidate's failure never throws
 */
export async function optimizeStatement(request: OptimizeRequest): Promise<Optimization> {
  return new Optimizing(request).run();
}

interface SearchOutcome {
  readonly paths: RewritePath[];
  readonly cost: number | null;
  /** only when a model is to be asked */
  readonly plan: Plan | null;
  /** why the database does not take the original */
  readonly refusal: string | null;
}

/** One optimization under way. */
class Optimizing {
  private readonly request: OptimizeRequest;
  private readonly original: AnalyzedStatement;
  private readonly timeoutMs: number;
  private readonly refuted: RefutedCandidate[] = [];
  /** values for the parameters, for a planner that needs them; a sentence: why there are none */
  private assumed: AssumedValues | string | null = null;

  constructor(request: OptimizeRequest) {
    this.request = request;
    this.timeoutMs = request.options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.say('reading', 'Reading the statement', 0);
    this.original = analyzeStatement(request.text, request.catalog);
  }

  async run(): Promise<Optimization> {
    this.say('matching', 'Looking for patterns', 0.02);
    const matches = findMatches(this.original);
    const findings = findingsOf(matches);
    if (this.original.tree.kind === 'opaque') {
      return this.nothing(`The statement could not be read: ${this.original.tree.reason}.`);
    }
    if (isReadByWords(this.original.tree)) {
      return { ...this.nothing('The statement is no query and no change of rows.'), findings };
    }
    const { paths, cost, plan, refusal } = await this.search();
    if (refusal !== null) return { ...this.nothing(refusal), findings };
    const selected = selectPaths(paths, cost, {
      wanted: this.request.options.wanted,
      rough: hasRoughPrices(this.request.catalog),
    });
    const rounds = this.askModel(matches, selected, cost, plan);
    try {
      const verified = await this.verify(selected, cost);
      if (rounds) this.say('asking', 'Waiting for the model', 0.6);
      const first = (await rounds?.first()) ?? [];
      const tried = this.withEstimates(
        await this.repair(rounds, await this.measure([...verified, ...first])),
      );
      this.refuted.push(...(rounds?.refuted ?? []));
      this.say('done', 'Done', 1);
      const ranking = rank(tried, {
        connected: this.request.database !== null,
        findings: findings.length,
        refuted: this.refuted.length,
        dear: paths.length - selected.length,
        dialect: this.original.dialect,
      });
      const model = rounds ? { model: rounds.report() } : {};
      const unpriced = typeof this.assumed === 'string' ? ` It was not priced: ${this.assumed}` : '';
      const reason = `${ranking.reason}${unpriced}`;
      return { findings, refuted: this.refuted, ...ranking, reason, ...model };
    } finally {
      rounds?.stop();
    }
  }

  private askModel(
    matches: readonly PatternMatch[],
    paths: readonly RewritePath[],
    cost: number | null,
    plan: Plan | null,
  ): ModelRounds | null {
    const { proposer, database, scratch, signal } = this.request;
    if (!proposer) return null;
    const context = {
      ...{ proposer, original: this.original, matches, plan, cost, database, scratch, signal },
      assumed: typeof this.assumed === 'string' ? null : this.assumed,
      known: paths.map((path) => path.statement.text),
      timeoutMs: this.timeoutMs,
      modelTimeoutMs: this.request.options.modelTimeoutMs ?? DEFAULT_MODEL_TIMEOUT_MS,
      say: (message: string) => this.say('asking', message, 0.6),
    };
    return new ModelRounds(context);
  }

  /** Candidates that came back mended, measured, beside those that stood. */
  private async repair(
    rounds: ModelRounds | null,
    measured: readonly Candidate[],
  ): Promise<readonly Candidate[]> {
    let all = measured;
    for (;;) {
      const mended = await rounds?.next(all, this.refuted);
      if (!mended) return all;
      if (mended.length > 0) all = [...all, ...(await this.measure(mended))];
    }
  }

  private withEstimates(candidates: readonly Candidate[]): readonly Candidate[] {
    const estimator = new Estimator(this.request.history ?? []);
    return candidates.map((candidate) => {
      const { patterns, cost, evidence } = candidate;
      if (!cost || evidence.level === 'unverified') return candidate;
      return {
        ...candidate,
        estimate: estimator.estimate({ patterns, cost, model: candidate.model?.name ?? null }),
      };
    });
  }

  private nothing(reason: string): Optimization {
    return { findings: [], candidates: [], refuted: [], best: null, reason };
  }

  /** All rewrites, priced when there is a planner; `refusal` says why the database does not take the original. */
  private async search(): Promise<SearchOutcome> {
    const { database, options, signal } = this.request;
    const style = options.wanted === undefined ? [] : [options.wanted];
    const bounds = { beam: options.beam ?? DEFAULT_BEAM, depth: DEPTH, most: MOST_CANDIDATES, signal, style };
    if (!database)
      return {
        paths: await searchRewrites(this.original, null, bounds),
        ...{ cost: null, plan: null, refusal: null },
      };
    this.say('pricing', 'Asking the planner for prices', 0.1);
    this.assumed = await this.assumeValues(database);
    const values = typeof this.assumed === 'string' ? null : this.assumed;
    const found = await withPricer(database, this.timeoutMs, signal, values, async (price) => {
      const cost = await price(this.original);
      if (cost === 'invalid') return null;
      const limits = { ...bounds, cost, budgetMs: PRICING_MS };
      return { paths: await searchRewrites(this.original, cost === null ? null : price, limits), cost };
    });
    // asked when the pricing sessions are given back: they may be all that there are
    if (!found) return { paths: [], cost: null, plan: null, refusal: await this.refusalOf(database) };
    const plan = this.request.proposer && found.cost !== null ? await this.planOf(database) : null;
    return { ...found, plan, refusal: null };
  }

  private async planOf(database: Database): Promise<Plan | null> {
    const bound = numberPlaceholders(this.original);
    const { signal } = this.request;
    if (!bound) return null;
    const options = { timeoutMs: this.timeoutMs, signal };
    return (await planStatement(database, this.original, bound, options)).plan;
  }

  private async assumeValues(database: Database): Promise<AssumedValues | string | null> {
    if (!needsValues(this.original)) return null;
    const options = { timeoutMs: this.timeoutMs, signal: this.request.signal };
    return database.readOnly((session) => assumeValues(session, this.original, options), options);
  }

  private async refusalOf(database: Database): Promise<string> {
    const bound = numberPlaceholders(this.original) ?? { sql: this.original.text, parameters: 0 };
    try {
      await planStatement(database, this.original, bound, { timeoutMs: this.timeoutMs });
      return 'The database refused the statement.';
    } catch (error) {
      if (!DatabaseError.is(error)) throw error;
      return `The database refuses the statement: ${error.message}`;
    }
  }

  private async verify(paths: readonly RewritePath[], cost: number | null): Promise<Candidate[]> {
    const candidates: Candidate[] = [];
    for (const [index, path] of paths.entries()) {
      this.request.signal?.throwIfAborted();
      const place = `${index + 1} of ${paths.length}`;
      this.say('verifying', `Trying to refute rewrite ${place}`, 0.2 + (0.4 * index) / paths.length);
      const verdict = await verifyCandidate({
        original: this.original,
        candidate: path.statement,
        proof: { soundness: path.soundness, assumptions: path.assumptions },
        database: this.request.database,
        scratch: this.request.scratch,
        timeoutMs: this.timeoutMs,
        search: ATTACK[path.soundness],
        signal: this.request.signal,
      });
      const sql = path.statement.text;
      const priced = this.priceOf(path, cost);
      if (verdict.outcome === 'refuted') {
        const { counterexample } = verdict;
        this.refuted.push({ sql, patterns: path.patterns, origin: 'pattern', counterexample });
        continue;
      }
      candidates.push({
        id: `c${index + 1}`,
        sql,
        edits: path.edits,
        patterns: path.patterns,
        origin: 'pattern',
        evidence: {
          ...verdict.evidence,
          assumptions: [...verdict.evidence.assumptions, ...(priced?.assumed ? this.notes() : [])],
        },
        cost: priced,
        estimate: null,
        measured: null,
      });
    }
    return candidates;
  }

  private priceOf({ cost: after, patterns }: RewritePath, before: number | null): Price | null {
    if (before === null || after === null || revealsCost(patterns)) return null;
    return { before, after, ...(this.notes().length > 0 ? { assumed: true } : {}) };
  }

  /** What the evidence says of values that were assumed. */
  private notes(): readonly string[] {
    return this.assumed === null || typeof this.assumed === 'string' ? [] : [this.assumed.note];
  }

  private async measure(candidates: readonly Candidate[]): Promise<readonly Candidate[]> {
    const { database, options, signal } = this.request;
    const bound = numberPlaceholders(this.original);
    const runnable = candidates.filter((candidate) => candidate.evidence.level !== 'unverified');
    if (!options.measure || !database || runnable.length === 0) return candidates;
    if (!isSafeToExecute(this.original) || !bound || bound.parameters > 0) return candidates;
    this.say('measuring', 'Measuring the original and its rewrites in turns', 0.6);
    const measured = await measureCandidates({
      database,
      original: this.original.text,
      candidates: runnable,
      runs: options.runs,
      timeoutMs: this.timeoutMs,
      budgetMs: MEASURING_MS,
      signal,
      onProgress: (fraction) =>
        this.say('measuring', 'Measuring the original and its rewrites in turns', 0.6 + 0.4 * fraction),
    });
    this.refuted.push(...measured.refuted);
    return [...measured.candidates, ...candidates.filter((candidate) => !runnable.includes(candidate))];
  }

  private say(stage: Stage, message: string, fraction: number): void {
    this.request.onProgress?.({ stage, message, fraction });
  }
}
