import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ScratchDatabase } from '../../../src/core/database.ts';
import { PostgresScratch } from '../../servers/postgres-scratch.ts';
import { withDatabase } from '../../servers/with-database.ts';
import { BARE, FULL, readCases, verifyCase } from './cases.ts';

/** Generated databases for each rewrite, enough to call it tested; `SQLOPT_TEST_DATABASES=400` tries more. */
const DATABASES = Number(process.env['SQLOPT_TEST_DATABASES'] ?? 120);

const right = readCases().filter((pair) => pair.truth === 'right');

// The server that is many times as fast as the embedded one, for what takes all its databases because nothing is found.
describe('right rewrites on PostgreSQL 18', () => {
  let native: ScratchDatabase;
  // before the database goes
  after(() => native.close());
  const database = withDatabase('PostgreSQL 18');
  before(async () => {
    native = await PostgresScratch.open(database.url);
  });

  describe('are not refuted', () => {
    for (const pair of right) {
      test(`${pair.id}: ${pair.why}`, async () => {
        const { verdict, counterexample, reason } = await verifyCase(pair, FULL, native, DATABASES);
        assert.equal(verdict, 'tested', JSON.stringify(counterexample ?? reason));
      });
    }
  });

  describe('without keys and NOT NULL, verdicts flip as they must', () => {
    for (const pair of right) {
      const flips = pair.bare === 'refuted';
      test(`${pair.id} is ${flips ? 'refuted' : 'still right'}`, async () => {
        const { verdict, counterexample } = await verifyCase(
          pair,
          BARE,
          native,
          flips ? 1500 : DATABASES / 2,
        );
        assert.equal(verdict === 'refuted', flips, JSON.stringify(counterexample));
      });
    }
  });
});
