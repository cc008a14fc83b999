import type { Pattern } from '../pattern.ts';
import { correlatedAggregateToWindow } from './aggregate-to-window.ts';
import { allEquality } from './all-equality.ts';
import { correlatedAggregateToJoin } from './correlated-aggregate.ts';
import { countToExists } from './count-comparison.ts';
import { inlineFilteredCte, removeMaterialized } from './cte.ts';
import { deepNesting } from './deep-nesting.ts';
import { existsOfAggregate } from './exists-of-aggregate.ts';
import { filterIntoGrouped } from './filter-into-grouped.ts';
import { limitOneToExtreme } from './limit-one-extreme.ts';
import { distinctInSubquery } from './needless-distinct.ts';
import { limitInExists } from './needless-limit.ts';
import { notInToNotExists } from './not-in.ts';
import { outerNameCapture } from './outer-capture.ts';
import { quantifiedToExtreme } from './quantified.ts';
import { scalarSubqueriesToOneJoin } from './scalar-group-join.ts';
import { scalarSubqueriesToOneScan } from './scalar-group-scan.ts';
import { scalarSubqueriesToLateral } from './scalar-lateral.ts';
import { scalarLimitWithoutOrder, scalarManyRows } from './scalar-risks.ts';
import { unboundedRecursion } from './unbounded-recursion.ts';
import { unusedCte } from './unused-cte.ts';

/** Patterns about subqueries, CTEs and derived tables, in the order in which matches of equal place are shown. */
export const subqueryPatterns: readonly Pattern[] = [
  correlatedAggregateToJoin,
  correlatedAggregateToWindow,
  scalarSubqueriesToOneJoin,
  scalarSubqueriesToOneScan,
  limitOneToExtreme,
  scalarSubqueriesToLateral,
  countToExists,
  notInToNotExists,
  quantifiedToExtreme,
  inlineFilteredCte,
  removeMaterialized,
  filterIntoGrouped,
  allEquality,
  deepNesting,
  existsOfAggregate,
  distinctInSubquery,
  limitInExists,
  outerNameCapture,
  scalarLimitWithoutOrder,
  scalarManyRows,
  unboundedRecursion,
  unusedCte,
];
