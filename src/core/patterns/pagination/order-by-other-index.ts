import type { Index } from '../../catalog/catalog.ts';
import { equalitiesOf, isConstantFor } from '../../sql/properties/equalities.ts';
import { determinesRow } from '../../sql/properties/keys.ts';
import { typeOf } from '../../sql/properties/types.ts';
import type { AnalyzedStatement, Block, ResolvedColumn } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { source, sql } from '../../sql/writing/fragment.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { EngineSupport, Match, Pattern } from '../pattern.ts';

const ENGINES: readonly EngineSupport[] = (['postgresql', 'mysql', 'mariadb'] as const).map((dialect) => ({
  dialect,
  pays: 'Few rows pass the filter, and they are not the first ones in the order that is asked for.',
}));

/** `WHERE customer = 7 ORDER BY id LIMIT 1` over two indexes → `ORDER BY id + 0`. */
export const orderByOtherIndex: Pattern = {
  id: 'limit-by-the-order-index',
  title: 'LIMIT that lures the planner into the index of ORDER BY',
  category: 'pagination',
  industries: ['saas'],
  engines: ENGINES,
  severity: 'info',
  description:
    'The planner hopes to find the first rows soon when it reads the index of ORDER BY and checks the filter row by row. When few rows pass it reads nearly the whole index, where the index of the filter would give them at once. An index on both columns is the better cure.',
  source:
    'https://pganalyze.com/blog/5mins-postgres-planner-order-by-limit; https://dev.mysql.com/doc/refman/8.4/en/limit-optimization.html (prefer_ordering_index)',
  precondition:
    'One table, ORDER BY of one whole-number column with an index, an equality on another indexed column, and no index on both. A number plus zero is sorted like the number.',
  example: {
    schema:
      'CREATE TABLE events (id bigint PRIMARY KEY, device_id integer NOT NULL); CREATE INDEX ON events (device_id);',
    before: 'SELECT e.id FROM events e WHERE e.device_id = 17 ORDER BY e.id DESC LIMIT 1',
    after: 'SELECT e.id FROM events e WHERE e.device_id = 17 ORDER BY e.id + 0 DESC LIMIT 1',
  },
  rewrites: true,
  needs: ['limit', 'orderItem'],
  *find(statement) {
    for (const block of statement.blocks) {
      const match = matchOf(statement, block);
      if (match) yield match;
    }
  },
};

function matchOf(statement: AnalyzedStatement, block: Block): Match | null {
  const { query, select } = block;
  const [item, ...more] = query.orderBy;
  const plain = query.body === select && query.limit?.count && !block.grouped && block.sources.length === 1;
  if (
    !item ||
    more.length > 0 ||
    !plain ||
    select.distinct !== null ||
    item.using ||
    query.locking.length > 0
  )
    return null;
  const e = unwrapParens(item.expression);
  const column = e.kind === 'column' ? statement.resolve(e) : null;
  const table = column?.source.block === block ? column.source.table : null;
  if (!column || !table || !begins(table.indexes, column.name)) return null;
  const filter = filterOf(statement, block, column, table.indexes);
  if (!filter) return null;
  const message = `The index of ${column.name} is tempting because of LIMIT, but it may be read to its end before enough rows of ${filter} are found. An index on (${filter}, ${column.name}) gives both at once.`;
  const family = typeOf(e, statement)?.family;
  if (family !== 'integer')
    return blocked(item, message, 'Only a whole number can be sorted by itself plus zero.');
  const edits = editing(statement).replace(item.expression, sql`${source(statement, item.expression)} + 0`);
  const total = determinesRow(block, [{ source: column.source, column: column.name }], statement);
  const why = `${column.name} + 0 is ${column.name}, but in no index.`;
  return total
    ? offer(item, message, () => edits.done(), why)
    : offerToTest(
        item,
        message,
        () => edits.done(),
        why,
        'Which of several rows that tie are shown is left open by the statement.',
      );
}

/** An index that begins with the columns. */
function begins(indexes: readonly Index[], ...columns: readonly string[]): boolean {
  return indexes.some(
    (index) =>
      index.valid &&
      index.predicate === null &&
      columns.every((name) => index.columns.slice(0, columns.length).some((key) => key.column === name)),
  );
}

/** A column that an equality fixes, with an index of its own and none together with the order. */
function filterOf(
  statement: AnalyzedStatement,
  block: Block,
  order: ResolvedColumn,
  indexes: readonly Index[],
): string | null {
  const fixed = block.where
    .flatMap((conjunct) => equalitiesOf(conjunct, statement))
    .filter((one) => one.column.source === order.source && isConstantFor(one.value, block, statement))
    .map((one) => one.column.name);
  if (fixed.includes(order.name) || fixed.some((name) => begins(indexes, name, order.name))) return null;
  return fixed.find((name) => begins(indexes, name)) ?? null;
}
