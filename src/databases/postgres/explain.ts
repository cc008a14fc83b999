/** EXPLAIN as a statement. https://www.postgresql.org/docs/current/sql-explain.html */
import { DatabaseError, type ExplainOptions, type Timing } from '../../core/database.ts';
import { tokenize } from '../../core/sql/lexer.ts';

export interface ExplainForm {
  /** what is put before the statement */
  readonly prefix: string;
  /**
   * The statement has parameters: it is prepared and its generic plan is explained. EXPLAIN (GENERIC_PLAN), new in
   * version 16, would need the simple protocol, which takes several statements in one text: with the extended one
   * the server wants values, and plans for them.
   */
  readonly prepare: boolean;
}

/** The prefix for plans. @throws DatabaseError when a statement with parameters is to be executed */
export function explainForm(sql: string, options: ExplainOptions): ExplainForm {
  const prepare = hasParameters(sql);
  const analyze = options.analyze === true;
  if (analyze && prepare) {
    throw new DatabaseError(
      'other',
      'The statement has parameters without values, so it can be planned but not executed. Put values in their place.',
    );
  }
  const parts = [
    'FORMAT JSON',
    'SETTINGS',
    ...(analyze ? ['ANALYZE', 'BUFFERS'] : []),
    ...(options.verbose ? ['VERBOSE'] : []),
  ];
  return { prefix: `EXPLAIN (${parts.join(', ')}) `, prepare };
}

/** The prefix for times: without the clock calls around every row, which cost more than many plan nodes. */
export const TIMING_PREFIX = 'EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) ';

/** True when a `$n` stands in the statement outside of strings and comments. */
export function hasParameters(sql: string): boolean {
  if (!/\$\d/.test(sql)) return false;
  return tokenize(sql, 'postgresql').some(
    (token) => token.kind === 'placeholder' && /^\$\d+$/.test(token.text),
  );
}

/** Figures of a run from its EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON). */
export function readTiming(json: string): Timing {
  const [entry] = JSON.parse(json) as [{ Plan?: Record<string, number>; 'Execution Time'?: number }?];
  const plan = entry?.Plan;
  if (!plan || entry['Execution Time'] === undefined) {
    throw new DatabaseError('driver', 'The server returned a plan without the time of execution.');
  }
  const figure = (name: string) => plan[name] ?? 0;
  return {
    elapsedMs: entry['Execution Time'],
    // EXPLAIN tells no processor time
    cpuMs: null,
    rows: Math.round(figure('Actual Rows') * figure('Actual Loops')),
    sharedHit: figure('Shared Hit Blocks'),
    sharedRead: figure('Shared Read Blocks'),
    tempBlocks: figure('Temp Read Blocks') + figure('Temp Written Blocks'),
  };
}
