/** Comparisons of a column with constants whose order is known without a server. */
import type { TypeFamily } from '../../catalog/catalog.ts';
import type { ColumnRef, Expression } from '../../sql/ast.ts';
import type { ComparisonOperator } from '../../sql/comparison-operators.ts';
import { once } from '../../sql/facts.ts';
import { type Constant, compareConstants, constantOf } from '../../sql/properties/constant-values.ts';
import { typeOf } from '../../sql/properties/types.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { comparisonsOf } from './comparison.ts';

/** `column operator constant`. */
export interface ConstantBound {
  readonly column: ColumnRef;
  readonly operator: ComparisonOperator;
  readonly value: Constant;
  /** the constant as it is written */
  readonly written: Expression;
}

const ORDERED: ReadonlySet<TypeFamily> = new Set<TypeFamily>(['integer', 'decimal', 'date', 'timestamp']);

/**
 * The family by which constants beside a column are read and ordered, null when the server's settings or rounding decide:
 * floating point, texts (collations), points in time with a zone, and SQL Server's datetime, which reads dates by the
 * session's language and rounds.
 */
export function orderedFamily(statement: AnalyzedStatement, expression: Expression): TypeFamily | null {
  const type = typeOf(expression, statement);
  if (!type || !ORDERED.has(type.family)) return null;
  // MySQL takes 24 beside a year for 2024
  if (statement.dialect !== 'postgresql' && type.text?.startsWith('year')) return null;
  if (statement.dialect !== 'tsql' || type.family !== 'timestamp') return type.family;
  return type.text?.startsWith('datetime2') ? type.family : null;
}

/** A comparison or BETWEEN of a column with constants, as bounds that must all hold; null for all else. */
export function constantBounds(
  statement: AnalyzedStatement,
  expression: Expression,
): readonly ConstantBound[] | null {
  return bounds(expression, statement);
}

/** Conditions are compared with each other: each is read once. */
const bounds = once((expression: Expression, statement: AnalyzedStatement): ConstantBound[] | null => {
  const comparisons = comparisonsOf(expression, (side) => side.kind === 'column');
  if (!comparisons) return null;
  const found: ConstantBound[] = [];
  for (const { operator, left, right } of comparisons) {
    const family = left.kind === 'column' ? orderedFamily(statement, left) : null;
    const value = family ? constantOf(right, family, statement) : null;
    if (left.kind !== 'column' || !value) return null;
    found.push({ column: left, operator, value, written: right });
  }
  return found;
});

/** Every value that meets the first bound meets the second one; both are of one column. */
export function implies(first: ConstantBound, second: ConstantBound): boolean {
  const order = compareConstants(first.value, second.value);
  if (order === null) return false;
  switch (first.operator) {
    case '=':
      return meets(order, second.operator);
    case '>':
      return (
        (second.operator === '>' && order >= 0) ||
        (second.operator === '>=' && order >= 0) ||
        (second.operator === '<>' && order >= 0)
      );
    case '>=':
      return (
        (second.operator === '>' && order > 0) ||
        (second.operator === '>=' && order >= 0) ||
        (second.operator === '<>' && order > 0)
      );
    case '<':
      return (
        (second.operator === '<' && order <= 0) ||
        (second.operator === '<=' && order <= 0) ||
        (second.operator === '<>' && order <= 0)
      );
    case '<=':
      return (
        (second.operator === '<' && order < 0) ||
        (second.operator === '<=' && order <= 0) ||
        (second.operator === '<>' && order < 0)
      );
    case '<>':
      return second.operator === '<>' && order === 0;
  }
}

/** A value that compares so with a constant meets `operator constant`. */
export function meets(order: number, operator: ComparisonOperator): boolean {
  switch (operator) {
    case '=':
      return order === 0;
    case '<>':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}
