/** The result of `sqlopt optimize` for a person at a terminal. */
import type { Candidate } from '../core/optimizer/optimization.ts';
import { unifiedDiff } from './unified-diff.ts';
import type { OptimizedStatement } from './verbs/optimize.ts';

/** The last line: how many statements have a better rewrite. */
export function summaryText(statements: readonly OptimizedStatement[]): string {
  const better = statements.filter((statement) => statement.best !== null);
  const measured = better.filter((statement) => bestOf(statement)?.measured);
  const findings = sum(statements, (s) => s.findings.length);
  const refuted = sum(statements, (s) => s.refuted.length);
  return (
    `${count(statements.length, 'statement')}: ${better.length} with a better rewrite` +
    (measured.length > 0 ? ` (${measured.length} measured)` : '') +
    `, ${count(findings, 'finding')}, ${count(refuted, 'rewrite')} refuted and not offered.\n`
  );
}

/** What was found for one statement: its findings, and the best rewrite with its evidence as a diff. */
export function statementText(statement: OptimizedStatement): string {
  const lines = [`Line ${statement.range.line}: ${firstLine(statement.text)}`];
  for (const finding of statement.findings)
    lines.push(`  ${finding.severity}: ${finding.message} [${finding.pattern}]`);
  const best = bestOf(statement);
  if (best) {
    lines.push(`  ${statement.reason}`);
    lines.push(`  ${capital(best.evidence.level)}: ${evidence(best)}`);
    lines.push(`  By: ${author(best)}`);
    lines.push('', unifiedDiff(statement.text, best.sql).replace(/^/gm, '    '));
  } else {
    lines.push(`  ${statement.reason}`);
  }
  return `${lines.join('\n')}\n\n`;
}

/** The patterns, or the model with the reason that it gave. */
function author({ patterns, model }: Candidate): string {
  if (!model) return patterns.join(', ');
  return model.why === '' ? model.name : `${model.name}, which says: ${model.why}`;
}

function bestOf(statement: OptimizedStatement): Candidate | undefined {
  return statement.candidates.find((candidate) => candidate.id === statement.best);
}

function evidence(candidate: Candidate): string {
  const { assumptions, databases, rowsCompared } = candidate.evidence;
  const compared = rowsCompared > 0 ? `${rowsCompared.toLocaleString('en-US')} rows compared` : '';
  const tried = databases > 0 ? `${count(databases, 'generated database')}` : '';
  const parts = [assumptions.join('; '), compared, tried].filter((part) => part !== '');
  return parts.length > 0 ? parts.join('; ') : 'the rule holds without a precondition';
}

function firstLine(text: string): string {
  const line = text.trim().split('\n', 1)[0] ?? '';
  return line.length > 90 ? `${line.slice(0, 89)}…` : line;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
