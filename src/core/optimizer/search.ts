/** The search over rewrites: sequences of rule applications, memoised by canonical form, kept to a beam by price. */
import { findMatches, type PatternMatch } from '../patterns/find.ts';
import { patternById } from '../patterns/library.ts';
import { analyzeStatement } from '../sql/analyze.ts';
import { composeEdits } from '../sql/compose-edits.ts';
import { locksDerivedTables } from '../sql/properties/locking.ts';
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
  /**
   * 'proved' only when every step is, and the original neither leaves open which rows it computes with nor locks rows of
   * derived tables
   */
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
  /**
   * Rules of style alone whose rewrites are offered like those for speed: the one that somebody asked for, or all of
   * them. The others are steps that a later rule needs, or nothing.
   */
  readonly style?: 'all' | readonly string[] | undefined;
}

/** A path under way. */
interface Step extends RewritePath {
  /**
   * Set while its last rules are of style alone: what other rules found before them. The path is not offered, and only
   * followed to something else.
   */
  readonly known: ReadonlySet<string> | null;
}

/** A step must make the statement cheaper by this share to be followed for its own sake. */
const GAIN = 0.01;

/**
 * Every statement that the library's rewrites lead to, within the bounds, without the original. A step without a gain is
 * followed only when other rules find something after it that they did not find before. Rules of style alone are no
 * candidates, and in a chain only where a later rule needs them, see {@link SearchOptions.style}.
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
  private readonly seenByStyle = new Set<string>();
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
    const open = leavesRowsOpen(this.original) || locksDerivedTables(this.original);
    const soundness = open ? 'likely' : 'proved';
    let frontier: Step[] = [start(this.original, soundness, cost ?? null)];
    for (let step = 0; step < depth && frontier.length > 0 && found.length < most; step++) {
      const steps: { readonly parent: Step; readonly path: Step }[] = [];
      for (const parent of frontier) {
        this.options.signal?.throwIfAborted();
        for (const path of this.successors(parent)) {
          if (found.length + steps.length >= most) break;
          steps.push({ parent, path });
        }
      }
      const priced = await Promise.all(steps.map(({ path }) => this.withPrice(path)));
      const next: Step[] = [];
      priced.forEach((path, at) => {
        const parent = steps[at]?.parent;
        if (!path || !parent) return;
        if (!path.known) found.push(asOffered(path));
        if (this.isWorthFollowing(path, parent)) next.push(path);
      });
      frontier = byPrice(next).slice(0, beam);
    }
    return byPrice(found);
  }

  /** The statements one rule application away that were not seen before. */
  private *successors(path: Step): Generator<Step> {
    for (const found of this.matchesOf(path.statement)) {
      const { pattern, match } = found;
      const { rewrite } = match;
      if (!rewrite || rewrite.edits.length === 0) continue;
      const style = this.isStyle(found);
      if (!style && path.known?.has(nameOf(found))) continue;
      const text = applyEdits(path.statement.text, rewrite.edits);
      const key = canonicalText(text, this.original.dialect);
      // a rule for speed may come to a statement that one of style came to before
      if (this.seen.has(key) || (style && this.seenByStyle.has(key))) continue;
      (style ? this.seenByStyle : this.seen).add(key);
      const statement = analyzeStatement(text, this.original.catalog);
      if (statement.opaque.length > this.original.opaque.length) continue;
      yield {
        statement,
        edits: composeEdits(this.original.text, path.edits, rewrite.edits),
        patterns: [...path.patterns, pattern.id],
        assumptions: [...new Set([...path.assumptions, ...rewrite.assumptions])],
        soundness: path.soundness === 'proved' ? rewrite.soundness : 'likely',
        cost: style ? path.cost : null,
        known: style ? new Set([...(path.known ?? []), ...this.rulesFor(path.statement, nameOf)]) : null,
      };
    }
  }

  private isStyle({ pattern }: PatternMatch): boolean {
    const { style = [] } = this.options;
    return pattern.styleOnly === true && style !== 'all' && !style.includes(pattern.id);
  }

  private isWorthFollowing(path: Step, parent: Step): boolean {
    const { known } = path;
    if (known) return [...this.rulesFor(path.statement, nameOf)].some((name) => !known.has(name));
    if (!this.price || parent.cost === null) return true;
    // what it shows of the cost was there before
    if (patternById(path.patterns.at(-1) ?? '')?.hiddenCost === true) return true;
    if (path.cost === null) return performance.now() < this.deadline;
    if (path.cost < parent.cost * (1 - GAIN)) return true;
    const before = this.rulesFor(parent.statement, idOf);
    return [...this.rulesFor(path.statement, idOf)].some((id) => !before.has(id));
  }

  /** What rewrites something of a statement, by names of it. */
  private rulesFor(statement: AnalyzedStatement, name: (found: PatternMatch) => string): Set<string> {
    return new Set(
      this.matchesOf(statement)
        .filter(({ match }) => match.rewrite)
        .map(name),
    );
  }

  private matchesOf(statement: AnalyzedStatement): readonly PatternMatch[] {
    const known = this.matches.get(statement);
    if (known) return known;
    const found = findMatches(statement);
    this.matches.set(statement, found);
    return found;
  }

  private async withPrice(path: Step): Promise<Step | null> {
    if (!this.price || path.known || performance.now() >= this.deadline) return path;
    this.options.signal?.throwIfAborted();
    const cost = await this.price(path.statement);
    return cost === 'invalid' ? null : { ...path, cost };
  }
}

function start(statement: AnalyzedStatement, soundness: RewritePath['soundness'], cost: number | null): Step {
  return { statement, edits: [], patterns: [], assumptions: [], soundness, cost, known: null };
}

function asOffered({ statement, edits, patterns, assumptions, soundness, cost }: Step): RewritePath {
  return { statement, edits, patterns, assumptions, soundness, cost };
}

function idOf({ pattern }: PatternMatch): string {
  return pattern.id;
}

/** The rule and what it says, with the statement's own names: the same before and after a change elsewhere. */
function nameOf({ pattern, match }: PatternMatch): string {
  return `${pattern.id}: ${match.message}`;
}

function byPrice<P extends RewritePath>(paths: readonly P[]): P[] {
  return [...paths].sort(
    (a, b) => (a.cost ?? Number.POSITIVE_INFINITY) - (b.cost ?? Number.POSITIVE_INFINITY),
  );
}
