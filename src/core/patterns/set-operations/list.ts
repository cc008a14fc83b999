import type { Pattern } from '../pattern.ts';
import { intersectExceptToExists } from './intersect-except.ts';
import { unionAllToOneScan } from './one-scan.ts';
import { unionToUnionAll } from './union-to-union-all.ts';

/** Patterns about UNION, INTERSECT and EXCEPT, in the order in which matches of equal place are shown. */
export const setOperationPatterns: readonly Pattern[] = [
  unionToUnionAll,
  unionAllToOneScan,
  intersectExceptToExists,
];
