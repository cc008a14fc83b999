/** Predicates that drop the rows that an outer join fills up with NULLs. */
import type { Expression } from '../ast.ts';
import type { Conjunct, Source } from '../query-model.ts';
import type { Names } from './names.ts';
import { isNullFrom, rejects } from './not-null.ts';

/**
 * The predicate is not TRUE for a row in which every column of a source is NULL, so a LEFT JOIN to the source keeps
 * no row that an INNER JOIN would not keep.
 */
export function rejectsNull(conjunct: Conjunct, source: Source, names: Names): boolean {
  return predicateRejectsNull(conjunct.expression, source, names);
}

/** See {@link rejectsNull}. */
export function predicateRejectsNull(predicate: Expression, source: Source, names: Names): boolean {
  const isColumnOfIt = (e: Expression): boolean => e.kind === 'column' && names.resolve(e)?.source === source;
  return rejects(predicate, names, (e) => isNullFrom(e, names, isColumnOfIt));
}
