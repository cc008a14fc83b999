/** One plan model for every engine. Readers: `read-postgres-plan.ts` and, per engine, its neighbours. */

export interface Plan {
  readonly root: PlanNode;
  /** the planner's total cost of the statement, in the engine's own unit; MariaDB before 11 tells none: `mariadb-cost.ts` */
  readonly cost: number;
  readonly planningMs: number | null;
  readonly executionMs: number | null;
  /** settings that differ from the default, as EXPLAIN (SETTINGS) says */
  readonly settings: Readonly<Record<string, string>>;
  /** true when the statement was executed (EXPLAIN ANALYZE) */
  readonly analyzed: boolean;
  /** the plan as the engine gave it */
  readonly raw: unknown;
}

export interface PlanNode {
  /** the engine's own word: 'Seq Scan', 'Hash Join', 'Nested Loop', 'Sort' … */
  readonly operation: string;
  /** how it hangs on its parent: 'Outer', 'Inner', 'SubPlan', 'InitPlan', 'Member' …; null for the root */
  readonly relationship: string | null;
  /** name of the subplan or CTE: 'SubPlan 1', 'CTE x' */
  readonly subplan: string | null;
  readonly joinType: string | null;
  readonly relation: string | null;
  readonly schema: string | null;
  readonly alias: string | null;
  readonly index: string | null;
  readonly cte: string | null;
  /** planner's figures: cost up to the first and up to the last row, in the engine's unit */
  readonly startupCost: number;
  readonly totalCost: number;
  /** rows per loop, estimated */
  readonly estimatedRows: number;
  /** bytes per row */
  readonly width: number | null;
  readonly actual: ActualFigures | null;
  /** conditions and lists as the engine prints them */
  readonly filter: string | null;
  readonly indexCondition: string | null;
  readonly joinCondition: string | null;
  readonly sortKey: readonly string[];
  readonly groupKey: readonly string[];
  readonly output: readonly string[];
  /** whatever else the engine says, by its own names */
  readonly details: Readonly<Record<string, unknown>>;
  readonly children: readonly PlanNode[];
}

export interface ActualFigures {
  /** rows per loop */
  readonly rows: number;
  readonly loops: number;
  /** milliseconds per loop, up to the last row, children included */
  readonly totalMs: number;
  readonly rowsRemovedByFilter: number;
  /** blocks over all loops, children included */
  readonly sharedHit: number;
  readonly sharedRead: number;
  readonly tempRead: number;
  readonly tempWritten: number;
  readonly sortMethod: string | null;
  readonly sortSpaceKb: number | null;
  readonly sortSpaceType: 'Memory' | 'Disk' | null;
  readonly hashBatches: number | null;
}

/** Every node of a plan, parents before children. */
export function* planNodes(node: PlanNode): Generator<PlanNode> {
  yield node;
  for (const child of node.children) yield* planNodes(child);
}
