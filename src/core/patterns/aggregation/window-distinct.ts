import type { FunctionCall, Window } from '../../sql/ast.ts';
import { aggregateResult, isOrderSensitiveAggregate } from '../../sql/properties/functions.ts';
import { orderedOutput } from '../../sql/properties/order.ts';
import { sameExpression } from '../../sql/properties/same-expression.ts';
import { typeOf } from '../../sql/properties/types.ts';
import { containsKind } from '../../sql/properties/usage.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { joinFragments, lineBreak, source, sql } from '../../sql/writing/fragment.ts';
import { startsLine, tokenBefore } from '../../sql/writing/ranges.ts';
import { blocked, offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { keepName } from './aggregates.ts';
import { windowEngines } from './window-engines.ts';

/** `SELECT DISTINCT k, sum(x) OVER (PARTITION BY k)` → `SELECT k, sum(x) … GROUP BY k`. */
export const windowDistinctToGroupBy: Pattern = {
  id: 'window-distinct-to-group-by',
  title: 'DISTINCT over window aggregates: GROUP BY',
  category: 'aggregation',
  industries: ['analytics'],
  engines: windowEngines(
    'Always when partitions have more than a few rows: no sort of all rows, no copy of the total in each of them.',
  ),
  severity: 'warning',
  description:
    'All rows are sorted by partition, each gets a copy of its total, and then all copies but one are thrown away. GROUP BY computes one row for each partition in one pass.',
  source: 'https://www.postgresql.org/docs/current/tutorial-window.html',
  precondition:
    'All window functions are plain aggregates over one PARTITION BY without ORDER BY; exactly the partition columns and these aggregates are selected.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total numeric);',
    before:
      'SELECT DISTINCT o.customer_id, sum(o.total) OVER (PARTITION BY o.customer_id) AS total FROM orders o',
    after: 'SELECT o.customer_id, sum(o.total) AS total FROM orders o GROUP BY o.customer_id',
  },
  rewrites: true,
  needs: ['distinct', 'window call'],
  *find(statement) {
    for (const block of statement.blocks) {
      const calls = block.select.distinct === 'distinct' && !block.grouped ? totalsOf(block) : null;
      if (calls) yield matchOf(statement, block, calls);
    }
  },
};

interface Total {
  readonly call: FunctionCall;
  readonly window: Window;
}

/** The window calls of the block, when all are items of the select list with PARTITION BY alone. */
function totalsOf(block: Block): Total[] | null {
  if (block.windows.length === 0 || block.select.windows.length > 0) return null;
  const totals = block.windows.flatMap((call) => {
    const { over } = call;
    const whole = block.select.items.some((item) => unwrapParens(item.expression) === call);
    if (!whole || over?.kind !== 'window' || over.base || over.partitionBy.length === 0) return [];
    return over.orderBy.length === 0 && over.frame === null ? [{ call, window: over }] : [];
  });
  return totals.length === block.windows.length ? totals : null;
}

function matchOf(statement: AnalyzedStatement, block: Block, totals: readonly Total[]): Match {
  const [first] = totals;
  const range = first?.call ?? block.select.clauses.select;
  const message =
    'Every row gets a copy of its partition’s total, and DISTINCT throws the copies away. GROUP BY makes one row of each partition.';
  const why = obstacle(statement, block, totals);
  if (why !== null) return blocked(range, message, why);
  const edits = editing(statement).removeDistinct(block);
  for (const { call, window } of totals) {
    const over = tokenBefore(statement.tokens, window.start);
    const before = over && tokenBefore(statement.tokens, over.start);
    if (!before || over.upper !== 'OVER') edits.fail();
    else edits.remove({ start: before.end, end: call.end });
    keepName(statement, call, call.function, edits);
  }
  const { from, where } = block.select.clauses;
  const last = where ?? from;
  const keys = joinFragments((first?.window.partitionBy ?? []).map((key) => source(statement, key)));
  if (!last) edits.fail();
  else
    edits.insert(
      last.end,
      startsLine(statement.text, last.start)
        ? joinFragments([lineBreak(), sql`GROUP BY ${keys}`], sql``)
        : sql` GROUP BY ${keys}`,
    );
  return offer(
    range,
    message,
    () => edits.done(),
    'The partition columns are selected: there is one row of each partition.',
  );
}

function obstacle(statement: AnalyzedStatement, block: Block, totals: readonly Total[]): string | null {
  const { select } = block;
  const keys = totals[0]?.window.partitionBy ?? [];
  if (!block.resolved || select.top || select.into || select.qualify || block.children.length > 0)
    return 'The query has parts that a grouped one may not have.';
  if (!totals.every(({ window }) => samePartition(statement, keys, window.partitionBy)))
    return 'The window functions have different partitions.';
  for (const { call } of totals) {
    const argument = call.args[0]?.value;
    const family = argument ? typeOf(argument, statement)?.family : undefined;
    if (aggregateResult(call) === undefined || isOrderSensitiveAggregate(call) || call.nulls)
      return `${call.function} is no aggregate, or one that depends on the order of the rows.`;
    if (['sum', 'avg'].includes(call.function) && family !== 'integer' && family !== 'decimal')
      return 'The last digit of a sum of floats depends on the order in which they are added.';
    if (!isDeterministic(call, statement)) return 'A volatile function is called.';
  }
  for (const key of keys) {
    if (!isDeterministic(key, statement)) return 'A volatile function is called.';
    // GROUP BY 1 is the first column
    if (!containsKind(key, 'column')) return 'A partition is not by a column.';
    if (!typeOf(key, statement)?.deterministic)
      return 'Equality of a partition column is not that of its bytes.';
    if (!select.items.some((item) => sameExpression(item.expression, key, statement)))
      return 'A partition column is not selected: several partitions may have the same total.';
  }
  const selected = select.items.every(
    ({ expression }) =>
      keys.some((key) => sameExpression(expression, key, statement)) ||
      totals.some(({ call }) => call === unwrapParens(expression)),
  );
  if (!selected) return 'A column that is selected is neither a partition column nor such an aggregate.';
  return block.orderBy.every(
    (item) =>
      orderedOutput(item, block, statement) ||
      keys.some((key) => sameExpression(key, item.expression, statement)),
  )
    ? null
    : 'ORDER BY sorts by something else.';
}

function samePartition(
  statement: AnalyzedStatement,
  a: Window['partitionBy'],
  b: Window['partitionBy'],
): boolean {
  return a.length === b.length && a.every((key) => b.some((other) => sameExpression(key, other, statement)));
}
