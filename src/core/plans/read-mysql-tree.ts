/**
 * MySQL's tree form of a plan, EXPLAIN FORMAT=TREE and EXPLAIN ANALYZE, as a {@link Plan}. For versions 8.0.18 to 9.
 * https://dev.mysql.com/doc/refman/8.4/en/explain.html#explain-analyze
 */
import type { Plan, PlanNode } from './plan.ts';
import { actualFigures, planNode } from './plan-node.ts';

const FIGURE = '\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?';
const LINE = new RegExp(
  `^( *)-> (.*?)(?: +\\(cost=(${FIGURE})(?:\\.\\.(${FIGURE}))? rows=(${FIGURE})\\))?` +
    `(?: +\\(actual time=(${FIGURE})\\.\\.(${FIGURE}) rows=(${FIGURE}) loops=(${FIGURE})\\)| +\\((never executed)\\))?$`,
);
/** Blanks by which a child is indented. */
const INDENT = 4;

interface Line {
  readonly depth: number;
  readonly node: PlanNode;
}

/**
 * @param text the tree; its first line is the root
 * @throws TypeError when it holds no plan
 */
export function readMysqlTree(text: string): Plan {
  const lines = text.split('\n').flatMap((line) => readLine(line) ?? []);
  const [first] = lines;
  if (!first) throw new TypeError('EXPLAIN returned no plan');
  const root = withChildren(lines, 0);
  const cost = totalOf(root);
  return {
    root: { ...root, totalCost: cost },
    cost,
    planningMs: null,
    executionMs: root.actual ? root.actual.totalMs * root.actual.loops : null,
    settings: {},
    analyzed: lines.some(({ node }) => node.actual !== null),
    raw: text,
  };
}

function readLine(line: string): Line | null {
  const match = LINE.exec(line);
  if (!match) return null;
  const [, indent = '', title = '', startup, total, rows, , last, actualRows, loops, never] = match;
  const cost = Number(total ?? startup ?? 0);
  return {
    depth: Math.round(indent.length / INDENT),
    node: {
      ...titledNode(title),
      startupCost: total === undefined ? 0 : Number(startup),
      totalCost: cost,
      estimatedRows: Number(rows ?? 0),
      actual:
        never !== undefined
          ? actualFigures({ rows: 0, loops: 0 })
          : loops === undefined
            ? null
            : actualFigures({ rows: Number(actualRows), loops: Number(loops), totalMs: Number(last) }),
    },
  };
}

function withChildren(lines: readonly Line[], at: number): PlanNode {
  const line = lines[at];
  if (!line) throw new TypeError('EXPLAIN returned no plan');
  const children: PlanNode[] = [];
  for (let index = at + 1; index < lines.length; index++) {
    const { depth } = lines[index] ?? { depth: 0 };
    if (depth <= line.depth) break;
    if (depth === line.depth + 1) children.push(withChildren(lines, index));
  }
  return joined({ ...line.node, children });
}

/** The two sides of a join are told by their order. */
export function joined(node: PlanNode): PlanNode {
  if (!/Join$|Nested Loop$/.test(node.operation)) return node;
  const sides = ['Outer', 'Inner'];
  return {
    ...node,
    children: node.children.map((child, index) =>
      child.relationship === null ? { ...child, relationship: sides[index] ?? null } : child,
    ),
  };
}

/** Steps whose cost is not told (a sort, a limit) cost at least what is below them. */
export function totalOf(node: PlanNode): number {
  return Math.max(node.totalCost, ...node.children.map(totalOf), 0);
}

const READS =
  /^(.*?(?:scan|lookup|Constant row|search)) (?:on|from) (\S+)(?: using (.+?))?(?: (?:over )?(\(.*?\)))?(?: \(reverse\))?(?:, with index condition: (.*))?$/;
const HASH_JOIN = /^(\w+) hash (?:join|semijoin|antijoin)(?: \((.*)\))?/i;
const LOOP = /^Nested loop (\w+?) ?join/i;
const SUBQUERY = /^Select #(\d+) \((.*)\)$/;

/** A node from its line without the figures: 'Index lookup on o using customer_id (customer_id=c.id)'. */
export function titledNode(title: string): PlanNode {
  const loop = LOOP.exec(title);
  if (loop) return planNode({ operation: 'Nested Loop', joinType: capital(loop[1] ?? '') });
  const hash = HASH_JOIN.exec(title);
  if (hash) {
    return planNode({
      operation: 'Hash Join',
      joinType: capital(hash[1] ?? ''),
      joinCondition: hash[2] ?? null,
    });
  }
  const subquery = SUBQUERY.exec(title);
  if (subquery) {
    return planNode({
      operation: 'Subquery',
      relationship: /dependent/.test(subquery[2] ?? '') ? 'SubPlan' : 'InitPlan',
      subplan: `Subquery #${subquery[1]}`,
    });
  }
  const read = READS.exec(title);
  if (read) return readNode(read);
  const [name = title, rest] = splitTitle(title);
  return titledBy(name, rest);
}

function readNode([, operation = '', target = '', index, over, pushed]: RegExpExecArray): PlanNode {
  const stored = target.startsWith('<');
  const conditions = [over?.replace(/^\((.*)\)$/s, '$1'), pushed].filter((text) => text !== undefined);
  return planNode({
    operation,
    relation: stored ? null : target,
    alias: stored ? null : target,
    cte: stored ? target : null,
    index: index ?? null,
    indexCondition: conditions.length === 0 ? null : conditions.join(' AND '),
  });
}

function titledBy(name: string, rest: string | undefined): PlanNode {
  switch (name) {
    case 'Filter':
      return planNode({ operation: name, filter: rest ?? null });
    case 'Sort':
    case 'Sort with duplicate removal':
      return planNode({ operation: name, sortKey: (rest ?? '').split(', ') });
    case 'Limit':
    case 'Limit/Offset':
      return planNode({ operation: 'Limit', details: { Rows: rest ?? '' } });
    default: {
      const cte = /^(Materialize .*?CTE) (\S+)/.exec(name);
      const details = rest === undefined ? {} : { Of: rest };
      return planNode({ operation: cte?.[1] ?? name, cte: cte?.[2] ?? null, details });
    }
  }
}

function splitTitle(title: string): [string, string | undefined] {
  const at = title.indexOf(': ');
  return at < 0 ? [title, undefined] : [title.slice(0, at), title.slice(at + 2)];
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();
}
