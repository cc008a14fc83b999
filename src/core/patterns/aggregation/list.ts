import type { Pattern } from '../pattern.ts';
import { aggregateOfAggregate } from './aggregate-of-aggregate.ts';
import { countDistinctSubquery } from './count-distinct.ts';
import { countDistinctBeside } from './count-distinct-beside.ts';
import { countOfNotNull } from './count-of-not-null.ts';
import { crossJoinedTotals } from './cross-joined-totals.ts';
import { distinctAfterJoin } from './distinct-after-join.ts';
import { distinctInExtreme, distinctOfKey } from './distinct-in-aggregate.ts';
import { distinctOnToLateral } from './distinct-on-to-lateral.ts';
import { groupByDetermined, groupByFixed } from './group-by-columns.ts';
import { groupByToDistinct } from './group-by-to-distinct.ts';
import { groupByExpression, havingWithoutGroupBy, ordinals, ungroupedColumn } from './grouping-advice.ts';
import { havingToWhere } from './having-to-where.ts';
import { approximateDistinct, countOfWholeTable } from './large-counts.ts';
import { distinctToLooseScan, groupExtremeToLooseScan } from './loose-index-scan.ts';
import { minMaxByIndex } from './min-max-by-index.ts';
import {
  countDistinctOfSeveral,
  listWithoutOrder,
  sumDistinctAfterJoin,
  sumDividedByCount,
  sumOfNoRows,
} from './misleading-aggregates.ts';
import { rangeFrameToRows } from './range-frame.ts';
import { rankFilterToRunCondition } from './rank-filter.ts';
import { redundantDistinct } from './redundant-distinct.ts';
import { rowNumberToDistinctOn, rowNumberToLimit } from './row-number-to-limit.ts';
import { runningTotalToWindow } from './running-total.ts';
import { runningTotalSelfJoin } from './running-total-self-join.ts';
import { sumOfOnes } from './sum-of-ones.ts';
import { sumOfProduct } from './sum-of-product.ts';
import { topPerGroupToLateral } from './top-n-per-group.ts';
import { unionOfTotals } from './union-of-totals.ts';
import { unusedComputedColumn } from './unused-window-column.ts';
import { windowDistinctToGroupBy } from './window-distinct.ts';
import { countOverPage, lastValueDefaultFrame, rowNumberWithoutOrder } from './window-traps.ts';

/** Patterns about GROUP BY, DISTINCT, aggregates and window functions, in the order in which matches of equal place are shown. */
export const aggregationPatterns: readonly Pattern[] = [
  redundantDistinct,
  havingToWhere,
  countDistinctSubquery,
  countDistinctBeside,
  distinctOfKey,
  distinctInExtreme,
  countOfNotNull,
  sumOfOnes,
  sumOfProduct,
  aggregateOfAggregate,
  crossJoinedTotals,
  unionOfTotals,
  minMaxByIndex,
  groupByDetermined,
  groupByFixed,
  groupByToDistinct,
  windowDistinctToGroupBy,
  rangeFrameToRows,
  distinctToLooseScan,
  groupExtremeToLooseScan,
  runningTotalToWindow,
  runningTotalSelfJoin,
  topPerGroupToLateral,
  distinctOnToLateral,
  rowNumberToLimit,
  rowNumberToDistinctOn,
  rankFilterToRunCondition,
  unusedComputedColumn,
  distinctAfterJoin,
  sumDistinctAfterJoin,
  sumDividedByCount,
  sumOfNoRows,
  listWithoutOrder,
  countDistinctOfSeveral,
  rowNumberWithoutOrder,
  lastValueDefaultFrame,
  countOverPage,
  havingWithoutGroupBy,
  ungroupedColumn,
  groupByExpression,
  ordinals,
  countOfWholeTable,
  approximateDistinct,
];
