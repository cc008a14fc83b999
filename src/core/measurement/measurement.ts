/** What one statement took over several runs. Times are wall-clock milliseconds in the server. */
export interface Measurement {
  readonly medianMs: number;
  /** bounds of the confidence interval of the median (95 % by order statistics or bootstrap) */
  readonly lowMs: number;
  readonly highMs: number;
  readonly runs: number;
  readonly rows: number;
  readonly cpuMs: number | null;
  /** blocks per run (medians) */
  readonly sharedHit: number;
  readonly sharedRead: number;
  readonly tempBlocks: number;
  /** the limit ended it: the times are the limit, a lower bound */
  readonly timedOut: boolean;
}

/** Two statements measured in turns (A B A B …). */
export interface Comparison {
  readonly before: Measurement;
  readonly after: Measurement;
  /** before / after of the medians; a lower bound when `before` timed out */
  readonly speedup: number;
  readonly low: number;
  readonly high: number;
  /** the interval of the speedup excludes 1 */
  readonly significant: boolean;
}
