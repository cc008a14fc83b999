/** Going over the tree. Nothing here recurses: a chain of 10,000 ORs is 10,000 levels deep. */
import type { Expression, Node } from './ast.ts';
import { childrenOf } from './children.ts';
import type { TextRange } from './text.ts';

/**
 * Visit a node and everything below it, a node before its children, in the order of the text.
 *
 * @param visit gets each node with its parent (null for the first); when it returns `false`, the node's children
 *   are left out
 */
export function walk(node: Node, visit: (node: Node, parent: Node | null) => unknown): void {
  if (visit(node, null) === false) return;
  const top = childrenOf(node);
  // most of what is walked are names and literals
  if (top.length === 0) return;
  const nodes: Node[] = [];
  const parents: Node[] = [];
  let children = top;
  let parent = node;
  for (;;) {
    for (let i = children.length - 1; i >= 0; i--) {
      const child = children[i];
      if (child === undefined) continue;
      nodes.push(child);
      parents.push(parent);
    }
    for (;;) {
      const current = nodes.pop();
      const above = parents.pop();
      if (current === undefined || above === undefined) return;
      if (visit(current, above) === false) continue;
      children = childrenOf(current);
      parent = current;
      if (children.length > 0) break;
    }
  }
}

/** The text of a node or any other range, as written. */
export function nodeText(text: string, range: TextRange): string {
  return text.slice(range.start, range.end);
}

/** The expression without the parentheses around it. */
export function unwrapParens(expression: Expression): Expression {
  let inner = expression;
  while (inner.kind === 'paren') inner = inner.expression;
  return inner;
}

/** The parts of `a AND b AND c`, through parentheses, in the order of the text, each without its parentheses. */
export function conjunctsOf(expression: Expression): Expression[] {
  return partsOf(expression, 'AND');
}

/** The parts of `a OR b OR c`, through parentheses, in the order of the text, each without its parentheses. */
export function disjunctsOf(expression: Expression): Expression[] {
  return partsOf(expression, 'OR');
}

function partsOf(expression: Expression, operator: 'AND' | 'OR'): Expression[] {
  const parts: Expression[] = [];
  const open: Expression[] = [expression];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const inner = unwrapParens(next);
    if (inner.kind === 'binary' && inner.operator === operator) open.push(inner.right, inner.left);
    else parts.push(inner);
  }
  return parts;
}
