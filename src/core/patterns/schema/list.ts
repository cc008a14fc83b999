import type { Pattern } from '../pattern.ts';
import { selectStar } from './select-star.ts';

/** Patterns about how tables and columns are used and declared, in the order in which matches of equal place are shown. */
export const schemaPatterns: readonly Pattern[] = [selectStar];
