/**
 * What a statement would cost with an index, estimated without asking the planner: for connections that cannot plan with
 * indexes that are not there. Only full scans that an index could replace are looked at; sorts that it could spare are
 * not. The result is the planner's own cost of the statement less what the scans would save.
 */
import { findColumn, type Table } from '../catalog/catalog.ts';
import type { Plan, PlanNode } from '../plans/plan.ts';
import type { AnalyzedStatement } from '../sql/query-model.ts';
import type { Candidate } from './candidates.ts';
import { indexSize } from './index-size.ts';
import { type Compared, type Search, searchesOf } from './searches.ts';

/**
 * PostgreSQL's constants: one page read in order is 1. Other engines count in other units, so there only the ratio of two
 * costs is used. https://www.postgresql.org/docs/current/runtime-config-query.html#RUNTIME-CONFIG-QUERY-CONSTANTS
 */
/** random_page_cost where the server does not tell its own. */
const RANDOM_PAGE = 4;
const CPU_TUPLE = 0.01;
const CPU_INDEX_TUPLE = 0.005;
const CPU_OPERATOR = 0.0025;
/** Shares of rows when no statistics tell more: PostgreSQL's DEFAULT_INEQ_SEL and DEFAULT_RANGE_INEQ_SEL (selfuncs.h). */
const ONE_END = 1 / 3;
const BOTH_ENDS = 0.005;
/** Of a comparison by = on a column without statistics: MySQL's own guess, a large one. */
const EQUAL = 0.1;
/** Values in a list whose length is not known. */
const IN_LIST = 3;
/** A statement never costs less than this share of what it cost. */
const LEAST_LEFT = 0.005;
/** Costs are printed with two digits, and how often a subquery runs follows from them. */
const ROUNDING = 1.01;

/** @returns the estimated cost with the indexes, at most that of the plan */
export function estimatedCost(
  statement: AnalyzedStatement,
  plan: Plan,
  indexes: readonly Candidate[],
): number {
  const searches = searchesOf(statement);
  const randomPage = Number(statement.catalog.settings['random_page_cost'] ?? RANDOM_PAGE) || RANDOM_PAGE;
  const informed = statement.dialect === 'postgresql' || statement.dialect === 'tsql';
  const searchOf = (node: PlanNode): Search | null => {
    const own = searches.filter((search) => isOf(node, search));
    // of the same table twice under names that the plan does not tell apart, neither
    return own.length === 1 ? (own[0] ?? null) : null;
  };
  const ownCost = (node: PlanNode): number =>
    ownCostOf(node, searchOf(node)?.table ?? null, statement.dialect);
  let saved = 0;
  for (const { node, runs } of scansOf(plan.root, 1, ownCost)) {
    const search = searchOf(node);
    const cost = ownCost(node) * runs;
    // it ends early: how much of it is read is not known
    if (!search || node.totalCost * runs > plan.cost * ROUNDING) continue;
    const ratios = indexes
      .filter(({ table }) => table === search.table)
      .map((index) => scanRatio(index, search, { node, plan, randomPage, informed }));
    saved += cost * (1 - Math.min(1, ...ratios));
  }
  return Math.max(plan.cost - saved, plan.cost * LEAST_LEFT);
}

interface Scan {
  readonly node: PlanNode;
  /** how often it is run */
  readonly runs: number;
}

const FULL_SCAN = /^(Parallel )?Seq Scan$|^Table scan$|^Clustered Index Scan$/i;
/** A search by an index that is there: PostgreSQL's costs of it can be put against ours, which are in the same unit. */
const SEARCH = /^(Parallel )?(Index Scan|Bitmap Heap Scan)$/;

/**
 * Reads of a table that another index could take the place of. A subquery is run for each row of what holds it, as far as
 * the costs tell how often.
 */
function scansOf(node: PlanNode, runs: number, ownCost: (node: PlanNode) => number): Scan[] {
  const perRun = runsOfSubplans(node, ownCost(node));
  const below = node.children.flatMap((child) =>
    scansOf(child, child.relationship === 'SubPlan' ? runs * perRun : runs, ownCost),
  );
  const reads = FULL_SCAN.test(node.operation) || SEARCH.test(node.operation);
  return reads && node.relation !== null ? [{ node, runs }, ...below] : below;
}

/** How often the subqueries of a node are run: what is left of its cost is theirs. Several are run equally often. */
function runsOfSubplans(node: PlanNode, own: number): number {
  const cost = (nodes: readonly PlanNode[]) => nodes.reduce((sum, { totalCost }) => sum + totalCost, 0);
  const subplans = cost(node.children.filter(({ relationship }) => relationship === 'SubPlan'));
  if (!(subplans > 0)) return 1;
  const others = cost(node.children.filter(({ relationship }) => relationship !== 'SubPlan'));
  return Math.max(1, (node.totalCost - others - own) / subplans);
}

/** What reading the table itself costs: a node's cost has that of its subqueries in it. */
function ownCostOf(node: PlanNode, table: Table | null, dialect: AnalyzedStatement['dialect']): number {
  if (node.children.every(({ relationship }) => relationship !== 'SubPlan')) return node.totalCost;
  // ours is in PostgreSQL's unit only
  const scan = dialect === 'postgresql' && table && FULL_SCAN.test(node.operation) ? scanCost(table) : 0;
  return Math.min(node.totalCost, scan);
}

function isOf({ relation, alias }: PlanNode, { source, table }: Search): boolean {
  const named = (alias ?? relation ?? '').toLowerCase();
  return source.alias.toLowerCase() === named || (alias === null && table.name === named);
}

interface Reading {
  readonly node: PlanNode;
  readonly plan: Plan;
  readonly randomPage: number;
  /** the planner has statistics of columns without an index */
  readonly informed: boolean;
}

/** The cost by the index as a share of that of the scan; 1 when the index does not help. */
function scanRatio(index: Candidate, search: Search, { node, plan, randomPage, informed }: Reading): number {
  const { table } = search;
  const rows = Math.max(1, table.rows ?? 1);
  const scan = SEARCH.test(node.operation) ? Math.max(1, node.totalCost) : scanCost(table);
  const parts = matched(index, search);
  if (parts.shares.length === 0) return 1;
  const share = parts.shares.reduce((product, one) => product * one, 1);
  if (parts.partner === null) {
    // a planner with statistics knows better how many rows are left by all conditions: no fewer are found by some of them
    const left = informed ? Math.min(node.estimatedRows, rows) : 1;
    const found = Math.max(share * rows, left);
    return searchCost(index, found / rows, randomPage) / scan;
  }
  const outer = planRowsOf(plan.root, parts.partner);
  return outer === null ? 1 : (outer * searchCost(index, share, randomPage)) / scan;
}

interface Matched {
  /** shares of rows that each matched key leaves */
  readonly shares: readonly number[];
  /** alias of the source whose rows are looked up one by one; null: one search */
  readonly partner: string | null;
}

/** The keys of the index that the search uses: equalities from the first one on, then one range. */
function matched({ keys, table }: Candidate, search: Search): Matched {
  const shares: number[] = [];
  let partner: string | null = null;
  for (const { column: name } of keys) {
    const column = name === null ? null : findColumn(table, name);
    if (!column) break;
    const is = (one: Pick<Compared, 'column'>) => one.column === column;
    const equal = search.equal.find(is);
    const list = search.lists.find(is);
    const join = search.joins.find((one) => is(one) && (partner === null || one.partner.alias === partner));
    const range = search.ranges.find(is);
    if (equal) shares.push(equalShare(equal, table));
    else if (list) shares.push(Math.min(1, IN_LIST * equalShare(list, table)));
    else if (join) {
      partner = join.partner.alias;
      shares.push(equalShare({ column, literal: null }, table));
    } else {
      if (range) shares.push(range.bothEnds ? BOTH_ENDS : ONE_END);
      break;
    }
  }
  return { shares, partner };
}

/** Share of the rows that have one value. */
function equalShare({ column, literal }: Compared, table: Table): number {
  const { statistics } = column;
  if (table.keys.some(({ columns }) => columns.length === 1 && columns[0] === column.name)) {
    return 1 / Math.max(1, table.rows ?? 1);
  }
  if (!statistics || !(statistics.distinct > 0)) return EQUAL;
  const common = statistics.mostCommon.find(({ value }) => value === literal);
  if (common) return common.frequency;
  // without the value, the most frequent one is not ruled out
  const average = (1 - statistics.nullFraction) / statistics.distinct;
  return literal === null ? average : Math.max(average, 1 / Math.max(1, table.rows ?? 1));
}

/** seq_page_cost for each page, cpu_tuple_cost and one operator for each row: cost_seqscan() in costsize.c */
function scanCost(table: Table): number {
  return pagesOf(table) + (table.rows ?? 0) * (CPU_TUPLE + CPU_OPERATOR);
}

/**
 * cost_index() and genericcostestimate() of PostgreSQL for a b-tree (costsize.c, selfuncs.c), one search from a cold start:
 * pages of the index in proportion; pages of the table by Mackert and Lohman's formula for rows in no order, a range of
 * them for rows in the index's order, and between the two by the square of the correlation; or by a bitmap, whose pages come
 * the more in order the more of them there are (cost_bitmap_heap_scan()).
 */
function searchCost(index: Candidate, share: number, randomPage: number): number {
  const { table, keys } = index;
  const rows = Math.max(1, table.rows ?? 1);
  const found = Math.max(1, share * rows);
  const pages = pagesOf(table);
  const indexPages = Math.max(1, indexSize(index, 'postgresql').high / 8192);
  const descent = Math.ceil(Math.log2(rows + 1)) * CPU_OPERATOR + 3 * 50 * CPU_OPERATOR;
  const read = Math.ceil((found / rows) * indexPages) * randomPage + found * (CPU_INDEX_TUPLE + CPU_OPERATOR);
  const touched = Math.min((2 * pages * found) / (2 * pages + found), pages);
  const scattered = touched * randomPage;
  const inOrder = randomPage + Math.max(0, Math.ceil((found / rows) * pages) - 1);
  const correlation = findColumn(table, keys[0]?.column ?? '')?.statistics?.correlation ?? 0;
  const plain = scattered + correlation ** 2 * (inOrder - scattered);
  const perPage = touched < 2 ? randomPage : randomPage - (randomPage - 1) * Math.sqrt(touched / pages);
  const fetched = Math.min(plain, touched * perPage);
  return descent + read + Math.max(randomPage, fetched) + found * CPU_TUPLE;
}

/** Pages of 8 KB; from the rows and about a hundred bytes for each where the size is not known. */
function pagesOf({ bytes, rows }: Table): number {
  return Math.max(1, Math.ceil((bytes ?? (rows ?? 0) * 100) / 8192));
}

/** Rows that come out of a source, as the plan estimates them. */
function planRowsOf(node: PlanNode, alias: string): number | null {
  if ((node.alias ?? node.relation)?.toLowerCase() === alias.toLowerCase()) return node.estimatedRows;
  for (const child of node.children) {
    const found = planRowsOf(child, alias);
    if (found !== null) return found;
  }
  return null;
}
