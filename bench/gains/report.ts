/** The measured gains as Markdown. */
import { patternById } from '../../src/core/patterns/library.ts';
import type { Dialect } from '../../src/core/sql/dialect.ts';
import { GAIN_CASES, NOT_MEASURED } from './cases.ts';

export interface Gain {
  readonly rule: string;
  readonly pattern: string;
  readonly dialect: Dialect;
  /** medians; `beforeMs` is null when the limit ended the original */
  readonly beforeMs: number | null;
  readonly afterMs: number | null;
  readonly limitMs: number;
  /** why nothing was measured; null when it was */
  readonly note: string | null;
}

export function gainsText(gains: readonly Gain[]): string {
  const cell = (rule: string, dialect: Dialect): string => {
    const gain = gains.find((one) => one.rule === rule && one.dialect === dialect);
    return gain ? gainText(gain) : '–';
  };
  const rows = GAIN_CASES.map(
    ({ rule, pattern, followedBy = [] }) =>
      `| ${rule} | ${[pattern, ...followedBy].join(', ')} | ${cell(rule, 'postgresql')} | ${cell(rule, 'mariadb')} |`,
  );
  const losing = gains.filter(
    ({ beforeMs, afterMs }) => beforeMs !== null && afterMs !== null && beforeMs / afterMs < 0.95,
  );
  return `# What the core rules gain

Written by \`npm run bench:gains\`: 20,000 customers, 200,000 orders, 400,000 items and tickets, indexes on what is joined and filtered;
original and rewrite run in turns on PostgreSQL 18 and MariaDB 10.11, medians of five runs. A gain is a claim about an engine: a rule that
wins on one may lose on the other, which is why a candidate is called faster only when it was priced or measured on the
database at hand. The numbers of the rules are those of the catalogue that the library was made from; “>” means that the
original was stopped after 20 seconds. Both servers shared two cores with other work: the ratios count, not the times.

| rule | pattern | PostgreSQL | MariaDB |
|---|---|---|---|
${rows.join('\n')}

Not measured: ${NOT_MEASURED.map(([rule, why]) => `${rule} (${why})`).join('; ')}.

## Where a rule loses

${losing.length === 0 ? 'None lost here.' : losing.map(losingText).join('\n')}
`;
}

function gainText({ beforeMs, afterMs, limitMs, note }: Gain): string {
  if (note !== null || afterMs === null) return note ?? '–';
  const before = beforeMs ?? limitMs;
  const bound = beforeMs === null ? '> ' : '';
  return `${bound}${factor(before / afterMs)} × (${bound}${milliseconds(before)} → ${milliseconds(afterMs)})`;
}

function losingText({ rule, pattern, dialect, beforeMs, afterMs }: Gain): string {
  const pays = patternById(pattern)?.engines.find((engine) => engine.dialect === dialect)?.pays ?? '';
  return `- ${rule} ${pattern} on ${dialect}: ${factor((beforeMs ?? 0) / (afterMs ?? 1))} ×. When it pays: ${pays.replace(/\.$/, '')}.`;
}

function factor(value: number): string {
  return value < 10 ? value.toFixed(value < 1 ? 2 : 1) : Math.round(value).toLocaleString('en-US');
}

function milliseconds(value: number): string {
  return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value).toLocaleString('en-US')} ms`;
}
