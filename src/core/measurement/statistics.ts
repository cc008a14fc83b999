/**
 * Distribution-free statistics for running times. Times of one statement are skewed, have outliers and come in
 * small numbers, so nothing here assumes a normal distribution: medians, order statistics and ranks only.
 */

/** An interval that covers the true value with (at least) the stated probability. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * The median; the mean of the two middle values for an even number.
 *
 * @param values in any order, any unit
 * @returns NaN for no values
 */
export function median(values: readonly number[]): number {
  const sorted = ascending(values);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) return Number.NaN;
  if (sorted.length % 2 === 1) return upper;
  return ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/**
 * Confidence interval of a median by order statistics: the number of values below the true median is
 * Binomial(n, ½), so the k-th smallest and k-th largest value enclose it with probability
 * 1 − 2·P(Binomial(n, ½) < k) (Hahn and Meeker, *Statistical Intervals*, 1991, section 5.2).
 *
 * @param values in any order
 * @param confidence 0 to 1
 * @returns the narrowest symmetric interval that reaches the confidence; with fewer than 6 values none reaches
 *   95 %, then smallest and largest value
 */
export function medianInterval(values: readonly number[], confidence = 0.95): Interval {
  const sorted = ascending(values);
  const n = sorted.length;
  let rank = 0;
  let below = 0;
  // P(Binomial(n, ½) = i), built up by its recurrence
  let probability = 0.5 ** n;
  for (let i = 0; i < n / 2; i++) {
    below += probability;
    if (1 - 2 * below < confidence) break;
    rank = i + 1;
    probability *= (n - i) / (i + 1);
  }
  const at = Math.max(0, rank - 1);
  return { low: sorted[at] ?? Number.NaN, high: sorted[n - 1 - at] ?? Number.NaN };
}

/**
 * Confidence interval of the factor between two groups of times, before / after, by ranks: the pairwise ratios in
 * order, cut at the critical value of the Mann-Whitney statistic (Moses' interval: Hollander, Wolfe and Chicken,
 * *Nonparametric Statistical Methods*, 3rd ed., section 4.3, on logarithms). It is exact for any distribution of
 * times that differ by a factor, for any number of runs, equal or not: 1 run against 39 can be enough, 4 against 4
 * too, 3 against 3 never.
 *
 * @param before times of the first statement, positive, any unit
 * @param after times of the second statement in the same unit
 * @param confidence 0 to 1
 * @returns `{low: 0, high: Infinity}` when there are too few runs for that confidence
 */
export function ratioInterval(
  before: readonly number[],
  after: readonly number[],
  confidence = 0.95,
): Interval {
  const cut = criticalRank(before.length, after.length, 1 - confidence);
  if (cut === 0) return { low: 0, high: Number.POSITIVE_INFINITY };
  const ratios: number[] = [];
  for (const b of before) for (const a of after) ratios.push(positive(b) / positive(a));
  const sorted = ascending(ratios);
  return { low: sorted[cut - 1] ?? 0, high: sorted[sorted.length - cut] ?? Number.POSITIVE_INFINITY };
}

/** Above so many values in both groups the counts leave the exact integers of a double. */
const EXACT_UP_TO = 50;

/**
 * The largest k with P(U < k) ≤ alpha / 2 for the Mann-Whitney statistic U of two groups of n and m values of one
 * distribution; 0 when there is none. Exact for up to 50 values, then the normal approximation (Hollander, Wolfe
 * and Chicken, section 4.1).
 */
export function criticalRank(n: number, m: number, alpha: number): number {
  if (n === 0 || m === 0) return 0;
  if (n + m > EXACT_UP_TO && Math.min(n, m) > 1) {
    const spread = Math.sqrt((n * m * (n + m + 1)) / 12);
    return Math.max(0, Math.floor((n * m) / 2 - normalQuantile(1 - alpha / 2) * spread));
  }
  const counts = mannWhitneyCounts(n, m);
  const total = counts.reduce((sum, count) => sum + count, 0);
  let cumulated = 0;
  let k = 0;
  for (const count of counts) {
    cumulated += count;
    if (cumulated / total > alpha / 2) break;
    k++;
  }
  return k;
}

/**
 * How many of the arrangements of n and m values have U = 0, 1, 2, …, n·m: the coefficients of the Gaussian
 * binomial, the product of (1 − q^(m+i)) / (1 − q^i) for i = 1 … n (Mann and Whitney, 1947).
 */
function mannWhitneyCounts(n: number, m: number): number[] {
  const counts = new Array<number>(n * m + 1).fill(0);
  counts[0] = 1;
  for (let i = 1; i <= n; i++) {
    const up = m + i;
    for (let degree = counts.length - 1; degree >= up; degree--) {
      counts[degree] = (counts[degree] ?? 0) - (counts[degree - up] ?? 0);
    }
    for (let degree = i; degree < counts.length; degree++) {
      counts[degree] = (counts[degree] ?? 0) + (counts[degree - i] ?? 0);
    }
  }
  return counts;
}

/**
 * Quantile of the standard normal distribution for p in (0.5, 1): Abramowitz and Stegun, *Handbook of Mathematical
 * Functions*, 26.2.23; its error is below 0.00045.
 */
function normalQuantile(p: number): number {
  const t = Math.sqrt(-2 * Math.log(1 - p));
  const numerator = 2.515517 + 0.802853 * t + 0.010328 * t * t;
  const denominator = 1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t ** 3;
  return t - numerator / denominator;
}

/** Clocks resolve microseconds at best; a time of 0 would make ratios meaningless. */
function positive(milliseconds: number): number {
  return Math.max(milliseconds, 0.001);
}

function ascending(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}
