/**
 * MySQL's EXPLAIN FORMAT=JSON as a {@link Plan}, in both of its forms: blocks and tables (version 1, the default), and
 * the steps of the tree form (version 2, since 8.3). For versions 8.0 to 9.
 * https://dev.mysql.com/doc/refman/8.4/en/explain.html
 */
import { accessName, isStoredResult, lookupCondition } from './mysql-access.ts';
import type { Plan, PlanNode } from './plan.ts';
import { actualFigures, planNode } from './plan-node.ts';
import { joined, titledNode, totalOf } from './read-mysql-tree.ts';
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
 * @param json what EXPLAIN FORMAT=JSON returned
 * @throws SyntaxError when it is not JSON, TypeError when it holds no plan
 */
export function readMysqlPlan(json: string): Plan {
  const top = parseRepeatedKeys(json);
  const block = objectOf(top, 'query_block');
  const root = block ? blockNode(block) : stepNode(objectOf(top, 'query_plan') ?? top);
  const cost = block ? root.totalCost : totalOf(root);
  return {
    root: { ...root, totalCost: cost },
    cost,
    planningMs: null,
    executionMs: root.actual ? root.actual.totalMs * root.actual.loops : null,
    settings: {},
    analyzed: root.actual !== null,
    raw: JSON.parse(json),
  };
}

/** A step of version 2: the line of the tree form, with its figures beside it. */
function stepNode(step: Entries): PlanNode {
  const title = textOf(step, 'operation');
  if (title === null) throw new TypeError('EXPLAIN returned no plan');
  const inputs = valueAt(step, 'inputs');
  const children = (Array.isArray(inputs) ? inputs : []).flatMap((input) => {
    const entries = entriesOf(input);
    return entries ? [stepNode(entries)] : [];
  });
  const loops = numberOf(step, 'actual_loops');
  const node = titledNode(title);
  return joined({
    ...node,
    schema: textOf(step, 'schema_name'),
    relation: textOf(step, 'table_name') ?? node.relation,
    alias: textOf(step, 'alias') ?? node.alias,
    index: textOf(step, 'index_name') ?? node.index,
    startupCost: numberOf(step, 'estimated_first_row_cost') ?? 0,
    totalCost: numberOf(step, 'estimated_total_cost') ?? 0,
    estimatedRows: numberOf(step, 'estimated_rows') ?? 0,
    actual:
      loops === null
        ? null
        : actualFigures({
            rows: numberOf(step, 'actual_rows') ?? 0,
            loops,
            totalMs: numberOf(step, 'actual_last_row_ms') ?? 0,
          }),
    children,
  });
}

/** Operations of version 1 that wrap what they work on, under readable names. */
const WRAPPERS: Readonly<Record<string, string>> = {
  ordering_operation: 'Sort',
  grouping_operation: 'Group',
  duplicates_removal: 'Duplicates removal',
  windowing: 'Window functions',
  buffer_result: 'Buffer',
};

const SET_OPERATIONS: Readonly<Record<string, string>> = {
  union_result: 'Union',
  unary_result: 'Set operation',
  intersect_result: 'Intersect',
  except_result: 'Except',
};

/** What a subquery of version 1 belongs to; those that were optimized away do not run. */
const SUBQUERIES = [
  'attached_subqueries',
  'select_list_subqueries',
  'having_subqueries',
  'group_by_subqueries',
  'order_by_subqueries',
  'insert_select_subqueries',
  'update_value_subqueries',
];

interface Step {
  readonly node: PlanNode;
  readonly rows: number;
}

/** The cost of a block counts its own tables only, so that of its subqueries is added as often as they run. */
function blockNode(block: Entries): PlanNode {
  const info = objectOf(block, 'cost_info') ?? [];
  const below = steps(block);
  const node =
    below?.node ?? planNode({ operation: textOf(block, 'message') ?? 'No table', estimatedRows: 1 });
  const subqueries = subqueryNodes(block, below?.rows ?? 1);
  const inside = [...storedCosts(node)].reduce((sum, cost) => sum + cost, 0);
  const own = numberOf(info, 'query_cost');
  return {
    ...node,
    totalCost:
      (own === null ? node.totalCost : own + inside) +
      subqueries.reduce((sum, subquery) => sum + subquery.cost, 0),
    children: [...node.children, ...subqueries.map((subquery) => subquery.node)],
  };
}

/** Costs of results that are stored for this block, and of subqueries in conditions on its tables. */
function* storedCosts(node: PlanNode): Generator<number> {
  for (const child of node.children) {
    if (child.relationship === 'Materialized') yield child.totalCost;
    else if (child.relationship === 'SubPlan' || child.relationship === 'InitPlan') {
      const runs = child.details['Runs'];
      yield child.totalCost * (typeof runs === 'number' ? runs : 1);
    } else yield* storedCosts(child);
  }
}

function steps(entries: Entries): Step | null {
  let step: Step | null = null;
  for (const [key, value] of entries) {
    const inner = entriesOf(value);
    const wrapper = WRAPPERS[key];
    const setOperation = SET_OPERATIONS[key];
    if (key === 'table' && inner) step = tableStep(inner, null);
    else if (key === 'nested_loop' && Array.isArray(value)) step = loopStep(value);
    else if (wrapper && inner) step = wrapperStep(wrapper, inner) ?? step;
    else if (setOperation && inner) step = setStep(setOperation, inner);
  }
  return step;
}

function loopStep(parts: readonly unknown[]): Step | null {
  let outer: Step | null = null;
  for (const part of parts) {
    const table = objectOf(entriesOf(part) ?? [], 'table');
    if (table) outer = tableStep(table, outer);
  }
  return outer;
}

function tableStep(table: Entries, outer: Step | null): Step {
  const name = textOf(table, 'table_name');
  if (name === null) {
    const operation = textOf(table, 'message') ?? 'No table';
    return { node: planNode({ operation, estimatedRows: 1 }), rows: 1 };
  }
  const info = objectOf(table, 'cost_info') ?? [];
  const examined = numberOf(table, 'rows_examined_per_scan') ?? 1;
  const rows = (examined * (numberOf(table, 'filtered') ?? 100)) / 100;
  const all = numberOf(table, 'rows_produced_per_join') ?? (outer?.rows ?? 1) * rows;
  const stored = objectOf(table, 'materialized_from_subquery');
  const block = stored ? objectOf(stored, 'query_block') : null;
  const own = isStoredResult(name);
  const node = planNode({
    operation: accessName(textOf(table, 'access_type') ?? 'ALL'),
    relation: own ? null : name,
    alias: own ? null : name,
    cte: own ? name : null,
    index: textOf(table, 'key'),
    totalCost: (numberOf(info, 'read_cost') ?? 0) + (numberOf(info, 'eval_cost') ?? 0),
    estimatedRows: rows,
    filter: textOf(table, 'attached_condition'),
    indexCondition:
      textOf(table, 'index_condition') ??
      lookupCondition(textsOf(table, 'used_key_parts'), textsOf(table, 'ref')),
    details: detailsOf(table),
    children: [
      ...(block
        ? [{ ...blockNode(block), relationship: 'Materialized', subplan: `Materialize ${name}` }]
        : []),
      ...subqueryNodes(table, (outer?.rows ?? 1) * examined).map((subquery) => subquery.node),
    ],
  });
  if (!outer) return { node, rows: all };
  const hashed = /hash join/i.test(textOf(table, 'using_join_buffer') ?? '');
  return {
    rows: all,
    node: planNode({
      operation: hashed ? 'Hash Join' : 'Nested Loop',
      joinType: joinType(table),
      totalCost: numberOf(info, 'prefix_cost') ?? outer.node.totalCost + node.totalCost,
      estimatedRows: all,
      children: [
        { ...outer.node, relationship: 'Outer' },
        { ...node, relationship: 'Inner' },
      ],
    }),
  };
}

function joinType(table: Entries): string {
  if (textOf(table, 'first_match') !== null) return 'Semi';
  if (valueAt(table, 'not_exists') === true) return 'Anti';
  return /<if>\(is_not_null_compl|trigcond/.test(textOf(table, 'attached_condition') ?? '')
    ? 'Left'
    : 'Inner';
}

function wrapperStep(operation: string, entries: Entries): Step | null {
  const below = steps(entries);
  if (!below) return null;
  const info = objectOf(entries, 'cost_info') ?? [];
  const subqueries = subqueryNodes(entries, below.rows);
  return {
    rows: below.rows,
    node: planNode({
      // an order that an index gives needs no sort
      operation:
        operation === 'Sort' && valueAt(entries, 'using_filesort') === false ? 'In order' : operation,
      totalCost: below.node.totalCost + (numberOf(info, 'sort_cost') ?? 0),
      estimatedRows: below.rows,
      details: detailsOf(entries),
      children: [below.node, ...subqueries.map((subquery) => subquery.node)],
    }),
  };
}

function setStep(operation: string, entries: Entries): Step {
  const parts = valueAt(entries, 'query_specifications');
  const nodes = (Array.isArray(parts) ? parts : []).flatMap((part) => {
    const inner = entriesOf(part) ?? [];
    const block = objectOf(inner, 'query_block');
    return block ? [{ ...blockNode(block), relationship: 'Member' }] : [];
  });
  const rows = nodes.reduce((sum, node) => sum + node.estimatedRows, 0);
  const stored = valueAt(entries, 'using_temporary_table') === true;
  const node = planNode({
    operation: stored || operation !== 'Union' ? operation : 'Union all',
    totalCost: nodes.reduce((sum, part) => sum + part.totalCost, 0),
    estimatedRows: rows,
    children: nodes,
  });
  return { node, rows };
}

function subqueryNodes(entries: Entries, rows: number): { node: PlanNode; cost: number }[] {
  return SUBQUERIES.flatMap((key) => {
    const list = valueAt(entries, key);
    return (Array.isArray(list) ? list : []).flatMap((entry) => {
      const inner = entriesOf(entry) ?? [];
      const table = objectOf(inner, 'table');
      const block = objectOf(inner, 'query_block') ?? (table ? materializedBlock(table) : null);
      if (!block) return [];
      const dependent = valueAt(inner, 'dependent') === true;
      const runs = dependent ? Math.max(1, rows) : 1;
      const node = blockNode(block);
      return [
        {
          cost: runs * node.totalCost,
          node: {
            ...node,
            relationship: dependent ? 'SubPlan' : 'InitPlan',
            subplan: `Subquery #${numberOf(block, 'select_id') ?? '?'}`,
            details: { ...node.details, Runs: runs },
          },
        },
      ];
    });
  });
}

function materializedBlock(table: Entries): Entries | null {
  const stored = objectOf(table, 'materialized_from_subquery');
  return stored ? objectOf(stored, 'query_block') : null;
}

const PLACED = new Set([
  ...['table_name', 'access_type', 'key', 'used_key_parts', 'ref', 'filtered', 'cost_info'],
  ...['rows_examined_per_scan', 'rows_produced_per_join', 'attached_condition', 'index_condition'],
]);

function detailsOf(entries: Entries): Record<string, unknown> {
  return Object.fromEntries(
    entries.filter(([key, value]) => !PLACED.has(key) && !SUBQUERIES.includes(key) && isPlain(value)),
  );
}

function isPlain(value: unknown): boolean {
  return Array.isArray(value) ? value.every((entry) => typeof entry === 'string') : entriesOf(value) === null;
}
