/**
 * Golden cases of the pattern library, changed by chance: what is offered as proved must be right wherever it is
 * offered, and must be SQL. `npm run test:attack` does the same for longer.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ScratchDatabase } from '../../src/core/database.ts';
import { closeWarmScratch, openScratch } from '../../src/databases/embedded/scratch.ts';
import { attack, describeFault } from './attack/attack.ts';

const SEED = 20241;
/** About a minute on two quiet cores; a slow machine ends before it has tried all of them. */
const STATEMENTS = 300;
const BUDGET_MS = 150_000;

describe('the pattern library under attack', () => {
  let scratch: ScratchDatabase;
  before(async () => {
    scratch = await openScratch();
  });
  after(async () => {
    await scratch.close();
    await closeWarmScratch();
  });

  test('no rewrite that is offered as proved changes a result, and every one is SQL', async (t) => {
    const report = await attack(scratch, {
      seed: SEED,
      budgetMs: BUDGET_MS,
      statements: STATEMENTS,
      databases: 25,
    });
    const { statements, rewrites, reached, refutedLikely, faults } = report;
    t.diagnostic(
      `${statements} statements, ${rewrites} rewrites attacked, ${reached} with rows, ${refutedLikely} that needed tests refuted`,
    );
    assert.equal(faults.length, 0, faults.map(describeFault).join('\n'));
    assert.ok(rewrites > 0, 'some statements were still rewritten');
  });
});
