/** The result of optimizing: what the editor shows, the command line prints and the store keeps. */
import type { Comparison } from '../measurement/measurement.ts';
import type { Category, Severity } from '../patterns/pattern.ts';
import type { TextEdit, TextRange } from '../sql/text.ts';
import type { Counterexample, Evidence } from '../verification/evidence.ts';

export interface Finding {
  readonly pattern: string;
  readonly category: Category;
  readonly severity: Severity;
  readonly message: string;
  /** offsets in the statement's own text */
  readonly range: TextRange;
  /** a rewrite for it exists */
  readonly fixable: boolean;
}

export type CandidateOrigin = 'pattern' | 'learned' | 'model';

export interface Candidate {
  /** stable within one result: 'c1', 'c2' … */
  readonly id: string;
  /** the whole rewritten statement */
  readonly sql: string;
  /** minimal edits on the original statement's text */
  readonly edits: readonly TextEdit[];
  /** ids of the patterns in the order of their application */
  readonly patterns: readonly string[];
  readonly origin: CandidateOrigin;
  readonly evidence: Evidence;
  /** planner's cost, in the engine's unit; null where it could not be had */
  readonly cost: Price | null;
  readonly estimate: Estimate | null;
  readonly measured: Comparison | null;
  /** for origin 'model': who wrote it and the reason given, which is no evidence */
  readonly model?: { readonly name: string; readonly why: string };
}

export interface Price {
  readonly before: number;
  readonly after: number;
  /** the price is for values that were assumed for the statement's parameters; the evidence says how */
  readonly assumed?: boolean;
}

/** Expected improvement of the running time. Null until there is enough history to make one. */
export interface Estimate {
  readonly improvementPct: number;
  readonly low: number;
  readonly high: number;
  /** 0 to 1: the share of such estimates that came true, see `core/learning/estimate.ts` */
  readonly confidence: number;
}

export interface RefutedCandidate {
  readonly sql: string;
  readonly patterns: readonly string[];
  readonly origin: CandidateOrigin;
  readonly counterexample: Counterexample;
}

export interface Optimization {
  readonly findings: readonly Finding[];
  /** best first */
  readonly candidates: readonly Candidate[];
  readonly refuted: readonly RefutedCandidate[];
  /** id of the candidate to suggest, null when none is better */
  readonly best: string | null;
  /** why that one, or why none: one sentence */
  readonly reason: string;
  /** what a language model contributed; left out when none was to be asked */
  readonly model?: ModelReport;
}

export interface ModelReport {
  /** 'ollama/qwen2.5-coder:7b' */
  readonly name: string;
  /** calls: the first one and those that sent failures back */
  readonly asked: number;
  readonly proposed: number;
  /** proposals that were not even tried, and why; those that were tried and differ are among `refuted` */
  readonly rejected: readonly { readonly sql: string; readonly reason: string }[];
  /** why the model gave no answer: one sentence; null when it did */
  readonly problem: string | null;
}

/** Stages that a progress display names, in their order. */
export type Stage = 'reading' | 'matching' | 'pricing' | 'verifying' | 'asking' | 'measuring' | 'done';

export interface Progress {
  readonly stage: Stage;
  /** one short sentence */
  readonly message: string;
  /** 0 to 1 over all stages */
  readonly fraction: number;
}
