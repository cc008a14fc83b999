import { mayReturnSets } from '../../sql/properties/keys.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { isUnused } from '../../sql/properties/usage.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Source } from '../../sql/query-model.ts';
import { editing } from '../../sql/writing/edits.ts';
import { joinFragments, lineBreak, source, sql } from '../../sql/writing/fragment.ts';
import { identifier, inventName } from '../../sql/writing/identifiers.ts';
import { startsLine } from '../../sql/writing/ranges.ts';
import { isPlainlyGrouped } from '../aggregation/aggregates.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';

/** `SELECT count(*) FROM (SELECT a, b, … FROM t WHERE …) x` → `SELECT count(*) FROM t WHERE …`. */
export const countOverDerived: Pattern = {
  id: 'count-over-derived-table',
  title: 'count(*) of a query that computes columns: count its rows alone',
  category: 'pagination',
  industries: ['saas'],
  engines: allEngines(
    'The select list holds subqueries or window functions, or the engine materializes the derived table; joins that are left for nothing can then be dropped, too.',
  ),
  severity: 'info',
  description:
    'Pagers wrap the query of the page to count its rows. Only their number matters: the columns, the sort and what they need are computed for nothing.',
  source:
    'https://docs.djangoproject.com/en/stable/releases/4.2/ (unreferenced annotations are stripped from count())',
  precondition:
    'Only count(*) is asked of the derived table. It has no DISTINCT, no LIMIT and no function that returns several rows; with GROUP BY its select list becomes a constant.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total numeric);',
    before:
      'SELECT count(*) FROM (SELECT o.id, o.total FROM orders o WHERE o.customer_id = 7 ORDER BY o.id) page',
    after: 'SELECT count(*) FROM orders o WHERE o.customer_id = 7',
  },
  rewrites: true,
  needs: ['derived'],
  *find(statement) {
    for (const outer of statement.blocks) {
      const match = matchOf(statement, outer);
      if (match) yield match;
    }
  },
};

function matchOf(statement: AnalyzedStatement, outer: Block): Match | null {
  const [derived, ...more] = outer.sources;
  if (!derived?.query || derived.kind !== 'derived' || derived.lateral || more.length > 0) return null;
  const [inner, ...others] = statement.blocksOfQuery(derived.query);
  if (!inner || others.length > 0 || !countsOnly(statement, outer, derived, inner)) return null;
  if (!keepsItsRows(inner) || (inner.grouped && isBareAlready(inner))) return null;
  const message = 'Only the number of rows is asked for: the columns and the order are computed for nothing.';
  const list = inner.select.clauses.select;
  if (mayReturnSets(inner, statement))
    return blocked(list, message, 'A function in the select list may return several rows.');
  if (!isDeterministic(derived.query, statement))
    return blocked(list, message, 'A volatile function is called.');
  if (inner.grouped && !readsItsTablesOnly(statement, inner))
    return blocked(list, message, 'GROUP BY or HAVING names a column of the select list.');
  const edits = () => (inner.grouped ? bare(statement, inner) : flattened(statement, outer, inner));
  const why = 'Every row of the derived table is counted, whatever its columns.';
  const raises = inner.select.items.some((item) => canRaise(item.expression, statement));
  return raises ? offerToTest(list, message, edits, why) : offer(list, message, edits, why);
}

/** count(*) and nothing of the derived table's columns. */
function countsOnly(statement: AnalyzedStatement, outer: Block, derived: Source, inner: Block): boolean {
  const { select, query } = outer;
  return (
    outer.aggregates.length > 0 &&
    outer.aggregates.every((call) => call.function === 'count' && call.star && !call.filter) &&
    select.groupBy === null &&
    outer.where.length === 0 &&
    outer.windows.length === 0 &&
    outer.resolved &&
    outer.children.every((child) => child === inner) &&
    query.locking.length === 0 &&
    isUnused(derived, statement)
  );
}

/** Rows of FROM and WHERE, or plain groups of them. */
function keepsItsRows(inner: Block): boolean {
  const { select, query } = inner;
  return (
    query.body === select &&
    query.with === null &&
    query.limit === null &&
    query.locking.length === 0 &&
    query.trailing.length === 0 &&
    (select.distinct === null || select.distinct === 'all') &&
    select.top === null &&
    select.into === null &&
    select.qualify === null &&
    inner.resolved &&
    inner.outerReferences.length === 0 &&
    select.clauses.from !== null &&
    (inner.grouped ? isPlainlyGrouped(inner) : select.having === null)
  );
}

/** One constant is selected. */
function isBareAlready({ select }: Block): boolean {
  return select.items.length === 1 && select.items[0]?.expression.kind === 'literal';
}

/** GROUP BY and HAVING say what they mean themselves: no ordinals, no names of the select list. */
function readsItsTablesOnly(statement: AnalyzedStatement, inner: Block): boolean {
  const written = inner.select.groupBy?.items ?? [];
  return (
    written.length === inner.groupBy.length &&
    written.every((item, at) => item === inner.groupBy[at]) &&
    inner.select.windows.length === 0 &&
    inner.references.every((ref) => statement.resolve(ref) !== null || isInOrderBy(inner, ref))
  );
}

function isInOrderBy(inner: Block, ref: { readonly start: number; readonly end: number }): boolean {
  return inner.query.orderBy.some((item) => item.start <= ref.start && ref.end <= item.end);
}

function bare(statement: AnalyzedStatement, inner: Block) {
  const name = identifier(inventName(statement, 'one'), statement.dialect);
  const edits = editing(statement).replaceSelectList(inner, sql`1 AS ${name}`);
  if (inner.query.orderBy.length > 0) edits.removeOrderBy(inner.query);
  return edits.done();
}

function flattened(statement: AnalyzedStatement, outer: Block, inner: Block) {
  const { from, where } = inner.select.clauses;
  const around = outer.select.clauses.from;
  if (!from || !around) return null;
  const parts = [source(statement, from), ...(where ? [source(statement, where)] : [])];
  const separator = startsLine(statement.text, around.start) ? lineBreak() : sql` `;
  return editing(statement).replace(around, joinFragments(parts, separator)).done();
}
