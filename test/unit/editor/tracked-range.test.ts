import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rangeAfter } from '../../../src/editor/diff/tracked-range.ts';

const source = 'aaa SELECT 1; bbb';
const range = { start: 4, end: 12 };

test('typing before a statement moves it, typing behind it does not', () => {
  assert.deepEqual(rangeAfter(range, [{ offset: 0, length: 1, text: 'xyz' }]), { start: 6, end: 14 });
  assert.deepEqual(rangeAfter(range, [{ offset: 4, length: 0, text: '\n' }]), { start: 5, end: 13 });
  assert.deepEqual(rangeAfter(range, [{ offset: 12, length: 5, text: '' }]), range);
});

test('any change inside of the statement loses it', () => {
  assert.equal(rangeAfter(range, [{ offset: 11, length: 1, text: '2' }]), null);
  assert.equal(rangeAfter(range, [{ offset: 5, length: 0, text: ' ' }]), null);
  assert.equal(rangeAfter(range, [{ offset: 0, length: 17, text: source }]), null);
});

test('a range that is still there holds the same text, whatever was edited around it', () => {
  const change = fc.record({
    offset: fc.nat(source.length),
    length: fc.nat(5),
    text: fc.string({ maxLength: 4 }),
  });
  fc.assert(
    fc.property(change, ({ offset, length, text }) => {
      const cut = Math.min(length, source.length - offset);
      const after = rangeAfter(range, [{ offset, length: cut, text }]);
      const edited = source.slice(0, offset) + text + source.slice(offset + cut);
      if (after) assert.equal(edited.slice(after.start, after.end), source.slice(range.start, range.end));
    }),
  );
});
