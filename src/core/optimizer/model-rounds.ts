/**
 * Rewrites that a language model proposes, on the same path as a rule's: admitted, priced, verified, and measured by the
 * caller. One that fails goes back once with what was wrong; there are two such rounds at most.
 */
import { type Database, DatabaseError, type ScratchDatabase } from '../database.ts';
import type { PatternMatch } from '../patterns/find.ts';
import type { Plan } from '../plans/plan.ts';
import type { AnalyzedStatement } from '../sql/query-model.ts';
import { writes } from '../sql/statement-facts.ts';
import { verifyCandidate } from '../verification/verify.ts';
import { type Admission, admitProposal, reasonNotToAsk } from './admit-proposal.ts';
import { type AssumedValues, plannable } from './assumed-values.ts';
import { canonicalText } from './canonical.ts';
import type { Candidate, ModelReport, RefutedCandidate } from './optimization.ts';
import type { FailedProposal, Proposal, RewriteProposer } from './rewrite-proposer.ts';

/** What the rounds need of the optimization that they are part of. */
export interface ModelContext {
  readonly proposer: RewriteProposer;
  readonly original: AnalyzedStatement;
  readonly matches: readonly PatternMatch[];
  readonly plan: Plan | null;
  /** the planner's cost of the original, null when it was not priced */
  readonly cost: number | null;
  /** values of the parameters that it was priced for; null where none were assumed */
  readonly assumed: AssumedValues | null;
  /** the library's rewrites that are being tried as well */
  readonly known: readonly string[];
  readonly database: Database | null;
  readonly scratch: (() => Promise<ScratchDatabase>) | null;
  readonly timeoutMs: number;
  /** milliseconds that all answers may take together */
  readonly modelTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly say: (message: string) => void;
}

const MOST_REPAIRS = 2;
/** Proposals of one answer that are looked at. */
const MOST_PROPOSALS = 4;
/** Nothing but tests speaks for a model's rewrite, so it is attacked longer than a rule's; the time matters on slow machines. */
const ATTACK = { databases: 600, budgetMs: 15_000 } as const;
/** See optimize.ts: the planner errs, but seldom by more than this factor. */
const DEAREST = 3;

/** An answer, or the sentence that says why there is none. */
type Answer = readonly Proposal[] | { readonly problem: string };

/** What became of one proposal. */
type Outcome =
  | { readonly candidate: Candidate }
  | { readonly failed: FailedProposal; readonly refuted: RefutedCandidate | null }
  | 'repeated';

export class ModelRounds {
  /** its own rewrites that were refuted */
  readonly refuted: RefutedCandidate[] = [];
  private readonly stopped = new AbortController();
  private readonly sentBack = new Set<string>();
  private readonly context: ModelContext;
  private readonly seen: Set<string>;
  private readonly rejected: { sql: string; reason: string }[] = [];
  private answer: Promise<Answer>;
  private toMend: FailedProposal[] = [];
  private asked = 0;
  /** milliseconds that answers took so far */
  private waited = 0;
  private proposed = 0;
  private problem: string | null = null;

  /** Begins to ask at once: the answer takes long, and rules can be verified meanwhile. */
  constructor(context: ModelContext) {
    this.context = context;
    const { original, known } = context;
    this.seen = new Set([original.text, ...known].map((sql) => canonicalText(sql, original.dialect)));
    const reason = reasonNotToAsk(original);
    this.answer = reason === null ? this.ask([]) : Promise.resolve({ problem: reason });
  }

  /** The first answer's candidates, verified. */
  async first(): Promise<Candidate[]> {
    return this.take();
  }

  /**
   * Send back what failed and was not sent back before.
   *
   * @param measured all candidates so far, measured where that was possible
   * @param refuted what was refuted outside of these rounds: the library's rewrites, and rows that differed in measuring
   * @returns the candidates of the next answer; null when there is nothing to mend or no round is left
   */
  async next(
    measured: readonly Candidate[],
    refuted: readonly RefutedCandidate[],
  ): Promise<Candidate[] | null> {
    const failed = [...this.toMend, ...this.differed(refuted), ...this.slower(measured)];
    this.toMend = [];
    if (failed.length === 0 || this.asked > MOST_REPAIRS || this.problem !== null) return null;
    this.answer = this.ask(failed, refuted);
    return this.take();
  }

  report(): ModelReport {
    const { proposer } = this.context;
    const { asked, proposed, rejected, problem } = this;
    return { name: proposer.name, asked, proposed, rejected, problem };
  }

  /** Give up an answer that nobody waits for any more. */
  stop(): void {
    this.stopped.abort();
  }

  private async ask(
    repair: readonly FailedProposal[],
    refuted: readonly RefutedCandidate[] = [],
  ): Promise<Answer> {
    const { proposer, original, database, plan, matches, known, say } = this.context;
    const server = database?.info ?? null;
    const doNot = refuted.filter(({ origin }) => origin !== 'model').map(failureOf);
    const tooLong = AbortSignal.timeout(Math.max(1, Math.ceil(this.context.modelTimeoutMs - this.waited)));
    const signals = [tooLong, this.stopped.signal, this.context.signal].filter((each) => each !== undefined);
    const began = performance.now();
    this.asked++;
    try {
      return await proposer.propose(
        { statement: original, server, plan, matches, known, refuted: doNot, repair },
        { signal: AbortSignal.any(signals), onProgress: say },
      );
    } catch (error) {
      if (tooLong.aborted) {
        return { problem: `It was stopped after ${Math.round(this.context.modelTimeoutMs / 1000)} s.` };
      }
      return { problem: error instanceof Error ? error.message : String(error) };
    } finally {
      this.waited += performance.now() - began;
    }
  }

  private async take(): Promise<Candidate[]> {
    const answer = await this.answer;
    this.context.signal?.throwIfAborted();
    if ('problem' in answer) {
      this.problem = answer.problem;
      return [];
    }
    const candidates: Candidate[] = [];
    const proposals = answer.slice(0, MOST_PROPOSALS);
    this.proposed += proposals.length;
    for (const [index, proposal] of proposals.entries()) {
      this.context.signal?.throwIfAborted();
      this.context.say(`Trying to refute the model’s rewrite ${index + 1} of ${proposals.length}`);
      const outcome = await this.judge(proposal);
      if (outcome === 'repeated') continue;
      if ('candidate' in outcome) candidates.push(outcome.candidate);
      else {
        this.toMend.push(outcome.failed);
        if (outcome.refuted) this.refuted.push(outcome.refuted);
        else this.rejected.push({ sql: outcome.failed.sql, reason: outcome.failed.problem });
      }
    }
    return candidates;
  }

  private async judge(proposal: Proposal): Promise<Outcome> {
    const { original } = this.context;
    const key = canonicalText(proposal.sql, original.dialect);
    if (this.seen.has(key)) return 'repeated';
    this.seen.add(key);
    const admission = admitProposal(original, proposal.sql);
    if (!admission.admitted) return failure(proposal.sql, admission.problem);
    const { statement } = admission;
    const cost = await this.price(statement);
    if (typeof cost === 'string') return failure(statement.text, cost);
    const dearest = (this.context.cost ?? Number.POSITIVE_INFINITY) * DEAREST;
    if (cost !== null && cost > dearest) {
      return failure(statement.text, 'The planner prices it more than three times dearer than the original.');
    }
    return this.verify(proposal, admission, cost);
  }

  /** The planner's cost; null where there is none; a sentence when the database refuses it. Writes are not sent. */
  private async price(statement: AnalyzedStatement): Promise<number | string | null> {
    const { database, timeoutMs, signal, assumed } = this.context;
    const bound = plannable(statement, assumed);
    if (!database || !bound || writes(statement)) return null;
    try {
      const options = { timeoutMs, signal, values: bound.values };
      const plan = await database.readOnly((session) => session.explain(bound.sql, options), { signal });
      return plan.cost;
    } catch (error) {
      if (DatabaseError.is(error, 'cancelled', 'connectionLost') || !DatabaseError.is(error)) throw error;
      if (DatabaseError.is(error, 'syntax', 'undefinedObject', 'dataException')) {
        return `The database refuses it: ${error.message}`;
      }
      return null;
    }
  }

  private async verify(
    proposal: Proposal,
    { statement, edits }: Admission & { admitted: true },
    price: number | null,
  ): Promise<Outcome> {
    const { original, database, scratch, timeoutMs, signal, cost, assumed, proposer } = this.context;
    const verdict = await verifyCandidate({
      original,
      candidate: statement,
      proof: { soundness: 'none', assumptions: [] },
      ...{ database, scratch, timeoutMs, signal },
      search: ATTACK,
    });
    const sql = statement.text;
    if (verdict.outcome === 'refuted') {
      const refuted: RefutedCandidate = {
        ...{ sql, patterns: [], origin: 'model' },
        counterexample: verdict.counterexample,
      };
      return { failed: failureOf(refuted), refuted };
    }
    return {
      candidate: {
        id: '',
        ...{ sql, edits },
        patterns: [],
        origin: 'model',
        evidence: verdict.evidence,
        cost:
          cost === null || price === null
            ? null
            : { before: cost, after: price, ...(assumed && { assumed: true }) },
        estimate: null,
        measured: null,
        model: { name: proposer.name, why: proposal.why },
      },
    };
  }

  /** Its rewrites that returned another number of rows, or failed, when they were measured. */
  private differed(refuted: readonly RefutedCandidate[]): FailedProposal[] {
    const own = refuted.filter(({ sql, origin }) => origin === 'model' && !this.sentBack.has(sql));
    for (const { sql } of own) this.sentBack.add(sql);
    return own.map(failureOf);
  }

  /** Model candidates that measured no faster, when no other one did: only then is another try worth its time. */
  private slower(measured: readonly Candidate[]): FailedProposal[] {
    const faster = measured.some((each) => each.measured?.significant && each.measured.speedup > 1);
    if (faster) return [];
    return measured.flatMap((each) => {
      const { before, after } = each.measured ?? {};
      if (each.origin !== 'model' || !before || !after || this.sentBack.has(each.sql)) return [];
      this.sentBack.add(each.sql);
      const problem =
        `It returns the same, but it is not faster: ${after.medianMs.toFixed(1)} ms, ` +
        `the original ${before.medianMs.toFixed(1)} ms.`;
      return [{ sql: each.sql, problem, counterexample: null }];
    });
  }
}

/** A refuted rewrite as a model may be told of it: without a setup it is the user's own rows, and those stay here. */
function failureOf({ sql, counterexample }: RefutedCandidate): FailedProposal {
  const own = counterexample.setup === '';
  return {
    sql,
    problem: own ? 'It returns other rows than the original.' : 'It returns other rows on this database.',
    counterexample: own ? null : counterexample,
  };
}

function failure(sql: string, problem: string): Outcome {
  return { failed: { sql, problem, counterexample: null }, refuted: null };
}
