import type { Expression, FunctionCall } from '../../sql/ast.ts';
import { keysOf } from '../../sql/properties/keys.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Conjunct, ResolvedColumn, Source } from '../../sql/query-model.ts';
import { unwrapParens, walk } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { joinFragments, source, sql } from '../../sql/writing/fragment.ts';
import { identifier } from '../../sql/writing/identifiers.ts';
import { type Correlation, correlationOf } from '../correlation.ts';
import { blocked, offer } from '../offer.ts';
import type { EngineSupport, Match, Pattern } from '../pattern.ts';
import { itemNamedBy, mayBeRepeated } from '../select-item.ts';

const PAYS = 'when a user has more than a few events: the subquery searches them again for each one';

const ENGINES: readonly EngineSupport[] = [
  { dialect: 'postgresql', pays: PAYS },
  { dialect: 'mysql', from: 8, pays: PAYS },
  { dialect: 'mariadb', from: 10, pays: PAYS },
  { dialect: 'tsql', pays: PAYS },
];

const ORDERED = new Set(['integer', 'decimal', 'date', 'time', 'timestamp', 'timestamptz']);

interface Neighbour {
  readonly block: Block;
  readonly outer: Block;
  readonly table: Source;
  readonly holder: Expression;
  readonly call: FunctionCall;
  readonly correlation: Correlation;
  /** the column by which rows come before or after each other, of the outer row */
  readonly order: ResolvedColumn;
  readonly window: 'lag' | 'lead';
}

/**
 * `(SELECT max(p.at) FROM events p WHERE p.user_id = e.user_id AND p.at < e.at)`: the time of the event before. lag() has
 * it at hand. Without ties: max() of what is earlier skips rows of the same time, lag() does not.
 */
export const previousRowToLag: Pattern = {
  id: 'previous-row-to-lag',
  title: 'Previous or next row by a correlated subquery: lag() or lead()',
  category: 'aggregation',
  industries: ['analytics', 'time-series'],
  engines: ENGINES,
  severity: 'warning',
  description:
    'For every row the subquery searches the other rows of its user for the one just before (or after). A window function reads the rows once in that order, as sessions and gaps between events need it.',
  source: 'https://www.postgresql.org/docs/current/functions-window.html',
  precondition:
    'Both blocks read the same table whole (but for conditions on the columns of the partition), the partition and the order column are NOT NULL, and together they are a unique key.',
  example: {
    schema:
      'CREATE TABLE events (user_id int NOT NULL, at timestamp NOT NULL, type text, PRIMARY KEY (user_id, at));',
    before:
      'SELECT e.user_id, e.at, (SELECT max(p.at) FROM events p WHERE p.user_id = e.user_id AND p.at < e.at) AS before FROM events e',
    after:
      'SELECT e.user_id, e.at, lag(e.at) OVER (PARTITION BY e.user_id ORDER BY e.at) AS before FROM events e',
  },
  rewrites: true,
  needs: ['as scalar'],
  *find(statement) {
    for (const block of statement.blocks) {
      const found = block.role === 'scalar' ? neighbourOf(statement, block) : null;
      if (found) yield matchOf(statement, found);
    }
  },
};

function neighbourOf(statement: AnalyzedStatement, block: Block): Neighbour | null {
  const correlation = correlationOf(statement, block);
  const [item, ...more] = block.select.items;
  const call = item ? unwrapParens(item.expression) : null;
  if (correlation?.outer.kind !== 'select' || more.length > 0 || call?.kind !== 'call') return null;
  if (correlation.other.length !== 1 || correlation.local.length > 0) return null;
  const outer = correlation.outer as Block;
  const [table, ...others] = block.sources;
  const [outerTable, ...outerOthers] = outer.sources;
  const [condition] = correlation.other;
  if (
    !table?.table ||
    table.table !== outerTable?.table ||
    others.length + outerOthers.length > 0 ||
    !condition
  )
    return null;
  const side = sideOf(statement, condition, table);
  const argument = call.args[0] ? unwrapParens(call.args[0].value) : null;
  const value = argument?.kind === 'column' ? statement.resolve(argument) : null;
  if (!side || value?.source !== table || value.name !== side.order.name) return null;
  const wanted = side.earlier ? 'max' : 'min';
  const holder = block.holder as Expression;
  const inList = outer.select.items.some((one) => one.start <= holder.start && holder.end <= one.end);
  if (call.function !== wanted || !inList) return null;
  return {
    block,
    outer,
    table,
    holder,
    call,
    correlation,
    order: side.order,
    window: side.earlier ? 'lag' : 'lead',
  };
}

/** `inner.c < outer.c` or the like: the inner row is earlier or later. */
function sideOf(
  statement: AnalyzedStatement,
  { expression }: Conjunct,
  table: Source,
): { order: ResolvedColumn; earlier: boolean } | null {
  if (expression.kind !== 'binary' || (expression.operator !== '<' && expression.operator !== '>'))
    return null;
  const [left, right] = [expression.left, expression.right].map((side) => {
    const e = unwrapParens(side);
    return e.kind === 'column' ? statement.resolve(e) : null;
  });
  if (!left || !right || left.name !== right.name) return null;
  if (left.source === table && right.source !== table)
    return { order: right, earlier: expression.operator === '<' };
  return right.source === table && left.source !== table
    ? { order: left, earlier: expression.operator === '>' }
    : null;
}

function matchOf(statement: AnalyzedStatement, found: Neighbour): Match {
  const { holder, window, order, outer, correlation } = found;
  const message = `The row ${window === 'lag' ? 'before' : 'after'} is searched again for every row. ${window}(${order.name}) has it at hand.`;
  const obstacle = obstacleOf(statement, found);
  if (obstacle !== null) return blocked(holder, message, obstacle);
  const column = source(statement, order.reference);
  const keys = joinFragments(correlation.keys.map((key) => source(statement, key.outer)));
  const partition = correlation.keys.length > 0 ? sql`PARTITION BY ${keys} ` : sql``;
  const call = window === 'lag' ? sql`lag(${column})` : sql`lead(${column})`;
  const edits = editing(statement).replace(holder, sql`${call} OVER (${partition}ORDER BY ${column})`);
  const unnamed = itemNamedBy(statement, holder);
  const name = found.block.outputs[0]?.name;
  if (unnamed && name) edits.insert(unnamed.end, sql` AS ${identifier(name, statement.dialect)}`);
  return offer(
    holder,
    message,
    () => edits.done(),
    `no two rows of ${outer.sources[0]?.table?.name} agree in the partition and ${order.name}`,
  );
}

function obstacleOf(statement: AnalyzedStatement, found: Neighbour): string | null {
  const { block, outer, call, table, correlation, order, holder } = found;
  if (!isWhole(block, true) || !isWhole(outer, false)) return 'one of the two groups, limits or holds a hint';
  if (call.distinct || call.filter || call.over) return 'the aggregate is not plain';
  const names: string[] = [];
  for (const key of correlation.keys) {
    const [inner, around] = [key.inner, key.outer].map((side) =>
      side.kind === 'column' ? statement.resolve(side) : null,
    );
    if (!inner || !around || inner.name !== around.name)
      return 'the correlation is not on the same column of both';
    if (!around.notNull || !around.sourceColumn?.type?.deterministic)
      return `${around.name} may be NULL, or equal without being the same`;
    names.push(around.name);
  }
  if (!order.notNull) return `${order.name} may be NULL`;
  // of other types the extreme may be of another type than the column
  if (!ORDERED.has(order.column?.family ?? '')) return `${order.name} is neither a number nor a time`;
  const unique = keysOf(table, statement).some((key) =>
    key.columns.every((name) => name === order.name || names.includes(name)),
  );
  if (!unique) return 'rows may tie: the partition and the order column are no unique key';
  if (outer.where.some((conjunct) => !isAbout(statement, conjunct, names)))
    return 'WHERE hides rows from the window';
  if (!isDeterministic(block.query, statement) || mayBeRepeated(statement, holder))
    return 'GROUP BY or ORDER BY may repeat the subquery';
  if (itemNamedBy(statement, holder) && !block.outputs[0]?.name)
    return 'the column of the result would get another name';
  const nested = [...outer.windows, ...outer.aggregates].some(
    (one) => one.start <= holder.start && holder.end <= one.end,
  );
  return nested ? 'window functions cannot be nested' : null;
}

function isWhole({ select, query, grouped }: Block, inner: boolean): boolean {
  const [from] = select.from;
  return (
    query.body === select &&
    select.groupBy === null &&
    select.having === null &&
    select.qualify === null &&
    query.locking.length === 0 &&
    from?.kind === 'table' &&
    from.modifiers.length === 0 &&
    !from.only &&
    (inner
      ? query.limit === null && select.top === null && select.distinct === null
      : !grouped && (select.distinct === null || select.distinct === 'all' || select.distinct === 'distinct'))
  );
}

/** The condition looks at the columns of the partition alone: it keeps partitions whole. */
function isAbout(
  statement: AnalyzedStatement,
  { expression, hasSubquery }: Conjunct,
  names: readonly string[],
): boolean {
  let only = !hasSubquery && isDeterministic(expression, statement);
  walk(expression, (node) => {
    if (node.kind === 'column' && !names.includes(statement.resolve(node)?.name ?? '')) only = false;
  });
  return only;
}
