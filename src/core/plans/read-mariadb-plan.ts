/**
 * MariaDB's EXPLAIN FORMAT=JSON and ANALYZE FORMAT=JSON as a {@link Plan}. For versions 10.6 to 11.
 * https://mariadb.com/kb/en/explain-format-json/, https://mariadb.com/kb/en/analyze-format-json/
 */
import { accessCost, comparisonCost, sortCost, temporaryCost } from './mariadb-cost.ts';
import { escapedJson } from './mariadb-json.ts';
import { blockTime } from './mariadb-run-totals.ts';
import { refersOutside, type Subquery, subqueriesOf, testedRows } from './mariadb-subqueries.ts';
import { accessName, isStoredResult, lookupCondition } from './mysql-access.ts';
import type { ActualFigures, Plan, PlanNode } from './plan.ts';
import { actualFigures, planNode } from './plan-node.ts';
import {
  type Entries,
  entriesOf,
  numberOf,
  objectOf,
  parseRepeatedKeys,
  textOf,
  textsOf,
  valueAt,
} from './repeated-keys.ts';

/**
 * @param text what EXPLAIN or ANALYZE returned. Costs are the server's own from version 11 on, before it those of
 *   `mariadb-cost.ts`: both are figures of the planner's estimates and neither is a time.
 * @throws SyntaxError when it is not JSON, TypeError when it holds no plan
 */
export function readMariadbPlan(text: string): Plan {
  const json = escapedJson(text);
  const top = parseRepeatedKeys(json);
  const block = objectOf(top, 'query_block');
  if (!block) throw new TypeError('EXPLAIN returned no plan');
  const root = blockNode(block);
  const analyzed = root.actual !== null || /"r_loops"/.test(json);
  const optimization = objectOf(top, 'query_optimization');
  return {
    root,
    cost: root.totalCost,
    planningMs: optimization ? numberOf(optimization, 'r_total_time_ms') : null,
    executionMs: analyzed ? blockTime(block) : null,
    settings: {},
    analyzed,
    raw: JSON.parse(json),
  };
}

/** A step that was read, with the rows that come out of it. */
interface Step {
  readonly node: PlanNode;
  readonly rows: number;
}

/** Keys under which a block or a step holds what it reads. */
const STEPS = new Set([
  'table',
  'nested_loop',
  'block-nl-join',
  'read_sorted_file',
  'filesort',
  'temporary_table',
  'duplicates_removal',
  'union_result',
  'recursive_union',
  'window_functions_computation',
  'buffer',
]);

function blockNode(block: Entries): PlanNode {
  const subqueries = subqueriesOf(block);
  const body = steps(block);
  const rows = body?.rows ?? 1;
  const children = subqueries.map((entry) => subqueryNode(entry, block, rows));
  const below = children.reduce((sum, { node, runs }) => sum + runs * node.totalCost, 0);
  const own = numberOf(block, 'cost');
  const inner = body?.node ?? planNode({ operation: 'No table', estimatedRows: 1 });
  const constant = textOf(block, 'const_condition');
  const having = textOf(block, 'having_condition') ?? (constant === '1' ? null : constant);
  if (children.length === 0 && having === null && own === null) {
    return inner;
  }
  return planNode({
    ...inner,
    filter: [inner.filter, having].filter((text) => text !== null).join(' AND ') || null,
    totalCost: (own ?? inner.totalCost) + below,
    children: [...inner.children, ...children.map(({ node }) => node)],
  });
}

/** Everything that a block or a step reads, joined from left to right. */
function steps(entries: Entries): Step | null {
  let joined: Step | null = null;
  for (const [key, value] of entries) {
    if (!STEPS.has(key)) continue;
    const next: Step | null = key === 'nested_loop' ? nestedLoop(value, joined) : stepOf(key, value, joined);
    joined = next ?? joined;
  }
  return joined;
}

function nestedLoop(value: unknown, before: Step | null): Step | null {
  let joined = before;
  for (const part of Array.isArray(value) ? value : []) {
    for (const [key, inner] of entriesOf(part) ?? []) {
      if (STEPS.has(key))
        joined = key === 'nested_loop' ? nestedLoop(inner, joined) : stepOf(key, inner, joined);
    }
  }
  return joined;
}

function stepOf(key: string, value: unknown, outer: Step | null): Step | null {
  const entries = entriesOf(value);
  if (!entries) return outer;
  switch (key) {
    case 'table':
      return join(outer, tableStep(entries, outer?.rows ?? 1), entries);
    case 'block-nl-join':
      return blockJoin(outer, entries);
    case 'read_sorted_file': {
      const sorted = steps(entries);
      return sorted ? join(outer, sorted, entries) : outer;
    }
    case 'filesort':
      return sortStep(entries);
    case 'temporary_table':
      return overStep('Temporary table', entries, temporaryCost);
    case 'duplicates_removal':
      return join(outer, overStep('Duplicates removal', entries, () => 0) ?? EMPTY, entries);
    case 'union_result':
    case 'recursive_union':
      return unionStep(key === 'union_result' ? 'Union' : 'Recursive union', entries);
    case 'window_functions_computation':
      return windowStep(entries);
    default:
      return overStep(key, entries, () => 0);
  }
}

const EMPTY: Step = { node: planNode({ operation: 'No table' }), rows: 1 };

function tableStep(table: Entries, loops: number): Step {
  const message = textOf(table, 'message');
  const name = textOf(table, 'table_name');
  if (name === null) {
    const node = planNode({ operation: message ?? 'No table', estimatedRows: 1 });
    return { node, rows: 1 };
  }
  const type = textOf(table, 'access_type') ?? 'ALL';
  const index = indexOf(table);
  const examined = numberOf(table, 'rows') ?? 1;
  const rows = (examined * (numberOf(table, 'filtered') ?? 100)) / 100;
  const covering = valueAt(table, 'using_index') === true;
  const materialized = objectOf(table, 'materialized');
  const block = materialized ? objectOf(materialized, 'query_block') : null;
  const stored = block ? blockNode(block) : null;
  const access =
    numberOf(table, 'cost') ??
    loops * accessCost({ type, index, covering, stored: isStoredResult(name), examined });
  const filling = stored ? stored.totalCost + temporaryCost(stored.estimatedRows) : 0;
  const own = isStoredResult(name);
  return {
    rows,
    node: planNode({
      operation: accessName(type),
      relation: own ? null : name,
      alias: own ? null : name,
      cte: own ? name : null,
      index,
      totalCost: access + filling,
      estimatedRows: rows,
      actual: tableFigures(table),
      filter: textOf(table, 'attached_condition'),
      indexCondition:
        textOf(table, 'index_condition') ??
        lookupCondition(textsOf(table, 'used_key_parts'), textsOf(table, 'ref')),
      details: detailsOf(table),
      children: stored ? [{ ...stored, relationship: 'Materialized', subplan: `Materialize ${name}` }] : [],
    }),
  };
}

/** The index that is used; several of them in an index merge. */
function indexOf(table: Entries): string | null {
  const key = textOf(table, 'key');
  if (key !== null) return key;
  const merged = valueAt(table, 'index_merge');
  if (merged === undefined) return null;
  return [...JSON.stringify(merged).matchAll(/"key(?:#\d+)?":"([^"]+)"/g)].map(([, name]) => name).join(', ');
}

function tableFigures(table: Entries): ActualFigures | null {
  const loops = numberOf(table, 'r_loops');
  if (loops === null) return null;
  const read = numberOf(table, 'r_rows') ?? 0;
  const kept = (read * (numberOf(table, 'r_filtered') ?? 100)) / 100;
  const time = (numberOf(table, 'r_table_time_ms') ?? 0) + (numberOf(table, 'r_other_time_ms') ?? 0);
  const engine = objectOf(table, 'r_engine_stats') ?? [];
  const pagesRead = numberOf(engine, 'pages_read_count') ?? 0;
  return actualFigures({
    rows: kept,
    loops,
    totalMs: loops === 0 ? 0 : time / loops,
    rowsRemovedByFilter: read - kept,
    sharedHit: Math.max(0, (numberOf(engine, 'pages_accessed') ?? 0) - pagesRead),
    sharedRead: pagesRead,
  });
}

const PLACED = new Set([
  ...['table_name', 'access_type', 'key', 'used_key_parts', 'ref', 'rows', 'filtered', 'cost', 'loops'],
  ...['attached_condition', 'index_condition', 'materialized', 'r_engine_stats'],
  ...['r_loops', 'r_rows', 'r_filtered', 'r_table_time_ms', 'r_other_time_ms', 'r_total_time_ms'],
]);

function detailsOf(entries: Entries): Record<string, unknown> {
  return Object.fromEntries(entries.filter(([key, value]) => !PLACED.has(key) && !entriesOf(value)));
}

/** One more table for each row that is there; the first table is read alone. */
function join(outer: Step | null, inner: Step, entries: Entries): Step {
  if (!outer) return inner;
  const rows = outer.rows * inner.rows;
  return {
    rows,
    node: planNode({
      operation: 'Nested Loop',
      joinType: joinType(entries),
      totalCost: outer.node.totalCost + inner.node.totalCost,
      estimatedRows: rows,
      actual: joinFigures(outer.node, inner.node),
      children: [
        { ...outer.node, relationship: 'Outer' },
        { ...inner.node, relationship: 'Inner' },
      ],
    }),
  };
}

/** MariaDB says LEFT JOIN only by a condition that can be switched off, and a semi-join by its first match. */
function joinType(entries: Entries): string {
  if (entries.some(([key]) => key === 'first_match')) return 'Semi';
  return /trigcond\(/.test(textOf(entries, 'attached_condition') ?? '') ? 'Left' : 'Inner';
}

/** Rows of the outer side are kept in a buffer, and the inner table is read once for each filling. */
function blockJoin(outer: Step | null, entries: Entries): Step | null {
  const table = objectOf(entries, 'table');
  if (!table) return outer;
  const kind = textOf(entries, 'join_type') ?? 'BNL';
  const hashed = kind.includes('H');
  const inner = tableStep(table, kind.startsWith('BKA') ? (outer?.rows ?? 1) : 1);
  if (!outer) return inner;
  const rows = outer.rows * inner.rows;
  const compared = hashed ? outer.rows + inner.rows : comparisonCost(outer.rows, inner.rows);
  return {
    rows,
    node: planNode({
      operation: hashed ? 'Hash Join' : kind.startsWith('BKA') ? 'Batched Key Access' : 'Block Nested Loop',
      joinType: joinType([...entries, ...table]),
      totalCost: outer.node.totalCost + inner.node.totalCost + compared,
      estimatedRows: rows,
      actual: joinFigures(outer.node, inner.node, numberOf(entries, 'r_filtered')),
      joinCondition: textOf(entries, 'attached_condition'),
      details: detailsOf(entries.filter(([key]) => key !== 'table')),
      children: [
        { ...outer.node, relationship: 'Outer' },
        { ...inner.node, relationship: 'Inner' },
      ],
    }),
  };
}

function joinFigures(outer: PlanNode, inner: PlanNode, filtered: number | null = null): ActualFigures | null {
  if (!outer.actual || !inner.actual) return null;
  const total = (node: ActualFigures) => node.totalMs * node.loops;
  // a buffer's filter is told beside the table: what comes out is not
  const rows =
    filtered === null
      ? inner.actual.rows * inner.actual.loops
      : (outer.actual.rows * outer.actual.loops * inner.actual.rows * filtered) / 100;
  return actualFigures({ rows, loops: 1, totalMs: total(outer.actual) + total(inner.actual) });
}

function sortStep(entries: Entries): Step | null {
  const below = steps(entries);
  if (!below) return null;
  const loops = numberOf(entries, 'r_loops');
  const disk = valueAt(entries, 'r_sort_passes') !== undefined;
  const limit = numberOf(entries, 'r_limit');
  return {
    rows: below.rows,
    node: planNode({
      operation: 'Sort',
      totalCost: below.node.totalCost + sortCost(below.rows),
      estimatedRows: below.rows,
      sortKey: splitKeys(textOf(entries, 'sort_key')),
      actual:
        loops === null
          ? null
          : actualFigures({
              rows: numberOf(entries, 'r_output_rows') ?? 0,
              loops,
              totalMs: loops === 0 ? 0 : (numberOf(entries, 'r_total_time_ms') ?? 0) / loops,
              sortMethod: textOf(entries, 'r_sort_mode'),
              sortSpaceKb: kilobytes(valueAt(entries, 'r_buffer_size')),
              sortSpaceType: disk ? 'Disk' : 'Memory',
            }),
      details: limit === null ? {} : { Limit: limit },
      children: [below.node],
    }),
  };
}

/** '2047KiB', '79Kb' */
function kilobytes(size: unknown): number | null {
  const match = /^(\d+)\s*([KMG])/i.exec(String(size));
  if (!match) return typeof size === 'number' ? size / 1024 : null;
  const factor = { K: 1, M: 1024, G: 1024 * 1024 }[(match[2] ?? 'K').toUpperCase()] ?? 1;
  return Number(match[1]) * factor;
}

/** At commas outside of parentheses and quotes. */
function splitKeys(text: string | null): string[] {
  if (text === null) return [];
  const parts: string[] = [''];
  let depth = 0;
  let quote = '';
  for (const character of text) {
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === "'" || character === '`' || character === '"') quote = character;
    else if (character === '(') depth++;
    else if (character === ')') depth--;
    if (character === ',' && depth === 0 && quote === '') parts.push('');
    else parts.push(`${parts.pop() ?? ''}${character}`);
  }
  return parts.map((part) => part.trim());
}

/** A step over another one that passes its rows on. */
function overStep(operation: string, entries: Entries, price: (rows: number) => number): Step | null {
  const below = steps(entries);
  if (!below) return null;
  return {
    rows: below.rows,
    node: planNode({
      operation,
      totalCost: below.node.totalCost + price(below.rows),
      estimatedRows: below.rows,
      actual: below.node.actual,
      details: detailsOf(entries.filter(([key]) => !STEPS.has(key))),
      children: [below.node],
    }),
  };
}

function unionStep(operation: string, entries: Entries): Step {
  const parts = valueAt(entries, 'query_specifications');
  const nodes = (Array.isArray(parts) ? parts : []).flatMap((part) => {
    const block = objectOf(entriesOf(part) ?? [], 'query_block');
    return block ? [{ ...blockNode(block), relationship: 'Member' }] : [];
  });
  const rows = nodes.reduce((sum, node) => sum + node.estimatedRows, 0);
  // UNION ALL without an order needs no temporary table, and then has no name
  const stored = textOf(entries, 'table_name') !== null;
  const loops = numberOf(entries, 'r_loops');
  const node = planNode({
    operation: stored ? operation : `${operation} all`,
    totalCost: nodes.reduce((sum, part) => sum + part.totalCost, 0) + (stored ? temporaryCost(rows) : 0),
    estimatedRows: rows,
    actual: loops === null ? null : actualFigures({ rows: numberOf(entries, 'r_rows') ?? 0, loops }),
    children: nodes,
  });
  return { node, rows };
}

function windowStep(entries: Entries): Step | null {
  const below = steps(entries);
  if (!below) return null;
  const sorts = valueAt(entries, 'sorts');
  const keys = (Array.isArray(sorts) ? sorts : []).flatMap((sort) => {
    const filesort = objectOf(entriesOf(sort) ?? [], 'filesort');
    return filesort ? splitKeys(textOf(filesort, 'sort_key')) : [];
  });
  return {
    rows: below.rows,
    node: planNode({
      operation: 'Window functions',
      totalCost: below.node.totalCost + sortCost(below.rows),
      estimatedRows: below.rows,
      actual: below.node.actual,
      sortKey: keys,
      children: [below.node],
    }),
  };
}

/** A subquery that names tables of the statement around it runs for each row, the others run once. */
function subqueryNode(
  { block, cached }: Subquery,
  around: Entries,
  rows: number,
): { readonly node: PlanNode; readonly runs: number } {
  const number = numberOf(block, 'select_id');
  const dependent = cached || refersOutside(block);
  const runs = dependent ? Math.max(1, testedRows(around, number) ?? rows) : 1;
  const node = blockNode(block);
  return {
    runs,
    node: {
      ...node,
      relationship: dependent ? 'SubPlan' : 'InitPlan',
      subplan: `Subquery #${number ?? '?'}`,
      details: { ...node.details, ...(cached ? { 'Results kept by': 'expression cache' } : {}) },
    },
  };
}
