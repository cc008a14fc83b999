/** How a subquery hangs on the block around it: what every rule that moves a subquery asks first. */
import type { ColumnRef, Expression } from '../sql/ast.ts';
import { once } from '../sql/facts.ts';
import type { AnalyzedStatement, Block, Conjunct, ResolvedColumn, Scope } from '../sql/query-model.ts';
import { unwrapParens, walk } from '../sql/walk.ts';

/** An equality between an expression of the subquery and one of the block around it. */
export interface CorrelationKey {
  readonly inner: Expression;
  readonly outer: Expression;
  readonly conjunct: Conjunct;
}

export interface Correlation {
  readonly inner: Block;
  readonly outer: Scope;
  readonly keys: readonly CorrelationKey[];
  /** conjuncts that mention the subquery's own sources only */
  readonly local: readonly Conjunct[];
  /** conjuncts that are correlated in another way than by an equality */
  readonly other: readonly Conjunct[];
}

/**
 * The correlation of a subquery with its parent scope.
 *
 * @param inner a single SELECT with a parent
 * @returns null when it cannot be told: a name without meaning, a reference to a scope further out, or one outside of
 *   the subquery's WHERE
 */
export function correlationOf(statement: AnalyzedStatement, inner: Block): Correlation | null {
  return correlations(inner, statement);
}

const correlations = once((inner: Block, statement: AnalyzedStatement): Correlation | null => {
  const outer = inner.parent;
  if (!outer || !inner.resolved || inner.setBranch) return null;
  if (inner.outerReferences.some((column) => column.source.block !== outer)) return null;
  const keys: CorrelationKey[] = [];
  const local: Conjunct[] = [];
  const other: Conjunct[] = [];
  const seen = new Set<ColumnRef>();
  for (const conjunct of inner.where) {
    const references = outerReferencesIn(statement, conjunct.expression, inner);
    if (!references) return null;
    for (const column of references) seen.add(column.reference);
    const key = references.length > 0 ? keyOf(statement, conjunct, inner, outer) : null;
    if (key) keys.push(key);
    else (references.length > 0 ? other : local).push(conjunct);
  }
  if (inner.outerReferences.some((column) => !seen.has(column.reference))) return null;
  return { inner, outer, keys, local, other };
});

/** References in an expression of a block that leave the block; null when one has no meaning. */
export function outerReferencesIn(
  statement: AnalyzedStatement,
  expression: Expression,
  block: Scope,
): ResolvedColumn[] | null {
  const found: ResolvedColumn[] = [];
  let known = true;
  walk(expression, (node) => {
    if (node.kind !== 'column') return;
    const column = statement.resolve(node);
    if (!column) known = known && statement.outputOf(node) !== null;
    else if (!isWithin(column.source.block, block)) found.push(column);
  });
  return known ? found : null;
}

/** The scope is `around` or lies inside of it. */
export function isWithin(scope: Scope, around: Scope): boolean {
  for (let at: Scope | null = scope; at; at = at.parent) if (at === around) return true;
  return false;
}

/** Does every reference of an expression without subqueries belong to that very scope, and is there one? */
export function belongsTo(statement: AnalyzedStatement, expression: Expression, scope: Scope): boolean {
  let references = 0;
  let all = true;
  walk(expression, (node) => {
    if (node.kind === 'query') all = false;
    if (node.kind !== 'column') return;
    references++;
    if (statement.resolve(node)?.source.block !== scope) all = false;
  });
  return all && references > 0;
}

function keyOf(
  statement: AnalyzedStatement,
  conjunct: Conjunct,
  inner: Block,
  outer: Scope,
): CorrelationKey | null {
  const { expression } = conjunct;
  if (expression.kind !== 'binary' || expression.operator !== '=') return null;
  const left = unwrapParens(expression.left);
  const right = unwrapParens(expression.right);
  if (belongsTo(statement, left, inner) && belongsTo(statement, right, outer))
    return { inner: left, outer: right, conjunct };
  if (belongsTo(statement, right, inner) && belongsTo(statement, left, outer))
    return { inner: right, outer: left, conjunct };
  return null;
}
