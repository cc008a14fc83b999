import type { Pattern } from '../pattern.ts';
import { countDistinctSubquery } from './count-distinct.ts';
import { havingToWhere } from './having-to-where.ts';
import { redundantDistinct } from './redundant-distinct.ts';
import { runningTotalToWindow } from './running-total.ts';
import { topPerGroupToLateral } from './top-n-per-group.ts';

/** Patterns about GROUP BY, DISTINCT, aggregates and window functions, in the order in which matches of equal place are shown. */
export const aggregationPatterns: readonly Pattern[] = [
  redundantDistinct,
  havingToWhere,
  countDistinctSubquery,
  runningTotalToWindow,
  topPerGroupToLateral,
];
