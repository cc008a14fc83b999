import type { Pattern } from '../pattern.ts';

/** Patterns of certain kinds of application: shops, analytics, software for many tenants, time series. */
export const industryPatterns: readonly Pattern[] = [];
