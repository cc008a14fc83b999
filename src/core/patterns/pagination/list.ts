import type { Pattern } from '../pattern.ts';
import { limitIntoUnionAll } from './limit-into-union.ts';
import { limitWithoutOrder } from './limit-without-order.ts';
import { offsetPaging } from './offset-paging.ts';
import { orderInSubquery } from './order-in-subquery.ts';

/** Patterns about paging and ordering, in the order in which matches of equal place are shown. */
export const paginationPatterns: readonly Pattern[] = [
  offsetPaging,
  limitIntoUnionAll,
  orderInSubquery,
  limitWithoutOrder,
];
