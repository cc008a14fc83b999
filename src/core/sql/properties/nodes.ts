/** The nodes of a statement by their kind: rules that look for one kind of node need not walk the whole tree. */
import type { Node } from '../ast.ts';
import { oncePerStatement } from '../facts.ts';
import type { AnalyzedStatement } from '../query-model.ts';
import { walk } from '../walk.ts';

/** All nodes of a kind, a node before those inside it, in the order of the text. */
export function nodesOfKind<K extends Node['kind']>(
  statement: AnalyzedStatement,
  kind: K,
): readonly Extract<Node, { readonly kind: K }>[] {
  const nodes = byKind(statement).get(kind) ?? [];
  return nodes as readonly Extract<Node, { readonly kind: K }>[];
}

/** The kinds of nodes that a statement has. */
export function kindsIn(statement: AnalyzedStatement): Iterable<Node['kind']> {
  return byKind(statement).keys();
}

const byKind = oncePerStatement(
  (statement: AnalyzedStatement): ReadonlyMap<Node['kind'], readonly Node[]> => {
    const collected = new Map<Node['kind'], Node[]>();
    walk(statement.tree, (node) => {
      const nodes = collected.get(node.kind);
      if (nodes) nodes.push(node);
      else collected.set(node.kind, [node]);
    });
    return collected;
  },
);
