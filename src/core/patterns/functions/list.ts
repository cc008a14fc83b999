import type { Pattern } from '../pattern.ts';

/** Patterns about functions, in the order in which matches of equal place are shown. */
export const functionPatterns: readonly Pattern[] = [];
