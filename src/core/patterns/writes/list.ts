import type { Pattern } from '../pattern.ts';

/** Patterns about INSERT, UPDATE, DELETE and MERGE, in the order in which matches of equal place are shown. */
export const writePatterns: readonly Pattern[] = [];
