import type { Pattern } from '../pattern.ts';
import {
  blockingMaintenance,
  lockTable,
  nolockHint,
  readUncommitted,
  tableLockHint,
  truncateCascade,
} from './hints.ts';
import {
  advisoryLockInQuery,
  lockForKeyUpdate,
  lockWholeTable,
  queueWithoutSkipLocked,
} from './row-locks.ts';

/** Patterns about locks, transactions and migrations, in the order in which matches of equal place are shown. */
export const lockingPatterns: readonly Pattern[] = [
  lockWholeTable,
  queueWithoutSkipLocked,
  lockForKeyUpdate,
  advisoryLockInQuery,
  nolockHint,
  tableLockHint,
  readUncommitted,
  lockTable,
  truncateCascade,
  blockingMaintenance,
];
