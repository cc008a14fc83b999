import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Comparison, Measurement } from '../../../src/core/measurement/measurement.ts';
import type { Candidate } from '../../../src/core/optimizer/optimization.ts';
import { rank } from '../../../src/core/optimizer/rank.ts';

const facts = { connected: true, findings: 1, refuted: 0 };

function measurement(medianMs: number, timedOut = false): Measurement {
  return {
    medianMs,
    lowMs: medianMs,
    highMs: medianMs,
    runs: 5,
    rows: 1,
    cpuMs: null,
    sharedHit: 0,
    sharedRead: 0,
    tempBlocks: 0,
    timedOut,
  };
}

function comparison(before: number, after: number, significant = true, timedOut = false): Comparison {
  const speedup = before / after;
  return {
    before: measurement(before, timedOut),
    after: measurement(after),
    speedup,
    low: speedup,
    high: speedup,
    significant,
  };
}

function candidate(sql: string, rest: Partial<Candidate> = {}): Candidate {
  return {
    id: sql,
    sql,
    edits: [],
    patterns: ['p'],
    origin: 'pattern',
    evidence: { level: 'proved', assumptions: [], databases: 0, rowsCompared: 0 },
    cost: null,
    estimate: null,
    measured: null,
    ...rest,
  };
}

test('suggests the fastest measured candidate, not the one that the planner likes best', () => {
  const ranking = rank(
    [
      candidate('cheap', { cost: { before: 100, after: 1 }, measured: comparison(50, 40) }),
      candidate('fast', { cost: { before: 100, after: 90 }, measured: comparison(50, 5) }),
    ],
    facts,
  );
  assert.equal(ranking.candidates[0]?.sql, 'fast');
  assert.equal(ranking.best, 'c1');
  assert.match(ranking.reason, /^Measured 10× faster/);
});

test('calls nothing faster that measured no difference, however cheap it is priced', () => {
  const ranking = rank(
    [candidate('a', { cost: { before: 100, after: 1 }, measured: comparison(50, 49, false) })],
    facts,
  );
  assert.equal(ranking.best, null);
  assert.equal(ranking.reason, 'No rewrite measured faster than the original.');
});

test('says "at least" when the original was stopped at the limit', () => {
  const ranking = rank([candidate('a', { measured: comparison(30000, 10, true, true) })], facts);
  assert.match(ranking.reason, /^Measured at least 3,000× faster: 30,000 ms \(stopped at the limit\) before/);
});

test('never suggests an unverified candidate', () => {
  const evidence = { level: 'unverified', assumptions: [], databases: 0, rowsCompared: 0 } as const;
  const ranking = rank([candidate('a', { evidence, cost: { before: 100, after: 1 } })], facts);
  assert.equal(ranking.best, null);
  assert.match(ranking.reason, /could not be verified/);
});

test('says what to do when there is no connection instead of calling a rewrite faster', () => {
  const ranking = rank([candidate('a')], { ...facts, connected: false });
  assert.equal(ranking.best, null);
  assert.match(ranking.reason, /Connect a database/);
  assert.doesNotMatch(ranking.reason, /safest bet/);
  const bet = candidate('b', { patterns: ['not-in-to-not-exists'] });
  const named = rank([bet], { ...facts, connected: false, dialect: 'postgresql' });
  assert.match(
    named.reason,
    /no rewrite is called faster\. The safest bet is c1, not-in-to-not-exists\. When it pays: /,
  );
});

test('says that every rewrite was refuted rather than that there was none', () => {
  assert.match(rank([], { ...facts, refuted: 2 }).reason, /changes the result/);
  assert.match(rank([], { ...facts, findings: 0 }).reason, /No pattern/);
});

test('tells rewrites that are too dear from rewrites that there are none of', () => {
  assert.match(rank([], { ...facts, dear: 2 }).reason, /prices all known rewrites far above/);
  assert.match(rank([], { ...facts, dear: 2, refuted: 1 }).reason, /changes the result/);
});

test('says what seemed faster but was not shown to be', () => {
  const unsure = candidate('a', { measured: comparison(29, 10, false) });
  const ranking = rank([unsure, candidate('b', { measured: comparison(10, 12) })], facts);
  assert.equal(ranking.best, null);
  assert.match(ranking.reason, /clearly faster: c1 seemed 2\.9× faster, .* Optimize again/);
  const little = rank([candidate('a', { measured: comparison(12, 10, false) })], facts);
  assert.equal(little.reason, 'No rewrite measured faster than the original.');
});
