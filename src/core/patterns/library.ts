import { aggregationPatterns } from './aggregation/list.ts';
import { functionPatterns } from './functions/list.ts';
import { industryPatterns } from './industry/list.ts';
import { joinPatterns } from './joins/list.ts';
import { lockingPatterns } from './locking/list.ts';
import { paginationPatterns } from './pagination/list.ts';
import type { Pattern } from './pattern.ts';
import { predicatePatterns } from './predicates/list.ts';
import { schemaPatterns } from './schema/list.ts';
import { setOperationPatterns } from './set-operations/list.ts';
import { subqueryPatterns } from './subqueries/list.ts';
import { typePatterns } from './types/list.ts';
import { writePatterns } from './writes/list.ts';

/** The pattern library, in the order in which matches of equal place are shown; a list per category is beside its rules. */
export const patterns: readonly Pattern[] = [
  ...subqueryPatterns,
  ...joinPatterns,
  ...predicatePatterns,
  ...paginationPatterns,
  ...setOperationPatterns,
  ...aggregationPatterns,
  ...writePatterns,
  ...lockingPatterns,
  ...typePatterns,
  ...functionPatterns,
  ...schemaPatterns,
  ...industryPatterns,
];

/** The pattern of that id, or null. */
export function patternById(id: string): Pattern | null {
  return patterns.find((pattern) => pattern.id === id) ?? null;
}
