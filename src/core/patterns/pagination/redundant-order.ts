import type { Expression, OrderItem } from '../../sql/ast.ts';
import { equalitiesOf, isConstantFor } from '../../sql/properties/equalities.ts';
import { determinesRow, mayReturnSets, type SourceField } from '../../sql/properties/keys.ts';
import { filteringConjuncts } from '../../sql/properties/not-null.ts';
import { orderedExpression, orderedOutput } from '../../sql/properties/order.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { sameExpression } from '../../sql/properties/same-expression.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import { contains } from '../../sql/text.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { orderByRange } from '../../sql/writing/ranges.ts';
import { allEngines } from '../engines.ts';
import { removeListItems } from '../list-items.ts';
import { offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';

/** `ORDER BY id, name` → `ORDER BY id`. */
export const redundantOrder: Pattern = {
  id: 'redundant-order-by',
  title: 'ORDER BY columns that decide nothing',
  category: 'pagination',
  industries: ['saas'],
  engines: allEngines('An index has the order of the columns that are left, above all with LIMIT.'),
  severity: 'info',
  description:
    'Behind a unique key, or where WHERE fixes the column to one value, or in a result of one row, a column of ORDER BY decides nothing. But an index that gives the order of the others is passed over for a sort.',
  source:
    'Simmen, Shekita and Malkemus, "Fundamental techniques for order optimization", SIGMOD 1996; Calcite, SORT_REMOVE_CONSTANT_KEYS',
  precondition:
    'The columns before it determine the row (or the group), or WHERE fixes it to one value, or it was there before, or there is one row at most.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, placed_at timestamp, total numeric);',
    before: 'SELECT o.id, o.total FROM orders o ORDER BY o.id, o.placed_at LIMIT 20',
    after: 'SELECT o.id, o.total FROM orders o ORDER BY o.id LIMIT 20',
  },
  rewrites: true,
  needs: ['orderItem'],
  *find(statement) {
    for (const block of statement.blocks) {
      const match = isPlainlyOrdered(block) ? matchOf(statement, block) : null;
      if (match) yield match;
    }
  },
};

function isPlainlyOrdered(block: Block): boolean {
  const { query, select } = block;
  return (
    query.body === select &&
    query.orderBy.length > 0 &&
    query.orderBy.every((item) => item.using === null) &&
    query.locking.length === 0 &&
    query.trailing.length === 0 &&
    select.qualify === null &&
    block.resolved &&
    (select.groupBy?.sets.length ?? 0) === 0 &&
    (select.distinct === null || typeof select.distinct === 'string')
  );
}

function matchOf(statement: AnalyzedStatement, block: Block): Match | null {
  const { orderBy } = block.query;
  const range = orderByRange(statement, block.query);
  if (!range || !orderBy.every((item) => isQuiet(statement, block, item))) return null;
  if (mayReturnSets(block, statement)) return null;
  // WITH TIES and T-SQL's OFFSET cannot do without
  const { limit } = block.query;
  const whole = !block.select.top?.withTies && (!limit || (statement.dialect !== 'tsql' && !limit.withTies));
  if (whole && hasOneRow(statement, block)) {
    const edits = () => editing(statement).removeOrderBy(block.query).done();
    return offer(
      range,
      'There is one row at most: nothing to sort.',
      edits,
      'The query has one row at most.',
    );
  }
  const redundant = redundantItems(statement, block);
  const [first] = redundant.keys();
  if (!first || redundant.size === orderBy.length) return null;
  const edits = () => removeListItems(editing(statement), orderBy, new Set(redundant.keys())).done();
  const texts = [...redundant.keys()].map((item) => statement.text.slice(item.start, item.end)).join(', ');
  return offer(first, `${texts} in ORDER BY decides nothing.`, edits, ...new Set(redundant.values()));
}

/** Leaving the item out leaves nothing out but the order: no function with an effect, no error. */
function isQuiet(statement: AnalyzedStatement, block: Block, item: OrderItem): boolean {
  const expression = orderedExpression(item, block, statement);
  return !expression || (isDeterministic(expression, statement) && !canRaise(expression, statement));
}

function hasOneRow(statement: AnalyzedStatement, block: Block): boolean {
  if (!block.grouped) return block.sources.length > 0 && determinesRow(block, [], statement);
  const { orderBy } = block.query;
  // an aggregate of ORDER BY alone is what makes one row of all
  const elsewhere = block.aggregates.some((call) => !orderBy.some((item) => contains(item, call)));
  return block.select.groupBy === null && (elsewhere || block.select.having !== null);
}

/** The items that decide nothing, each with the reason. */
function redundantItems(statement: AnalyzedStatement, block: Block): Map<OrderItem, string> {
  const redundant = new Map<OrderItem, string>();
  const kept: { readonly expression: Expression | null; readonly field: SourceField | null }[] = [];
  for (const item of block.query.orderBy) {
    const expression = orderedExpression(item, block, statement);
    const field = fieldOf(statement, block, item);
    const reason = reasonFor(statement, block, expression, field, kept);
    if (reason) redundant.set(item, reason);
    else kept.push({ expression, field });
  }
  return redundant;
}

type Sorted = { readonly expression: Expression | null; readonly field: SourceField | null };

function reasonFor(
  statement: AnalyzedStatement,
  block: Block,
  expression: Expression | null,
  field: SourceField | null,
  before: readonly Sorted[],
): string | null {
  const again = before.some(
    (one) =>
      (one.expression && expression && sameExpression(one.expression, expression, statement)) ||
      (one.field && field && one.field.source === field.source && one.field.column === field.column),
  );
  if (again) return 'It is sorted by the same already.';
  if (field && isFixed(statement, block, field)) return `WHERE fixes ${field.column} to one value.`;
  if (before.length === 0) return null;
  if (block.grouped) {
    const all =
      block.groupBy.length > 0 &&
      block.groupBy.every((key) =>
        before.some((one) => one.expression && sameExpression(one.expression, key, statement)),
      );
    return all ? 'It is sorted by all grouping columns: no two groups tie.' : null;
  }
  const fields = before.flatMap((one) => (one.field ? [one.field] : []));
  return determinesRow(block, fields, statement)
    ? 'The columns before it contain a key: no two rows tie.'
    : null;
}

/** The column of a source that an item of ORDER BY is. */
function fieldOf(statement: AnalyzedStatement, block: Block, item: OrderItem): SourceField | null {
  const output = orderedOutput(item, block, statement);
  if (output) {
    return output.source?.block === block && output.column
      ? { source: output.source, column: output.column.name }
      : null;
  }
  const e = unwrapParens(item.expression);
  const column = e.kind === 'column' ? statement.resolve(e) : null;
  return column?.source.block === block ? { source: column.source, column: column.name } : null;
}

function isFixed(statement: AnalyzedStatement, block: Block, { source, column }: SourceField): boolean {
  return filteringConjuncts(block).some((conjunct) =>
    equalitiesOf(conjunct, statement).some(
      (one) =>
        one.column.source === source &&
        one.column.name === column &&
        isConstantFor(one.value, block, statement),
    ),
  );
}
