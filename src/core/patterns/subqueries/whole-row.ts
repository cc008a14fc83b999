/** Uses of a relation that see all of its columns without naming them. */
import type { AnalyzedStatement, Source } from '../../sql/query-model.ts';
import { walk } from '../../sql/walk.ts';

/**
 * `t.*` stands somewhere, in a select list or as an argument (`row_to_json(t.*)`): a column more or less would show.
 * A bare name of the relation has no meaning as a column, so that its block counts as not resolved.
 */
export function isReadWhole(statement: AnalyzedStatement, source: Source): boolean {
  let found = false;
  walk(statement.tree, (node) => {
    if (node.kind === 'star' && node.qualifier.at(-1)?.name === source.alias) found = true;
    return !found;
  });
  return found;
}
