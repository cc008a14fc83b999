import { determinesRow, keysOf, type SourceField } from '../../sql/properties/keys.ts';
import { isTotalOrder, orderedOutput } from '../../sql/properties/order.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { joinFragments, sql } from '../../sql/writing/fragment.ts';
import { columnOf } from '../../sql/writing/identifiers.ts';
import { allEngines } from '../engines.ts';
import { blocked, offerToTest } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';

/** `ORDER BY placed_at LIMIT 20` → `ORDER BY placed_at, id LIMIT 20`. */
export const tieBreaker: Pattern = {
  id: 'order-by-without-tie-breaker',
  title: 'LIMIT over an ORDER BY that leaves ties',
  category: 'pagination',
  industries: ['saas', 'e-commerce'],
  engines: allEngines('It is a question of results, not of speed: pages neither overlap nor miss rows.'),
  severity: 'info',
  description:
    'Several rows may be equal in everything that ORDER BY looks at. Which of them are on this page and which on the next is left to chance: a row may be on both, or on none.',
  source:
    'https://www.postgresql.org/docs/current/queries-limit.html; https://dev.mysql.com/doc/refman/8.4/en/limit-optimization.html',
  precondition:
    'The columns of ORDER BY contain no key. With a key behind them the rows are some of those that may come now; it is a refinement, to be tested and not to be called equal.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, placed_at timestamp NOT NULL);',
    before: 'SELECT o.id, o.placed_at FROM orders o ORDER BY o.placed_at DESC LIMIT 20',
    after: 'SELECT o.id, o.placed_at FROM orders o ORDER BY o.placed_at DESC, o.id LIMIT 20',
  },
  rewrites: true,
  needs: ['few rows', 'orderItem'],
  *find(statement) {
    for (const block of statement.blocks) {
      const match = leavesTies(statement, block) ? matchOf(statement, block) : null;
      if (match) yield match;
    }
  },
};

/** A few rows of an order that does not say which. */
function leavesTies(statement: AnalyzedStatement, block: Block): boolean {
  const { query, select, role } = block;
  const count = query.limit ? query.limit.count : select.top?.count;
  const ties = query.limit?.withTies || select.top?.withTies || select.top?.percent;
  const known = count && unwrapParens(count);
  return (
    query.body === select &&
    query.orderBy.length > 0 &&
    count !== undefined &&
    !ties &&
    !(known?.kind === 'literal' && known.value === '0') &&
    role !== 'exists' &&
    block.resolved &&
    !block.grouped &&
    (select.distinct === null || select.distinct === 'all') &&
    query.orderBy.every((item) => item.using === null) &&
    !isTotalOrder(block, statement) &&
    !determinesRow(block, [], statement)
  );
}

function matchOf(statement: AnalyzedStatement, block: Block): Match {
  const last = block.query.orderBy.at(-1);
  const range = last ?? block.select.clauses.select;
  const message =
    'ORDER BY leaves ties: which of several equal rows come is left to chance, and changes from page to page.';
  const key = missingKey(statement, block);
  if (!key || key.length === 0 || !last)
    return blocked(range, message, 'No key is known that would tell the rows apart.');
  const columns = key.map(({ source, column }) => columnOf(source, column, statement.dialect));
  const edits = editing(statement).insert(last.end, sql`, ${joinFragments(columns)}`);
  return offerToTest(
    range,
    message,
    () => edits.done(),
    'The rows are some of those that the statement allows: a refinement.',
    'The reader does not rely on an order that ORDER BY does not state.',
  );
}

/** Columns that leave no ties together with those of ORDER BY. */
function missingKey(statement: AnalyzedStatement, block: Block): SourceField[] | null {
  const given = block.query.orderBy.flatMap((item): SourceField[] => {
    const output = orderedOutput(item, block, statement);
    const e = output?.expression ?? unwrapParens(item.expression);
    const column = e.kind === 'column' ? statement.resolve(e) : null;
    return column?.source.block === block ? [{ source: column.source, column: column.name }] : [];
  });
  const added: SourceField[] = [];
  for (const source of block.sources) {
    if (determinesRow(block, [...given, ...added], statement)) break;
    const key = keysOf(source, statement).find((one) => one.nullSafe && one.columns.length > 0);
    for (const column of key?.columns ?? []) {
      const known = [...given, ...added].some((one) => one.source === source && one.column === column);
      if (!known) added.push({ source, column });
    }
  }
  return determinesRow(block, [...given, ...added], statement) ? added : null;
}
