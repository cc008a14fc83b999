/** What is said of a verdict: a sentence, a document of details, a document with the counterexample. Knows no editor. */
import { EVIDENCE_MEANING } from '../../core/verification/evidence.ts';
import type { PairVerdict } from '../../core/verification/verify-pair.ts';
import { commented } from '../diff/evidence-text.ts';

/** A statement with the name of its place. */
export interface NamedStatement {
  /** 'line 3', 'the last commit' */
  readonly place: string;
  readonly text: string;
}

export interface ComparedPair {
  readonly before: NamedStatement;
  readonly after: NamedStatement;
}

const REFUTED = 'Refuted: they return different results.';
const UNKNOWN = 'Unknown: no difference was found, and too little was compared to call them equal.';

/** A verdict with its meaning. */
export function verdictMeaning({ verdict }: Pick<PairVerdict, 'verdict'>): string {
  if (verdict === 'refuted') return REFUTED;
  return verdict === 'unknown' ? UNKNOWN : EVIDENCE_MEANING[verdict];
}

/** The verdict, its meaning, and what it rests on, for a notification. */
export function verdictSentence(verdict: PairVerdict, { before, after }: ComparedPair): string {
  const places = `${capital(before.place)} and ${after.place}`;
  if (verdict.verdict === 'refuted') return `${REFUTED} ${places} differ; see the counterexample.`;
  const reasons = verdict.verdict === 'unknown' ? verdict.assumptions.join(' ') : '';
  return `${verdictMeaning(verdict)} ${reasons || verdict.reason} (${places})`;
}

/** All that is known of the verdict, in Markdown. */
export function verdictDocument(verdict: PairVerdict, { before, after }: ComparedPair): string {
  const { assumptions, reason, databases, rowsCompared, ordered } = verdict;
  const facts = assumptions.includes(reason) ? assumptions : [reason, ...assumptions];
  return [
    '# Verification of your rewrite',
    '',
    `**${verdictMeaning(verdict)}**`,
    '',
    ...facts.map((fact) => `- ${fact}`),
    `- ${rowsCompared.toLocaleString('en-US')} rows compared${rowsCompared > 0 ? `, ${ordered ? 'in their order' : 'in any order'}` : ''}`,
    `- ${databases.toLocaleString('en-US')} generated databases tried`,
    '',
    ...section('Before', before),
    ...section('After', after),
  ].join('\n');
}

/** The counterexample as SQL that can be read and run; what both return is in comments. */
export function counterexampleDocument(verdict: PairVerdict, { before, after }: ComparedPair): string {
  const { counterexample, reason } = verdict;
  const shown = (title: string, { place, text }: NamedStatement): string =>
    `-- ${title} (${place})\n${terminated(text)}\n`;
  if (!counterexample)
    return `-- ${REFUTED} ${reason}\n\n${shown('Before', before)}\n${shown('After', after)}`;
  const setup = counterexample.setup.trim();
  const where = setup === '' ? '-- On your own data:' : `-- On this database:\n${setup}`;
  return [
    `-- ${REFUTED}`,
    '-- This is the smallest data found that shows it.',
    '',
    where,
    '',
    shown('Before', before) + returned(counterexample.before),
    '',
    shown('After', after) + returned(counterexample.after),
    '',
  ].join('\n');
}

function returned(rows: string): string {
  return `-- returns\n${commented(rows)}`;
}

function section(title: string, { place, text }: NamedStatement): string[] {
  return [`## ${title} (${place})`, '', '```sql', text.trimEnd(), '```', ''];
}

/** With a semicolon, on a line of its own where a line comment would swallow it. */
function terminated(text: string): string {
  const trimmed = text.trimEnd();
  const lastLine = trimmed.slice(trimmed.lastIndexOf('\n') + 1);
  return /--|#/.test(lastLine) ? `${trimmed}\n;` : `${trimmed};`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
