/** What rules about joins ask of relations, joins and conditions. */
import type { Expression } from '../../sql/ast.ts';
import type { AnalyzedStatement, Block, JoinStep, Source } from '../../sql/query-model.ts';
import { walk } from '../../sql/walk.ts';

/** A table of the catalog as it is: not sampled, hinted or with its columns renamed. */
export function isBareTable(of: Source): boolean {
  const { node } = of;
  return (
    of.kind === 'table' &&
    of.table !== null &&
    of.columns !== null &&
    node.kind === 'table' &&
    node.modifiers.length === 0 &&
    (node.alias?.columns.length ?? 0) === 0
  );
}

/** The step of which the relation is the whole right side. */
export function stepOf(block: Block, right: Source): JoinStep | undefined {
  return block.joins.find((step) => step.right.length === 1 && step.right[0] === right);
}

/** An inner join, a comma or CROSS JOIN: all that the step does is to pair rows. */
export function isInner(step: JoinStep): boolean {
  return step.type === 'inner' || step.type === 'comma' || step.type === 'cross';
}

/** The sources of a block that an expression mentions, in subqueries too. */
export function mentionedIn(statement: AnalyzedStatement, expression: Expression, block: Block): Set<Source> {
  const found = new Set<Source>();
  walk(expression, (node) => {
    const column = node.kind === 'column' ? statement.resolve(node) : null;
    if (column?.source.block === block) found.add(column.source);
  });
  return found;
}
