import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Comparison, Measurement } from '../../../src/core/measurement/measurement.ts';
import {
  counterexamplesText,
  estimateText,
  evidenceText,
  figuresText,
  gainText,
} from '../../../src/editor/diff/evidence-text.ts';

function took(medianMs: number, timedOut = false): Measurement {
  const blocks = { sharedHit: 1000, sharedRead: 24, tempBlocks: 0 };
  return { medianMs, lowMs: medianMs, highMs: medianMs, runs: 5, rows: 3, cpuMs: null, ...blocks, timedOut };
}

function compared(before: Measurement, after: Measurement, significant = true): Comparison {
  const speedup = before.medianMs / after.medianMs;
  return { before, after, speedup, low: speedup * 0.9, high: speedup * 1.1, significant };
}

test('only what the clock decided is called faster', () => {
  const cost = { before: 300, after: 100 };
  assert.equal(gainText({ measured: compared(took(120), took(10)), cost }), 'measured 12× faster');
  assert.equal(gainText({ measured: compared(took(10), took(13)), cost }), 'measured 1.3× slower');
  assert.equal(
    gainText({ measured: compared(took(10), took(9), false), cost }),
    'measured no clear difference',
  );
  assert.equal(gainText({ measured: null, cost }), 'planner: 3.0× cheaper, not measured');
  assert.equal(gainText({ measured: null, cost: null }), 'not measured');
});

test('a statement that was stopped at the limit gives a lower bound only', () => {
  const measured = compared(took(30_000, true), took(100));
  assert.equal(gainText({ measured, cost: null }), 'measured at least 300× faster');
  const figures = figuresText({ measured, cost: null });
  assert.match(figures, /^30\.0 s \(stopped at the limit\) → 100 ms/);
  assert.doesNotMatch(figures, /interval/);
});

test('evidence says what its level means and names what it rests on', () => {
  const evidence = { assumptions: ['orders.customer_id is NOT NULL'], databases: 40, rowsCompared: 1234 };
  assert.equal(
    evidenceText({ level: 'tested', ...evidence }),
    'Tested: equal on generated adversarial databases, and on your data where it could be compared. orders.customer_id is NOT NULL; 1,234 rows compared; 40 generated databases tried',
  );
  assert.match(
    evidenceText({ level: 'unverified', assumptions: [], databases: 0, rowsCompared: 0 }),
    /^Unverified: nothing was compared\. Read it before you use it\.$/,
  );
});

test('a counterexample reads as a document whose results are comments', () => {
  const counterexample = { setup: 'CREATE TABLE t (a int);\n', before: '', after: '1 | x\n2 | y' };
  const text = counterexamplesText({
    refuted: [{ sql: 'SELECT 1', patterns: ['not-in'], origin: 'pattern', counterexample }],
  });
  assert.match(text, /-- 1\. Refuted: not-in\nSELECT 1\n/);
  assert.match(text, /--\s+\(no rows\)/);
  assert.match(text, /--\s+1 \| x\n--\s+2 \| y/);
});

test('what is expected is said with its interval and how often it came true, or that nothing is known', () => {
  assert.match(estimateText(null), /not enough history/);
  assert.equal(
    estimateText({ improvementPct: 61.4, low: -12.2, high: 80, confidence: 0.87 }),
    'Expected from past outcomes: 61 % less time (from 12 % more time to 80 % less time). ' +
      'Of rewrites of which as much was expected, 87 % were faster when they were measured.',
  );
});
