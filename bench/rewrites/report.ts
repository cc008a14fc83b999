/** The rewrite benchmark's outcomes as Markdown. */
import type { QueryOutcome, Rewritten } from './measure.ts';
import type { Sizes } from './schema.ts';

/** A best rewrite below this is a fault of the ranking. */
const NO_SLOWER = 0.95;

export interface ReportFacts {
  readonly server: string;
  readonly sizes: Sizes;
  readonly timeoutMs: number;
  readonly patterns: number;
}

export interface Totals {
  readonly queries: number;
  readonly withBest: number;
  readonly geometricMean: number;
  readonly aboveTwo: number;
  readonly slower: readonly QueryOutcome[];
}

export function totalsOf(outcomes: readonly QueryOutcome[]): Totals {
  const bests = outcomes.flatMap(({ best }) => (best ? [best] : []));
  const logs = bests.reduce((sum, { speedup }) => sum + Math.log(speedup), 0);
  return {
    queries: outcomes.length,
    withBest: bests.length,
    geometricMean: bests.length > 0 ? Math.exp(logs / bests.length) : Number.NaN,
    aboveTwo: bests.filter(({ speedup }) => speedup > 2).length,
    slower: outcomes.filter(({ best }) => best !== null && best.speedup < NO_SLOWER),
  };
}

/** The report of a run. */
export function reportText(outcomes: readonly QueryOutcome[], facts: ReportFacts): string {
  return `# Rewrites on a star schema and on a shop

Written by \`npm run bench:rewrites\`. ${outcomes.length} queries as people write them, ${facts.sizes.sales.toLocaleString('en-US')} sales in the star
schema and ${facts.sizes.items.toLocaleString('en-US')} order items in the shop, on ${facts.server}. The library has ${facts.patterns} patterns for one statement. Every rewrite was
verified first; original and rewrites then ran in turns, each run stopped at ${facts.timeoutMs / 1000} s. Where the original was stopped,
its speed-up is a lower bound (≥). Intervals hold 95 %.

${outcomeTables(outcomes)}`;
}

/** The totals and a row for each query. */
export function outcomeTables(outcomes: readonly QueryOutcome[]): string {
  const totals = totalsOf(outcomes);
  const { withBest, aboveTwo, queries } = totals;
  const share = (part: number, of: number): string =>
    `${part} of ${of} (${Math.round((100 * part) / Math.max(of, 1))} %)`;
  return `| | |
|---|---|
| queries with a suggested rewrite | ${share(withBest, queries)} |
| geometric mean of their speed-ups | ${totals.geometricMean.toFixed(1)} × |
| of them more than 2 × faster | ${share(aboveTwo, withBest)} |
| suggested and slower than ${NO_SLOWER} × | ${totals.slower.length === 0 ? 'none' : totals.slower.map(({ title }) => title).join('; ')} |
| rewrites refuted before they were offered | ${outcomes.reduce((sum, { refuted }) => sum + refuted.length, 0)} |

## With a rewrite

| query | original | rewrite | speed-up | evidence | patterns |
|---|--:|--:|--:|---|---|
${outcomes
  .filter(({ best }) => best)
  .map((outcome) => bestRow(outcome))
  .join('\n')}

## Without one

| query | original | tried | why |
|---|--:|---|---|
${outcomes
  .filter(({ best }) => !best)
  .map((outcome) => otherRow(outcome))
  .join('\n')}
`;
}

/** An outcome in one line, for whoever waits. */
export function outcomeText({
  best,
  others,
  originalMs,
  stopped,
  reason,
  refuted,
  seconds,
}: QueryOutcome): string {
  const before = `${stopped ? '>' : ''}${originalMs?.toFixed(0)} ms`;
  const wrong =
    refuted.length > 0
      ? `, ${refuted.length} refuted (${refuted.map(({ patterns: p }) => p.join('+')).join('; ')})`
      : '';
  const all = [...(best ? [best] : []), ...others].map(
    (one) => `${one.patterns.join('+')} ${one.speedup.toFixed(2)}×`,
  );
  return `${before}${best ? ` BEST ${best.speedup.toFixed(1)}×` : ''} [${all.join(' | ')}]${best ? '' : ` ${reason}`}${wrong} (${seconds.toFixed(0)} s)`;
}

function bestRow(outcome: QueryOutcome): string {
  const { best, schema, title, stopped } = outcome;
  if (!best) return '';
  const bound = stopped ? '≥ ' : '';
  const interval = stopped ? `≥ ${factor(best.low)}` : `${factor(best.low)} to ${factor(best.high)}`;
  return `| ${schema}: ${title} | ${time(outcome)} | ${milliseconds(best.ms)} | **${bound}${factor(best.speedup)} ×** (${interval}) | ${best.evidence} | ${best.patterns.join(', ')} |`;
}

function otherRow(outcome: QueryOutcome): string {
  const tried = outcome.others
    .map(({ patterns, speedup }: Rewritten) => `${patterns.join(' + ')} ${factor(speedup)} ×`)
    .join('; ');
  return `| ${outcome.schema}: ${outcome.title} | ${time(outcome)} | ${tried || '–'} | ${outcome.reason} |`;
}

function time({ originalMs, stopped }: QueryOutcome): string {
  return originalMs === null ? '?' : `${stopped ? '> ' : ''}${milliseconds(originalMs)}`;
}

function milliseconds(value: number): string {
  return value < 10 ? `${value.toFixed(2)} ms` : `${Math.round(value).toLocaleString('en-US')} ms`;
}

function factor(value: number): string {
  return value < 10 ? value.toFixed(2) : Math.round(value).toLocaleString('en-US');
}
