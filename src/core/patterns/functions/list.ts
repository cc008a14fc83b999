import type { Pattern } from '../pattern.ts';
import { recursiveNumbers } from './number-generator.ts';
import { stableFunctionPerRow } from './stable-function.ts';

/** Patterns about functions, in the order in which matches of equal place are shown. */
export const functionPatterns: readonly Pattern[] = [stableFunctionPerRow, recursiveNumbers];
