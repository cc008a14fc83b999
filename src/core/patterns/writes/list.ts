import type { Pattern } from '../pattern.ts';
import { correlatedUpdateToJoin } from './correlated-update.ts';
import { insertSelectOrder, insertWithoutColumns } from './insert-columns.ts';
import { insertIfAbsent } from './insert-if-absent.ts';
import { limitInSubquery, targetInSubquery } from './mysql-subqueries.ts';
import {
  ambiguousUpdateFrom,
  maxPlusOne,
  mergeWithoutHoldlock,
  sessionIdentity,
  unchangedRows,
  updatePrimaryKey,
} from './risky-values.ts';
import { selfJoinUpdate, unconnectedWrite } from './self-join-update.ts';
import { deleteSemiJoin, updateSemiJoin } from './semi-join.ts';
import {
  ambiguousDuplicateKey,
  deleteFromSeveralTables,
  insertIgnore,
  insertSelectLocks,
  replaceInto,
  serverFiles,
  updateSetAnd,
  writeLimitWithoutOrder,
  writeWithoutWhere,
} from './unsafe-writes.ts';

/** Patterns about INSERT, UPDATE, DELETE and MERGE, in the order in which matches of equal place are shown. */
export const writePatterns: readonly Pattern[] = [
  deleteSemiJoin,
  updateSemiJoin,
  correlatedUpdateToJoin,
  selfJoinUpdate,
  unconnectedWrite,
  insertWithoutColumns,
  insertSelectOrder,
  insertIfAbsent,
  limitInSubquery,
  targetInSubquery,
  ambiguousUpdateFrom,
  maxPlusOne,
  mergeWithoutHoldlock,
  sessionIdentity,
  unchangedRows,
  updatePrimaryKey,
  updateSetAnd,
  writeWithoutWhere,
  writeLimitWithoutOrder,
  replaceInto,
  insertIgnore,
  ambiguousDuplicateKey,
  deleteFromSeveralTables,
  insertSelectLocks,
  serverFiles,
];
