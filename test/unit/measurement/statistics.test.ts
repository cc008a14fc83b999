import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  criticalRank,
  median,
  medianInterval,
  ratioInterval,
} from '../../../src/core/measurement/statistics.ts';
import { seeded } from './seeded.ts';

test('the median of an even number of times is the mean of the two in the middle', () => {
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([9, 1, 5]), 5);
  assert.ok(Number.isNaN(median([])));
});

test('the interval of a median follows the tables of order statistics', () => {
  // Hahn and Meeker, table A.15: n = 10 → 2nd and 9th value (97.9 %), n = 20 → 6th and 15th (95.9 %)
  const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
  assert.deepEqual(medianInterval(upTo(10)), { low: 2, high: 9 });
  assert.deepEqual(medianInterval(upTo(20)), { low: 6, high: 15 });
  assert.deepEqual(medianInterval(upTo(5)), { low: 1, high: 5 });
  assert.deepEqual(medianInterval([7]), { low: 7, high: 7 });
});

test('critical values agree with the published Mann-Whitney table (two-sided, 5 %)', () => {
  // Hollander and Wolfe's convention: one more than the largest U that is significant
  assert.equal(criticalRank(4, 4, 0.05) - 1, 0);
  assert.equal(criticalRank(5, 5, 0.05) - 1, 2);
  assert.equal(criticalRank(8, 8, 0.05) - 1, 13);
  assert.equal(criticalRank(10, 20, 0.05) - 1, 55);
  assert.equal(criticalRank(20, 20, 0.05) - 1, 127);
  assert.equal(criticalRank(3, 3, 0.05), 0);
  assert.equal(criticalRank(1, 39, 0.05), 1);
});

test('the approximation for many runs continues the exact values', () => {
  for (const [n, m] of [
    [25, 25],
    [10, 40],
    [24, 26],
  ] as const) {
    const exact = criticalRank(n, m, 0.05);
    const next = criticalRank(n, m + 1, 0.05);
    assert.ok(next >= exact && next - exact <= n, `${n} and ${m}: ${exact}, then ${next}`);
  }
});

test('the interval of a factor holds the true factor in at least 95 of 100 series', () => {
  const random = seeded(7);
  let held = 0;
  const series = 2000;
  for (let i = 0; i < series; i++) {
    const before = Array.from({ length: 7 }, () => 30 * Math.exp(0.4 * random.normal()));
    const after = Array.from({ length: 9 }, () => 10 * Math.exp(0.4 * random.normal()));
    const { low, high } = ratioInterval(before, after);
    if (low <= 3 && 3 <= high) held++;
  }
  assert.ok(held / series >= 0.945, `held in ${held} of ${series}`);
});

test('too few runs say nothing instead of something wrong', () => {
  assert.deepEqual(ratioInterval([100, 101, 99], [1, 2, 3]), { low: 0, high: Number.POSITIVE_INFINITY });
});
