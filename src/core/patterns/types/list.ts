import type { Pattern } from '../pattern.ts';

/** Patterns about data types, in the order in which matches of equal place are shown. */
export const typePatterns: readonly Pattern[] = [];
