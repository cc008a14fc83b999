/** The plan as a model reads it: one line a node, the costly ones named first. */
import { type Plan, type PlanNode, planNodes } from '../../core/plans/plan.ts';
import { nodeTitle } from '../../core/plans/plan-text.ts';

/** Nodes below which a plan is not worth sending further. */
const MOST_NODES = 40;
/** A node whose own share of the cost is larger is named. */
const COSTLY = 0.15;

/**
 * @param sql masks the conditions, which hold values
 */
export function planPart(plan: Plan, sql: (text: string) => string): string {
  const lines: string[] = [];
  describe(plan.root, 0, lines, sql);
  const shown = lines.length > MOST_NODES ? [...lines.slice(0, MOST_NODES), '…'] : lines;
  return [...costlyNodes(plan), ...shown].join('\n');
}

/** 'Most of the cost: Seq Scan on orders o (81 %)'. */
function costlyNodes(plan: Plan): string[] {
  if (plan.cost <= 0) return [];
  const named = [...planNodes(plan.root)]
    .map((node) => ({ node, share: ownCost(node) / plan.cost }))
    .filter(({ share }) => share >= COSTLY)
    .sort((a, b) => b.share - a.share)
    .map(({ node, share }) => `${nodeTitle(node)} (${Math.min(100, Math.round(100 * share))} %)`);
  return named.length > 0 ? [`Most of the cost: ${named.slice(0, 3).join(', ')}`] : [];
}

function ownCost(node: PlanNode): number {
  return node.totalCost - node.children.reduce((sum, child) => sum + child.totalCost, 0);
}

function describe(node: PlanNode, depth: number, lines: string[], sql: (text: string) => string): void {
  const conditions = [
    node.indexCondition && `index condition ${sql(node.indexCondition)}`,
    node.joinCondition && `join condition ${sql(node.joinCondition)}`,
    node.filter && `filter ${sql(node.filter)}`,
  ].filter((text): text is string => typeof text === 'string' && text !== '');
  const figures = `cost ${Math.round(node.totalCost)}, ${Math.round(node.estimatedRows)} rows`;
  const name = node.subplan ? `${node.subplan}: ` : '';
  lines.push(`${'  '.repeat(depth)}${name}${nodeTitle(node)} (${[figures, ...conditions].join('; ')})`);
  for (const child of node.children) describe(child, depth + 1, lines, sql);
}
