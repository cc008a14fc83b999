/** The search over rewrites: sequences of rule applications, memoised by canonical form, kept to a beam by price. */
import { findMatches, type PatternMatch } from '../patterns/find.ts';
import { analyzeStatement } from '../sql/analyze.ts';
import { composeEdits } from '../sql/compose-edits.ts';
import { leavesRowsOpen } from '../sql/properties/order.ts';
import type { AnalyzedStatement } from '../sql/query-model.ts';
import { applyEdits, type TextEdit } from '../sql/text.ts';
import { canonicalText } from './canonical.ts';

/** A rewritten statement and how it came about. */
export interface RewritePath {
  readonly statement: AnalyzedStatement;
  /** minimal edits on the original statement's text */
  readonly edits: readonly TextEdit[];
  /** ids of the patterns in the order of their application */
  readonly patterns: readonly string[];
  readonly assumptions: readonly string[];
  /** 'proved' only when every step is, and the original does not leave open which rows it computes with */
  readonly soundness: 'proved' | 'likely';
  /** planner's cost; null when it was not or could not be priced */
  readonly cost: number | null;
}

/**
 * Asks the planner what a statement costs.
 * @returns the total cost, or 'invalid' when the server refuses the statement, or null when there is no price
 */
export type Pricer = (statement: AnalyzedStatement) => Promise<number | 'invalid' | null>;

export interface SearchOptions {
  /** paths that are carried from one depth to the next */
  readonly beam: number;
  /** longest sequence of rule applications */
  readonly depth: number;
  /** candidates in all; the search ends when it has them */
  readonly most: number;
  /** the original's cost, null when it is not known */
  readonly cost?: number | null | undefined;
  /** milliseconds for asking the planner; what comes later stays without a price and is not followed */
  readonly budgetMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A step must make the statement cheaper by this share to be followed for its own sake. */
const GAIN = 0.01;

/**
 * Every statement that the library's rewrites lead to, within the bounds, without the original. A step without a gain is
 * followed only when other rules find something after it that they did not find before.
 *
 * @param original the statement to rewrite
 * @param price the planner, or null without a connection: paths are then kept in the order of the library. Several
 *   statements are priced at a time
 * @returns the paths, cheapest first; those without a price come last in the order in which they were found
 * @throws the signal's reason when it is aborted
 */
export async function searchRewrites(
  original: AnalyzedStatement,
  price: Pricer | null,
  options: SearchOptions,
): Promise<RewritePath[]> {
  return new RewriteSearch(original, price, options).run();
}

class RewriteSearch {
  private readonly original: AnalyzedStatement;
  private readonly price: Pricer | null;
  private readonly options: SearchOptions;
  private readonly seen: Set<string>;
  private readonly matches = new Map<AnalyzedStatement, readonly PatternMatch[]>();
  private readonly deadline: number;

  constructor(original: AnalyzedStatement, price: Pricer | null, options: SearchOptions) {
    this.original = original;
    this.price = price;
    this.options = options;
    this.seen = new Set([canonicalText(original.text, original.dialect)]);
    this.deadline = performance.now() + (options.budgetMs ?? Number.POSITIVE_INFINITY);
  }

  async run(): Promise<RewritePath[]> {
    const { beam, depth, most, cost } = this.options;
    const found: RewritePath[] = [];
    const soundness = leavesRowsOpen(this.original) ? 'likely' : 'proved';
    let frontier: RewritePath[] = [start(this.original, soundness, cost ?? null)];
    for (let step = 0; step < depth && frontier.length > 0 && found.length < most; step++) {
      const steps: { readonly parent: RewritePath; readonly path: RewritePath }[] = [];
      for (const parent of frontier) {
        this.options.signal?.throwIfAborted();
        for (const path of this.successors(parent)) {
          if (found.length + steps.length >= most) break;
          steps.push({ parent, path });
        }
      }
      const priced = await Promise.all(steps.map(({ path }) => this.withPrice(path)));
      const next: RewritePath[] = [];
      priced.forEach((path, at) => {
        const parent = steps[at]?.parent;
        if (!path || !parent) return;
        found.push(path);
        if (this.isWorthFollowing(path, parent)) next.push(path);
      });
      frontier = byPrice(next).slice(0, beam);
    }
    return byPrice(found);
  }

  /** The statements one rule application away that were not seen before. */
  private *successors(path: RewritePath): Generator<RewritePath> {
    for (const { pattern, match } of this.matchesOf(path.statement)) {
      const { rewrite } = match;
      if (!rewrite || rewrite.edits.length === 0) continue;
      const text = applyEdits(path.statement.text, rewrite.edits);
      const key = canonicalText(text, this.original.dialect);
      if (this.seen.has(key)) continue;
      this.seen.add(key);
      const statement = analyzeStatement(text, this.original.catalog);
      if (statement.opaque.length > this.original.opaque.length) continue;
      yield {
        statement,
        edits: composeEdits(this.original.text, path.edits, rewrite.edits),
        patterns: [...path.patterns, pattern.id],
        assumptions: [...new Set([...path.assumptions, ...rewrite.assumptions])],
        soundness: path.soundness === 'proved' ? rewrite.soundness : 'likely',
        cost: null,
      };
    }
  }

  private isWorthFollowing(path: RewritePath, parent: RewritePath): boolean {
    if (!this.price || parent.cost === null) return true;
    if (path.cost === null) return performance.now() < this.deadline;
    if (path.cost < parent.cost * (1 - GAIN)) return true;
    const before = this.rulesFor(parent.statement);
    return [...this.rulesFor(path.statement)].some((id) => !before.has(id));
  }

  /** The rules that rewrite something of a statement. */
  private rulesFor(statement: AnalyzedStatement): Set<string> {
    const rewriting = this.matchesOf(statement).filter(({ match }) => match.rewrite);
    return new Set(rewriting.map(({ pattern }) => pattern.id));
  }

  private matchesOf(statement: AnalyzedStatement): readonly PatternMatch[] {
    const known = this.matches.get(statement);
    if (known) return known;
    const found = findMatches(statement);
    this.matches.set(statement, found);
    return found;
  }

  private async withPrice(path: RewritePath): Promise<RewritePath | null> {
    if (!this.price || performance.now() >= this.deadline) return path;
    this.options.signal?.throwIfAborted();
    const cost = await this.price(path.statement);
    return cost === 'invalid' ? null : { ...path, cost };
  }
}

function start(
  statement: AnalyzedStatement,
  soundness: RewritePath['soundness'],
  cost: number | null,
): RewritePath {
  return { statement, edits: [], patterns: [], assumptions: [], soundness, cost };
}

function byPrice(paths: readonly RewritePath[]): RewritePath[] {
  return [...paths].sort(
    (a, b) => (a.cost ?? Number.POSITIVE_INFINITY) - (b.cost ?? Number.POSITIVE_INFINITY),
  );
}
