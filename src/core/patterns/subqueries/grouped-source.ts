/** Derived tables that group their rows. */
import type { Expression } from '../../sql/ast.ts';
import type { AnalyzedStatement, Block, Source } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';

/** The one grouped SELECT behind a derived table. */
export function groupedBlock(statement: AnalyzedStatement, derived: Source): Block | null {
  if (derived.kind !== 'derived' || !derived.query || derived.lateral) return null;
  const [inner, ...more] = statement.blocksOfQuery(derived.query);
  if (!inner || more.length > 0 || inner.query.body !== inner.select || !inner.resolved) return null;
  const plain =
    inner.groupBy.length > 0 && inner.select.groupBy?.sets.length === 0 && inner.query.limit === null;
  const { distinct, top } = inner.select;
  const keepsGroups = distinct === null || typeof distinct === 'string';
  return plain && keepsGroups && top === null && inner.windows.length === 0 ? inner : null;
}

/** The grouping expression behind a column of the derived table; null for any other expression. */
export function groupingExpression(
  statement: AnalyzedStatement,
  inner: Block,
  derived: Source,
  own: Expression,
): Expression | null {
  const asked = own.kind === 'column' ? statement.resolve(own) : null;
  if (asked?.source !== derived) return null;
  const position = derived.columns?.findIndex((column) => column.name === asked.name) ?? -1;
  const expression = inner.outputs[position]?.expression;
  if (!expression || !inner.outputsComplete) return null;
  const key = unwrapParens(expression);
  if (key.kind !== 'column') return null;
  const meant = statement.resolve(key);
  const grouped = inner.groupBy.some((by) => {
    const column = unwrapParens(by);
    const other = column.kind === 'column' ? statement.resolve(column) : null;
    return meant !== null && other?.source === meant.source && other.name === meant.name;
  });
  return grouped ? key : null;
}
