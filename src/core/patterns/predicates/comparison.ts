/** Comparisons read with the interesting side on the left. */
import type { Expression } from '../../sql/ast.ts';
import { unwrapParens } from '../../sql/walk.ts';

export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>=';

export interface Comparison {
  readonly operator: ComparisonOperator;
  readonly left: Expression;
  readonly right: Expression;
}

const FLIPPED: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  '=': '=',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/** The operator that says the same with its sides exchanged. */
export function flipped(operator: ComparisonOperator): ComparisonOperator {
  return FLIPPED[operator];
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
  if (expression.kind !== 'binary' || !Object.hasOwn(FLIPPED, expression.operator)) return null;
  const operator = expression.operator as ComparisonOperator;
  const left = unwrapParens(expression.left);
  const right = unwrapParens(expression.right);
  if (isSubject(left)) return [{ operator, left, right }];
  return isSubject(right) ? [{ operator: flipped(operator), left: right, right: left }] : null;
}
