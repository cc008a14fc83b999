/** Uses of a relation that see all of its columns without naming them. */
import { nodesOfKind } from '../../sql/properties/nodes.ts';
import type { AnalyzedStatement, Source } from '../../sql/query-model.ts';

/**
 * `t.*` stands somewhere, in a select list or as an argument (`row_to_json(t.*)`): a column more or less would show.
 * A bare name of the relation has no meaning as a column, so that its block counts as not resolved.
 */
export function isReadWhole(statement: AnalyzedStatement, source: Source): boolean {
  return nodesOfKind(statement, 'star').some((star) => star.qualifier.at(-1)?.name === source.alias);
}
