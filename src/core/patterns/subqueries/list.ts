import type { Pattern } from '../pattern.ts';
import { correlatedAggregateToWindow } from './aggregate-to-window.ts';
import { allEquality } from './all-equality.ts';
import { correlatedAggregateToJoin } from './correlated-aggregate.ts';
import { correlatedWithoutIndex } from './correlated-without-index.ts';
import { countToExists } from './count-comparison.ts';
import { countThreshold } from './count-threshold.ts';
import { inlineFilteredCte, removeMaterialized } from './cte.ts';
import { deepNesting } from './deep-nesting.ts';
import { derivedToLateral, magicSetFilter } from './derived-to-lateral.ts';
import { distinctDerivedToIn } from './distinct-derived.ts';
import { existsOfAggregate } from './exists-of-aggregate.ts';
import { existsToLeftJoin, existsToOneJoin } from './exists-to-join.ts';
import { filterIntoGrouped } from './filter-into-grouped.ts';
import { limitOneToExtreme } from './limit-one-extreme.ts';
import { distinctInSubquery } from './needless-distinct.ts';
import { limitInExists } from './needless-limit.ts';
import { noNewerRowToWindow } from './no-newer-row.ts';
import { notInToNotExists } from './not-in.ts';
import { nullableNotIn } from './nullable-not-in.ts';
import { orOfExists, orOfIn } from './or-of-subqueries.ts';
import { outerNameCapture } from './outer-capture.ts';
import { quantifiedToExtreme } from './quantified.ts';
import { repeatedSubquery } from './repeated-subquery.ts';
import { scalarSubqueriesToOneJoin } from './scalar-group-join.ts';
import { scalarSubqueriesToOneScan } from './scalar-group-scan.ts';
import { scalarSubqueriesToLateral } from './scalar-lateral.ts';
import { scalarLookupToJoin } from './scalar-lookup.ts';
import { scalarLimitWithoutOrder, scalarManyRows } from './scalar-risks.ts';
import { selfExistsToHaving } from './self-exists.ts';
import { splitUnionCte } from './split-union-cte.ts';
import { trivialDerivedTable } from './trivial-derived.ts';
import { unboundedRecursion } from './unbounded-recursion.ts';
import { unusedCte } from './unused-cte.ts';
import { unusedDerivedColumn } from './unused-derived-column.ts';
import { useFiltersIntoCte } from './use-filters-into-cte.ts';

/** Patterns about subqueries, CTEs and derived tables, in the order in which matches of equal place are shown. */
export const subqueryPatterns: readonly Pattern[] = [
  correlatedAggregateToJoin,
  correlatedAggregateToWindow,
  scalarSubqueriesToOneJoin,
  scalarSubqueriesToOneScan,
  limitOneToExtreme,
  scalarSubqueriesToLateral,
  useFiltersIntoCte,
  nullableNotIn,
  derivedToLateral,
  magicSetFilter,
  existsToLeftJoin,
  existsToOneJoin,
  scalarLookupToJoin,
  countToExists,
  orOfIn,
  orOfExists,
  unusedDerivedColumn,
  trivialDerivedTable,
  splitUnionCte,
  distinctDerivedToIn,
  correlatedWithoutIndex,
  countThreshold,
  selfExistsToHaving,
  noNewerRowToWindow,
  repeatedSubquery,
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
