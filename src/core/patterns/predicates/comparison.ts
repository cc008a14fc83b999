/** Comparisons read with the interesting side on the left. */
import type { Expression } from '../../sql/ast.ts';
import { type ComparisonOperator, isComparison, mirrored } from '../../sql/comparison-operators.ts';
import { unwrapParens } from '../../sql/walk.ts';

export interface Comparison {
  readonly operator: ComparisonOperator;
  readonly left: Expression;
  readonly right: Expression;
}

/**
 * A comparison or BETWEEN as comparisons that must all hold, with the side that `isSubject` accepts on the left.
 * The sides come without their parentheses. Null when it is none or no side is accepted.
 */
export function comparisonsOf(
  expression: Expression,
  isSubject: (side: Expression) => boolean,
): readonly Comparison[] | null {
  if (expression.kind === 'between') {
    const left = unwrapParens(expression.operand);
    if (expression.negated || expression.symmetric || !isSubject(left)) return null;
    return [
      { operator: '>=', left, right: unwrapParens(expression.low) },
      { operator: '<=', left, right: unwrapParens(expression.high) },
    ];
  }
  if (expression.kind !== 'binary' || !isComparison(expression.operator)) return null;
  const { operator } = expression;
  const left = unwrapParens(expression.left);
  const right = unwrapParens(expression.right);
  if (isSubject(left)) return [{ operator, left, right }];
  return isSubject(right) ? [{ operator: mirrored(operator), left: right, right: left }] : null;
}
