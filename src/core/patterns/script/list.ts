import { severalAlters } from './merge-alters.ts';
import { rowByRowInserts } from './merge-inserts.ts';
import { updatesOfSameRows } from './merge-updates.ts';
import type { ScriptPattern } from './script.ts';

/** Patterns over several statements of a script, in the order in which matches of one statement are shown. */
export const scriptPatterns: readonly ScriptPattern[] = [rowByRowInserts, updatesOfSameRows, severalAlters];
