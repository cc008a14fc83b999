import type { Pattern } from '../pattern.ts';
import { distinctJoinToExists } from './distinct-join.ts';
import { missingJoinPredicate } from './missing-join-predicate.ts';
import { redundantForeignKeyJoin, unusedLeftJoin } from './unused-join.ts';

/** Patterns about joins, in the order in which matches of equal place are shown. */
export const joinPatterns: readonly Pattern[] = [
  unusedLeftJoin,
  redundantForeignKeyJoin,
  distinctJoinToExists,
  missingJoinPredicate,
];
