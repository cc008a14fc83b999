import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRecordText } from '../../../src/core/verification/search/record-text.ts';

test('cells come back from the text of a row, NULL and empty apart', () => {
  assert.deepEqual(parseRecordText('(1,abc,)'), ['1', 'abc', null]);
  assert.deepEqual(parseRecordText('(,"")'), [null, '']);
  assert.deepEqual(parseRecordText('()'), [null]);
  assert.deepEqual(parseRecordText('("a ""b"" \\\\ c","x,y","(z)")'), ['a "b" \\ c', 'x,y', '(z)']);
  assert.deepEqual(parseRecordText('("2024-01-01 00:00:00",t)'), ['2024-01-01 00:00:00', 't']);
  assert.throws(() => parseRecordText('abc'), RangeError);
});
