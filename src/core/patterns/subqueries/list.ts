import type { Pattern } from '../pattern.ts';
import { correlatedAggregateToJoin } from './correlated-aggregate.ts';
import { countToExists } from './count-comparison.ts';
import { inlineFilteredCte, removeMaterialized } from './cte.ts';
import { filterIntoGrouped } from './filter-into-grouped.ts';
import { notInToNotExists } from './not-in.ts';
import { quantifiedToExtreme } from './quantified.ts';

/** Patterns about subqueries, CTEs and derived tables, in the order in which matches of equal place are shown. */
export const subqueryPatterns: readonly Pattern[] = [
  correlatedAggregateToJoin,
  countToExists,
  notInToNotExists,
  quantifiedToExtreme,
  inlineFilteredCte,
  removeMaterialized,
  filterIntoGrouped,
];
