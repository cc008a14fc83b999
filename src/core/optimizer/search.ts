/** The search over rewrites: sequences of rule applications, memoised by canonical form, kept to a beam by price. */
import { findMatches } from '../patterns/find.ts';
import { analyzeStatement } from '../sql/analyze.ts';
import { composeEdits } from '../sql/compose-edits.ts';
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
  /** 'proved' only when every step is */
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
  readonly signal?: AbortSignal | undefined;
}

/**
 * Every statement that the library's rewrites lead to, within the bounds, without the original.
 *
 * @param original the statement to rewrite
 * @param price the planner, or null without a connection: paths are then kept in the order of the library
 * @returns the paths, cheapest first; those without a price come last in the order in which they were found
 * @throws the signal's reason when it is aborted
 */
export async function searchRewrites(
  original: AnalyzedStatement,
  price: Pricer | null,
  options: SearchOptions,
): Promise<RewritePath[]> {
  const seen = new Set([canonicalText(original.text, original.dialect)]);
  const found: RewritePath[] = [];
  let frontier: RewritePath[] = [start(original)];
  for (let depth = 0; depth < options.depth && frontier.length > 0; depth++) {
    const next: RewritePath[] = [];
    for (const path of frontier) {
      for (const successor of successors(path, original, seen)) {
        options.signal?.throwIfAborted();
        const priced = await withPrice(successor, price);
        if (!priced) continue;
        next.push(priced);
        found.push(priced);
        if (found.length >= options.most) return byPrice(found);
      }
    }
    frontier = byPrice(next).slice(0, options.beam);
  }
  return byPrice(found);
}

function start(original: AnalyzedStatement): RewritePath {
  return { statement: original, edits: [], patterns: [], assumptions: [], soundness: 'proved', cost: null };
}

/** The statements one rule application away that were not seen before. */
function* successors(
  path: RewritePath,
  original: AnalyzedStatement,
  seen: Set<string>,
): Generator<RewritePath> {
  for (const { pattern, match } of findMatches(path.statement)) {
    const { rewrite } = match;
    if (!rewrite || rewrite.edits.length === 0) continue;
    const text = applyEdits(path.statement.text, rewrite.edits);
    const key = canonicalText(text, original.dialect);
    if (seen.has(key)) continue;
    seen.add(key);
    const statement = analyzeStatement(text, original.catalog);
    if (statement.opaque.length > original.opaque.length) continue;
    yield {
      statement,
      edits: composeEdits(original.text, path.edits, rewrite.edits),
      patterns: [...path.patterns, pattern.id],
      assumptions: [...new Set([...path.assumptions, ...rewrite.assumptions])],
      soundness: path.soundness === 'proved' ? rewrite.soundness : 'likely',
      cost: null,
    };
  }
}

async function withPrice(path: RewritePath, price: Pricer | null): Promise<RewritePath | null> {
  if (!price) return path;
  const cost = await price(path.statement);
  return cost === 'invalid' ? null : { ...path, cost };
}

function byPrice(paths: readonly RewritePath[]): RewritePath[] {
  return [...paths].sort(
    (a, b) => (a.cost ?? Number.POSITIVE_INFINITY) - (b.cost ?? Number.POSITIVE_INFINITY),
  );
}
