import type { Limit, Top } from '../../sql/ast.ts';
import { keyCoveredByEquality, keysOf, mayReturnSets } from '../../sql/properties/keys.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, JoinStep, Source } from '../../sql/query-model.ts';
import { editing } from '../../sql/writing/edits.ts';
import { joinFragments, lineBreak, source, sql } from '../../sql/writing/fragment.ts';
import { aliasOf } from '../../sql/writing/identifiers.ts';
import { orderByRange } from '../../sql/writing/ranges.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { isDeep, isOwn, keepsRows, leftmost, orderedColumns } from './offset-paging.ts';

/** `a LEFT JOIN b … ORDER BY a.x LIMIT 10` → `(SELECT * FROM a ORDER BY x LIMIT 10) a LEFT JOIN b …`. */
export const limitBelowJoin: Pattern = {
  id: 'limit-below-join',
  title: 'LIMIT over a join that adds and removes no rows',
  category: 'pagination',
  industries: ['saas', 'e-commerce'],
  engines: allEngines(
    'No index gives the order, so that all rows are joined before the sort, or the joined side is a costly subquery.',
  ),
  severity: 'info',
  description:
    'All rows are joined and carried through the sort, and all but a few are thrown away. ORDER BY, WHERE and LIMIT are about one table alone and the join gives every row one partner at most, so the few rows can be found first.',
  source: 'Apache Calcite, SortJoinTransposeRule; https://use-the-index-luke.com/sql/partial-results',
  precondition:
    'ORDER BY and WHERE are of the first relation; every join is a LEFT JOIN on a unique key of its right side, or an inner join along a valid foreign key that is NOT NULL. When ORDER BY leaves ties, which of them are shown was open before and is after.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY, name text); CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total numeric);',
    before:
      'SELECT o.id, o.total, c.name FROM orders o LEFT JOIN customers c ON c.id = o.customer_id ORDER BY o.total DESC, o.id LIMIT 10',
    after:
      'SELECT o.id, o.total, c.name FROM (SELECT * FROM orders o ORDER BY o.total DESC, o.id LIMIT 10) o LEFT JOIN customers c ON c.id = o.customer_id ORDER BY o.total DESC, o.id',
  },
  rewrites: true,
  needs: ['few rows', 'join step', 'orderItem'],
  *find(statement) {
    for (const block of statement.blocks) {
      const { limit, body } = block.query;
      const few = limit?.count ? limit : block.select.top;
      if (!few || body !== block.select || block.joins.length === 0 || block.query.orderBy.length === 0)
        continue;
      if (few.kind === 'limit' && few.offset && isDeep(few.offset)) continue;
      const match = matchOf(statement, block, few);
      if (match) yield match;
    }
  },
};

function matchOf(statement: AnalyzedStatement, block: Block, few: Limit | Top): Match | null {
  const [item] = block.select.from;
  const driver = item && block.sources.find((one) => one.node === leftmost(item));
  if (!driver || block.select.from.length > 1 || !isPlain(statement, block, few)) return null;
  const ordered = orderedColumns(statement, block, driver);
  if (!ordered || !canBeWrapped(driver) || block.joins.some((join) => join.type === 'cross')) return null;
  const message = `All rows are joined and sorted for the first few. ORDER BY and WHERE are of ${driver.alias} alone: its few rows can be found first.`;
  if (!block.where.every((conjunct) => isOwn(statement, conjunct, driver)))
    return blocked(few, message, `WHERE is not about ${driver.alias} alone.`);
  const facts = block.joins.map((join) => keepsOneRow(statement, join));
  if (facts.includes(null))
    return blocked(few, message, 'A join may add or remove rows, so that other rows would be the first.');
  if (namesBySchema(statement, block, driver))
    return blocked(few, message, `A column is named by the schema of ${driver.alias}.`);
  const edits = () => wrapped(statement, block, driver, few)?.done() ?? null;
  const keys = keysOf(driver, statement).filter((key) => key.nullSafe);
  const total = keys.some((key) => key.columns.every((name) => ordered.has(name)));
  if (total) return offer(few, message, edits, ...facts);
  return offerToTest(
    few,
    message,
    edits,
    ...facts,
    'Which of several rows with equal ORDER BY values are shown is left open by the statement.',
  );
}

function isPlain(statement: AnalyzedStatement, block: Block, few: Limit | Top): boolean {
  const { select, query } = block;
  return (
    !few.withTies &&
    !(few.kind === 'top' && (few.percent || query.limit)) &&
    !(few.kind === 'limit' && select.top) &&
    !block.grouped &&
    block.windows.length === 0 &&
    block.resolved &&
    block.outerReferences.length === 0 &&
    query.locking.length === 0 &&
    query.trailing.length === 0 &&
    (select.distinct === null || select.distinct === 'all') &&
    select.into === null &&
    select.qualify === null &&
    select.having === null &&
    !mayReturnSets(block, statement) &&
    isDeterministic(query, statement)
  );
}

/** `(SELECT * FROM it) alias` is the same relation. */
function canBeWrapped({ kind, node, nullSupplied, lateral, alias }: Source): boolean {
  const known = kind === 'table' || kind === 'derived' || kind === 'cte';
  return (
    known &&
    !nullSupplied &&
    !lateral &&
    alias !== '' &&
    !(node.kind === 'table' && node.modifiers.length > 0)
  );
}

/** What makes sure that a join leaves every row of its left side there exactly once; null when nothing does. */
function keepsOneRow(statement: AnalyzedStatement, join: JoinStep): string | null {
  const [right] = join.right;
  if (join.right.length !== 1 || !right || join.using || right.lateral) return null;
  if (join.type !== 'left') return keepsRows(statement, join);
  const key = keyCoveredByEquality(right, join.on, statement);
  return key ? `${right.alias} (${key.columns.join(', ')}) is unique: ${key.reason}.` : null;
}

/** `shop.orders.id`: the wrapped table has no schema. */
function namesBySchema(statement: AnalyzedStatement, block: Block, driver: Source): boolean {
  const deep = (at: Block): boolean =>
    at.references.some((ref) => ref.parts.length > 2 && statement.resolve(ref)?.source === driver) ||
    at.children.some(deep);
  const stars = block.select.items.some(
    ({ expression }) => expression.kind === 'star' && expression.qualifier.length > 1,
  );
  return stars || deep(block);
}

function wrapped(statement: AnalyzedStatement, block: Block, driver: Source, few: Limit | Top) {
  const order = orderByRange(statement, block.query);
  const { where } = block.select.clauses;
  if (!order) return null;
  const head = few.kind === 'top' ? sql`SELECT ${source(statement, few)} *` : sql`SELECT *`;
  const lines = [
    head,
    sql`FROM ${source(statement, driver.node)}`,
    ...(where ? [source(statement, where)] : []),
    source(statement, order),
    ...(few.kind === 'limit' ? [source(statement, few)] : []),
  ];
  const inner = joinFragments(lines, lineBreak());
  const edits = editing(statement).replace(
    driver.node,
    sql`(
      ${inner}
    ) ${aliasOf(driver, statement.dialect)}`,
  );
  if (few.kind === 'top') edits.removeClause(few);
  else edits.removeLimit(block.query);
  if (where) edits.removeClause(where);
  return edits;
}
