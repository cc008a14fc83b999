import type { Pattern } from './pattern.ts';

/** The pattern library, in the order in which matches of equal place are shown. */
export const patterns: readonly Pattern[] = [];

/** The pattern of that id, or null. */
export function patternById(id: string): Pattern | null {
  return patterns.find((pattern) => pattern.id === id) ?? null;
}
