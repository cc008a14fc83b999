import type { Pattern } from '../pattern.ts';
import { countDistinctSubquery } from './count-distinct.ts';
import { countOfNotNull } from './count-of-not-null.ts';
import { distinctInExtreme, distinctOfKey } from './distinct-in-aggregate.ts';
import { havingToWhere } from './having-to-where.ts';
import { redundantDistinct } from './redundant-distinct.ts';
import { runningTotalToWindow } from './running-total.ts';
import { sumOfOnes } from './sum-of-ones.ts';
import { topPerGroupToLateral } from './top-n-per-group.ts';

/** Patterns about GROUP BY, DISTINCT, aggregates and window functions, in the order in which matches of equal place are shown. */
export const aggregationPatterns: readonly Pattern[] = [
  redundantDistinct,
  havingToWhere,
  countDistinctSubquery,
  distinctOfKey,
  distinctInExtreme,
  countOfNotNull,
  sumOfOnes,
  runningTotalToWindow,
  topPerGroupToLateral,
];
