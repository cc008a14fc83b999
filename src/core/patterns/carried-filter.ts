/** Filters that are said of another column because both are equal in every row. */
import type { TypeFamily } from '../catalog/catalog.ts';
import type { Expression, Node } from '../sql/ast.ts';
import { sameExpression } from '../sql/properties/same-expression.ts';
import { containsKind } from '../sql/properties/usage.ts';
import type { AnalyzedStatement, ResolvedColumn } from '../sql/query-model.ts';
import { unwrapParens, walk } from '../sql/walk.ts';

/** Families in which equal values are the same value, whatever function looks at them. */
const IDENTICAL: ReadonlySet<TypeFamily> = new Set<TypeFamily>([
  'integer',
  'boolean',
  'date',
  'timestamp',
  'timestamptz',
  'uuid',
]);

/**
 * Does a filter of one column say the same of another one that is equal to it?
 *
 * Equal values of different types are read differently (`'3000000000'` is no integer but a bigint, 5 / 2 differs between
 * integer and numeric), equal numerics may be written differently, and texts may be ordered by different collations.
 *
 * @param filter a condition on `from`
 */
export function saysTheSameOf(
  statement: AnalyzedStatement,
  filter: Expression,
  from: ResolvedColumn,
  to: ResolvedColumn,
): boolean {
  const [a, b] = [from.sourceColumn?.type, to.sourceColumn?.type];
  if (!a || !b) return false;
  const oneType = a.text !== null && a.text === b.text;
  if (oneType && IDENTICAL.has(a.family)) return true;
  if (!isBare(statement, filter, from)) return false;
  if (a.family === 'text') return equalityOnly(filter) || sameCollation(from, to);
  return oneType || !hasUntyped(filter);
}

/** The column stands only as an operand of the comparison itself. */
function isBare(statement: AnalyzedStatement, filter: Expression, column: ResolvedColumn): boolean {
  const operands = operandsOf(filter);
  let bare = operands.length > 0;
  for (const operand of operands) {
    const inner = unwrapParens(operand);
    if (inner.kind === 'column') continue;
    walk(inner, (node) => {
      if (node.kind === 'column' && sameExpression(node, column.reference, statement)) bare = false;
    });
  }
  return bare;
}

function operandsOf(filter: Expression): readonly Expression[] {
  switch (filter.kind) {
    case 'binary':
      return [filter.left, filter.right];
    case 'between':
      return [filter.operand, filter.low, filter.high];
    case 'in':
      return [filter.operand, ...(filter.list ?? [])];
    case 'like':
      return [filter.operand, filter.pattern];
    default:
      return [];
  }
}

/** IN and LIKE look at characters, not at their order. */
function equalityOnly(filter: Expression): boolean {
  return filter.kind === 'in' || filter.kind === 'like';
}

function sameCollation(a: ResolvedColumn, b: ResolvedColumn): boolean {
  return a.column !== null && b.column !== null && a.column.collation === b.column.collation;
}

/** A string or a parameter takes the type of what it stands beside. */
function hasUntyped(filter: Node): boolean {
  let untyped = containsKind(filter, 'placeholder');
  walk(filter, (node) => {
    if (node.kind === 'literal' && node.type === 'string') untyped = true;
    return node.kind !== 'cast' && node.kind !== 'typedLiteral';
  });
  return untyped;
}
