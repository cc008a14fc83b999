/**
 * Time by the clock: statements run in turns (A B B A …), so that whatever changes on the machine meanwhile
 * (caches, other load, frequency) hits all of them alike. A warm-up run of each comes first and is not counted.
 */
import { DatabaseError, type ReadOnlySession, type Timing } from '../database.ts';
import type { Comparison, Measurement } from './measurement.ts';
import { type Interval, median, medianInterval, ratioInterval } from './statistics.ts';

/** What measuring needs of a session. */
export type TimedSession = Pick<ReadOnlySession, 'time'>;

export interface MeasureOptions {
  readonly signal?: AbortSignal | undefined;
  /** milliseconds that one run may take; default 30,000 */
  readonly limitMs?: number | undefined;
  /** milliseconds for all runs together; default 20,000. The run that is under way is not cut off by it. */
  readonly budgetMs?: number | undefined;
  /** counted runs of each statement before it may be called clear; default 4 */
  readonly minRuns?: number | undefined;
  /** counted runs of each statement at most; default 25 */
  readonly maxRuns?: number | undefined;
  /** called after every run with the share of the work done, 0 to 1 */
  readonly onProgress?: ((fraction: number) => void) | undefined;
}

/** How one candidate of a race ended. */
export type RaceResult =
  | { readonly outcome: 'measured'; readonly comparison: Comparison }
  /** it raised an error where the original ran: the caller should drop it */
  | { readonly outcome: 'failed'; readonly error: DatabaseError };

const DEFAULT_LIMIT_MS = 30_000;
const DEFAULT_BUDGET_MS = 20_000;
const DEFAULT_MIN_RUNS = 4;
const DEFAULT_MAX_RUNS = 25;
/** A candidate that takes this many times the original's median is stopped: nobody wants the exact figure. */
const SLOWER_FACTOR = 3;
/** … but never before this many milliseconds: short statements jitter. */
const SLOWER_FLOOR_MS = 200;
/** Two statements are clearly equal when the speedup's interval lies within 1 ± this. */
const EQUAL_WITHIN = 0.05;
/**
 * Looking after every round and stopping at the first success finds a "difference" more often than one look does.
 * So stopping asks for 99.5 % and the interval is taken at 97 %: together a stated interval misses the truth in
 * fewer than 5 of 100 comparisons (simulated in the tests).
 */
const STOP_CONFIDENCE = 0.995;
const INTERVAL_CONFIDENCE = 0.97;
/** Runs of a candidate that make up for a single run of the original: 2 / (1 + 66) < 3 %. */
const RUNS_AGAINST_ONE = 66;
/** Turns that a fast statement gets in one round while a slow one gets one. */
const MAX_TURNS = 10;

/**
 * Measure an original and one candidate in turns.
 *
 * @param session runs statements; it must be read-only, and both statements must be known to read only
 * @returns medians with 95 % intervals and the factor between them. When the original does not end within the
 *   limit, `before.timedOut` is true and `speedup` is a lower bound; when the candidate is stopped,
 *   `after.timedOut` is true and `speedup` is an upper bound.
 * @throws DatabaseError what a statement raised (other than the limit), or 'cancelled'
 */
export async function compareTimes(
  session: TimedSession,
  original: string,
  candidate: string,
  options: MeasureOptions = {},
): Promise<Comparison> {
  const [result] = await race(session, original, [candidate], options);
  if (result === undefined) throw new RangeError('a race of one candidate has one result');
  if (result.outcome === 'failed') throw result.error;
  return result.comparison;
}

/**
 * Measure an original and several candidates in turns; each candidate is compared with the original's runs of the
 * same race. Candidates that are clear (faster, slower or equal) leave the race early.
 *
 * @param candidates statements that read; none may be empty
 * @returns one result per candidate, in their order
 * @throws DatabaseError what the original raised (other than the limit), or 'cancelled'
 */
export async function race(
  session: TimedSession,
  original: string,
  candidates: readonly string[],
  options: MeasureOptions = {},
): Promise<RaceResult[]> {
  const limits = {
    limitMs: options.limitMs ?? DEFAULT_LIMIT_MS,
    budgetMs: options.budgetMs ?? DEFAULT_BUDGET_MS,
    minRuns: Math.max(1, options.minRuns ?? DEFAULT_MIN_RUNS),
    maxRuns: Math.max(1, options.maxRuns ?? DEFAULT_MAX_RUNS),
  };
  const first = new Contestant(original, limits.limitMs);
  const others = candidates.map((sql) => new Contestant(sql, limits.limitMs));
  let spent = 0;

  const run = async (contestant: Contestant, counted: boolean): Promise<void> => {
    throwIfAborted(options.signal);
    spent += await contestant.run(session, counted, options.signal);
    options.onProgress?.(Math.min(0.99, spent / limits.budgetMs));
  };

  await run(first, false);
  if (first.error) throw first.error;
  if (!first.timedOut) {
    const own = Math.max(SLOWER_FLOOR_MS, first.lastMs * SLOWER_FACTOR);
    for (const other of others) other.limitMs = Math.min(limits.limitMs, own);
  }
  for (const other of others) await run(other, false);

  for (let round = 0; ; round++) {
    const open = others.filter((other) => other.running && !isClear(first, other, limits.minRuns));
    if (open.length === 0) break;
    const runners = first.running ? [first, ...open] : open;
    if (runners.every((runner) => runner.times.length >= limits.maxRuns)) break;
    const slowest = Math.max(...runners.map((runner) => runner.typicalMs));
    const plan = runners.flatMap((runner) => {
      const factor = Math.floor(slowest / Math.max(runner.typicalMs, 0.01));
      const turns = runner.times.length >= limits.maxRuns ? 1 : Math.min(MAX_TURNS, Math.max(1, factor));
      return new Array<Contestant>(turns).fill(runner);
    });
    const expected = plan.reduce((sum, runner) => sum + runner.typicalMs, 0);
    const ready = runners.every((runner) => runner.times.length > 0);
    if (spent + expected > limits.budgetMs && (ready || spent + slowest > limits.budgetMs)) break;
    for (const runner of round % 2 === 0 ? plan : plan.reverse()) {
      if (runner.running) await run(runner, true);
    }
    if (first.error) throw first.error;
  }

  // A statement so slow that the budget had no second run: its warm-up is what there is, and a fast candidate
  // makes up for it by more runs of its own.
  first.countWarmUp();
  for (const other of others) other.countWarmUp();
  for (const other of others.filter((o) => o.running && !isClear(first, o, 1))) {
    while (
      first.times.length < limits.minRuns &&
      other.running &&
      other.times.length < RUNS_AGAINST_ONE &&
      other.typicalMs * RUNS_AGAINST_ONE < limits.budgetMs / others.length &&
      !isClear(first, other, 1)
    ) {
      await run(other, true);
    }
  }
  options.onProgress?.(1);
  return others.map((other) =>
    other.error
      ? { outcome: 'failed', error: other.error }
      : { outcome: 'measured', comparison: compare(first, other) },
  );
}

/** One statement in a race with its runs so far. */
class Contestant {
  readonly sql: string;
  limitMs: number;
  readonly times: number[] = [];
  readonly timings: Timing[] = [];
  private warmUp: Timing | null = null;
  timedOut = false;
  error: DatabaseError | null = null;
  lastMs = 0;

  constructor(sql: string, limitMs: number) {
    this.sql = sql;
    this.limitMs = limitMs;
  }

  get running(): boolean {
    return !this.timedOut && this.error === null;
  }

  /** what the next run will probably take, milliseconds */
  get typicalMs(): number {
    return this.times.length > 0 ? median(this.times) : this.lastMs;
  }

  /** Run once; the milliseconds that it took (the limit when it was stopped). */
  async run(session: TimedSession, counted: boolean, signal: AbortSignal | undefined): Promise<number> {
    try {
      const timing = await session.time(this.sql, { timeoutMs: this.limitMs, signal });
      this.lastMs = timing.elapsedMs;
      if (counted) this.count(timing);
      else this.warmUp = timing;
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      if (error.reason === 'cancelled' || error.reason === 'connectionLost') throw error;
      this.lastMs = 0;
      if (error.reason === 'timeout') {
        this.timedOut = true;
        this.lastMs = this.limitMs;
      } else this.error = error;
    }
    return this.lastMs;
  }

  /** Let the warm-up count when there is no other run. */
  countWarmUp(): void {
    if (this.times.length === 0 && this.running && this.warmUp) this.count(this.warmUp);
  }

  private count(timing: Timing): void {
    this.times.push(timing.elapsedMs);
    this.timings.push(timing);
  }

  measurement(): Measurement {
    const last = this.timings.at(-1) ?? this.warmUp;
    const cpu = this.timings.flatMap((t) => (t.cpuMs === null ? [] : [t.cpuMs]));
    const own = this.timedOut ? [this.limitMs] : this.times;
    const interval = medianInterval(own);
    return {
      medianMs: median(own),
      lowMs: interval.low,
      highMs: interval.high,
      runs: Math.max(own.length, 1),
      rows: last?.rows ?? 0,
      cpuMs: cpu.length > 0 ? median(cpu) : null,
      sharedHit: medianOrZero(this.timings.map((t) => t.sharedHit)),
      sharedRead: medianOrZero(this.timings.map((t) => t.sharedRead)),
      tempBlocks: medianOrZero(this.timings.map((t) => t.tempBlocks)),
      timedOut: this.timedOut,
    };
  }
}

/** Faster, slower or equal beyond doubt, so that more runs would not change what is said. */
function isClear(first: Contestant, other: Contestant, minRuns: number): boolean {
  if (first.timedOut) return other.times.length >= minRuns;
  if (other.times.length < minRuns || first.times.length < minRuns) return false;
  const { low, high } = ratioInterval(first.times, other.times, STOP_CONFIDENCE);
  return low > 1 || high < 1 || (low > 1 - EQUAL_WITHIN && high < 1 + EQUAL_WITHIN);
}

function compare(first: Contestant, other: Contestant): Comparison {
  const before = first.measurement();
  const after = other.measurement();
  const speedup = first.timedOut && other.timedOut ? 1 : before.medianMs / Math.max(after.medianMs, 0.001);
  const { low, high } = speedupInterval(first, other, speedup);
  return { before, after, speedup, low, high, significant: low > 1 || high < 1 };
}

function speedupInterval(first: Contestant, other: Contestant, speedup: number): Interval {
  const unbounded = Number.POSITIVE_INFINITY;
  if (first.timedOut && other.timedOut) return { low: 0, high: unbounded };
  // the original ended at the limit: the factor is at least limit / slowest plausible candidate
  if (first.timedOut) {
    return { low: first.limitMs / Math.max(medianInterval(other.times).high, 0.001), high: unbounded };
  }
  if (other.timedOut) return { low: 0, high: medianInterval(first.times).high / other.limitMs };
  const { low, high } = ratioInterval(first.times, other.times, INTERVAL_CONFIDENCE);
  // the ratio of medians is not the centre that ranks estimate; the interval shown holds the figure shown
  return { low: Math.min(low, speedup), high: Math.max(high, speedup) };
}

function medianOrZero(values: readonly number[]): number {
  return values.length > 0 ? median(values) : 0;
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new DatabaseError('cancelled', 'Measuring was cancelled.', { cause: signal.reason });
  }
}
