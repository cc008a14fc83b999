import type { Expression, SelectItem } from '../../sql/ast.ts';
import { isLocked } from '../../sql/properties/locking.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { isUncorrelated } from '../../sql/properties/usage.ts';
import { dependsOnRowOrder, isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import type { TextEdit } from '../../sql/text.ts';
import { editing } from '../../sql/writing/edits.ts';
import { joinFragments, sql, verbatim } from '../../sql/writing/fragment.ts';
import { identifier, inventName } from '../../sql/writing/identifiers.ts';
import { QueryCopy } from '../../sql/writing/query-copy.ts';
import { indentAt } from '../../sql/writing/ranges.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { itemNamedBy, mayBeRepeated } from '../select-item.ts';
import { isPlainAggregate } from './correlated-candidate.ts';
import { expandStars, valueBase } from './derived-names.ts';
import {
  columnsOnlyIn,
  commonConjuncts,
  conjunction,
  filteredItem,
  groupedBy,
  mappingTo,
  relationKey,
} from './shared-shape.ts';

/** An uncorrelated aggregate in the select list or WHERE of a block. */
interface Member {
  readonly block: Block;
  readonly outer: Block;
  readonly holder: Expression;
  readonly item: SelectItem;
}

/**
 * Matches several uncorrelated aggregates of one block over the same table (TPC-DS queries 9 and 28, dashboards).
 *
 * Each reads the table once. One pass gives all their values when the filters in which they differ go into the aggregates: FILTER
 * on PostgreSQL, CASE elsewhere.
 */
export const scalarSubqueriesToOneScan: Pattern = {
  id: 'scalar-subqueries-to-one-scan',
  title: 'Several aggregates over one table: one scan',
  category: 'subqueries',
  engines: allEngines(
    'when the filters are not selective or have no index: one scan takes the place of several; with an index for each filter the subqueries are cheap',
  ),
  severity: 'warning',
  description:
    'Each of the subqueries reads the same table from start to end. One pass gives all of their values.',
  source: 'Sellis, "Multiple-query optimization", ACM TODS 1988; measured 2.4 times on PostgreSQL 15',
  precondition:
    'The subqueries are aggregates without GROUP BY over the same relations, uncorrelated, and nothing in them is volatile.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, total int, channel text NOT NULL);',
    before: `SELECT (SELECT count(*) FROM orders WHERE channel = 'store') AS in_store, (SELECT sum(total) FROM orders WHERE channel = 'web') AS web;`,
    after: `SELECT totals.count_rows AS in_store, totals.sum_total AS web FROM (SELECT count(*) FILTER (WHERE channel = 'store') AS count_rows, sum(orders.total) FILTER (WHERE orders.channel = 'web') AS sum_total FROM orders) totals;`,
  },
  rewrites: true,
  needs: ['several scalar subqueries'],
  *find(statement) {
    const members = statement.blocks.flatMap((block) => memberOf(statement, block) ?? []);
    for (const outer of new Set(members.map((one) => one.outer))) {
      const own = members.filter((one) => one.outer === outer);
      for (const group of groupedBy(own, (one) => relationKey(statement, one.block))) {
        if (group.length > 1) yield matchOf(statement, group);
      }
    }
  },
};

function memberOf(statement: AnalyzedStatement, block: Block): Member | null {
  const { holder, parent } = block;
  const [item] = block.select.items;
  if (block.role !== 'scalar' || !isPlainAggregate(block) || !isUncorrelated(block) || !item) return null;
  if (parent?.kind !== 'select' || holder?.kind !== 'subquery' || statement.scopeOf(holder) !== parent)
    return null;
  const outer = parent as Block;
  const holds = (range: { start: number; end: number }): boolean =>
    range.start <= holder.start && holder.end <= range.end;
  const inWhere = outer.where.some((conjunct) => holds(conjunct.range));
  const inList = !outer.grouped && outer.select.items.some(holds);
  return inWhere || inList ? { block, outer, holder, item } : null;
}

function matchOf(statement: AnalyzedStatement, group: readonly Member[]): Match {
  const [first] = group as [Member, ...Member[]];
  const table = first.block.sources[0]?.alias ?? 'the table';
  const message = `${group.length} subqueries each read ${table} as a whole. One pass gives all their values.`;
  const why = group.map((one) => obstacle(statement, one)).find((one) => one !== null);
  if (why) return blocked(first.holder, message, why);
  const give = group.some((one) => canRaise(one.block.query, statement)) ? offerToTest : offer;
  return give(
    first.holder,
    message,
    () => editsOf(statement, group),
    'an aggregate without GROUP BY gives one row, so the derived table has one row and adds none',
  );
}

function obstacle(statement: AnalyzedStatement, { block, outer, holder, item }: Member): string | null {
  if (!isDeterministic(block.query, statement)) return 'a subquery calls a volatile function';
  if (dependsOnRowOrder(block.query)) return 'an aggregate depends on the order of the rows';
  if (isLocked(outer)) return 'the rows are locked with FOR UPDATE';
  if (!columnsOnlyIn(item.expression, block.aggregates)) return 'a column stands outside of the aggregate';
  if (outer.joins.some((join) => join.node?.natural)) return 'a NATURAL JOIN would see the new columns';
  if (outer.select.into !== null || outer.query.trailing.length > 0)
    return 'the rest of the query is not plain';
  if (mayBeRepeated(statement, holder)) return 'GROUP BY or ORDER BY may repeat a subquery';
  return itemNamedBy(statement, holder) && !block.outputs[0]?.name
    ? 'the column of the result would get another name'
    : null;
}

function editsOf(statement: AnalyzedStatement, group: readonly Member[]): TextEdit[] | null {
  const [first] = group as [Member, ...Member[]];
  const { block: base, outer } = first;
  const { dialect } = statement;
  const rest = commonConjuncts(
    statement,
    group.map(({ block }) => ({ block, conjuncts: block.where })),
  );
  const names: string[] = [];
  for (const { block } of group)
    names.push(inventName(statement, valueBase(statement, block.aggregates[0]), names));
  const columns = group.map(({ block, item }, i) => {
    const mapping = mappingTo(statement, block, base);
    const filters = rest[i] ?? [];
    const filter = filters.length > 0 ? conjunction(statement, filters, mapping) : null;
    if (filters.length > 0 && !filter) return null;
    return filteredItem(statement, item.expression, block.aggregates, filter, mapping);
  });
  if (columns.includes(null)) return null;
  const list = joinFragments(
    columns.map(
      (column, i) => sql`${column ?? verbatim('NULL')} AS ${identifier(names[i] ?? 'value', dialect)}`,
    ),
  );
  const derived = new QueryCopy(statement, base)
    .selectList(list)
    .withoutConjuncts(rest[0] ?? [])
    .moved();
  const last = outer.select.items.at(-1);
  if (!derived || !last) return null;
  const alias = identifier(inventName(statement, 'totals', names), dialect);
  const edits = editing(statement);
  if (outer.select.from.length > 0) {
    edits.addJoin(
      outer,
      [],
      sql`CROSS JOIN (
        ${derived}
      ) ${alias}`,
    );
  } else {
    const breaks = statement.text.slice(outer.select.start, outer.select.end).includes('\n');
    const indent = indentAt(statement.text, outer.select.start);
    const before = verbatim(breaks ? edits.style.newline + indent : ' ');
    edits.insert(last.end, joinFragments([before, sql`FROM (${derived}) ${alias}`], verbatim('')));
  }
  group.forEach(({ holder, block }, i) => {
    edits.replace(holder, sql`${alias}.${identifier(names[i] ?? 'value', dialect)}`);
    const unnamed = itemNamedBy(statement, holder);
    const name = block.outputs[0]?.name;
    if (unnamed && name) edits.insert(unnamed.end, sql` AS ${identifier(name, dialect)}`);
  });
  expandStars(statement, outer, edits);
  return edits.done();
}
