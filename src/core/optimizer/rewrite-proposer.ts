/** The port through which a language model proposes rewrites. Implemented in `src/models/`. */
import type { ServerInfo } from '../database.ts';
import type { PastSuccess } from '../learning/past-successes.ts';
import type { PatternMatch } from '../patterns/find.ts';
import type { Plan } from '../plans/plan.ts';
import type { AnalyzedStatement } from '../sql/query-model.ts';
import type { Counterexample } from '../verification/evidence.ts';

/** What is known of a statement when rewrites of it are asked for. */
export interface ProposalTask {
  readonly statement: AnalyzedStatement;
  /** null without a connection */
  readonly server: ServerInfo | null;
  /** the planner's plan of the statement; null where there is none */
  readonly plan: Plan | null;
  /** what the library found, with the preconditions that were missing */
  readonly matches: readonly PatternMatch[];
  /** rewrites that are known already: others are wanted */
  readonly known: readonly string[];
  /** rewrites that were tried and failed: 'do not' */
  readonly refuted: readonly FailedProposal[];
  /** the proposer's own rewrites that failed and should be mended; empty when it is asked for the first time */
  readonly repair: readonly FailedProposal[];
  /** patterns that helped similar statements before; left out when nothing is remembered */
  readonly past?: readonly PastSuccess[];
}

/** A rewrite that cannot be offered as it is. */
export interface FailedProposal {
  readonly sql: string;
  /** why: one sentence, without data of the user's */
  readonly problem: string;
  /** a generated database on which it differs; never the user's own rows */
  readonly counterexample: Counterexample | null;
}

export interface Proposal {
  /** as it was proposed, unchecked */
  readonly sql: string;
  /** the proposer's reason, for people; it is no evidence */
  readonly why: string;
}

export interface RewriteProposer {
  /** 'ollama/qwen2.5-coder:7b' */
  readonly name: string;
  /**
   * Propose rewrites. They are not trusted: each is parsed, compared and measured before it is shown.
   * @throws Error with a sentence that can be shown; the signal's reason when it is aborted
   */
  propose(
    task: ProposalTask,
    options: {
      readonly signal: AbortSignal | undefined;
      readonly onProgress: (message: string) => void;
    },
  ): Promise<readonly Proposal[]>;
}
