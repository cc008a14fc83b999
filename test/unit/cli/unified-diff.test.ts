import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { unifiedDiff } from '../../../src/cli/unified-diff.ts';

test('shows the changed line between its neighbours', () => {
  assert.equal(unifiedDiff('a\nb\nc', 'a\nx\nc'), '  a\n- b\n+ x\n  c');
});

test('both texts can be read back from the diff', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 12 })
    .map((lines) => lines.join('\n'));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = unifiedDiff(before, after).split('\n');
      const side = (mark: string) =>
        lines
          .filter((line) => line[0] !== mark)
          .map((line) => line.slice(2))
          .join('\n');
      assert.equal(side('+'), before);
      assert.equal(side('-'), after);
    }),
  );
});
