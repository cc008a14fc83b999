import type { Expression, Query, SelectItem } from '../../sql/ast.ts';
import { typeOf } from '../../sql/properties/types.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import { unwrapParens, walk } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { type Fragment, joinFragments, source, sql } from '../../sql/writing/fragment.ts';
import { QueryCopy } from '../../sql/writing/query-copy.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { EngineSupport, Match, Pattern } from '../pattern.ts';
import { hasSubquery } from '../subquery-shape.ts';
import { plainText, unionAllBranches } from './branches.ts';

/** MySQL and MariaDB have WITH ROLLUP only, which gives no grand total of no rows. */
const ENGINES: readonly EngineSupport[] = (['postgresql', 'tsql'] as const).map((dialect) => ({
  dialect,
  pays: 'when the rows are many: they are read and joined once instead of once for each grouping',
}));

/** The same rows grouped in several ways by UNION ALL → GROUPING SETS. */
export const unionAllToGroupingSets: Pattern = {
  id: 'union-all-to-grouping-sets',
  title: 'UNION ALL of several groupings: GROUPING SETS',
  category: 'set-operations',
  industries: ['analytics'],
  engines: ENGINES,
  severity: 'warning',
  description:
    'Subtotals and totals are computed by reading the same rows again, with NULL in the place of the columns that are summed over. GROUPING SETS computes all of them in one pass.',
  source:
    'https://www.postgresql.org/docs/current/queries-table-expressions.html#QUERIES-GROUPING-SETS; measured 1.3 times on embedded PostgreSQL 18, 200,000 rows',
  precondition:
    'The branches have the same FROM and WHERE and the same aggregates; each column is the grouping expression, or NULL where a branch does not group by it.',
  example: {
    schema:
      'CREATE TABLE sales (region text NOT NULL, product text NOT NULL, amount numeric(10,2) NOT NULL);',
    before:
      'SELECT region, product, sum(amount) AS total FROM sales GROUP BY region, product UNION ALL SELECT region, NULL, sum(amount) FROM sales GROUP BY region UNION ALL SELECT NULL, NULL, sum(amount) FROM sales',
    after:
      'SELECT region, product, sum(amount) AS total FROM sales GROUP BY GROUPING SETS ((region, product), (region), ())',
  },
  rewrites: true,
  needs: ['setOperation'],
  *find(statement) {
    const seen = new Set<Query>();
    for (const block of statement.blocks) {
      if (!block.setBranch || seen.has(block.query)) continue;
      seen.add(block.query);
      const branches = unionAllBranches(statement, block.query);
      const sets = branches && setsOf(statement, branches);
      if (branches && sets) yield matchOf(statement, block.query, branches, sets);
    }
  },
};

/** For each branch the positions of the columns that it groups by. */
type Sets = readonly (readonly number[])[];

function setsOf(statement: AnalyzedStatement, branches: readonly Block[]): Sets | null {
  const [first] = branches;
  if (!first || branches.length < 2 || branches.length > 30) return null;
  if (!branches.every((branch) => isPlainGrouping(branch) && sameRows(statement, first, branch))) return null;
  const width = first.select.items.length;
  if (branches.some((branch) => branch.select.items.length !== width)) return null;
  const sets = branches.map((branch) => groupedPositions(statement, branch));
  const known = sets.filter((set) => set !== null);
  if (known.length < sets.length || new Set(known.map((set) => set.join())).size < 2) return null;
  for (let at = 0; at < width; at++) {
    const grouped = branches.filter((_, i) => known[i]?.includes(at));
    const others = branches.filter((_, i) => !known[i]?.includes(at));
    const text = (branch: Block): string =>
      plainText(statement, (branch.select.items[at] as SelectItem).expression);
    const [one = others[0]] = grouped;
    if (!one || grouped.some((branch) => text(branch) !== text(one))) return null;
    if (grouped.length === 0) {
      // an aggregate, the same in all branches
      if (others.some((branch) => text(branch) !== text(one))) return null;
    } else if (!others.every((branch) => isNull(branch.select.items[at]?.expression))) return null;
  }
  return known;
}

function isPlainGrouping(block: Block): boolean {
  const { select } = block;
  return (
    block.resolved &&
    block.grouped &&
    block.windows.length === 0 &&
    block.children.length === 0 &&
    block.sources.length > 0 &&
    select.distinct === null &&
    select.top === null &&
    select.having === null &&
    select.qualify === null &&
    select.rest.length === 0 &&
    (select.groupBy?.sets.length ?? 0) === 0 &&
    select.items.every(({ expression }) => expression.kind !== 'star')
  );
}

/** FROM and WHERE read alike; of tables, since a derived table’s text may hide other names. */
function sameRows(statement: AnalyzedStatement, a: Block, b: Block): boolean {
  const text = ({ select: { clauses } }: Block): string =>
    [clauses.from, clauses.where].map((range) => (range ? plainText(statement, range) : '')).join('\n');
  return (
    text(a) === text(b) &&
    a.sources.length === b.sources.length &&
    a.sources.every((one, i) => {
      const other = b.sources[i];
      return one.table === other?.table && one.cte === other?.cte && (one.table !== null || one.cte !== null);
    })
  );
}

/** The columns of the result that are the branch’s grouping expressions; null when there are others, or one is missing. */
function groupedPositions(statement: AnalyzedStatement, branch: Block): number[] | null {
  const texts = branch.groupBy.map((e) => plainText(statement, unwrapParens(e)));
  const positions = branch.select.items.flatMap(({ expression }, at) =>
    texts.includes(plainText(statement, unwrapParens(expression))) ? [at] : [],
  );
  const found = new Set(
    positions.map((at) =>
      plainText(statement, unwrapParens((branch.select.items[at] as SelectItem).expression)),
    ),
  );
  return texts.every((text) => found.has(text)) && positions.length === found.size ? positions : null;
}

function isNull(expression: Expression | undefined): boolean {
  if (!expression) return false;
  const e = unwrapParens(expression);
  if (e.kind === 'cast') return isNull(e.operand);
  return e.kind === 'literal' && e.type === 'null';
}

function matchOf(statement: AnalyzedStatement, query: Query, branches: readonly Block[], sets: Sets): Match {
  const message = `The same rows are read ${branches.length} times to group them in ${branches.length} ways. GROUPING SETS does all of it in one pass.`;
  const [first] = branches;
  const obstacle = obstacleOf(statement, query, branches, sets);
  if (obstacle !== null || !first) return blocked(query.body, message, obstacle ?? '');
  const edits = editing(statement);
  const text = groupedOnce(statement, first, branches, sets);
  if (text) edits.replace(query.body, text);
  else edits.fail();
  // what SQL Server gives as the grand total of no rows is not written down
  const total = sets.some((set) => set.length === 0) && statement.dialect === 'tsql';
  return (total ? offerToTest : offer)(
    query.body,
    message,
    () => edits.done(),
    'the branches read the same rows and compute the same aggregates',
  );
}

function obstacleOf(
  statement: AnalyzedStatement,
  query: Query,
  branches: readonly Block[],
  sets: Sets,
): string | null {
  const [first] = branches;
  if (!isDeterministic(query, statement)) return 'a volatile function is called';
  for (const [at, item] of (first?.select.items ?? []).entries()) {
    if (sets.some((set) => set.includes(at))) {
      const key = branches[sets.findIndex((set) => set.includes(at))]?.select.items[at];
      const e = key && unwrapParens(key.expression);
      if (!e || hasSubquery(e) || e.kind === 'literal') return 'a grouping expression is not plain';
      if (!first?.outputs[at]?.name) return 'a column has no name in the first branch';
      continue;
    }
    if (!isAggregateOnly(statement, first, item.expression))
      return 'a column is neither grouped by nor an aggregate';
  }
  return null;
}

/** Nothing but aggregates of exact values and literals: what is grouped by would be NULL in the other groupings. */
function isAggregateOnly(
  statement: AnalyzedStatement,
  block: Block | undefined,
  expression: Expression,
): boolean {
  let only = true;
  let found = false;
  walk(expression, (node) => {
    if (node.kind === 'call' && block?.aggregates.includes(node)) {
      found = true;
      const inexact = node.args.some(({ value }) => typeOf(value, statement)?.family === 'float');
      if ((inexact && node.function !== 'count') || node.orderBy.length > 0) only = false;
      return false;
    }
    if (node.kind === 'column' || node.kind === 'query' || node.kind === 'opaque') only = false;
    return only;
  });
  return only && found;
}

function groupedOnce(
  statement: AnalyzedStatement,
  first: Block,
  branches: readonly Block[],
  sets: Sets,
): Fragment | null {
  const keyAt = (at: number): Fragment | null => {
    const branch = branches[sets.findIndex((set) => set.includes(at))];
    const item = branch?.select.items[at];
    return item ? source(statement, item.expression) : null;
  };
  const items = first.select.items.map((item, at) => {
    const key = keyAt(at);
    if (!key || sets[0]?.includes(at)) return source(statement, item);
    return item.alias ? sql`${key} AS ${source(statement, item.alias)}` : null;
  });
  const known = items.filter((item) => item !== null);
  if (known.length < items.length) return null;
  const lists = sets.map((set) => {
    const keys = set.map((at) => keyAt(at)).filter((key) => key !== null);
    return sql`(${joinFragments(keys)})`;
  });
  const groupBy = sql`GROUP BY GROUPING SETS (${joinFragments(lists)})`;
  const copy = new QueryCopy(statement, first).selectList(joinFragments(known));
  const { clauses } = first.select;
  if (clauses.groupBy) copy.replace(clauses.groupBy, groupBy);
  else copy.append(sql` ${groupBy}`);
  return copy.done();
}
