import type { Pattern } from '../pattern.ts';
import { countOverDerived } from './count-over-derived.ts';
import { emptyLimit } from './empty-limit.ts';
import { limitBelowJoin } from './limit-below-join.ts';
import { limitIntoUnionAll } from './limit-into-union.ts';
import { limitWithoutOrder } from './limit-without-order.ts';
import { offsetPaging } from './offset-paging.ts';
import { orderByOtherIndex } from './order-by-other-index.ts';
import { orderInSubquery } from './order-in-subquery.ts';
import { calcFoundRows, countBesidePage, keysetPaging, offsetInBatches } from './page-advice.ts';
import { redundantOrder } from './redundant-order.ts';
import {
  mixedDirections,
  orderByExpression,
  orderByInWrite,
  orderByRandom,
  orderByTwoTables,
  sortByLongText,
} from './sort-advice.ts';
import { tieBreaker } from './tie-breaker.ts';
import { top100Percent } from './top-100-percent.ts';

/** Patterns about paging and ordering, in the order in which matches of equal place are shown. */
export const paginationPatterns: readonly Pattern[] = [
  offsetPaging,
  limitIntoUnionAll,
  limitBelowJoin,
  redundantOrder,
  top100Percent,
  emptyLimit,
  orderInSubquery,
  countOverDerived,
  orderByOtherIndex,
  tieBreaker,
  limitWithoutOrder,
  keysetPaging,
  offsetInBatches,
  countBesidePage,
  calcFoundRows,
  orderByRandom,
  orderByTwoTables,
  mixedDirections,
  orderByExpression,
  sortByLongText,
  orderByInWrite,
];
