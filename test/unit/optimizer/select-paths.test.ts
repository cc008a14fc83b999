/** Which rewrites are tried. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import type { RewritePath } from '../../../src/core/optimizer/search.ts';
import { selectPaths } from '../../../src/core/optimizer/select-paths.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';

const statement = analyzeStatement('SELECT 1', catalogFromDdl('', 'postgresql'));

function path(cost: number, ...patterns: readonly string[]): RewritePath {
  return { statement, edits: [], patterns, assumptions: [], soundness: 'proved', cost };
}

describe('the rewrites that are tried', () => {
  test('what is dearer than the original by far is left alone', () => {
    const cheap = path(50, 'unused-left-join');
    assert.deepEqual(selectPaths([path(1000, 'not-in-to-not-exists'), cheap], 100), [cheap]);
  });

  test('what shows the planner the body of a function is tried whatever the price of the original', () => {
    const dear = path(9000, 'sql-function-to-subquery', 'correlated-aggregate-to-join');
    const dearer = path(90_000, 'sql-function-to-subquery');
    const others = [10, 20, 30, 40].map((cost) => path(cost, 'unused-left-join'));
    const selected = selectPaths([...others, dearer, dear], 100);
    assert.deepEqual(selected, [others[0], others[1], dear]);
  });
});
