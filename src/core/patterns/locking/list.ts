import type { Pattern } from '../pattern.ts';

/** Patterns about locks, transactions and migrations, in the order in which matches of equal place are shown. */
export const lockingPatterns: readonly Pattern[] = [];
