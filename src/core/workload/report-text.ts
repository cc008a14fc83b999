/** The report of the costliest statements as a SQL text that a person reads: each statement below what is known of it. */
import type { ReportedStatement, WorkloadReport } from './report.ts';

export interface ReportText {
  readonly text: string;
  /** where each statement stands */
  readonly places: readonly StatementPlace[];
}

export interface StatementPlace {
  readonly rank: number;
  /** 0-based line of the statement's heading, and of its last line */
  readonly firstLine: number;
  readonly lastLine: number;
}

/**
 * @param where the connection's name
 * @param statementText the statement as it is to be shown
 * @param hints lines that stand below the statements, comments each
 */
export function reportText(
  report: WorkloadReport,
  where: string,
  statementText: (statement: ReportedStatement) => string,
  hints: readonly string[] = [],
): ReportText {
  const lines: string[] = [...heading(report, where)];
  const places = report.statements.map((statement) => {
    lines.push('');
    const firstLine = lines.length;
    lines.push(...describe(statement));
    const sql = statementText(statement).trim().replace(/;+$/, '').split(/\r?\n/);
    // a comment at the end would take the semicolon with it
    lines.push(...sql.slice(0, -1), ...ended(sql.at(-1) ?? ''));
    return { rank: statement.rank, firstLine, lastLine: lines.length - 1 };
  });
  if (hints.length > 0) lines.push('', ...hints);
  return { text: `${lines.join('\n')}\n`, places };
}

function heading({ about, since, counted: all, notes }: WorkloadReport, where: string): string[] {
  const from = since === null ? '' : ` Since ${moment(since)}.`;
  const whole = `${counted(all.statements, 'statement')}, ${counted(all.calls, 'call')}, ${duration(all.totalMs)} in all.`;
  return [
    `-- The costliest statements on ${oneLine(where)}. ${about}${from}`,
    `-- ${whole}`,
    ...notes.map((note) => `-- ${oneLine(note)}`),
    ...(all.statements === 0 ? ['-- Nothing has been counted yet.'] : []),
  ];
}

function describe(statement: ReportedStatement): string[] {
  const { rank, sharePct, calls, meanMs, totalMs, figures, findings, optimizable, hint } = statement;
  const rows = typeof figures['rows'] === 'number' ? `, ${counted(figures['rows'], 'row')}` : '';
  return [
    `-- ${rank}. ${sharePct} % of the time: ${counted(calls, 'call')} of ${duration(meanMs)}, ${duration(totalMs)} together${rows}`,
    ...findings.map(
      ({ severity, message, pattern }) => `--    ${severity}: ${oneLine(message)} [${pattern}]`,
    ),
    ...(optimizable || hint === null ? [] : [`--    ${hint}`]),
  ];
}

function ended(line: string): string[] {
  return /--|#/.test(line) ? [line, ';'] : [`${line};`];
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function counted(count: number, noun: string): string {
  return `${Math.round(count).toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}

/** '0.3 ms', '14 ms', '2.5 s', '3.2 min', '5.1 h' */
export function duration(milliseconds: number): string {
  const [size, unit] =
    milliseconds < 1000
      ? [milliseconds, 'ms']
      : milliseconds < 60_000
        ? [milliseconds / 1000, 's']
        : milliseconds < 3_600_000
          ? [milliseconds / 60_000, 'min']
          : [milliseconds / 3_600_000, 'h'];
  return `${size < 10 ? Number(size.toFixed(size < 1 ? 2 : 1)) : Math.round(size)} ${unit}`;
}

/** '2024-05-01 10:00 UTC' */
function moment(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 16)} UTC`;
}
