import type { Expression, SelectItem } from '../../sql/ast.ts';
import { isAtMostOneRow } from '../../sql/properties/keys.ts';
import { isLocked } from '../../sql/properties/locking.ts';
import { isTotalOrder } from '../../sql/properties/order.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import type { TextEdit, TextRange } from '../../sql/text.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { joinFragments, source, sql } from '../../sql/writing/fragment.ts';
import { identifier, inventName } from '../../sql/writing/identifiers.ts';
import { QueryCopy } from '../../sql/writing/query-copy.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { EngineSupport, Match, Pattern } from '../pattern.ts';
import { itemNamedBy, mayBeRepeated } from '../select-item.ts';
import { capturesOutputNames, expandStars } from './derived-names.ts';
import { groupedBy, normalized } from './shared-shape.ts';

const PAYS = 'always when the subqueries are looked up for each row: once instead of once for each column';

const ENGINES: readonly EngineSupport[] = [
  { dialect: 'postgresql', pays: PAYS },
  { dialect: 'mysql', from: 8, pays: PAYS },
  { dialect: 'tsql', pays: PAYS },
];

/** A correlated subquery in the select list or WHERE of a block. */
interface Member {
  readonly block: Block;
  readonly outer: Block;
  readonly holder: Expression;
  readonly item: SelectItem;
}

/**
 * Matches correlated scalar subqueries that differ only in what they select:
 * `(SELECT o.total … ORDER BY o.placed DESC LIMIT 1), (SELECT o.placed … ORDER BY o.placed DESC LIMIT 1)`.
 *
 * Each finds the same row again. LATERAL (OUTER APPLY in T-SQL) finds it once and gives all of its columns.
 */
export const scalarSubqueriesToLateral: Pattern = {
  id: 'scalar-subqueries-to-lateral',
  title: 'Subqueries that look up several columns of one row: LATERAL',
  category: 'subqueries',
  engines: ENGINES,
  severity: 'warning',
  description:
    'Each of the subqueries finds the same row again, for every outer row, only to select another column of it.',
  source:
    'https://www.postgresql.org/docs/current/queries-table-expressions.html#QUERIES-LATERAL; measured 1.7 times on PostgreSQL 15',
  precondition:
    'The subqueries are alike but for the one column that each selects, give at most one row, are not volatile, and their ORDER BY leaves no ties for LIMIT.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY); CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, total int, placed date NOT NULL);',
    before: `SELECT c.id,
  (SELECT o.total FROM orders o WHERE o.customer_id = c.id ORDER BY o.placed DESC, o.id DESC LIMIT 1) AS last_total,
  (SELECT o.placed FROM orders o WHERE o.customer_id = c.id ORDER BY o.placed DESC, o.id DESC LIMIT 1) AS last_placed
FROM customers c;`,
    after: `SELECT c.id,
  one_of_orders.total_value AS last_total,
  one_of_orders.placed_value AS last_placed
FROM customers c
LEFT JOIN LATERAL (
  SELECT o.total AS total_value, o.placed AS placed_value FROM orders o WHERE o.customer_id = c.id ORDER BY o.placed DESC, o.id DESC LIMIT 1
) one_of_orders ON TRUE;`,
  },
  rewrites: true,
  needs: ['several scalar subqueries'],
  *find(statement) {
    const members = statement.blocks.flatMap((block) => memberOf(statement, block) ?? []);
    for (const outer of new Set(members.map((one) => one.outer))) {
      const own = members.filter((one) => one.outer === outer);
      for (const group of groupedBy(own, (one) => shapeOf(statement, one.block))) {
        if (group.length > 1) yield matchOf(statement, group);
      }
    }
  },
};

function memberOf(statement: AnalyzedStatement, block: Block): Member | null {
  const { holder, parent, query, select } = block;
  const [item, ...more] = select.items;
  if (block.role !== 'scalar' || query.body !== select || query.with !== null || !item || more.length > 0)
    return null;
  if (parent?.kind !== 'select' || holder?.kind !== 'subquery' || statement.scopeOf(holder) !== parent)
    return null;
  // aggregates of all rows have a join of their own
  if (block.aggregates.length > 0 || select.distinct !== null || !block.resolved) return null;
  if (!block.outerReferences.some((column) => column.source.block === parent)) return null;
  const outer = parent as Block;
  const holds = (range: TextRange): boolean => range.start <= holder.start && holder.end <= range.end;
  const inWhere = outer.where.some((conjunct) => holds(conjunct.range));
  const inList = !outer.grouped && outer.select.items.some(holds);
  return inWhere || inList ? { block, outer, holder, item } : null;
}

/** All that is written but for the selected column. */
function shapeOf(statement: AnalyzedStatement, { select, query }: Block): string | null {
  const [item] = select.items;
  if (!item || select.clauses.from === null) return null;
  const before = normalized(statement, { start: query.start, end: item.start });
  return `${before} … ${normalized(statement, { start: item.end, end: query.end })}`;
}

function matchOf(statement: AnalyzedStatement, group: readonly Member[]): Match {
  const [first] = group as [Member, ...Member[]];
  const table = first.block.sources[0]?.alias ?? 'the table';
  const message = `${group.length} subqueries look up the same row of ${table} for every outer row, each for another column. Look it up once with LATERAL.`;
  const why = group.map((one) => obstacle(statement, one)).find((one) => one !== null);
  if (why) return blocked(first.holder, message, why);
  const give = group.some((one) => canRaise(one.block.query, statement)) ? offerToTest : offer;
  return give(
    first.holder,
    message,
    () => editsOf(statement, group),
    'the subquery gives at most one row, and the same one each time',
  );
}

function obstacle(statement: AnalyzedStatement, { block, outer, holder, item }: Member): string | null {
  const { query, select } = block;
  if (!isDeterministic(query, statement)) return 'a subquery calls a volatile function';
  if (!isAtMostOneRow(query, statement)) return 'the subquery may give several rows, which is an error';
  const limited = query.limit !== null || select.top !== null;
  if (limited && !isTotalOrder(block, statement)) return 'ties in its order leave the row to chance';
  if (block.windows.length > 0 || item.alias || unwrapParens(item.expression).kind === 'star')
    return 'what it selects is not plain';
  if (capturesOutputNames(statement, block)) return 'its ORDER BY may mean the selected column';
  if (isLocked(outer)) return 'the rows are locked with FOR UPDATE';
  if (outer.joins.some((join) => join.node?.natural)) return 'a NATURAL JOIN would see the new columns';
  if (mayBeRepeated(statement, holder)) return 'GROUP BY or ORDER BY may repeat a subquery';
  return itemNamedBy(statement, holder) && !block.outputs[0]?.name
    ? 'the column of the result would get another name'
    : null;
}

function editsOf(statement: AnalyzedStatement, group: readonly Member[]): TextEdit[] | null {
  const [first] = group as [Member, ...Member[]];
  const { block: base, outer } = first;
  const { dialect } = statement;
  const names: string[] = [];
  for (const { item } of group) {
    const inner = unwrapParens(item.expression);
    const column = inner.kind === 'column' ? (inner.parts.at(-1)?.name ?? 'column') : 'column';
    names.push(inventName(statement, `${column}_value`, names));
  }
  const alias = identifier(
    inventName(
      statement,
      `one_of_${base.sources[0]?.table?.name ?? base.sources[0]?.alias ?? 'rows'}`,
      names,
    ),
    dialect,
  );
  const list = joinFragments(
    group.map(
      ({ item }, i) => sql`${source(statement, item)} AS ${identifier(names[i] ?? 'value', dialect)}`,
    ),
  );
  const derived = new QueryCopy(statement, base, base.query).selectList(list).moved();
  if (!derived) return null;
  const edits = editing(statement).addJoin(
    outer,
    outer.sources.filter((one) =>
      group.some(({ block }) => block.outerReferences.some((c) => c.source === one)),
    ),
    dialect === 'tsql'
      ? sql`OUTER APPLY (
        ${derived}
      ) ${alias}`
      : sql`LEFT JOIN LATERAL (
        ${derived}
      ) ${alias} ON TRUE`,
  );
  group.forEach(({ holder, block }, i) => {
    edits.replace(holder, sql`${alias}.${identifier(names[i] ?? 'value', dialect)}`);
    const unnamed = itemNamedBy(statement, holder);
    const name = block.outputs[0]?.name;
    if (unnamed && name) edits.insert(unnamed.end, sql` AS ${identifier(name, dialect)}`);
  });
  expandStars(statement, outer, edits);
  return edits.done();
}
