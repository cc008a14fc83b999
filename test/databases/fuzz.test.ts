/**
 * Random schemas, data and statements against every rule of the library, a fixed number of them: what is offered as
 * proved gives the same rows, and writes the same. `npm run fuzz` does the same for longer.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { analyzeStatement } from '../../src/core/sql/analyze.ts';
import { availableServers } from '../servers/servers.ts';
import { withDatabase } from '../servers/with-database.ts';
import { describeFault, fuzz, summary } from './fuzz/fuzz.ts';
import { isWrite } from './fuzz/write-effects.ts';

const SEED = 4;
/** About a minute on two quiet cores. */
const STATEMENTS = 550;
/** A slow machine ends before it has tried all of them. */
const BUDGET_MS = 150_000;
/** A rule that is wrong wherever rows repeat is found in a few seconds; a busy machine takes longer. */
const PLANTED_MS = 60_000;

const skip = availableServers().includes('PostgreSQL 18') ? false : 'no PostgreSQL 18 here';

describe('the pattern library on random statements', { skip }, () => {
  const database = withDatabase('PostgreSQL 18');

  test('no proved rewrite gives other rows', { timeout: 3 * BUDGET_MS }, async (t) => {
    const report = await fuzz(database.url, {
      seed: SEED,
      budgetMs: BUDGET_MS,
      statements: STATEMENTS,
    });
    t.diagnostic(summary(report));
    assert.deepEqual(report.faults.map(describeFault), []);
    // far fewer than what a slow machine manages, but enough to see that something was tried
    assert.ok(report.rewrites > 300, `only ${report.rewrites} rewrites were compared`);
    assert.ok(report.writes > 20, `only ${report.writes} statements write`);
  });

  test('a rule that changes what is written, or what RETURNING gives, is found', async () => {
    const report = await fuzz(database.url, {
      seed: SEED,
      budgetMs: PLANTED_MS,
      enough: 2,
      rewriter: async (original) => {
        if (!isWrite(original)) return [];
        const { text } = original;
        const wrong = {
          // rows that the condition leaves out are written too
          written: text.replace(/^(UPDATE|DELETE FROM) (.*) WHERE .*?( RETURNING .*)?$/s, '$1 $2$3'),
          // the same tables afterwards, but other rows are returned
          returned: text.replace(/ RETURNING .*$/s, ' RETURNING 1 AS one'),
        };
        return Object.entries(wrong)
          .filter(([, rewritten]) => rewritten !== text)
          .map(([name, rewritten]) => ({
            ...{ statement: analyzeStatement(rewritten, original.catalog), patterns: [name] },
            ...{ edits: [], assumptions: [], soundness: 'proved', cost: null },
          }));
      },
    });
    const found = new Set(report.faults.flatMap(({ patterns }) => patterns));
    assert.deepEqual([...found].sort(), ['returned', 'written'], `${report.writes} statements write`);
    assert.match(report.faults.map(describeFault).join(), /the original gives|the rewrite raises/);
  });

  test('a wrong rule is found', { timeout: 3 * BUDGET_MS }, async () => {
    const report = await fuzz(database.url, {
      seed: SEED,
      budgetMs: PLANTED_MS,
      enough: 1,
      rewriter: async (original) => {
        const text = original.text.replace(/^SELECT DISTINCT (?!ON)/, 'SELECT ');
        if (text === original.text) return [];
        const statement = analyzeStatement(text, original.catalog);
        return [
          { statement, edits: [], patterns: ['planted'], assumptions: [], soundness: 'proved', cost: null },
        ];
      },
    });
    assert.ok(report.faults.length > 0, `${report.statements} statements, and no fault was found`);
    assert.match(describeFault(report.faults[0] ?? assert.fail()), /INSERT INTO|the rewrite/);
  });
});
