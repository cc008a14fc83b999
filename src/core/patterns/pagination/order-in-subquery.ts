import { isOrderSensitiveAggregate } from '../../sql/properties/functions.ts';
import { typeOf } from '../../sql/properties/types.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Scope } from '../../sql/query-model.ts';
import { editing } from '../../sql/writing/edits.ts';
import { orderByRange } from '../../sql/writing/ranges.ts';
import { offer } from '../offer.ts';
import type { EngineSupport, Pattern } from '../pattern.ts';

/** Nothing sorts for nothing in T-SQL: ORDER BY without TOP is an error there. */
const ENGINES: readonly EngineSupport[] = (['postgresql', 'mysql', 'mariadb'] as const).map((dialect) => ({
  dialect,
  pays: 'The subquery has many rows, the more so when they are wide: the sort goes to disk.',
}));

/** `SELECT count(*) FROM (SELECT … ORDER BY x) s` → without ORDER BY. */
export const orderInSubquery: Pattern = {
  id: 'order-by-in-subquery',
  title: 'ORDER BY in a subquery whose order nobody sees',
  category: 'pagination',
  industries: ['analytics'],
  engines: ENGINES,
  severity: 'warning',
  description:
    'PostgreSQL does what ORDER BY in a subquery says, even when the query around it counts, groups or sorts the rows again.',
  source: 'measured: 37 times on PostgreSQL 15; https://www.postgresql.org/docs/current/queries-order.html',
  precondition:
    'The subquery has no LIMIT and no DISTINCT ON, and the query around it aggregates without regard to order, orders by itself without LIMIT, or only asks for existence or membership.',
  example: {
    schema: 'CREATE TABLE events (event_id bigint PRIMARY KEY, path text);',
    before: 'SELECT count(*) FROM (SELECT event_id, path FROM events ORDER BY path) e',
    after: 'SELECT count(*) FROM (SELECT event_id, path FROM events) e',
  },
  rewrites: true,
  needs: ['orderItem'],
  *find(statement) {
    for (const block of statement.blocks) {
      const range = orderByRange(statement, block.query);
      if (!range || !isPlain(block, statement)) continue;
      const seenBy = consumers(statement, block);
      const why = seenBy?.map((scope) => unseenBy(statement, block, scope));
      if (!why || why.length === 0 || why.includes(null)) continue;
      const edits = () => editing(statement).removeOrderBy(block.query).done();
      const message =
        'The subquery is sorted, but the query around it does not keep that order. The sort can be left out.';
      yield offer(range, message, edits, ...new Set(why));
    }
  },
};

function isPlain(block: Block, statement: AnalyzedStatement): boolean {
  const { query, select } = block;
  return (
    query.body === select &&
    query.limit === null &&
    query.locking.length === 0 &&
    query.trailing.length === 0 &&
    select.top === null &&
    typeof (select.distinct ?? '') === 'string' &&
    isDeterministic(query, statement)
  );
}

/** The scopes that read the block's rows; null when its order may be seen by somebody else. */
function consumers(statement: AnalyzedStatement, block: Block): readonly Scope[] | null {
  switch (block.role) {
    case 'in':
    case 'exists':
    case 'quantified':
    case 'derived':
      return block.parent ? [block.parent] : null;
    case 'cte': {
      const cte = statement.ctes.find((one) => one.node === block.holder);
      return cte && !cte.recursive && cte.uses.length > 0 ? cte.uses.map((use) => use.block) : null;
    }
    default:
      return null;
  }
}

/** Why a scope does not show the order of the rows that it reads, or null. */
function unseenBy(statement: AnalyzedStatement, inner: Block, scope: Scope): string | null {
  if (inner.role !== 'derived' && inner.role !== 'cte')
    return 'The subquery is only asked whether it has such a row.';
  if (scope.kind !== 'select') return null;
  const block = scope as Block;
  const { select, query } = block;
  const distinctOn = typeof select.distinct === 'object' && select.distinct !== null;
  if (
    distinctOn ||
    !isDeterministic(query, statement) ||
    block.windows.length > 0 ||
    select.into !== null ||
    block.aggregates.some((call) => seesOrder(statement, call))
  ) {
    return null;
  }
  const oneRow = block.grouped && select.groupBy === null;
  if (oneRow) return 'The query around it aggregates all rows into one, whatever their order.';
  if (query.limit !== null || select.top !== null) return null;
  if (block.grouped)
    return 'The query around it groups the rows and aggregates without regard to their order.';
  if (query.body === select && query.orderBy.length > 0) return 'The query around it orders the rows itself.';
  return null;
}

/** array_agg and the like; sums of floats, whose last digit depends on the order. */
function seesOrder(statement: AnalyzedStatement, call: Block['aggregates'][number]): boolean {
  if (call.orderBy.length > 0 || call.withinGroup.length > 0) return false;
  if (isOrderSensitiveAggregate(call)) return true;
  if (['count', 'min', 'max', 'bool_and', 'bool_or', 'every'].includes(call.function)) return false;
  return call.args.some((argument) => {
    const family = typeOf(argument.value, statement)?.family;
    return family === undefined || family === 'float';
  });
}
