/** A table of FROM that is replaced by a derived table of its rows with a window function beside them. */
import { isLocked } from '../../sql/properties/locking.ts';
import type { AnalyzedStatement, Block, Source } from '../../sql/query-model.ts';
import { isReadWhole } from './whole-row.ts';

/** Why the derived table could show, or null. */
export function obstacleOfWindow(statement: AnalyzedStatement, outer: Block, own: Source): string | null {
  if (isLocked(outer)) return 'the rows are locked with FOR UPDATE';
  if (outer.grouped) return 'the outer query is grouped: its columns may depend on the key of the table';
  if (own.nullSupplied || own.lateral) return 'the table is on the outer side of a join';
  if (
    own.node.kind !== 'table' ||
    own.node.modifiers.length > 0 ||
    own.node.only ||
    own.node.alias?.columns.length
  )
    return 'the table is read in an unusual way';
  if (own.kind === 'cte' && own.cte?.recursive) return 'the CTE is recursive';
  if (!outer.resolved || outer.joins.some((join) => join.node?.natural)) return 'a name is not known';
  const shows = outer.outputs.some((output) => output.item === null && output.source === own);
  if (shows || !outer.outputsComplete || isReadWhole(statement, own)) return '* would show the new column';
  if (isQualifiedBySchema(statement, own)) return 'the table is named with its schema';
  return null;
}

function isQualifiedBySchema(statement: AnalyzedStatement, own: Source): boolean {
  return statement.blocks.some((block) =>
    block.references.some(
      (reference) => reference.parts.length > 2 && statement.resolve(reference)?.source === own,
    ),
  );
}
