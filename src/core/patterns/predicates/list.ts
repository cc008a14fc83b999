import type { Pattern } from '../pattern.ts';
import { alwaysTrueCondition } from './always-true.ts';
import { arithmeticOnColumn } from './arithmetic-on-column.ts';
import { anyArraySubquery, arrayAnyToContains } from './array-membership.ts';
import { atTimeZoneOnColumn } from './at-time-zone.ts';
import { booleanEqualsLiteral } from './boolean-literal.ts';
import { caseInWhere } from './case-in-where.ts';
import { castOnColumn } from './cast-on-column.ts';
import { castToDateOnColumn } from './cast-to-date.ts';
import { chainedRange } from './chained-range.ts';
import { coalesceOfColumns } from './coalesce-of-columns.ts';
import { coalesceOnColumn } from './coalesce-on-column.ts';
import { caseFunctionUnderCollation, trimmedColumn } from './collation-functions.ts';
import { booleanArithmetic, columnInList, splitStringInList, testedBeforeCast } from './condition-advice.ts';
import { contradictoryConjuncts, reversedBetween } from './contradiction.ts';
import { ambiguousDateLiteral, betweenUntilDay } from './date-advice.ts';
import { dateArithmeticOnColumn } from './date-arithmetic.ts';
import { dateTruncOnColumn } from './date-trunc.ts';
import { datediffOnColumn } from './datediff.ts';
import { orAcrossTables, orSubqueryToUnion } from './disjunction.ts';
import { emptyConcatenation } from './empty-concatenation.ts';
import { epochOnColumn, fromUnixtimeOnColumn } from './epoch.ts';
import { extractYearOnColumn } from './extract-year.ts';
import { floorOnColumn } from './floor-on-column.ts';
import { functionOnColumn } from './function-on-column.ts';
import { impliedConjunct } from './implied-conjunct.ts';
import { intervalOnColumn } from './interval-on-column.ts';
import { expandedJsonArray, jsonExtractPredicate } from './json-advice.ts';
import { jsonTextToContains } from './json-containment.ts';
import { keysetOrToRowComparison } from './keyset.ts';
import { leadingWildcard, likeWithoutWildcard } from './like-patterns.ts';
import { nationalLiteral, numberBesideText } from './literal-type.ts';
import { negatedComparison } from './negated-comparison.ts';
import { notDistinctFromConstant } from './not-distinct-from.ts';
import { notDistinctFromJoin } from './not-distinct-from-join.ts';
import { nowOnPartitionKey } from './now-on-partition-key.ts';
import { equalsNull, nullInList, nullInNotInList } from './null-comparisons.ts';
import { emptyByLength, likeAnything, notNullOfNotNull } from './null-tests.ts';
import { orChainToIn } from './or-chain.ts';
import { bitMask, catchAllParameter, exclusionOnIndexed, longInList } from './parameter-advice.ts';
import { prefixFunctionOnColumn } from './prefix-on-column.ts';
import { rangesUnderOr } from './ranges-under-or.ts';
import { regularExpressionToList } from './regular-expression.ts';
import { rowComparisonRange } from './row-comparison.ts';
import {
  betweenEqualBounds,
  differenceWithZero,
  equalityByTwoBounds,
  impliedDisjunct,
} from './simpler-conditions.ts';
import {
  blanksInLiteral,
  caseInsensitiveLike,
  concatenatedKey,
  findInSet,
  likePrefixWithoutPatternIndex,
  manyIlikes,
} from './text-advice.ts';
import { toCharOnColumn } from './to-char.ts';
import { transitiveRange } from './transitive-range.ts';
import { unnestInList } from './unnest-in-list.ts';
import { valuesInList } from './values-in-list.ts';

/** Patterns about conditions and what keeps an index from being used, in the order in which matches of equal place are shown. */
export const predicatePatterns: readonly Pattern[] = [
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
  alwaysTrueCondition,
  anyArraySubquery,
  arrayAnyToContains,
  atTimeZoneOnColumn,
  booleanEqualsLiteral,
  caseInWhere,
  chainedRange,
  coalesceOfColumns,
  contradictoryConjuncts,
  reversedBetween,
  emptyConcatenation,
  epochOnColumn,
  fromUnixtimeOnColumn,
  floorOnColumn,
  impliedConjunct,
  jsonTextToContains,
  negatedComparison,
  notDistinctFromJoin,
  equalsNull,
  nullInList,
  nullInNotInList,
  rangesUnderOr,
  regularExpressionToList,
  valuesInList,
  caseFunctionUnderCollation,
  trimmedColumn,
  datediffOnColumn,
  dateArithmeticOnColumn,
  nationalLiteral,
  numberBesideText,
  rowComparisonRange,
  booleanArithmetic,
  columnInList,
  expandedJsonArray,
  jsonExtractPredicate,
  splitStringInList,
  testedBeforeCast,
  ambiguousDateLiteral,
  betweenUntilDay,
  bitMask,
  catchAllParameter,
  exclusionOnIndexed,
  longInList,
  blanksInLiteral,
  caseInsensitiveLike,
  concatenatedKey,
  findInSet,
  likePrefixWithoutPatternIndex,
  manyIlikes,
  emptyByLength,
  likeAnything,
  notNullOfNotNull,
  betweenEqualBounds,
  differenceWithZero,
  equalityByTwoBounds,
  impliedDisjunct,
  unnestInList,
];
