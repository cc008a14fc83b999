/**
 * What a rewrite is expected to gain, and how sure that is, from what earlier ones gained: planner's prices are held
 * against measured times, rule by rule and model by model. Nothing is said before there are enough outcomes.
 */
import { linearRegression, mean, quantile } from 'simple-statistics';
import type { Estimate } from '../optimizer/optimization.ts';

/** A rewrite that was priced and then measured. */
export interface MeasuredOutcome {
  /** the run of "optimize" it came from: rewrites of one statement resemble each other, and count as one witness */
  readonly run: string;
  /** ids of the patterns that made it; none for a model's */
  readonly patterns: readonly string[];
  /** 'ollama/qwen2.5-coder:7b'; null for the library's */
  readonly model: string | null;
  /** planner's prices, in the engine's unit */
  readonly cost: { readonly before: number; readonly after: number };
  /** measured factor; a lower bound when the original was stopped at the limit */
  readonly speedup: number;
}

/** What an estimate is made for. */
export type Estimated = Pick<MeasuredOutcome, 'patterns' | 'model' | 'cost'>;

/** Fewer outcomes of one engine than this, or of fewer runs, are not enough history. */
const ENOUGH_OUTCOMES = 30;
const ENOUGH_RUNS = 12;
/** … and fewer of the rule, or of the model, itself. */
const ENOUGH_OF_SOURCE = 4;
/** A rule or model differs from all others by its mean residual, drawn to none as if so many outcomes showed none. */
const SHRINKAGE = 4;
/** A factor from which on a user would call it faster. */
const FASTER = 1.05;
/** Prices that differ by more say no more. */
const MOST_LOG_RATIO = Math.log(10_000);
/** The interval holds the middle 80 % of past errors. */
const [LOW, HIGH] = [0.1, 0.9];

interface Point {
  readonly outcome: MeasuredOutcome;
  readonly sources: readonly string[];
  readonly x: number;
  readonly y: number;
}

/** Makes estimates from a history of one engine. */
export class Estimator {
  private readonly points: readonly Point[];
  private readonly line: (x: number) => number;
  private readonly errors: readonly number[];

  /** @param outcomes of one engine: the prices of different ones are not of one unit */
  constructor(outcomes: readonly MeasuredOutcome[]) {
    const points = outcomes.flatMap((outcome) => {
      const x = logRatio(outcome.cost);
      const y = Math.log(outcome.speedup);
      return x === null || !Number.isFinite(y) ? [] : [{ outcome, sources: sourcesOf(outcome), x, y }];
    });
    const runs = new Set(points.map(({ outcome }) => outcome.run)).size;
    this.points = points.length >= ENOUGH_OUTCOMES && runs >= ENOUGH_RUNS ? points : [];
    this.line = lineThrough(this.points);
    this.errors = this.points.map((point) => {
      const others = this.points.filter(({ outcome }) => outcome.run !== point.outcome.run);
      return point.y - this.line(point.x) - this.offset(point.sources, others);
    });
  }

  /**
   * @returns the expected improvement in per cent of the running time (negative: slower) with its interval, and as
   *   confidence the probability that the rewrite is faster by 5 % or more; null without a price or enough history
   */
  estimate(candidate: Estimated): Estimate | null {
    const x = logRatio(candidate.cost);
    const sources = sourcesOf(candidate);
    const known = this.points.filter((point) => sources.some((source) => point.sources.includes(source)));
    if (x === null || this.points.length === 0 || known.length < ENOUGH_OF_SOURCE) return null;
    const expected = this.line(x) + this.offset(sources, this.points);
    const possible = this.errors.map((error) => expected + error);
    const faster = possible.filter((y) => y >= Math.log(FASTER)).length;
    return {
      improvementPct: improvement(expected),
      low: improvement(quantile(possible, LOW)),
      high: improvement(quantile(possible, HIGH)),
      // Laplace's rule of succession: a finite history makes nothing certain
      confidence: (faster + 1) / (possible.length + 2),
    };
  }

  /** How much more than its price promises a rule, or a model, has gained among the points. */
  private offset(sources: readonly string[], points: readonly Point[]): number {
    if (sources.length === 0) return 0;
    return mean(
      sources.map((source) => {
        const own = points.filter((point) => point.sources.includes(source));
        const sum = own.reduce((total, { x, y }) => total + y - this.line(x), 0);
        return sum / (own.length + SHRINKAGE);
      }),
    );
  }
}

/** Estimates of one range of confidence against what happened. */
export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly estimates: number;
  /** mean confidence of these estimates, 0 to 1 */
  readonly predicted: number;
  /** share of them that were faster by 5 % or more when measured, 0 to 1 */
  readonly observed: number;
}

export interface Reliability {
  readonly bins: readonly ReliabilityBin[];
  /** mean squared difference of confidence and outcome, 0 (perfect) to 1 [Brier 1950]; null without estimates */
  readonly brier: number | null;
  /** share of measured factors that lay within the estimate's interval, which aims at 0.8 */
  readonly withinInterval: number | null;
}

/**
 * How far estimates can be trusted: each run's outcomes are estimated from all other runs.
 *
 * @param edges bounds of the bins of confidence, ascending, 0 and 1 among them
 */
export function reliability(
  outcomes: readonly MeasuredOutcome[],
  edges: readonly number[] = [0, 0.2, 0.4, 0.6, 0.8, 1],
): Reliability {
  const estimates = [...new Set(outcomes.map(({ run }) => run))].flatMap((run) => {
    const estimator = new Estimator(outcomes.filter((outcome) => outcome.run !== run));
    return outcomes
      .filter((outcome) => outcome.run === run)
      .flatMap((outcome) => {
        const estimate = estimator.estimate(outcome);
        return estimate ? [{ estimate, outcome, came: outcome.speedup >= FASTER ? 1 : 0 }] : [];
      });
  });
  const bins = edges.slice(1).flatMap((to, index) => {
    const from = edges[index] ?? 0;
    const within = estimates.filter(
      ({ estimate: { confidence } }) => confidence >= from && (confidence < to || to === 1),
    );
    if (within.length === 0) return [];
    const predicted = mean(within.map(({ estimate }) => estimate.confidence));
    return [
      { from, to, estimates: within.length, predicted, observed: mean(within.map(({ came }) => came)) },
    ];
  });
  if (estimates.length === 0) return { bins, brier: null, withinInterval: null };
  return {
    bins,
    brier: mean(estimates.map(({ estimate, came }) => (estimate.confidence - came) ** 2)),
    withinInterval: mean(
      estimates.map(({ estimate, outcome }) => {
        const gained = improvement(Math.log(outcome.speedup));
        return gained >= estimate.low && gained <= estimate.high ? 1 : 0;
      }),
    ),
  };
}

function sourcesOf({ patterns, model }: Pick<MeasuredOutcome, 'patterns' | 'model'>): readonly string[] {
  return model === null ? [...new Set(patterns)] : [`model ${model}`];
}

/** The natural logarithm of how many times cheaper it is priced. */
function logRatio({ before, after }: MeasuredOutcome['cost']): number | null {
  if (!(before > 0) || !(after > 0)) return null;
  return Math.max(-MOST_LOG_RATIO, Math.min(MOST_LOG_RATIO, Math.log(before / after)));
}

/**
 * Least squares of log factors over log price ratios, with a slope from 0 (prices say nothing) to 1 (they are true), and
 * level outside of the ratios that were seen.
 */
function lineThrough(points: readonly Point[]): (x: number) => number {
  if (points.length === 0) return () => 0;
  const xs = points.map(({ x }) => x);
  const [least, most] = [Math.min(...xs), Math.max(...xs)];
  const [meanX, meanY] = [mean(xs), mean(points.map(({ y }) => y))];
  const { m } = least < most ? linearRegression(points.map(({ x, y }) => [x, y])) : { m: 0 };
  const slope = Math.max(0, Math.min(1, m));
  return (x) => meanY + slope * (Math.max(least, Math.min(most, x)) - meanX);
}

/** Per cent of the running time that a log factor saves. */
function improvement(logFactor: number): number {
  return 100 * (1 - Math.exp(-logFactor));
}
