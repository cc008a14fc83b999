import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ScratchDatabase } from '../../../src/core/database.ts';
import { PostgresScratch } from '../../servers/postgres-scratch.ts';
import { withDatabase } from '../../servers/with-database.ts';
import { FULL, type PairCase, readCases, verifyCase } from './cases.ts';
import { PgliteScratch } from './pglite-scratch.ts';

const cases = readCases();
const wrong = cases.filter((pair) => pair.truth === 'wrong');
const right = cases.filter((pair) => pair.truth === 'right');
/** A counterexample is read by a person. */
const MOST_ROWS = 6;
/** The embedded PostgreSQL tries one of so many. */
const EMBEDDED_TRIES = 6;

const insertedRows = (setup: string): number => setup.match(/^ {2}\((?=[^)]*\)[,;]$)/gm)?.length ?? 0;

test('the suite holds 150 wrong and 150 right rewrites at least', () => {
  assert.ok(wrong.length >= 150, `${wrong.length} wrong`);
  assert.ok(right.length >= 150, `${right.length} right`);
  assert.equal(new Set(cases.map((pair) => `${pair.truth} ${pair.id}`)).size, cases.length, 'ids are unique');
});

/** Registers a test for each of the pairs. */
function refutes(pairs: readonly PairCase[], scratch: () => ScratchDatabase): void {
  const times: number[] = [];
  let refuted = 0;
  for (const pair of pairs) {
    test(`${pair.id}: ${pair.why}`, async () => {
      const start = performance.now();
      const verdict = await verifyCase(pair, FULL, scratch(), 1500);
      times.push(performance.now() - start);
      assert.equal(verdict.verdict, 'refuted', verdict.reason);
      refuted++;
      assert.ok(verdict.counterexample);
      const { setup, before: shownBefore, after: shownAfter } = verdict.counterexample;
      assert.ok(insertedRows(setup) <= MOST_ROWS, setup);
      assert.notEqual(shownBefore, shownAfter, 'the difference is to be seen');
    });
  }
  after(() => {
    times.sort((a, b) => a - b);
    const at = (share: number): string =>
      `${Math.round(times[Math.floor(share * (times.length - 1))] ?? 0)} ms`;
    console.log(
      `refuted ${refuted} of ${times.length} pairs: median ${at(0.5)}, 95th percentile ${at(0.95)}`,
    );
  });
}

// The server that is many times as fast as the embedded one.
describe('wrong rewrites are refuted from the schema alone on PostgreSQL 18, with few rows', () => {
  let native: ScratchDatabase;
  // before the database goes
  after(() => native.close());
  const database = withDatabase('PostgreSQL 18');
  before(async () => {
    native = await PostgresScratch.open(database.url);
  });
  refutes(wrong, () => native);
});

// What users have. It is the same PostgreSQL, so that some of them are enough to see it.
describe('wrong rewrites are refuted in the embedded PostgreSQL as well', () => {
  let embedded: ScratchDatabase;
  before(async () => {
    embedded = await PgliteScratch.open();
  });
  after(() => embedded.close());
  refutes(
    wrong.filter((_, index) => index % EMBEDDED_TRIES === 0),
    () => embedded,
  );
});
