import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import type { ScratchDatabase } from '../../../src/core/database.ts';
import { type PairVerdict, verifyPair } from '../../../src/core/verification/verify-pair.ts';
import { PostgresScratch } from '../../servers/postgres-scratch.ts';
import { withDatabase } from '../../servers/with-database.ts';
import { BARE_SCHEMA, type PairCase, readCases, SCHEMA } from './cases.ts';
import { PgliteScratch } from './pglite-scratch.ts';

const cases = readCases();
const wrong = cases.filter((pair) => pair.truth === 'wrong');
const right = cases.filter((pair) => pair.truth === 'right');
const full = catalogFromDdl(SCHEMA, 'postgresql');
const bare = catalogFromDdl(BARE_SCHEMA, 'postgresql');
/** A counterexample is read by a person. */
const MOST_ROWS = 6;

/** What users have: the embedded PostgreSQL. */
let embedded: ScratchDatabase;
before(async () => {
  embedded = await PgliteScratch.open();
});
after(() => embedded.close());

/** The number of databases bounds a search here, not the clock: a busy machine gives the same verdicts. */
const verify = (
  pair: PairCase,
  catalog: typeof full,
  scratch: ScratchDatabase,
  databases: number,
): Promise<PairVerdict> =>
  verifyPair(pair.before, pair.after, catalog, async () => scratch, null, { budgetMs: 120_000, databases });

const insertedRows = (setup: string): number => setup.match(/^ {2}\((?=[^)]*\)[,;]$)/gm)?.length ?? 0;

test('the suite holds 150 wrong and 150 right rewrites at least', () => {
  assert.ok(wrong.length >= 150, `${wrong.length} wrong`);
  assert.ok(right.length >= 150, `${right.length} right`);
  assert.equal(new Set(cases.map((pair) => `${pair.truth} ${pair.id}`)).size, cases.length, 'ids are unique');
});

describe('wrong rewrites are refuted from the schema alone in the embedded PostgreSQL, with few rows', () => {
  const times: number[] = [];
  let refuted = 0;
  for (const pair of wrong) {
    test(`${pair.id}: ${pair.why}`, async () => {
      const start = performance.now();
      const verdict = await verify(pair, full, embedded, 1500);
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
});

// The same language, many times as fast, for what takes all its databases because nothing is found.
describe('on PostgreSQL 18', () => {
  let native: ScratchDatabase;
  // before the database goes
  after(() => native.close());
  const database = withDatabase('PostgreSQL 18');
  before(async () => {
    native = await PostgresScratch.open(database.url);
  });

  describe('right rewrites are not refuted', () => {
    for (const pair of right) {
      test(`${pair.id}: ${pair.why}`, async () => {
        const { verdict, counterexample, reason } = await verify(pair, full, native, 160);
        assert.equal(verdict, 'tested', JSON.stringify(counterexample ?? reason));
      });
    }
  });

  describe('without keys and NOT NULL, verdicts flip as they must', () => {
    for (const pair of right) {
      const flips = pair.bare === 'refuted';
      test(`${pair.id} is ${flips ? 'refuted' : 'still right'}`, async () => {
        const { verdict, counterexample } = await verify(pair, bare, native, flips ? 1500 : 80);
        assert.equal(verdict === 'refuted', flips, JSON.stringify(counterexample));
      });
    }
  });
});
