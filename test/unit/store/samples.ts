import type { Comparison, Measurement } from '../../../src/core/measurement/measurement.ts';
import type { Optimization } from '../../../src/core/optimizer/optimization.ts';
import type { SeenStatement } from '../../../src/store/statements.ts';

export function measurement(medianMs: number, overrides: Partial<Measurement> = {}): Measurement {
  return {
    medianMs,
    lowMs: medianMs * 0.9,
    highMs: medianMs * 1.1,
    runs: 7,
    rows: 12,
    cpuMs: null,
    sharedHit: 100,
    sharedRead: 3,
    tempBlocks: 0,
    timedOut: false,
    ...overrides,
  };
}

export function comparison(beforeMs: number, afterMs: number): Comparison {
  const speedup = beforeMs / afterMs;
  return {
    before: measurement(beforeMs),
    after: measurement(afterMs),
    speedup,
    low: speedup * 0.8,
    high: speedup * 1.2,
    significant: true,
  };
}

export const statement: SeenStatement = {
  fingerprint: 'f1',
  dialect: 'postgresql',
  kind: 'select',
  normalized: 'select * from customers where name = ?',
  text: "SELECT * FROM customers WHERE name = 'Ann Secret'",
  tables: ['customers'],
};

export const optimization: Optimization = {
  findings: [
    {
      pattern: 'select-star',
      category: 'schema',
      severity: 'info',
      message: "Reads every column for 'Ann Secret'",
      range: { start: 7, end: 8 },
      fixable: false,
    },
  ],
  candidates: [
    {
      id: 'c1',
      sql: "SELECT id FROM customers WHERE name = 'Ann Secret'",
      edits: [{ start: 7, end: 8, text: 'id' }],
      patterns: ['select-star'],
      origin: 'pattern',
      evidence: {
        level: 'tested',
        assumptions: ['customers.name is NOT NULL'],
        databases: 120,
        rowsCompared: 400,
      },
      cost: { before: 100, after: 10 },
      estimate: null,
      measured: { ...comparison(90, 9), high: Number.POSITIVE_INFINITY },
    },
    {
      id: 'c2',
      sql: 'SELECT 2',
      edits: [],
      patterns: ['other'],
      origin: 'model',
      evidence: { level: 'unverified', assumptions: [], databases: 0, rowsCompared: 0 },
      cost: null,
      estimate: { improvementPct: 40, low: 20, high: 60, confidence: 0.8 },
      measured: null,
    },
  ],
  refuted: [
    {
      sql: 'SELECT 3',
      patterns: ['wrong'],
      origin: 'model',
      counterexample: { setup: '', before: "'Ann Secret'", after: '(no rows)' },
    },
    {
      sql: 'SELECT 4',
      patterns: ['wrong'],
      origin: 'model',
      counterexample: { setup: 'CREATE TABLE customers (id int);', before: '1', after: '2' },
    },
  ],
  best: 'c1',
  reason: 'Measured 10 times as fast.',
};
