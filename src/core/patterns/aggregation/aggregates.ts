/** What rules about aggregates ask: whose aggregate it is, and what its column is called when it is written otherwise. */
import type { ColumnRef, Expression, FunctionCall } from '../../sql/ast.ts';
import { sameExpression } from '../../sql/properties/same-expression.ts';
import type { AnalyzedStatement, Block, ResolvedColumn } from '../../sql/query-model.ts';
import { unwrapParens, walk } from '../../sql/walk.ts';
import type { RewriteEdits } from '../../sql/writing/edits.ts';
import { sql } from '../../sql/writing/fragment.ts';
import { identifier } from '../../sql/writing/identifiers.ts';
import { itemNamedBy } from '../select-item.ts';

/** The only argument of a call that has nothing else to it: no ORDER BY, WITHIN GROUP, VARIADIC or named argument. */
export function soleArgument(call: FunctionCall): Expression | null {
  const [argument, ...more] = call.args;
  const plain =
    argument !== undefined &&
    more.length === 0 &&
    argument.name === null &&
    !call.star &&
    !call.variadic &&
    call.orderBy.length === 0 &&
    call.withinGroup.length === 0 &&
    call.syntax === 'plain' &&
    call.name.length === 1;
  return plain ? argument.value : null;
}

/** The column that an expression is, in any parentheses; null for another expression. */
export function columnIn(
  statement: AnalyzedStatement,
  expression: Expression | null | undefined,
): ResolvedColumn | null {
  const inner = expression ? unwrapParens(expression) : null;
  return inner?.kind === 'column' ? statement.resolve(inner) : null;
}

/** The columns that stand directly in a block's expression are all of the block's own sources. */
export function isOwnExpression(statement: AnalyzedStatement, expression: Expression, block: Block): boolean {
  let own = true;
  walk(expression, (node) => {
    if (node.kind === 'query' || node.kind === 'opaque') own = false;
    if (node.kind === 'column' && statement.resolve(node)?.source.block !== block) own = false;
    return own;
  });
  return own;
}

/** GROUP BY with plain expressions only: every group has a row, and there is none without rows. */
export function isPlainlyGrouped(block: Block): boolean {
  const { groupBy } = block.select;
  return groupBy !== null && groupBy.sets.length === 0 && groupBy.items.length > 0;
}

/**
 * Give the column of the result the name that it had before an expression of the select list was written otherwise.
 * Nothing is added where it has an alias, no name, or where nobody sees it.
 *
 * @param now the name that PostgreSQL gives the new expression
 */
export function keepName(
  statement: AnalyzedStatement,
  expression: FunctionCall,
  now: string,
  edits: RewriteEdits,
): RewriteEdits {
  const item = itemNamedBy(statement, expression);
  if (!item || statement.dialect === 'tsql') return edits;
  // MySQL names the column by the text of the whole expression
  if (statement.dialect !== 'postgresql') return edits.fail();
  if (expression.function === now) return edits;
  return edits.insert(item.end, sql` AS ${identifier(expression.function, statement.dialect)}`);
}

/** ORDER BY of SELECT DISTINCT must repeat items of the select list: neither can be rewritten alone. */
export function mustRepeatItems(block: Block): boolean {
  return block.select.distinct !== null && block.select.distinct !== 'all' && block.query.orderBy.length > 0;
}

/** The columns that a block is grouped by; null when it groups by anything else too. */
export function groupingColumns(statement: AnalyzedStatement, block: Block): ResolvedColumn[] | null {
  const columns = block.groupBy.map((key) => columnIn(statement, key));
  return columns.every((column) => column?.source.block === block) ? columns.filter((c) => c !== null) : null;
}

/** The expression is one of the grouping expressions. */
export function isGroupingExpression(
  statement: AnalyzedStatement,
  expression: Expression,
  block: Block,
): boolean {
  return block.groupBy.some((key) => sameExpression(key, expression, statement));
}

/** References that stand directly in an expression, without those of its subqueries. */
export function directReferences(expression: Expression): ColumnRef[] {
  const found: ColumnRef[] = [];
  walk(expression, (node) => {
    if (node.kind === 'column') found.push(node);
    return node.kind !== 'query';
  });
  return found;
}
