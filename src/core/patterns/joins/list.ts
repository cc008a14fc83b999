import type { Pattern } from '../pattern.ts';
import { antiJoinToNotExists } from './anti-join.ts';
import { commonFactorOfOr } from './common-factor.ts';
import { countZeroToNotExists } from './count-zero.ts';
import { distinctBelowJoin } from './distinct-below-join.ts';
import { distinctJoinToExists } from './distinct-join.ts';
import { duplicateJoin } from './duplicate-join.ts';
import { eagerAggregation } from './eager-aggregation.ts';
import { joinFanOut } from './fan-out.ts';
import { missingJoinPredicate } from './missing-join-predicate.ts';
import { orJoinToUnionAll } from './or-join.ts';
import { fullJoinToOuter, outerJoinToInner } from './outer-to-inner.ts';
import {
  commaMixedWithJoin,
  crossDatabaseJoin,
  joinHint,
  manyJoinedTables,
  outerJoinWithoutCondition,
} from './questionable-joins.ts';
import { selfJoinOnKey } from './self-join.ts';
import { selfJoinToWindow } from './self-join-window.ts';
import {
  functionInJoin,
  joinTypeMismatch,
  leftFilterInOn,
  rangeJoin,
  unequalJoin,
} from './slow-conditions.ts';
import { commaJoin, naturalJoin, rightToLeftJoin } from './spelled-joins.ts';
import { redundantForeignKeyJoin, unusedLeftJoin } from './unused-join.ts';

/** Patterns about joins, in the order in which matches of equal place are shown. */
export const joinPatterns: readonly Pattern[] = [
  unusedLeftJoin,
  redundantForeignKeyJoin,
  selfJoinOnKey,
  duplicateJoin,
  selfJoinToWindow,
  distinctJoinToExists,
  eagerAggregation,
  distinctBelowJoin,
  orJoinToUnionAll,
  commonFactorOfOr,
  outerJoinToInner,
  fullJoinToOuter,
  antiJoinToNotExists,
  countZeroToNotExists,
  naturalJoin,
  rightToLeftJoin,
  commaJoin,
  missingJoinPredicate,
  outerJoinWithoutCondition,
  joinFanOut,
  joinTypeMismatch,
  functionInJoin,
  rangeJoin,
  unequalJoin,
  leftFilterInOn,
  commaMixedWithJoin,
  manyJoinedTables,
  joinHint,
  crossDatabaseJoin,
];
