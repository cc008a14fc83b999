/** What is said of a candidate: figures and evidence in plain words, for lenses, trees and hovers. */
import type { Comparison } from '../../core/measurement/measurement.ts';
import type { Candidate, Optimization } from '../../core/optimizer/optimization.ts';
import { EVIDENCE_MEANING, type EvidenceLevel } from '../../core/verification/evidence.ts';

/** The gain in a few words: 'measured 12× faster', 'planner: 3.1× cheaper', 'not measured'. */
export function gainText(candidate: Pick<Candidate, 'measured' | 'cost'>): string {
  const { measured, cost } = candidate;
  if (measured) return `measured ${speedText(measured)}`;
  if (cost) return `${costText(cost)}, not measured`;
  return 'not measured';
}

/** '12× faster', 'at least 9.0× faster', '1.3× slower', 'no clear difference'. */
export function speedText(comparison: Pick<Comparison, 'speedup' | 'significant'> & BeforeTimedOut): string {
  const { speedup } = comparison;
  if (!comparison.significant) return 'no clear difference';
  if (speedup < 1) return `${factor(1 / speedup)}× slower`;
  return `${comparison.before?.timedOut ? 'at least ' : ''}${factor(speedup)}× faster`;
}

interface BeforeTimedOut {
  readonly before?: { readonly timedOut: boolean };
}

/** 'planner: 3.1× cheaper', 'planner: 1.2× dearer', 'planner: same price'. */
export function costText(cost: NonNullable<Candidate['cost']>): string {
  const ratio = cost.before / Math.max(cost.after, 1e-9);
  const assumed = cost.assumed ? ' for assumed values' : '';
  if (ratio > 1.005) return `planner: ${factor(ratio)}× cheaper${assumed}`;
  if (ratio < 0.995) return `planner: ${factor(1 / ratio)}× dearer${assumed}`;
  return `planner: same price${assumed}`;
}

/** Before and after with their intervals, and what else was measured. One line. */
export function figuresText(candidate: Pick<Candidate, 'measured' | 'cost'>): string {
  const { measured, cost } = candidate;
  const parts: string[] = [];
  if (measured) {
    const { before, after } = measured;
    const stopped = before.timedOut ? ' (stopped at the limit)' : '';
    parts.push(`${milliseconds(before.medianMs)}${stopped} → ${milliseconds(after.medianMs)}`);
    if (!before.timedOut && Number.isFinite(measured.high)) {
      parts.push(`95 % interval ${factor(measured.low)}× to ${factor(measured.high)}×`);
    }
    parts.push(`${before.runs} + ${after.runs} runs`);
    parts.push(
      `blocks ${count(before.sharedHit + before.sharedRead)} → ${count(after.sharedHit + after.sharedRead)}`,
    );
    if (before.cpuMs !== null && after.cpuMs !== null) {
      parts.push(`CPU ${milliseconds(before.cpuMs)} → ${milliseconds(after.cpuMs)}`);
    }
  }
  if (cost)
    parts.push(
      `planner’s cost ${count(cost.before)} → ${count(cost.after)}${cost.assumed ? ' for assumed values' : ''}`,
    );
  return parts.length > 0 ? parts.join(' · ') : 'nothing was measured';
}

const LEVEL: Readonly<Record<EvidenceLevel, string>> = {
  proved: 'Proved equal',
  tested: 'Tested equal',
  observed: 'Equal on your data',
  unverified: 'Not verified: read it before you use it',
};

/** The level in a few words. */
export function levelText(evidence: Pick<Candidate['evidence'], 'level'>): string {
  return LEVEL[evidence.level];
}

/** The level with its meaning, and what it rests on. One line. */
export function evidenceText(evidence: Candidate['evidence']): string {
  const { level, assumptions, databases, rowsCompared } = evidence;
  const parts = [...assumptions];
  if (rowsCompared > 0) parts.push(`${count(rowsCompared)} rows compared`);
  if (databases > 0)
    parts.push(`${count(databases)} generated ${databases === 1 ? 'database' : 'databases'} tried`);
  return [EVIDENCE_MEANING[level], parts.join('; ')].filter((part) => part !== '').join(' ');
}

/** The counterexamples of the refuted candidates as a readable SQL document. */
export function counterexamplesText(result: Pick<Optimization, 'refuted'>): string {
  const sections = result.refuted.map((refuted, index) => {
    const { setup, before, after } = refuted.counterexample;
    const where = setup === '' ? '-- On your own data:' : `-- On this database:\n${setup}`;
    return [
      `-- ${index + 1}. Refuted: ${refuted.patterns.join(', ') || refuted.origin}`,
      refuted.sql.trimEnd(),
      '',
      where.trimEnd(),
      '-- the original returns',
      commented(before),
      '-- and this rewrite returns',
      commented(after),
    ].join('\n');
  });
  return `-- Rewrites that change the result. They are shown so that you can see why, and never offered.\n\n${sections.join('\n\n')}\n`;
}

/** Rows as SQL comments; '(no rows)' for none. */
export function commented(text: string): string {
  return (text.trim() === '' ? '(no rows)' : text.trimEnd()).replace(/^/gm, '--   ');
}

export function factor(value: number): string {
  return value < 10 ? value.toFixed(1) : count(value);
}

export function milliseconds(value: number): string {
  if (value >= 10_000) return `${(value / 1000).toFixed(1)} s`;
  return value < 10 ? `${value.toFixed(2)} ms` : `${count(value)} ms`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** What earlier rewrites let expect. */
export function estimateText(estimate: Candidate['estimate']): string {
  if (!estimate) return 'Confidence from past outcomes: not enough history.';
  const { improvementPct, low, high, confidence } = estimate;
  const change = (pct: number): string =>
    pct >= 0 ? `${Math.round(pct)} % less time` : `${Math.round(-pct)} % more time`;
  return (
    `Expected from past outcomes: ${change(improvementPct)} (from ${change(low)} to ${change(high)}). ` +
    `Of rewrites of which as much was expected, ${Math.round(100 * confidence)} % were faster when they were measured.`
  );
}
