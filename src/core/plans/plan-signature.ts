/**
 * A text that two plans share only when the executor does the same for both: one proof that two statements return the
 * same rows. It errs to one side: plans that could differ in something that EXPLAIN does not print have none.
 */
import { tokenize } from '../sql/lexer.ts';
import type { Token } from '../sql/tokens.ts';
import { type Plan, type PlanNode, planNodes } from './plan.ts';

/**
 * Nodes whose work EXPLAIN (VERBOSE) prints completely. Not among them, because something stays unsaid: Limit (its
 * number), Unique (how many of the columns), Values Scan (the values), LockRows (the strength), ModifyTable (which
 * column gets what), Foreign Scan, Sample Scan, Recursive Union, custom scans.
 */
const TOLD_COMPLETELY = new Set([
  'Result',
  'ProjectSet',
  'Seq Scan',
  'Index Scan',
  'Index Only Scan',
  'Bitmap Heap Scan',
  'Bitmap Index Scan',
  'BitmapAnd',
  'BitmapOr',
  'Tid Scan',
  'Tid Range Scan',
  'Subquery Scan',
  'Function Scan',
  'CTE Scan',
  'Nested Loop',
  'Hash Join',
  'Merge Join',
  'Hash',
  'Sort',
  'Incremental Sort',
  'Group',
  'Aggregate',
  'HashAggregate',
  'GroupAggregate',
  'MixedAggregate',
  'Append',
  'Merge Append',
  'SetOp',
  'HashSetOp',
  'Materialize',
  'Memoize',
  'Gather',
  'Gather Merge',
]);

/** What the planner believes, not what the executor does. */
const BELIEFS = new Set([
  'Disabled',
  'Estimated Capacity',
  'Estimated Distinct Lookup Keys',
  'Estimated Lookups',
]);

/**
 * The signature of a plan.
 *
 * @param plan from EXPLAIN (VERBOSE) without ANALYZE, of a statement that reads; both plans from the same transaction
 * @returns null when the plan has no output lists (not VERBOSE) or a node that EXPLAIN does not tell completely.
 *   Names and types of the result's columns are not part of it: compare them too.
 */
export function planSignature(plan: Plan): string | null {
  const nodes = [...planNodes(plan.root)];
  if (plan.analyzed || !nodes.some((node) => node.output.length > 0) || !nodes.every(isTold)) return null;
  const aliases = new Map<string, string>();
  for (const { alias } of nodes) {
    if (alias !== null && !aliases.has(alias)) aliases.set(alias, `⟨${aliases.size + 1}⟩`);
  }
  // with one relation, whether its columns carry its name depends on relations that were planned away
  const [only] = aliases.keys();
  if (aliases.size === 1 && only !== undefined) aliases.set(only, '');
  return JSON.stringify(describeNode(plan.root, aliases));
}

function isTold(node: PlanNode): boolean {
  // until version 17 a window's partition, order and frame are not printed
  if (node.operation === 'WindowAgg') return typeof node.details['Window'] === 'string';
  return TOLD_COMPLETELY.has(node.operation);
}

function describeNode(node: PlanNode, aliases: ReadonlyMap<string, string>): unknown {
  const canonical = (text: string) => withoutAliases(text, aliases);
  const details = Object.entries(node.details)
    .filter(([name]) => !BELIEFS.has(name))
    .map(([name, value]) => [name, mapTexts(value, canonical)]);
  return [
    node.operation,
    node.relationship,
    node.subplan,
    node.joinType,
    node.schema,
    node.relation,
    node.alias === null ? null : (aliases.get(node.alias) ?? null),
    node.index,
    node.cte,
    node.filter === null ? null : canonical(node.filter),
    node.indexCondition === null ? null : canonical(node.indexCondition),
    node.joinCondition === null ? null : canonical(node.joinCondition),
    node.sortKey.map(canonical),
    node.groupKey.map(canonical),
    node.output.map(canonical),
    details,
    node.children.map((child) => describeNode(child, aliases)),
  ];
}

/** Aliases before a dot become their number; texts in quotes, where a dot means nothing, stay. */
function withoutAliases(expression: string, aliases: ReadonlyMap<string, string>): string {
  const tokens = tokenize(expression, 'postgresql');
  let result = '';
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index];
    if (!token) break;
    const qualifies = tokens[index + 1]?.text === '.' && tokens[index - 1]?.text !== '.';
    const canonical = qualifies ? aliases.get(nameOf(token)) : undefined;
    result += canonical ?? token.text;
    if (canonical === '') index++;
  }
  return result;
}

function nameOf(token: Token): string {
  return token.kind === 'quotedIdentifier' ? token.text.slice(1, -1).replaceAll('""', '"') : token.text;
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((entry) => mapTexts(entry, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value).map(([name, entry]) => [name, mapTexts(entry, change)]);
}
