/** Building nodes of a {@link Plan}: most engines say less of a node than the model has room for. */
import type { ActualFigures, PlanNode } from './plan.ts';

const EMPTY_NODE: PlanNode = {
  operation: '',
  relationship: null,
  subplan: null,
  joinType: null,
  relation: null,
  schema: null,
  alias: null,
  index: null,
  cte: null,
  startupCost: 0,
  totalCost: 0,
  estimatedRows: 0,
  width: null,
  actual: null,
  filter: null,
  indexCondition: null,
  joinCondition: null,
  sortKey: [],
  groupKey: [],
  output: [],
  details: {},
  children: [],
};

const NOTHING_MEASURED: ActualFigures = {
  rows: 0,
  loops: 0,
  totalMs: 0,
  rowsRemovedByFilter: 0,
  sharedHit: 0,
  sharedRead: 0,
  tempRead: 0,
  tempWritten: 0,
  sortMethod: null,
  sortSpaceKb: null,
  sortSpaceType: null,
  hashBatches: null,
};

/** A node with what is known of it. */
export function planNode(known: Partial<PlanNode> & Pick<PlanNode, 'operation'>): PlanNode {
  return { ...EMPTY_NODE, ...known };
}

/** Actual figures with what was measured. */
export function actualFigures(
  known: Partial<ActualFigures> & Pick<ActualFigures, 'rows' | 'loops'>,
): ActualFigures {
  return { ...NOTHING_MEASURED, ...known };
}
