import { missingPrimaryKey, temporaryWithoutAnalyze, unindexedForeignKey } from './ddl.ts';
import { severalAlters } from './merge-alters.ts';
import { rowByRowInserts } from './merge-inserts.ts';
import { updatesOfSameRows } from './merge-updates.ts';
import {
  constraintOnLiveTable,
  indexOnLiveTable,
  rewritingColumn,
  setNotNullScan,
  uniqueOnLiveTable,
} from './migrations.ts';
import {
  checkThenInsert,
  insertThenSelect,
  repeatedQuery,
  rowByRowUpdates,
  singleRowSelects,
} from './repeated.ts';
import type { ScriptPattern } from './script.ts';
import {
  ddlWithoutLockTimeout,
  droppedOrRenamed,
  retypedColumn,
  untrustedConstraint,
} from './table-changes.ts';
import {
  concurrentlyInTransaction,
  openTransaction,
  sleepInTransaction,
  transferWithoutTransaction,
} from './transactions.ts';

/** Patterns over several statements of a script, in the order in which matches of one statement are shown. */
export const scriptPatterns: readonly ScriptPattern[] = [
  rowByRowInserts,
  rowByRowUpdates,
  singleRowSelects,
  updatesOfSameRows,
  repeatedQuery,
  insertThenSelect,
  checkThenInsert,
  transferWithoutTransaction,
  openTransaction,
  sleepInTransaction,
  concurrentlyInTransaction,
  severalAlters,
  indexOnLiveTable,
  constraintOnLiveTable,
  uniqueOnLiveTable,
  setNotNullScan,
  rewritingColumn,
  retypedColumn,
  droppedOrRenamed,
  ddlWithoutLockTimeout,
  untrustedConstraint,
  unindexedForeignKey,
  missingPrimaryKey,
  temporaryWithoutAnalyze,
];
