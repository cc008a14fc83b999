/**
 * The tree back as text: as it was written, or with every parenthesis. Both are how the parser is tested: the first
 * shows that no character is lost and that the tree is well-formed, the second lets another parser judge how deep
 * every operator, join and set operation nests.
 */
import type { Node } from './ast.ts';
import { childrenOf } from './children.ts';
import { mayParenthesize } from './parenthesize.ts';

/** A tree whose nodes do not nest: a child before its elder sibling, or outside of its parent. */
export class TreeShapeError extends Error {
  override readonly name = 'TreeShapeError';
}

/**
 * The text of a tree, put together from the gaps between its nodes and their ends.
 *
 * @param text the parsed text
 * @returns `text`, whenever the tree is well-formed
 * @throws TreeShapeError when a node lies outside of its parent or before what stands in front of it
 */
export function printTree(text: string, tree: Node): string {
  return print(text, tree, () => false);
}

/**
 * The same statement in PostgreSQL's syntax with parentheses around every expression, join and branch of a set
 * operation where the grammar allows them. Its meaning is the same when the tree is right.
 *
 * @throws TreeShapeError as {@link printTree}
 */
export function printParenthesized(text: string, tree: Node): string {
  return print(text, tree, (node, parents) => mayParenthesize(text, node, parents));
}

type Decide = (node: Node, parents: readonly Node[]) => boolean;

/** A node that was entered and what is still to be written of it. */
interface Open {
  readonly node: Node;
  readonly children: readonly Node[];
  next: number;
  readonly wrapped: boolean;
}

function print(text: string, tree: Node, decide: Decide): string {
  const pieces: string[] = [];
  const open: Open[] = [];
  const parents: Node[] = [];
  let at = 0;
  const enter = (node: Node): void => {
    check(node, parents.at(-1), at, text);
    const wrapped = decide(node, parents);
    pieces.push(text.slice(at, node.start), wrapped ? '(' : '');
    at = node.start;
    open.push({ node, children: childrenOf(node), next: 0, wrapped });
    parents.push(node);
  };
  enter(tree);
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const child = top.children[top.next++];
    if (child !== undefined) {
      enter(child);
      continue;
    }
    if (at > top.node.end) throw new TreeShapeError(`a child of ${top.node.kind} ends after it, at ${at}`);
    pieces.push(text.slice(at, top.node.end), top.wrapped ? ')' : '');
    at = top.node.end;
    open.pop();
    parents.pop();
  }
  pieces.push(text.slice(at));
  return pieces.join('');
}

function check(node: Node, parent: Node | undefined, at: number, text: string): void {
  const { kind, start, end } = node;
  if (end < start) throw new TreeShapeError(`${kind} ${start}..${end} ends before it begins`);
  if (start < at) throw new TreeShapeError(`${kind} ${start}..${end} begins before ${at}`);
  const outer = parent ?? { start: 0, end: text.length, kind: 'the text' };
  if (start < outer.start || end > outer.end) {
    throw new TreeShapeError(
      `${kind} ${start}..${end} lies outside of ${outer.kind} ${outer.start}..${outer.end}`,
    );
  }
}
