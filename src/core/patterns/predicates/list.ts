import type { Pattern } from '../pattern.ts';
import { arithmeticOnColumn } from './arithmetic-on-column.ts';
import { castOnColumn } from './cast-on-column.ts';
import { castToDateOnColumn } from './cast-to-date.ts';
import { coalesceOnColumn } from './coalesce-on-column.ts';
import { dateTruncOnColumn } from './date-trunc.ts';
import { orAcrossTables, orSubqueryToUnion } from './disjunction.ts';
import { extractYearOnColumn } from './extract-year.ts';
import { functionOnColumn } from './function-on-column.ts';
import { intervalOnColumn } from './interval-on-column.ts';
import { keysetOrToRowComparison } from './keyset.ts';
import { leadingWildcard, likeWithoutWildcard } from './like-patterns.ts';
import { notDistinctFromConstant } from './not-distinct-from.ts';
import { nowOnPartitionKey } from './now-on-partition-key.ts';
import { orChainToIn } from './or-chain.ts';
import { prefixFunctionOnColumn } from './prefix-on-column.ts';
import { toCharOnColumn } from './to-char.ts';
import { transitiveRange } from './transitive-range.ts';

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
];
