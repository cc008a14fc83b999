/**
 * PostgreSQL's EXPLAIN (FORMAT JSON) as a {@link Plan}. For versions 13 to 18.
 * https://www.postgresql.org/docs/current/using-explain.html
 */
import type { ActualFigures, Plan, PlanNode } from './plan.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * @param json what EXPLAIN (FORMAT JSON) returned
 * @throws SyntaxError when it is not JSON, TypeError when it holds no plan
 */
export function readPostgresPlan(json: string): Plan {
  const raw: unknown = JSON.parse(json);
  const entry = Array.isArray(raw) ? (raw[0] as Json | undefined) : undefined;
  const top = entry?.['Plan'];
  if (!entry || !isObject(top)) throw new TypeError('EXPLAIN returned no plan');
  const root = readNode(top);
  return {
    root,
    cost: root.totalCost,
    planningMs: numberOf(entry, 'Planning Time'),
    executionMs: numberOf(entry, 'Execution Time'),
    settings: readSettings(entry['Settings']),
    analyzed: root.actual !== null,
    raw,
  };
}

/** The keys that have a place of their own in {@link PlanNode}; every other one goes to `details`. */
const PLACED = new Set([
  'Node Type',
  'Parent Relationship',
  'Subplan Name',
  'Join Type',
  'Relation Name',
  'Schema',
  'Alias',
  'Index Name',
  'CTE Name',
  'Startup Cost',
  'Total Cost',
  'Plan Rows',
  'Plan Width',
  'Filter',
  'Index Cond',
  'Sort Key',
  'Group Key',
  'Output',
  'Plans',
  'Actual Rows',
  'Actual Loops',
  'Actual Total Time',
  'Rows Removed by Filter',
]);

/** Nodes with a join condition have one of these, by their kind; a bitmap scan rechecks its condition. */
const JOIN_CONDITIONS = ['Hash Cond', 'Merge Cond', 'Join Filter'];
const INDEX_CONDITIONS = ['Index Cond', 'Recheck Cond', 'TID Cond'];

function readNode(json: Json): PlanNode {
  const children = Array.isArray(json['Plans']) ? json['Plans'].filter(isObject) : [];
  return {
    operation: operationOf(json),
    relationship: textOf(json, 'Parent Relationship'),
    subplan: textOf(json, 'Subplan Name'),
    joinType: textOf(json, 'Join Type'),
    relation: textOf(json, 'Relation Name'),
    schema: textOf(json, 'Schema'),
    alias: textOf(json, 'Alias'),
    index: textOf(json, 'Index Name'),
    cte: textOf(json, 'CTE Name'),
    startupCost: numberOf(json, 'Startup Cost') ?? 0,
    totalCost: numberOf(json, 'Total Cost') ?? 0,
    estimatedRows: numberOf(json, 'Plan Rows') ?? 0,
    width: numberOf(json, 'Plan Width'),
    actual: readActual(json),
    filter: textOf(json, 'Filter'),
    indexCondition: firstText(json, INDEX_CONDITIONS),
    joinCondition: joinConditionOf(json),
    sortKey: textsOf(json, 'Sort Key'),
    groupKey: textsOf(json, 'Group Key'),
    output: textsOf(json, 'Output'),
    details: Object.fromEntries(Object.entries(json).filter(([key]) => !PLACED.has(key))),
    children: children.map((child) => readNode(child)),
  };
}

/** As EXPLAIN's text form says it: 'HashAggregate', not 'Aggregate' with a strategy beside it. */
function operationOf(json: Json): string {
  const type = textOf(json, 'Node Type') ?? 'Unknown';
  if (type === 'Aggregate') {
    const strategy = textOf(json, 'Strategy');
    if (strategy === 'Hashed') return 'HashAggregate';
    if (strategy === 'Sorted') return 'GroupAggregate';
    if (strategy === 'Mixed') return 'MixedAggregate';
  }
  if (type === 'SetOp' && textOf(json, 'Strategy') === 'Hashed') return 'HashSetOp';
  if (type === 'ModifyTable') return textOf(json, 'Operation') ?? type;
  return type;
}

function joinConditionOf(json: Json): string | null {
  const found = JOIN_CONDITIONS.flatMap((key) => textOf(json, key) ?? []);
  return found.length === 0 ? null : found.join(' AND ');
}

function readActual(json: Json): ActualFigures | null {
  const loops = numberOf(json, 'Actual Loops');
  if (loops === null) return null;
  const figure = (name: string) => numberOf(json, name) ?? 0;
  const space = textOf(json, 'Sort Space Type');
  return {
    rows: figure('Actual Rows'),
    loops,
    totalMs: figure('Actual Total Time'),
    rowsRemovedByFilter: figure('Rows Removed by Filter'),
    sharedHit: figure('Shared Hit Blocks'),
    sharedRead: figure('Shared Read Blocks'),
    tempRead: figure('Temp Read Blocks'),
    tempWritten: figure('Temp Written Blocks'),
    sortMethod: textOf(json, 'Sort Method'),
    sortSpaceKb: numberOf(json, 'Sort Space Used'),
    sortSpaceType: space === 'Disk' || space === 'Memory' ? space : null,
    hashBatches: numberOf(json, 'Hash Batches') ?? numberOf(json, 'HashAgg Batches'),
  };
}

function readSettings(value: unknown): Record<string, string> {
  if (!isObject(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([name, setting]) => [name, String(setting)]));
}

function firstText(json: Json, keys: readonly string[]): string | null {
  for (const key of keys) {
    const text = textOf(json, key);
    if (text !== null) return text;
  }
  return null;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(json: Json, key: string): string | null {
  const value = json[key];
  return typeof value === 'string' ? value : null;
}

function textsOf(json: Json, key: string): string[] {
  const value = json[key];
  return Array.isArray(value) ? value.map(String) : [];
}

function numberOf(json: Json, key: string): number | null {
  const value = json[key];
  return typeof value === 'number' ? value : null;
}
