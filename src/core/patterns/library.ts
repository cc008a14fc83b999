import { countDistinctSubquery } from './aggregation/count-distinct.ts';
import { havingToWhere } from './aggregation/having-to-where.ts';
import { redundantDistinct } from './aggregation/redundant-distinct.ts';
import { runningTotalToWindow } from './aggregation/running-total.ts';
import { topPerGroupToLateral } from './aggregation/top-n-per-group.ts';
import { distinctJoinToExists } from './joins/distinct-join.ts';
import { missingJoinPredicate } from './joins/missing-join-predicate.ts';
import { redundantForeignKeyJoin, unusedLeftJoin } from './joins/unused-join.ts';
import type { Pattern } from './pattern.ts';
import { orAcrossTables, orSubqueryToUnion } from './predicates/disjunction.ts';
import { selectStar } from './schema/select-star.ts';
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
