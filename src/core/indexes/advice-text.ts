/** Index advice as a SQL text that a person reads: each statement below what is known of it. Nothing in it was run. */
import type { IndexAdvice, IndexRecommendation } from './advice.ts';
import type { SizeRange } from './index-size.ts';

/** Lines of a list that are shown. */
const SHOWN = 20;

/** @param where the connection's name, or the file's */
export function adviceText(advice: IndexAdvice, where: string): string {
  const lines = [
    ...heading(advice, where),
    ...advice.recommendations.flatMap((one, place) => ['', ...recommendation(one, place + 1)]),
    ...section(
      'Foreign keys without an index',
      advice.foreignKeys.map(({ table, name, ddl, reason }) => [`${table}: ${name}. ${reason}`, ddl]),
    ),
    ...section(
      'Needless, and not offered to be dropped',
      advice.duplicates.flatMap(({ drop, table, index, reason }) =>
        drop ? [] : [[`${table}: ${index}. ${reason}`, null] as const],
      ),
    ),
    ...section(
      'Never read, and not offered to be dropped',
      advice.unused.flatMap(({ drop, table, index, reason }) =>
        drop ? [] : [[`${table}: ${index}. ${reason}`, null] as const],
      ),
    ),
    ...section(
      'Not in use',
      advice.invalid.flatMap(({ drop, rebuild, table, index, reason }) =>
        drop || rebuild ? [] : [[`${table}: ${index}. ${reason}`, null] as const],
      ),
    ),
    ...section(
      'Considered and rejected',
      advice.rejected.map(({ ddl, reason }) => [`${oneLine(ddl)} ${reason}`, null]),
    ),
    ...section(
      'Statements left out',
      advice.workload.skipped.map(({ text, reason }) => [`${oneLine(text)}: ${reason}`, null]),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function heading({ recommendations, workload, statistics }: IndexAdvice, where: string): string[] {
  const { costBefore, costAfter } = workload;
  const count = recommendations.length;
  return [
    `-- Index advice for ${oneLine(where)}. Nothing was created or dropped.`,
    ...(costBefore === null || costAfter === null
      ? []
      : [
          `-- Workload (${oneLine(workload.source)}): ${plural(workload.statements, 'statement')}. Planner’s cost ${figure(costBefore)}, with the new indexes ${figure(costAfter)} (${change(costBefore, costAfter)}).`,
        ]),
    ...statistics.notes.map((note) => `-- ${oneLine(note)}`),
    count === 0 ? '-- Nothing is recommended.' : `-- ${plural(count, 'recommendation')}:`,
  ];
}

function recommendation(one: IndexRecommendation, rank: number): string[] {
  const columns = one.columns
    .map(
      (column) =>
        `${'name' in column ? column.name : column.expression}${column.order === 'desc' ? ' DESC' : ''}`,
    )
    .join(', ');
  const { benefit } = one;
  return [
    `-- ${rank}. ${oneLine(`${one.action} ${one.name} on ${one.table} (${columns})`)}${one.sizeBytes ? `, ${size(one.sizeBytes)}` : ''}`,
    `--    ${oneLine(one.reason)}`,
    ...(benefit
      ? [
          `--    Cost of these statements: ${figure(benefit.costBefore)}, with it ${figure(benefit.costAfter)} (${change(benefit.costBefore, benefit.costAfter)}). ${VALIDATED[one.validated ?? 'estimate']} Confidence: ${one.confidence}.`,
        ]
      : []),
    ...one.queries
      .slice(0, SHOWN)
      .map(
        ({ sql, calls, costBefore, costAfter }) =>
          `--      ${plural(calls, 'call')}: ${figure(costBefore)}, with it ${figure(costAfter)}: ${oneLine(sql)}`,
      ),
    ...(one.writeCost ? [`--    ${oneLine(one.writeCost.text)}`] : []),
    ...(one.lock === null ? [] : [`--    ${one.lock}.`]),
    one.ddl,
    ...(one.undo === null ? [] : [`-- undo: ${commented(one.undo)}`]),
  ];
}

const VALIDATED = {
  'what-if': 'Asked of the planner with a hypothetical index.',
  trial: 'Built in a transaction, planned, and rolled back.',
  estimate: 'Our own estimate.',
} as const;

function section(title: string, entries: readonly (readonly [string, string | null])[]): string[] {
  if (entries.length === 0) return [];
  const more = entries.length - SHOWN;
  return [
    '',
    `-- ${title} (${entries.length}):`,
    ...entries
      .slice(0, SHOWN)
      .flatMap(([text, ddl]) => [
        `-- * ${oneLine(text)}`,
        ...(ddl === null ? [] : [`--   ${commented(ddl)}`]),
      ]),
    ...(more > 0 ? [`-- … and ${more} more`] : []),
  ];
}

/** A statement within a comment. A name may hold line breaks, and what is behind one would be no comment any more. */
function commented(ddl: string): string {
  return ddl.replace(/\r\n|\r|\n/g, '\n--   ');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}

function figure(cost: number): string {
  return cost.toLocaleString('en-US', { maximumFractionDigits: cost < 100 ? 2 : 0 });
}

/** '−93 %' */
function change(before: number, after: number): string {
  if (before <= 0) return '±0 %';
  const pct = (100 * (after - before)) / before;
  return `${pct < 0 ? '−' : '+'}${Math.abs(pct).toFixed(1)} %`;
}

function size({ low, high }: SizeRange): string {
  return low === high ? bytes(low) : `${bytes(low)} to ${bytes(high)}`;
}

/** '8 KB', '2.4 MB' */
export function bytes(count: number): string {
  const [value, unit] =
    count < 1024 ** 2
      ? [count / 1024, 'KB']
      : count < 1024 ** 3
        ? [count / 1024 ** 2, 'MB']
        : [count / 1024 ** 3, 'GB'];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}
