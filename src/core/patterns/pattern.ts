import type { Dialect } from '../sql/dialect.ts';
import type { AnalyzedStatement } from '../sql/query-model.ts';
import type { TextEdit, TextRange } from '../sql/text.ts';
import type { Need } from './needs.ts';

export type Category =
  | 'joins'
  | 'subqueries'
  | 'predicates'
  | 'aggregation'
  | 'set-operations'
  | 'pagination'
  | 'writes'
  | 'locking'
  | 'types'
  | 'functions'
  | 'schema';

export type Industry = 'e-commerce' | 'analytics' | 'saas' | 'time-series';

export type Severity = 'error' | 'warning' | 'info' | 'hint';

/** An engine that a pattern is for, and when it pays there. */
export interface EngineSupport {
  readonly dialect: Dialect;
  /** first and last major version that it is for; open when left out */
  readonly from?: number;
  readonly until?: number;
  /** one sentence: what must be so that it is faster there (an index, sizes, selectivity) */
  readonly pays: string;
}

/** What an entry of the pattern library says of itself: the documentation and the findings show it. */
export interface PatternDeclaration {
  /** kebab-case, stable: it stands in settings, suppression comments and stored feedback */
  readonly id: string;
  readonly title: string;
  readonly category: Category;
  readonly industries?: readonly Industry[];
  readonly engines: readonly EngineSupport[];
  readonly severity: Severity;
  /** why it is slow or risky, in plain words */
  readonly description: string;
  /** where that is known from: a manual's page, a paper, a measurement */
  readonly source: string;
  /** when the rewrite is sound, in terms of the catalog; for advice: when it is given */
  readonly precondition: string;
  readonly example: PatternExample;
  /** false: it gives advice and never a rewrite */
  readonly rewrites: boolean;
  /**
   * Its rewrite is plainer or safer, and never faster by itself. The optimizer offers it to who asks for this rule, and
   * takes it as a step only where another rule finds something after it that it did not find before.
   */
  readonly styleOnly?: true;
  /**
   * The planner does not see what the original costs (the body of a function): its price is no bound for what the rewrite
   * may cost, and is not compared with it.
   */
  readonly hiddenCost?: true;
}

/**
 * One entry of the pattern library: a declaration plus the function that finds it.
 * A rule reads like its description: what it matches, why that is slow, when the rewrite is sound, the edit.
 */
export interface Pattern extends PatternDeclaration {
  /**
   * What a statement must hold for a match, all of it; left out when it may be found anywhere. `find` is not called for
   * other statements, so say only what the rule cannot do without.
   */
  readonly needs?: readonly Need[];
  find(statement: AnalyzedStatement): Iterable<Match>;
}

export interface PatternExample {
  /** DDL that makes `before` meet the precondition */
  readonly schema: string;
  readonly before: string;
  /** null for advice */
  readonly after: string | null;
}

/** One place in a statement where a pattern applies. */
export interface Match {
  /** what the diagnostic underlines */
  readonly range: TextRange;
  /** what is there and what to do, one or two sentences with the statement's own names */
  readonly message: string;
  /** null when the precondition for an edit is not known to hold; `blockedBy` then says which. May be written when asked for */
  readonly rewrite: Rewrite | null;
  readonly blockedBy?: string | undefined;
}

export interface Rewrite {
  /** on the statement's own text */
  readonly edits: readonly TextEdit[];
  /** the facts that make it sound, each a sentence with the catalog's own names */
  readonly assumptions: readonly string[];
  /**
   * 'proved': the rule is sound whenever its precondition holds, and the catalog says that it holds.
   * 'likely': part of the precondition could not be read from the catalog; the candidate needs tests.
   */
  readonly soundness: 'proved' | 'likely';
}
