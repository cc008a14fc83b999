import type { Pattern } from '../pattern.ts';
import { distinctOnWithoutOrder, indexHint, plannerSetting } from './hints.ts';
import { booleanIndex, manyIndexes, nullableUnique, redundantIndex, wideIndex } from './indexes.ts';
import { selectStar } from './select-star.ts';
import {
  concatenatedSql,
  cursor,
  linkedServerJoin,
  missingNocount,
  systemPrefix,
  tableVariable,
} from './sql-server.ts';
import { deleteWithUnindexedChild, linkWithoutUnique, wideTable } from './tables.ts';

/** Patterns about how tables and columns are used and declared, in the order in which matches of equal place are shown. */
export const schemaPatterns: readonly Pattern[] = [
  selectStar,
  deleteWithUnindexedChild,
  redundantIndex,
  booleanIndex,
  wideIndex,
  manyIndexes,
  nullableUnique,
  wideTable,
  linkWithoutUnique,
  distinctOnWithoutOrder,
  plannerSetting,
  indexHint,
  tableVariable,
  cursor,
  concatenatedSql,
  systemPrefix,
  missingNocount,
  linkedServerJoin,
];
