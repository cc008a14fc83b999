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
  let parent = node;
  let children = childrenOf(node);
  let next = 0;
  // the places to go on at after a node's children: only inner nodes have one, and most nodes are names and literals
  const open: { parent: Node; children: readonly Node[]; next: number }[] = [];
  for (;;) {
    const child = children[next++];
    if (child === undefined) {
      const above = open.pop();
      if (above === undefined) return;
      ({ parent, children, next } = above);
    } else if (visit(child, parent) !== false) {
      const inner = childrenOf(child);
      if (inner.length === 0) continue;
      if (next < children.length) open.push({ parent, children, next });
      parent = child;
      children = inner;
      next = 0;
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
