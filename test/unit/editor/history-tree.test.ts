import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, historyTree } from '../../../src/editor/optimizations-view/tree-model.ts';
import type { OptimizationSummary, StoredCandidate } from '../../../src/store/optimizations.ts';

const now = new Date('2026-01-02T12:00:00Z');

function candidate(change: Partial<StoredCandidate>): StoredCandidate {
  return {
    id: 'x',
    label: 'c1',
    best: true,
    status: 'suggested',
    statusAt: '2026-01-02T11:00:00Z',
    origin: 'pattern',
    sql: 'SELECT 1',
    edits: [],
    patterns: ['not-in-to-not-exists'],
    evidenceLevel: 'proved',
    assumptions: [],
    cost: null,
    speedup: 12.3,
    speedupLow: 11,
    speedupHigh: 13,
    significant: true,
    counterexample: null,
    rating: null,
    comment: null,
    ...change,
  };
}

function run(change: Partial<OptimizationSummary>): OptimizationSummary {
  return {
    id: 'r',
    createdAt: '2026-01-02T11:55:00Z',
    source: '/w/slow.sql',
    connectionId: null,
    fingerprint: 'f',
    normalized: 'SELECT  a\nFROM t',
    text: null,
    reason: 'because',
    findings: 2,
    candidates: [],
    ...change,
  };
}

test('runs are listed by file with what became of them', () => {
  const tree = historyTree(
    [
      run({ id: 'r3', candidates: [candidate({ status: 'applied' })] }),
      run({ id: 'r2', source: '/w/other.sql' }),
      run({ id: 'r1', candidates: [candidate({})] }),
    ],
    now,
  );
  assert.deepEqual(
    tree.map((file) => [file.source, file.applied, file.children.map((child) => child.id)]),
    [
      ['/w/slow.sql', 1, ['r3', 'r1']],
      ['/w/other.sql', 0, ['r2']],
    ],
  );
  const [applied, found] = tree[0]?.children ?? [];
  assert.equal(applied?.label, 'Applied, 12× faster');
  assert.equal(applied?.description, 'SELECT a FROM t · 5 min ago');
  assert.equal(found?.label, 'Found, 12× faster');
  assert.equal(tree[1]?.children[0]?.label, '2 findings');
});

test('what was only priced is not called faster', () => {
  const only = candidate({ speedup: null, significant: null, cost: { before: 100, after: 20 }, best: false });
  const [file] = historyTree([run({ candidates: [only] })], now);
  const [child] = file?.children ?? [];
  assert.equal(child?.label, '1 rewrite, none better');
  assert.equal(child?.children[0]?.description, 'found · planner: 5.0× cheaper, not measured · proved');
});

test('times are told as people say them', () => {
  assert.equal(ago('2026-01-02T11:59:30Z', now), 'just now');
  assert.equal(ago('2026-01-02T09:00:00Z', now), '3 h ago');
  assert.equal(ago('2026-01-01T11:00:00Z', now), '1 day ago');
  assert.equal(ago('2025-11-01T11:00:00Z', now), '2025-11-01');
});
