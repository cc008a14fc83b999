import type { TypeFamily } from '../../catalog/catalog.ts';
import type { Expression, OrderItem } from '../../sql/ast.ts';
import { mayReturnSets } from '../../sql/properties/keys.ts';
import { isNotNull } from '../../sql/properties/not-null.ts';
import { orderedExpression } from '../../sql/properties/order.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { sameExpression } from '../../sql/properties/same-expression.ts';
import { typeOf } from '../../sql/properties/types.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import { contains } from '../../sql/text.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { source, sql } from '../../sql/writing/fragment.ts';
import { identifier } from '../../sql/writing/identifiers.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { itemNamedBy, mayBeRepeated } from '../select-item.ts';

/** Families whose order max() and min() agree with. */
const ORDERED: ReadonlySet<TypeFamily> = new Set<TypeFamily>([
  'integer',
  'decimal',
  'float',
  'date',
  'timestamp',
  'timestamptz',
]);

/**
 * Matches `(SELECT x FROM t WHERE t.k = o.k ORDER BY x DESC LIMIT 1)`: the largest x, in other words.
 *
 * As max(x) the subquery is an aggregate over a key, which can be computed once for each key and joined; with LIMIT it must run for each
 * row. NULL is what ORDER BY puts first or last and max() passes over.
 */
export const limitOneToExtreme: Pattern = {
  id: 'limit-one-to-extreme',
  title: 'ORDER BY x LIMIT 1 of x itself: MIN or MAX',
  category: 'subqueries',
  engines: allEngines(
    'when the subquery can then be joined as a grouped derived table; with an index on (key, x) and few outer rows it is as fast as it is',
  ),
  severity: 'hint',
  description:
    'The subquery sorts the rows of the current outer row to select the first value of what it sorts by. That is MIN or MAX, which can be computed for all keys in one pass.',
  source: 'Galindo-Legaria and Joshi, "Orthogonal optimization of subqueries and aggregation", SIGMOD 2001',
  precondition:
    'The one selected value is the one that is sorted by, LIMIT is 1 without OFFSET, and a NULL cannot come first.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY); CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, placed date NOT NULL);',
    before:
      'SELECT c.id, (SELECT o.placed FROM orders o WHERE o.customer_id = c.id ORDER BY o.placed DESC LIMIT 1) AS latest FROM customers c;',
    after:
      'SELECT c.id, (SELECT MAX(o.placed) FROM orders o WHERE o.customer_id = c.id) AS latest FROM customers c;',
  },
  rewrites: true,
  needs: ['as scalar', 'few rows'],
  *find(statement) {
    for (const block of statement.blocks) {
      if (block.role !== 'scalar' || block.outerReferences.length === 0) continue;
      const match = matchOf(statement, block);
      if (match) yield match;
    }
  },
};

function matchOf(statement: AnalyzedStatement, block: Block): Match | null {
  const { select, query } = block;
  const [item, ...more] = select.items;
  const [order, ...others] = block.orderBy;
  if (query.body !== select || !item || !order || more.length > 0 || others.length > 0 || !isFirst(block))
    return null;
  const by = orderedExpression(order, block, statement);
  if (!by || !sameExpression(by, item.expression, statement)) return null;
  const extreme = order.direction === 'desc' ? 'MAX' : 'MIN';
  const range = { start: select.start, end: query.end };
  const message = `The subquery sorts to find the ${extreme === 'MAX' ? 'largest' : 'smallest'} value. ${extreme} says so, and can be computed once for each key.`;
  const why = obstacle(statement, block, item.expression, order);
  if (why !== null) return blocked(range, message, why);
  const edits = editing(statement)
    .replaceSelectList(block, writtenItem(statement, block, extreme))
    .removeOrderBy(query);
  if (query.limit) edits.removeLimit(query);
  else edits.removeClause(select.top);
  const give = canRaise(query, statement) ? offerToTest : offer;
  return give(
    range,
    message,
    () => edits.done(),
    'the first value in that order is the extreme, and no NULL comes before it',
  );
}

/** `LIMIT 1` or `TOP 1`, without OFFSET and ties. */
function isFirst({ query, select }: Block): boolean {
  const { limit } = query;
  if (limit) return isOne(limit.count) && limit.offset === null && !limit.withTies && select.top === null;
  return select.top !== null && isOne(select.top.count) && !select.top.percent && !select.top.withTies;
}

function isOne(count: Expression | null): boolean {
  const e = count && unwrapParens(count);
  return e?.kind === 'literal' && e.type === 'number' && e.value === '1';
}

function obstacle(
  statement: AnalyzedStatement,
  block: Block,
  value: Expression,
  order: OrderItem,
): string | null {
  const { select, query } = block;
  if (
    block.grouped ||
    block.windows.length > 0 ||
    (select.distinct !== null && typeof select.distinct === 'object')
  )
    return 'the subquery groups or ranks its rows';
  if (query.with !== null || query.locking.length > 0 || query.trailing.length > 0 || !block.resolved)
    return 'the subquery is not plain';
  // MIN and MAX of columns of the outer query alone, or of its aggregates, would be aggregates of the outer query
  if (block.sources.length === 0 || block.outerReferences.some(({ reference }) => contains(value, reference)))
    return 'what it selects depends on the outer row';
  if (mayReturnSets(block, statement)) return 'a function may return several rows';
  if (!isDeterministic(query, statement)) return 'a volatile function is called';
  if (order.using !== null || !ORDERED.has(typeOf(value, statement)?.family ?? 'other'))
    return 'the type has no order that MIN and MAX share';
  if (nullsFirst(statement, order) && !isNotNull(value, block, statement)) return 'NULL would come first';
  const holder = block.holder as Expression;
  if (mayBeRepeated(statement, holder)) return 'GROUP BY or ORDER BY may repeat the subquery';
  const keepsName = statement.dialect === 'postgresql' && block.outputs[0]?.name;
  return itemNamedBy(statement, holder) && !keepsName
    ? 'the column of the result would get another name'
    : null;
}

/** PostgreSQL takes NULL for the largest value, the others for the smallest. */
function nullsFirst({ dialect }: AnalyzedStatement, { direction, nulls }: OrderItem): boolean {
  if (nulls !== null) return nulls === 'first';
  return dialect === 'postgresql' ? direction === 'desc' : direction !== 'desc';
}

function writtenItem(statement: AnalyzedStatement, block: Block, extreme: 'MIN' | 'MAX') {
  const [item] = block.select.items;
  const value = source(statement, item?.expression ?? block.select);
  const call = extreme === 'MAX' ? sql`max(${value})` : sql`min(${value})`;
  const name = item?.alias?.name ?? block.outputs[0]?.name;
  const named = item?.alias || itemNamedBy(statement, block.holder as Expression);
  return named && name ? sql`${call} AS ${identifier(name, statement.dialect)}` : call;
}
