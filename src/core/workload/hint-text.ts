/** A server's own hints about indexes as comments of SQL, labelled as what they are. */
import type { MissingIndex, RedundantIndex } from './index-hints.ts';
import type { HintReport } from './report.ts';

/** One comment a line, ready to stand below a report; no line when the server has no hints. */
export function hintLines(hints: HintReport): string[] {
  if ('unavailable' in hints) {
    const remedy = hints.remedy?.split('\n').map((line) => `   ${line}`) ?? [];
    return comments([`What the server itself says of indexes is not known. ${hints.unavailable}`, ...remedy]);
  }
  const { source, redundant, missing, count, notes } = hints;
  const listed = redundant.length + missing.length;
  if (listed === 0) return [];
  const more = count > listed ? [`   … and ${count - listed} more`] : [];
  return comments([
    `What the server itself says of indexes, by ${source}.`,
    ...notes,
    ...missing.map((index) => `   ${missingText(index)}`),
    ...redundant.map((index) => `   ${redundantText(index)}`),
    ...more,
  ]);
}

function missingText(index: MissingIndex): string {
  const { schema, table, equality, inequality, include, uses, averageCost, expectedGainPct } = index;
  const conditions = [
    ...(equality.length > 0 ? [`conditions by = on ${names(equality)}`] : []),
    ...(inequality.length > 0 ? [`other conditions on ${names(inequality)}`] : []),
    ...(include.length > 0 ? [`reading ${names(include)} too`] : []),
  ];
  const times = uses === 1 ? 'once' : `${uses.toLocaleString('en-US')} times`;
  const cost = Number(averageCost.toPrecision(3)).toLocaleString('en-US');
  return `${schema}.${table}: an index was missed ${times} for ${conditions.join(', ')}; the optimizer expected ${Math.round(expectedGainPct)} % less than a cost of ${cost}`;
}

function redundantText({
  schema,
  table,
  index,
  columns,
  unique,
  dominant,
  prefixes,
}: RedundantIndex): string {
  const reserve = [
    ...(unique && !dominant.unique ? ['but it keeps values unique'] : []),
    ...(prefixes ? ['but one of them holds the beginnings of values only'] : []),
  ];
  const but = reserve.length > 0 ? `, ${reserve.join(', ')}` : '';
  return `${schema}.${table}: ${index} (${names(columns)}) is covered by ${dominant.index} (${names(dominant.columns)})${but}`;
}

function names(columns: readonly string[]): string {
  return columns.join(', ');
}

/** A name may hold a line break, which would end the comment. */
function comments(lines: readonly string[]): string[] {
  return lines.map((line) => `-- ${line.replace(/[\r\n\u2028\u2029]+/g, ' ').trimEnd()}`);
}
