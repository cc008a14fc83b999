import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PastOutcome, pastSuccesses } from '../../../src/core/learning/past-successes.ts';
import { fingerprint } from '../../../src/core/sql/fingerprint.ts';

const normalized = (sql: string): string => fingerprint(sql, 'postgresql').normalized;
const STATEMENT =
  'SELECT c.id FROM customers c WHERE c.id NOT IN (SELECT o.customer_id FROM orders o WHERE o.total > 5)';
const LIKE_IT =
  'SELECT c.id FROM customers c WHERE c.id NOT IN (SELECT o.customer_id FROM orders o WHERE o.total > 7 AND o.open)';
const OTHER = 'SELECT sum(x) FROM readings WHERE at > now()';

function outcome(sql: string, more: Partial<PastOutcome> = {}): PastOutcome {
  return {
    normalized: normalized(sql),
    patterns: ['not-in'],
    speedup: 4,
    significant: true,
    applied: false,
    ...more,
  };
}

test('a pattern’s record on similar statements is counted, with the mean of its factors', () => {
  const found = pastSuccesses(normalized(STATEMENT), [
    outcome(LIKE_IT, { speedup: 4 }),
    outcome(STATEMENT, { speedup: 9 }),
    outcome(LIKE_IT, { speedup: 1.01, significant: false }),
    outcome(LIKE_IT, { speedup: null, significant: false, applied: true }),
  ]);
  assert.equal(found.length, 1);
  const [record] = found;
  assert.deepEqual(
    [record?.pattern, record?.tries, record?.successes, record?.speedup?.toFixed(3), record?.similarity],
    ['not-in', 4, 3, '6.000', 1],
  );
});

test('other statements, and patterns that never helped, are left out', () => {
  assert.deepEqual(
    pastSuccesses(normalized(STATEMENT), [
      outcome(OTHER),
      outcome(LIKE_IT, { patterns: ['slow'], speedup: 0.5 }),
      outcome(LIKE_IT, { patterns: [] }),
    ]),
    [],
  );
});

test('the most similar statement’s patterns come first', () => {
  const found = pastSuccesses(normalized(STATEMENT), [
    outcome(LIKE_IT, { patterns: ['a'], speedup: 100 }),
    outcome(STATEMENT, { patterns: ['b'], speedup: 2 }),
  ]);
  assert.deepEqual(
    found.map(({ pattern }) => pattern),
    ['b', 'a'],
  );
});
