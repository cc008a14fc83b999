import type { Pattern } from '../pattern.ts';
import { distinctBelowJoin } from './distinct-below-join.ts';
import { distinctJoinToExists } from './distinct-join.ts';
import { eagerAggregation } from './eager-aggregation.ts';
import { missingJoinPredicate } from './missing-join-predicate.ts';
import { redundantForeignKeyJoin, unusedLeftJoin } from './unused-join.ts';

/** Patterns about joins, in the order in which matches of equal place are shown. */
export const joinPatterns: readonly Pattern[] = [
  unusedLeftJoin,
  redundantForeignKeyJoin,
  distinctJoinToExists,
  eagerAggregation,
  distinctBelowJoin,
  missingJoinPredicate,
];
