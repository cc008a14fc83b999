import type { Pattern } from '../pattern.ts';
import { aggregateOverUnionAll } from './aggregate-over-union.ts';
import { inOfConstants } from './constant-branches.ts';
import { unionAllToGroupingSets } from './grouping-sets.ts';
import { intersectExceptToExists } from './intersect-except.ts';
import { distinctInUnionBranch, orderByInBranch } from './needless-in-branch.ts';
import { unionAllToOneScan } from './one-scan.ts';
import { setOperationOfOneTable, unionAllToOr, unionToOr } from './one-table.ts';
import { mixedUnion, starInSetOperation, unionBranchTypes } from './questionable-unions.ts';
import { existsOfUnion, inOfUnion } from './split-membership.ts';
import { unionToUnionAll } from './union-to-union-all.ts';

/** Patterns about UNION, INTERSECT and EXCEPT, in the order in which matches of equal place are shown. */
export const setOperationPatterns: readonly Pattern[] = [
  unionToUnionAll,
  unionAllToOneScan,
  unionToOr,
  unionAllToOr,
  unionAllToGroupingSets,
  aggregateOverUnionAll,
  setOperationOfOneTable,
  intersectExceptToExists,
  inOfConstants,
  inOfUnion,
  existsOfUnion,
  distinctInUnionBranch,
  orderByInBranch,
  mixedUnion,
  starInSetOperation,
  unionBranchTypes,
];
