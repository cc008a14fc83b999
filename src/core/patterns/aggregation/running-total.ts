import type { TypeFamily } from '../../catalog/catalog.ts';
import type { Binary, Expression, FunctionCall } from '../../sql/ast.ts';
import { determinesRow } from '../../sql/properties/keys.ts';
import { isNotNull } from '../../sql/properties/not-null.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { sameExpression } from '../../sql/properties/same-expression.ts';
import { typeOf } from '../../sql/properties/types.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Conjunct, ResolvedColumn, Source } from '../../sql/query-model.ts';
import { unwrapParens, walk } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { joinFragments, parenthesized, sql, source as textOf } from '../../sql/writing/fragment.ts';
import { columnOf, identifier } from '../../sql/writing/identifiers.ts';
import { columnRefsIn, rebase } from '../../sql/writing/rebase.ts';
import { type CorrelationKey, correlationOf } from '../correlation.ts';

import { whenAsked } from '../offer.ts';
import type { Match, Pattern, Rewrite } from '../pattern.ts';
import { itemNamedBy, mayBeRepeated } from '../select-item.ts';
import { plainText } from '../subqueries/shared-shape.ts';
import { hasSubquery } from '../subquery-shape.ts';
import { filteredCall } from './filtered-aggregates.ts';
import { windowEngines } from './window-engines.ts';

const AGGREGATES = new Set(['sum', 'count', 'min', 'max', 'avg']);

/** How the inner rows relate to the outer one in order: up to it, or from it on, the row itself included or not. */
interface OrderCondition {
  readonly inner: ResolvedColumn;
  readonly outer: ResolvedColumn;
  readonly direction: 'ASC' | 'DESC';
  /** the current row and those that tie with it are left out */
  readonly strict: boolean;
}

interface Shape {
  readonly block: Block;
  readonly outer: Block;
  readonly table: Source;
  readonly aggregate: FunctionCall;
  readonly holder: Expression;
  readonly order: OrderCondition;
  readonly partition: readonly CorrelationKey[];
  /** conditions on the rows that are aggregated */
  readonly filters: readonly Conjunct[];
}

/**
 * Matches a subquery in the select list that aggregates the rows of the same table up to the current row.
 *
 * That reads n²/2 rows for each group of n. A window function reads each once. `<=` takes in the ties of the current
 * row, which is what the default frame (RANGE … CURRENT ROW) does; `<` leaves them out: the rows before the current one
 * when none tie, and a count of them is one less than the rank.
 */
export const runningTotalToWindow: Pattern = {
  id: 'running-total-to-window',
  title: 'Running total by a correlated subquery: window function',
  category: 'aggregation',
  engines: windowEngines(
    'when groups have more than a few rows: the subquery reads each group once for each of its rows',
  ),
  severity: 'warning',
  description:
    'For every row all earlier rows of its group are read and added up again. A window function carries the total along in one pass.',
  source:
    'Zuzarte et al., "WinMagic: subquery elimination using window aggregation", SIGMOD 2003; measured 8 times on PostgreSQL 15',
  precondition:
    'Both blocks read the same table and nothing else, each condition of WHERE around takes or leaves whole partitions or stands in the subquery, too, and partition and order columns are NOT NULL. With < or > the order column is unique within its partition, or the rows before are only counted.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, total numeric NOT NULL);',
    before: `SELECT o.id, (SELECT sum(b.total) FROM orders b WHERE b.customer_id = o.customer_id AND b.id <= o.id) AS so_far FROM orders o;`,
    after:
      'SELECT o.id, sum(o.total) OVER (PARTITION BY o.customer_id ORDER BY o.id) AS so_far FROM orders o;',
  },
  rewrites: true,
  needs: ['as scalar', 'call'],
  *find(statement) {
    for (const block of statement.blocks) {
      const shape = block.role === 'scalar' ? shapeOf(statement, block) : null;
      if (shape) yield matchOf(statement, shape);
    }
  },
};

function shapeOf(statement: AnalyzedStatement, block: Block): Shape | null {
  const [item] = block.select.items;
  const aggregate = item ? unwrapParens(item.expression) : null;
  const correlation = correlationOf(statement, block);
  if (aggregate?.kind !== 'call' || !AGGREGATES.has(aggregate.function) || !correlation) return null;
  if (correlation.outer.kind !== 'select' || correlation.other.length !== 1) return null;
  const outer = correlation.outer as Block;
  const [table] = block.sources;
  const [outerTable] = outer.sources;
  const [condition] = correlation.other;
  if (!table || !outerTable || block.sources.length > 1 || outer.sources.length > 1 || !condition)
    return null;
  const order = orderOf(statement, condition, table, outerTable);
  const holder = block.holder as Expression;
  if (!order || !isPlain(block) || !isPlain(outer) || !sameTable(table, outerTable)) return null;
  if (block.query.limit || block.query.orderBy.length > 0 || block.select.items.length > 1) return null;
  if (outer.grouped || !outer.select.items.some((i) => i.start <= holder.start && holder.end <= i.end))
    return null;
  const partition = correlation.keys;
  const keys = partition.map((key) => key.outer);
  const around = outer.where.filter((one) => !isOfPartition(statement, one, keys));
  const written = around.map((one) => filterText(statement, one, outerTable, outerTable));
  if (written.includes(null)) return null;
  const inside = correlation.local.map((one) => filterText(statement, one, table, outerTable));
  if (!written.every((one) => inside.includes(one))) return null;
  // what both say holds for every row that the window sees
  const filters = correlation.local.filter((_, at) => !written.includes(inside[at] ?? null));
  return { block, outer, table, aggregate, holder, order, partition, filters };
}

/** A condition on the rows of one source alone, as it would be said of another; null for one of another kind. */
function filterText(
  statement: AnalyzedStatement,
  { expression, correlated }: Conjunct,
  of: Source,
  to: Source,
): string | null {
  if (correlated || hasSubquery(expression) || !isDeterministic(expression, statement)) return null;
  let placeholder = false;
  walk(expression, (node) => {
    if (node.kind === 'placeholder') placeholder = true;
  });
  if (placeholder) return null;
  const written = rebase(statement, expression, (column) =>
    column.source === of ? columnOf(to, column.name, statement.dialect) : null,
  );
  return written && plainText(written);
}

/** A window sees only the rows that pass WHERE: it must take or leave whole partitions. */
export function isOfPartition(
  statement: AnalyzedStatement,
  { expression, correlated }: Conjunct,
  partition: readonly Expression[],
): boolean {
  if (correlated || hasSubquery(expression) || !isDeterministic(expression, statement)) return false;
  const references = columnRefsIn(expression);
  return (
    references.length > 0 &&
    references.every((ref) =>
      partition.some(
        (key) =>
          sameExpression(key, ref, statement) && IDENTICAL.has(typeOf(ref, statement)?.family ?? 'other'),
      ),
    )
  );
}

/** Families in which equal values are one value, whatever function looks at them. */
const IDENTICAL: ReadonlySet<TypeFamily> = new Set<TypeFamily>([
  'integer',
  'text',
  'date',
  'timestamp',
  'uuid',
]);

/** No DISTINCT, grouping, TOP: rows are those of the table. */
function isPlain(block: Block): boolean {
  const { select, query } = block;
  return (
    query.body === select &&
    select.groupBy === null &&
    select.having === null &&
    select.distinct === null &&
    select.qualify === null &&
    select.top === null &&
    query.locking.length === 0
  );
}

function sameTable(a: Source, b: Source): boolean {
  return (
    a.table !== null &&
    a.table === b.table &&
    a.node.kind === 'table' &&
    b.node.kind === 'table' &&
    a.node.only === b.node.only &&
    a.node.modifiers.length + b.node.modifiers.length === 0
  );
}

function orderOf(
  statement: AnalyzedStatement,
  conjunct: Conjunct,
  inner: Source,
  outer: Source,
): OrderCondition | null {
  const { expression } = conjunct;
  if (expression.kind !== 'binary' || !['<', '<=', '>', '>='].includes(expression.operator)) return null;
  const strict = !expression.operator.endsWith('=');
  const upTo = expression.operator.startsWith('<');
  const [left, right] = sidesOf(statement, expression);
  if (left?.source === inner && right?.source === outer && left.name === right.name) {
    return { inner: left, outer: right, direction: upTo ? 'ASC' : 'DESC', strict };
  }
  if (left?.source === outer && right?.source === inner && left.name === right.name) {
    return { inner: right, outer: left, direction: upTo ? 'DESC' : 'ASC', strict };
  }
  return null;
}

function sidesOf(statement: AnalyzedStatement, expression: Binary): (ResolvedColumn | null)[] {
  return [expression.left, expression.right].map((side) => {
    const inner = unwrapParens(side);
    return inner.kind === 'column' ? statement.resolve(inner) : null;
  });
}

function matchOf(statement: AnalyzedStatement, shape: Shape): Match {
  const { holder, aggregate } = shape;
  return whenAsked(
    { start: holder.start, end: holder.end },
    `${aggregate.function} reads all earlier rows again for every row. A window function carries the value along in one pass.`,
    () => obstacle(statement, shape) ?? rewriteOf(statement, shape) ?? 'a part of the subquery would be lost',
  );
}

function rewriteOf(statement: AnalyzedStatement, shape: Shape): Rewrite | null {
  const edits = editsFor(statement, shape);
  return (
    edits && {
      edits,
      assumptions: [
        shape.order.strict
          ? 'the window sees the whole table, and only the rows before the current one count'
          : 'the window sees the whole table, and the default frame takes in the ties of the current row as <= does',
      ],
      soundness: dependsOnEvaluation(statement, shape) ? 'likely' : 'proved',
    }
  );
}

/**
 * The window is computed for every row and in its own order: what raises may raise where a CASE kept it from being
 * computed, and the last digit of a sum of floats depends on the order.
 */
function dependsOnEvaluation(statement: AnalyzedStatement, { aggregate, filters }: Shape): boolean {
  if (canRaise(aggregate, statement)) return true;
  if (filters.some(({ expression }) => canRaise(expression, statement))) return true;
  const summed = aggregate.function === 'sum' || aggregate.function === 'avg';
  const family = aggregate.args[0] && typeOf(aggregate.args[0].value, statement)?.family;
  return summed && (family === undefined || family === 'float');
}

function obstacle(
  statement: AnalyzedStatement,
  { block, aggregate, order, partition, outer, holder, filters }: Shape,
): string | null {
  if (
    [...outer.windows, ...outer.aggregates].some(
      (call) => call.start <= holder.start && holder.end <= call.end,
    )
  )
    return 'window functions cannot be nested';
  if (mayBeRepeated(statement, holder)) return 'GROUP BY or ORDER BY may repeat the subquery';
  if (itemNamedBy(statement, holder) && !block.outputs[0]?.name)
    return 'the column of the result would get another name';
  if (!isDeterministic(block.query, statement)) return 'the subquery calls a volatile function';
  if (
    aggregate.distinct ||
    aggregate.over ||
    aggregate.orderBy.length > 0 ||
    aggregate.withinGroup.length > 0
  )
    return 'the aggregate is not plain';
  if (aggregate.filter && filters.length > 0) return 'the aggregate is not plain';
  if (filters.some(({ expression }) => hasSubquery(expression))) return 'the subquery holds another one';
  for (const key of partition) {
    const [inner, around] = [unwrapParens(key.inner), unwrapParens(key.outer)];
    const same =
      inner.kind === 'column' &&
      around.kind === 'column' &&
      statement.resolve(inner)?.name === statement.resolve(around)?.name;
    if (!same) return 'the correlation is not on the same column of both';
    if (!isNotNull(key.outer, outer, statement)) return 'a partition column may be NULL';
    if (!typeOf(key.outer, statement)?.deterministic)
      return 'equality of a partition column is not that of its bytes';
  }
  if (!order.outer.notNull) return 'the order column may be NULL';
  if (!order.strict || leavesNoTies(statement, outer, order, partition)) return null;
  if (!isRank(aggregate) || filters.length > 0)
    return 'rows that tie with the current one would be counted in';
  return statement.dialect === 'tsql' ? 'a rank has another type than a count' : null;
}

/** No two rows of a partition have the same value of the order column. */
function leavesNoTies(
  statement: AnalyzedStatement,
  outer: Block,
  order: OrderCondition,
  partition: readonly CorrelationKey[],
): boolean {
  const keys = partition.flatMap(({ outer: key }) => {
    const inner = unwrapParens(key);
    const column = inner.kind === 'column' ? statement.resolve(inner) : null;
    return column ? [column] : [];
  });
  const fields = [...keys, order.outer].map((column) => ({ source: column.source, column: column.name }));
  return determinesRow(outer, fields, statement);
}

/** The number of rows that come before is the rank less one. */
function isRank(aggregate: FunctionCall): boolean {
  return aggregate.function === 'count' && aggregate.star && aggregate.filter === null;
}

function editsFor(
  statement: AnalyzedStatement,
  { block, aggregate, holder, order, partition, table, outer, filters }: Shape,
) {
  const [outerTable] = outer.sources;
  if (!outerTable) return null;
  const call = filteredCall(
    statement,
    aggregate,
    { block, table },
    { block: outer, table: outerTable },
    filters,
  );
  if (!call) return null;
  const keys = joinFragments(partition.map((key) => textOf(statement, key.outer)));
  const orderBy =
    order.direction === 'ASC'
      ? textOf(statement, order.outer.reference)
      : sql`${textOf(statement, order.outer.reference)} DESC`;
  const window =
    partition.length > 0 ? sql`PARTITION BY ${keys} ORDER BY ${orderBy}` : sql`ORDER BY ${orderBy}`;
  const ranked = order.strict && !leavesNoTies(statement, outer, order, partition);
  const rank = sql`rank() OVER (${window}) - 1`;
  const alone = outer.select.items.some((item) => item.expression === holder);
  const value = ranked
    ? alone
      ? rank
      : parenthesized(rank)
    : order.strict
      ? sql`${call} OVER (${window} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)`
      : sql`${call} OVER (${window})`;
  const edits = editing(statement).replace(holder, value);
  const unnamed = itemNamedBy(statement, holder);
  const name = block.outputs[0]?.name;
  if (unnamed && name && (ranked || name !== aggregate.function))
    edits.insert(unnamed.end, sql` AS ${identifier(name, statement.dialect)}`);
  return edits.done();
}
