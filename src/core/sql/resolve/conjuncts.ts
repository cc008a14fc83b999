/** Splits a predicate at its ANDs and says which sources each part mentions. */
import type { Expression } from '../ast.ts';
import type { Conjunct, JoinStep, Scope, Source } from '../query-model.ts';
import type { TextRange } from '../text.ts';
import { unwrapParens, walk } from '../walk.ts';
import type { Frame, Resolution } from './open.ts';

/** A part of a conjunction: without parentheses, and the range with them. */
export interface SplitPart {
  readonly expression: Expression;
  readonly range: TextRange;
}

/** The operands of the top-level ANDs, through parentheses, in text order. */
export function splitConjunction(predicate: Expression): SplitPart[] {
  const parts: SplitPart[] = [];
  const open: Expression[] = [predicate];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const inner = unwrapParens(next);
    if (inner.kind === 'binary' && inner.operator === 'AND') open.push(inner.right, inner.left);
    else parts.push({ expression: inner, range: { start: next.start, end: next.end } });
  }
  return parts;
}

/** The conjuncts of a predicate whose expressions are already visited. */
export function conjunctsOf(
  predicate: Expression | null,
  place: Conjunct['place'],
  frame: Frame,
  join: JoinStep | null,
  resolution: Resolution,
): Conjunct[] {
  if (!predicate) return [];
  return splitConjunction(predicate).map(({ expression, range }) => {
    const { sources, correlated, hasSubquery, resolved } = mentionsOf(expression, frame, resolution);
    const block = frame.scope as Scope;
    return { expression, range, sources, correlated, hasSubquery, resolved, block, place, join };
  });
}

type Mentions = Pick<Conjunct, 'sources' | 'correlated' | 'hasSubquery' | 'resolved'>;

function mentionsOf(expression: Expression, frame: Frame, resolution: Resolution): Mentions {
  const outer = new Set<Scope>();
  for (let at = frame.scope.parent; at; at = at.parent) outer.add(at);
  const mentioned = new Set<Source>();
  let correlated = false;
  let hasSubquery = false;
  let resolved = true;
  walk(expression, (node) => {
    if (node.kind === 'query') hasSubquery = true;
    if (node.kind === 'opaque' || (node.kind === 'star' && node.qualifier.length > 0)) resolved = false;
    if (node.kind !== 'column') return true;
    const meaning = resolution.resolve(node);
    if (!meaning) resolved &&= resolution.outputNames.has(node);
    else if (meaning.source.block === frame.scope) mentioned.add(meaning.source);
    else if (outer.has(meaning.source.block)) correlated = true;
    return false;
  });
  const { sources } = frame.sight;
  return {
    sources: resolved ? sources.filter((source) => mentioned.has(source)) : [...sources],
    correlated: correlated || (!resolved && frame.scope.parent !== null),
    hasSubquery,
    resolved,
  };
}
