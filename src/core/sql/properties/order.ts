/** What ORDER BY says about the order of rows. */
import type { Expression, OrderItem } from '../ast.ts';
import type { AnalyzedStatement, Block, Output } from '../query-model.ts';
import { unwrapParens } from '../walk.ts';
import { determinesRow, isOutputOf, mayReturnSets, type SourceField } from './keys.ts';

/** The expression that an item of ORDER BY means: through output names and ordinals. Null when that is a star's column. */
export function orderedExpression(
  item: OrderItem,
  block: Block,
  statement: AnalyzedStatement,
): Expression | null {
  const output = orderedOutput(item, block, statement);
  return output ? output.expression : item.expression;
}

/** The output that an item of ORDER BY names, by its name or its ordinal; null when it is an expression of its own. */
export function orderedOutput(item: OrderItem, block: Block, statement: AnalyzedStatement): Output | null {
  const e = unwrapParens(item.expression);
  if (e.kind === 'column') return statement.outputOf(e);
  if (e.kind !== 'literal' || e.type !== 'number' || !/^\d+$/.test(e.value)) return null;
  return block.outputsComplete ? (block.outputs[Number(e.value) - 1] ?? null) : null;
}

/**
 * ORDER BY leaves no ties: rows that agree in everything it sorts by are the same row of the result. Then LIMIT gives
 * the same rows each time, and the order of the whole result is fixed.
 */
export function isTotalOrder(block: Block, statement: AnalyzedStatement): boolean {
  if (block.orderBy.length === 0 || block.setBranch) return false;
  if (block.orderBy.some((item) => item.using !== null) || mayReturnSets(block, statement)) return false;
  if (block.grouped) return ordersGroups(block, statement);
  if (block.select.distinct === 'distinct') {
    return block.outputs.every((output) =>
      block.orderBy.some((item) => sorts(item, output, block, statement)),
    );
  }
  if (block.select.distinct !== null && block.select.distinct !== 'all') return false;
  const fields: SourceField[] = [];
  for (const item of block.orderBy) {
    const output = orderedOutput(item, block, statement);
    const e = output ? output.expression : unwrapParens(item.expression);
    const column = e?.kind === 'column' ? statement.resolve(e) : null;
    if (column) fields.push({ source: column.source, column: column.name });
    else if (output?.source && output.column)
      fields.push({ source: output.source, column: output.column.name });
  }
  return determinesRow(block, fields, statement);
}

function sorts(item: OrderItem, output: Output, block: Block, statement: AnalyzedStatement): boolean {
  const named = orderedOutput(item, block, statement);
  return named ? named === output : isOutputOf(output, item.expression, statement);
}

/** All grouping expressions are sorted by; a global aggregate has one row anyway. */
function ordersGroups(block: Block, statement: AnalyzedStatement): boolean {
  const { groupBy } = block.select;
  if (!groupBy) return true;
  if (groupBy.sets.length > 0) return false;
  return block.groupBy.every((expression) =>
    block.orderBy.some((item) => {
      const output = orderedOutput(item, block, statement);
      const sorted: Output | null = output;
      return sorted
        ? isOutputOf(sorted, expression, statement)
        : isOutputOf(expressionOutput(item.expression), expression, statement);
    }),
  );
}

function expressionOutput(expression: Expression): Output {
  return { name: null, item: null, expression, source: null, column: null, notNull: false, type: null };
}

/**
 * A LIMIT inside of the statement, below ORDER BY with ties or without one: which rows pass it is left open, and the rest of the
 * statement computes with them. Such a statement may return this or that, and whatever changes its plan may change which.
 * The LIMIT of the whole statement is not meant: there, results are compared as far as its order goes.
 */
export function leavesRowsOpen(statement: AnalyzedStatement): boolean {
  return statement.blocks.some(
    (block) =>
      block.role !== 'statement' &&
      block.role !== 'exists' &&
      (block.query.limit !== null || block.select.top !== null) &&
      !isTotalOrder(block, statement),
  );
}
