import type { Pattern } from '../pattern.ts';
import { aggregateOfAggregate } from './aggregate-of-aggregate.ts';
import { countDistinctSubquery } from './count-distinct.ts';
import { countOfNotNull } from './count-of-not-null.ts';
import { distinctInExtreme, distinctOfKey } from './distinct-in-aggregate.ts';
import { groupByDetermined, groupByFixed } from './group-by-columns.ts';
import { groupByToDistinct } from './group-by-to-distinct.ts';
import { havingToWhere } from './having-to-where.ts';
import { rangeFrameToRows } from './range-frame.ts';
import { redundantDistinct } from './redundant-distinct.ts';
import { rowNumberToDistinctOn, rowNumberToLimit } from './row-number-to-limit.ts';
import { runningTotalToWindow } from './running-total.ts';
import { sumOfOnes } from './sum-of-ones.ts';
import { sumOfProduct } from './sum-of-product.ts';
import { topPerGroupToLateral } from './top-n-per-group.ts';
import { unusedComputedColumn } from './unused-window-column.ts';
import { windowDistinctToGroupBy } from './window-distinct.ts';

/** Patterns about GROUP BY, DISTINCT, aggregates and window functions, in the order in which matches of equal place are shown. */
export const aggregationPatterns: readonly Pattern[] = [
  redundantDistinct,
  havingToWhere,
  countDistinctSubquery,
  distinctOfKey,
  distinctInExtreme,
  countOfNotNull,
  sumOfOnes,
  sumOfProduct,
  aggregateOfAggregate,
  groupByDetermined,
  groupByFixed,
  groupByToDistinct,
  windowDistinctToGroupBy,
  rangeFrameToRows,
  runningTotalToWindow,
  topPerGroupToLateral,
  rowNumberToLimit,
  rowNumberToDistinctOn,
  unusedComputedColumn,
];
