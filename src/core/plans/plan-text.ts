/** A plan as text, one line a node, for terminals, hovers and documents. */
import type { Plan, PlanNode } from './plan.ts';

/**
 * The plan as an indented tree with its figures. Costs are in the planner's own unit; times are milliseconds over
 * all loops, children included.
 */
export function planText(plan: Plan): string {
  const lines: string[] = [];
  addNode(plan.root, 0, lines);
  if (plan.planningMs !== null) lines.push(`Planning: ${milliseconds(plan.planningMs)}`);
  if (plan.executionMs !== null) lines.push(`Execution: ${milliseconds(plan.executionMs)}`);
  const settings = Object.entries(plan.settings);
  if (settings.length > 0)
    lines.push(`Settings: ${settings.map(([name, value]) => `${name} = ${value}`).join(', ')}`);
  return `${lines.join('\n')}\n`;
}

/** The node's operation with what it works on: 'Index Scan using orders_pkey on orders o'. */
export function nodeTitle(node: PlanNode): string {
  const join = node.joinType && node.joinType !== 'Inner' ? ` ${node.joinType}` : '';
  const index = node.index ? ` using ${node.index}` : '';
  const target = node.relation ?? node.cte;
  const alias = node.alias && node.alias !== target ? ` ${node.alias}` : '';
  return `${node.operation}${join}${index}${target ? ` on ${target}${alias}` : ''}`;
}

function addNode(node: PlanNode, depth: number, lines: string[]): void {
  const indent = '  '.repeat(depth);
  if (node.subplan) lines.push(`${indent}${node.subplan}:`);
  lines.push(`${indent}${depth === 0 ? '' : '→ '}${nodeTitle(node)}  (${figures(node)})`);
  for (const detail of details(node)) lines.push(`${indent}    ${detail}`);
  for (const child of node.children) addNode(child, depth + 1, lines);
}

function figures(node: PlanNode): string {
  const estimated = `cost ${round(node.totalCost)}, ${count(node.estimatedRows)} rows`;
  if (!node.actual) return estimated;
  if (node.actual.loops === 0) return `${estimated}; never executed`;
  const loops = node.actual.loops === 1 ? '' : ` in ${count(node.actual.loops)} loops`;
  return `${estimated}; actual ${milliseconds(node.actual.totalMs * node.actual.loops)}, ${count(node.actual.rows * node.actual.loops)} rows${loops}`;
}

function details(node: PlanNode): string[] {
  const found: string[] = [];
  if (node.indexCondition) found.push(`Index condition: ${node.indexCondition}`);
  if (node.joinCondition) found.push(`Join condition: ${node.joinCondition}`);
  if (node.filter) found.push(`Filter: ${node.filter}`);
  if (node.sortKey.length > 0) found.push(`Sort key: ${node.sortKey.join(', ')}`);
  if (node.groupKey.length > 0) found.push(`Group key: ${node.groupKey.join(', ')}`);
  const actual = node.actual;
  if (actual && actual.rowsRemovedByFilter > 0) {
    found.push(`Rows removed by filter: ${count(actual.rowsRemovedByFilter * actual.loops)}`);
  }
  if (actual?.sortSpaceType === 'Disk') found.push(`Sorted on disk: ${count(actual.sortSpaceKb ?? 0)} kB`);
  return found;
}

function round(value: number): string {
  return value.toFixed(value < 100 ? 2 : 0);
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function milliseconds(value: number): string {
  return value < 10 ? `${value.toFixed(2)} ms` : `${count(value)} ms`;
}
