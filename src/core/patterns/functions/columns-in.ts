import type { Expression } from '../../sql/ast.ts';
import { walk } from '../../sql/walk.ts';

/** A column of some row stands in the expression. */
export function hasColumn(expression: Expression): boolean {
  let found = false;
  walk(expression, (node) => {
    if (node.kind === 'column') found = true;
    return !found;
  });
  return found;
}
