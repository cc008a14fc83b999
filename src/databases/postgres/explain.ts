/** EXPLAIN as a statement. https://www.postgresql.org/docs/current/sql-explain.html */
import { DatabaseError, type ExplainOptions, type Timing } from '../../core/database.ts';
import { tokenize } from '../../core/sql/lexer.ts';

/** The first version with GENERIC_PLAN. */
const GENERIC_PLAN_SINCE = 160_000;

export interface ExplainForm {
  /** what is put before the statement */
  readonly prefix: string;
  /** NULLs to bind: the protocol wants a value for each parameter, the generic plan ignores it */
  readonly parameters: number;
  /** the server is too old for GENERIC_PLAN: prepare the statement and explain its generic plan */
  readonly prepare: boolean;
}

/** The prefix for plans. */
export function explainForm(sql: string, versionNumber: number, options: ExplainOptions): ExplainForm {
  const parameters = parameterCount(sql);
  const analyze = options.analyze === true;
  if (analyze && parameters > 0) {
    throw new DatabaseError(
      'other',
      'The statement has parameters without values, so it can be planned but not executed. Put values in their place.',
    );
  }
  const prepare = parameters > 0 && versionNumber < GENERIC_PLAN_SINCE;
  const parts = [
    'FORMAT JSON',
    'SETTINGS',
    ...(analyze ? ['ANALYZE', 'BUFFERS'] : []),
    ...(options.verbose ? ['VERBOSE'] : []),
    ...(parameters > 0 && !prepare ? ['GENERIC_PLAN'] : []),
  ];
  return { prefix: `EXPLAIN (${parts.join(', ')}) `, parameters, prepare };
}

/** The prefix for times: without the clock calls around every row, which cost more than many plan nodes. */
export const TIMING_PREFIX = 'EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) ';

/** The highest number of a `$n` in a statement; 0 when there is none. */
export function parameterCount(sql: string): number {
  if (!/\$\d/.test(sql)) return 0;
  let highest = 0;
  for (const token of tokenize(sql, 'postgresql')) {
    const number = token.kind === 'placeholder' ? /^\$(\d+)$/.exec(token.text)?.[1] : undefined;
    if (number !== undefined) highest = Math.max(highest, Number(number));
  }
  return highest;
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
