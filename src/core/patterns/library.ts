import { aggregationPatterns } from './aggregation/list.ts';
import { functionPatterns } from './functions/list.ts';
import { industryPatterns } from './industry/list.ts';
import { joinPatterns } from './joins/list.ts';
import { lockingPatterns } from './locking/list.ts';
import { paginationPatterns } from './pagination/list.ts';
import type { Pattern, PatternDeclaration } from './pattern.ts';
import { predicatePatterns } from './predicates/list.ts';
import { schemaPatterns } from './schema/list.ts';
import { scriptPatterns } from './script/list.ts';
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

/** Every entry of the library: patterns of one statement, then those of several statements of a script. */
export const declarations: readonly PatternDeclaration[] = [...patterns, ...scriptPatterns];

/** What the entry of that id says of itself, or null. */
export function declarationById(id: string): PatternDeclaration | null {
  return declarations.find((one) => one.id === id) ?? null;
}

/** The pattern of one statement of that id, or null. */
export function patternById(id: string): Pattern | null {
  return patterns.find((pattern) => pattern.id === id) ?? null;
}
