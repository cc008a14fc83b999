/** Bare names that a relation which is added to FROM would make ambiguous. */
import type { Node } from '../../sql/ast.ts';
import type { AnalyzedStatement, Block, Source } from '../../sql/query-model.ts';
import { walk } from '../../sql/walk.ts';
import type { RewriteEdits } from '../../sql/writing/edits.ts';
import { columnOf, qualified } from '../../sql/writing/identifiers.ts';
import { isWithin } from '../correlation.ts';

/**
 * Qualify the bare names of a block that a column of the table would make ambiguous.
 *
 * @param table what is added to FROM
 * @param replaced parts that the rewrite writes itself
 * @returns false when a name cannot be qualified
 */
export function qualifyBare(
  statement: AnalyzedStatement,
  outer: Block,
  table: Source,
  replaced: readonly Node[],
  edits: RewriteEdits,
): boolean {
  const names = new Set(table.columns?.map((column) => column.name));
  let possible = true;
  walk(outer.query, (node) => {
    if (replaced.includes(node)) return false;
    if (node.kind !== 'column' || node.parts.length > 1 || !names.has(node.parts[0].name)) return possible;
    const column = statement.resolve(node);
    if (!column) {
      const sorted = outer.query.orderBy.some((item) => item.start <= node.start && node.end <= item.end);
      const output = sorted ? statement.outputOf(node) : null;
      possible &&= output !== null;
      // without an alias the name is that of the column, and is clearer qualified
      if (output?.source?.block === outer && output.column && !output.item?.alias)
        edits.replace(node, columnOf(output.source, output.column.name, statement.dialect));
    } else if (column.source.block === outer || !isWithin(column.source.block, outer)) {
      edits.replace(node, qualified(column, statement.dialect));
    }
    return possible;
  });
  return possible;
}
