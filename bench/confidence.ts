/**
 * `npm run bench:confidence -- RESULTS… [--out FILE]`: how far estimates from past outcomes can be trusted. Reads what
 * `npm run bench:rewrites -- --results FILE` kept, estimates each query's rewrites from those of all other queries, and
 * writes the reliability table.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../scripts/bootstrap.mjs';
import { type MeasuredOutcome, type Reliability, reliability } from '../src/core/learning/estimate.ts';
import type { QueryOutcome } from './rewrites/measure.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string', default: path.join(root, 'bench', 'reports', 'confidence.md') } },
});
const outcomes = positionals.flatMap((file) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .flatMap((line) => outcomesOf(JSON.parse(line) as QueryOutcome)),
);
const result = reliability(outcomes);
mkdirSync(path.dirname(values.out), { recursive: true });
writeFileSync(values.out, report(result));
console.log(report(result));

function outcomesOf({ schema, title, best, others }: QueryOutcome): MeasuredOutcome[] {
  return [...(best ? [best] : []), ...others].flatMap(({ patterns, cost, speedup }) =>
    cost ? [{ run: `${schema} ${title}`, patterns, model: null, cost, speedup }] : [],
  );
}

function report({ bins, brier, withinInterval }: Reliability): string {
  const runs = new Set(outcomes.map(({ run }) => run)).size;
  const estimates = bins.reduce((sum, bin) => sum + bin.estimates, 0);
  const percent = (share: number): string => `${Math.round(100 * share)} %`;
  return [
    '# Can estimates be trusted?',
    '',
    `Written by \`npm run bench:confidence\`. ${outcomes.length} rewrites of ${runs} queries of the rewrite benchmark were priced by PostgreSQL 18`,
    'and measured. The gain of each was then estimated from the rewrites of all *other* queries; ' +
      `${outcomes.length - estimates} had too little`,
    'history of their rules for an estimate. “Faster” is 5 % or more.',
    '',
    '| confidence | estimates | said, on average | were faster |',
    '|---|--:|--:|--:|',
    ...bins.map(
      (bin) =>
        `| ${percent(bin.from)} to ${percent(bin.to)} | ${bin.estimates} | ${percent(bin.predicted)} | ${percent(bin.observed)} |`,
    ),
    '',
    brier === null
      ? 'There was not enough history for any estimate.'
      : `Brier score ${brier.toFixed(2)} (0 is perfect, 0.25 is a coin). ${percent(withinInterval ?? 0)} of the measured gains lay within the interval that was given, which aims at 80 %.`,
    '',
  ].join('\n');
}
