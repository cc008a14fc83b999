/** Conditions as operands of AND, and their contrary in three-valued logic. */
import type { Expression } from '../sql/ast.ts';
import { isNotNullExpression } from '../sql/properties/not-null.ts';
import type { AnalyzedStatement } from '../sql/query-model.ts';
import { unwrapParens } from '../sql/walk.ts';
import { type Fragment, parenthesized, source, sql } from '../sql/writing/fragment.ts';

/** The statement's own text of a condition, in parentheses where AND would bind more tightly. */
export function conditionOf(statement: AnalyzedStatement, expression: Expression): Fragment {
  const e = unwrapParens(expression);
  const text = source(statement, e);
  return needsParentheses(e) ? parenthesized(text) : text;
}

/** AND would bind more tightly than the operator of the condition. */
export function needsParentheses(e: Expression): boolean {
  return e.kind === 'binary' && ['OR', 'XOR', '||'].includes(e.operator);
}

/** The condition is false or unknown; as NOT where it cannot be unknown. */
export function isNotTrue(statement: AnalyzedStatement, expression: Expression): Fragment {
  const text = source(statement, unwrapParens(expression));
  if (isNotNullExpression(expression, statement)) return sql`NOT (${text})`;
  return notTrue(statement, text);
}

/** {@link isNotTrue} of a condition that may be unknown. */
export function notTrue(statement: AnalyzedStatement, text: Fragment): Fragment {
  // T-SQL has no truth values to test
  return statement.dialect === 'tsql'
    ? sql`CASE WHEN ${text} THEN 1 ELSE 0 END = 0`
    : sql`(${text}) IS NOT TRUE`;
}
