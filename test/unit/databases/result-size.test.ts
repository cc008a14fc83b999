import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatabaseError } from '../../../src/core/database.ts';
import { ResultSize, tooLarge } from '../../../src/databases/result-size.ts';

test('a result is kept up to a size, one that has to be whole up to a larger one', () => {
  const rows = (size: ResultSize) => {
    const row = ['x'.repeat(1024 * 1024), null];
    let kept = 0;
    for (; !size.full; kept++) size.add(row);
    return kept;
  };
  assert.deepEqual([rows(new ResultSize(true)), rows(new ResultSize(false))], [16, 64]);
  assert.ok(DatabaseError.is(tooLarge(), 'resources') && /128 MB/.test(tooLarge().message));
});
