import { countDistinctSubquery } from './aggregation/count-distinct.ts';
import { havingToWhere } from './aggregation/having-to-where.ts';
import { redundantDistinct } from './aggregation/redundant-distinct.ts';
import { runningTotalToWindow } from './aggregation/running-total.ts';
import { topPerGroupToLateral } from './aggregation/top-n-per-group.ts';
import { distinctJoinToExists } from './joins/distinct-join.ts';
import { missingJoinPredicate } from './joins/missing-join-predicate.ts';
import { redundantForeignKeyJoin, unusedLeftJoin } from './joins/unused-join.ts';
import { limitIntoUnionAll } from './pagination/limit-into-union.ts';
import { limitWithoutOrder } from './pagination/limit-without-order.ts';
import { offsetPaging } from './pagination/offset-paging.ts';
import { orderInSubquery } from './pagination/order-in-subquery.ts';
import type { Pattern } from './pattern.ts';
import { arithmeticOnColumn } from './predicates/arithmetic-on-column.ts';
import { castOnColumn } from './predicates/cast-on-column.ts';
import { castToDateOnColumn } from './predicates/cast-to-date.ts';
import { coalesceOnColumn } from './predicates/coalesce-on-column.ts';
import { dateTruncOnColumn } from './predicates/date-trunc.ts';
import { orAcrossTables, orSubqueryToUnion } from './predicates/disjunction.ts';
import { extractYearOnColumn } from './predicates/extract-year.ts';
import { functionOnColumn } from './predicates/function-on-column.ts';
import { intervalOnColumn } from './predicates/interval-on-column.ts';
import { keysetOrToRowComparison } from './predicates/keyset.ts';
import { leadingWildcard, likeWithoutWildcard } from './predicates/like-patterns.ts';
import { notDistinctFromConstant } from './predicates/not-distinct-from.ts';
import { nowOnPartitionKey } from './predicates/now-on-partition-key.ts';
import { orChainToIn } from './predicates/or-chain.ts';
import { prefixFunctionOnColumn } from './predicates/prefix-on-column.ts';
import { toCharOnColumn } from './predicates/to-char.ts';
import { transitiveRange } from './predicates/transitive-range.ts';
import { selectStar } from './schema/select-star.ts';
import { intersectExceptToExists } from './set-operations/intersect-except.ts';
import { unionAllToOneScan } from './set-operations/one-scan.ts';
import { unionToUnionAll } from './set-operations/union-to-union-all.ts';
import { correlatedAggregateToJoin } from './subqueries/correlated-aggregate.ts';
import { countToExists } from './subqueries/count-comparison.ts';
import { inlineFilteredCte, removeMaterialized } from './subqueries/cte.ts';
import { filterIntoGrouped } from './subqueries/filter-into-grouped.ts';
import { notInToNotExists } from './subqueries/not-in.ts';
import { quantifiedToExtreme } from './subqueries/quantified.ts';

/** The pattern library, in the order in which matches of equal place are shown. */
export const patterns: readonly Pattern[] = [
  // subqueries
  correlatedAggregateToJoin,
  countToExists,
  notInToNotExists,
  quantifiedToExtreme,
  inlineFilteredCte,
  removeMaterialized,
  filterIntoGrouped,
  // joins
  unusedLeftJoin,
  redundantForeignKeyJoin,
  distinctJoinToExists,
  missingJoinPredicate,
  // predicates
  orSubqueryToUnion,
  orAcrossTables,
  dateTruncOnColumn,
  castToDateOnColumn,
  extractYearOnColumn,
  toCharOnColumn,
  intervalOnColumn,
  arithmeticOnColumn,
  prefixFunctionOnColumn,
  castOnColumn,
  coalesceOnColumn,
  notDistinctFromConstant,
  transitiveRange,
  keysetOrToRowComparison,
  orChainToIn,
  likeWithoutWildcard,
  leadingWildcard,
  functionOnColumn,
  nowOnPartitionKey,
  // pagination
  offsetPaging,
  limitIntoUnionAll,
  orderInSubquery,
  limitWithoutOrder,
  // set operations
  unionToUnionAll,
  unionAllToOneScan,
  intersectExceptToExists,
  // aggregation
  redundantDistinct,
  havingToWhere,
  countDistinctSubquery,
  runningTotalToWindow,
  topPerGroupToLateral,
  // schema
  selectStar,
];

/** The pattern of that id, or null. */
export function patternById(id: string): Pattern | null {
  return patterns.find((pattern) => pattern.id === id) ?? null;
}
