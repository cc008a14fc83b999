import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { composeEdits, minimalEdits } from '../../../src/core/sql/compose-edits.ts';
import { applyEdits, type TextEdit } from '../../../src/core/sql/text.ts';

const piece = fc.constantFrom(
  'SELECT',
  ' ',
  'a',
  ', ',
  'b1',
  '\r\n',
  '(',
  ')',
  '=',
  "'x'",
  'é',
  '😀',
  '<',
  '>',
);
const sql = fc.array(piece, { maxLength: 15 }).map((pieces) => pieces.join(''));

/** Edits on a text that do not overlap, in any order; insertions at one place may be several. */
function editsOn(text: string): fc.Arbitrary<TextEdit[]> {
  const offset = fc.nat({ max: text.length });
  return fc.array(fc.tuple(offset, offset, fc.oneof(sql, fc.constant(''))), { maxLength: 4 }).map((raw) => {
    const edits: TextEdit[] = [];
    let at = 0;
    for (const [a, b, replacement] of raw.sort((x, y) => x[0] - y[0])) {
      const start = Math.max(at, Math.min(a, b));
      const end = Math.max(start, Math.max(a, b));
      edits.push({ start, end, text: replacement });
      at = end;
    }
    return edits;
  });
}

const chain = sql.chain((source) =>
  editsOn(source).chain((first) =>
    editsOn(applyEdits(source, first)).map((second) => ({ source, first, second })),
  ),
);

describe('composing edits', () => {
  it('has the result of one after the other', () => {
    fc.assert(
      fc.property(chain, ({ source, first, second }) => {
        const composed = composeEdits(source, first, second);
        assert.equal(applyEdits(source, composed), applyEdits(applyEdits(source, first), second));
        for (let index = 1; index < composed.length; index++) {
          assert.ok((composed[index - 1]?.end ?? 0) < (composed[index]?.start ?? 0), 'edits touch');
        }
      }),
      { numRuns: 3000 },
    );
  });
  it('leaves alone what neither changes, so that comments stay where they are', () => {
    const source = 'SELECT a -- why\nFROM t WHERE b = 1 OR b = 2 ORDER BY 1';
    const first = [{ start: 29, end: 43, text: 'b IN (1, 2)' }];
    const middle = applyEdits(source, first);
    const at = middle.indexOf(' ORDER');
    const composed = composeEdits(source, first, [{ start: at, end: middle.length, text: '' }]);
    assert.deepEqual(composed, [{ start: 31, end: source.length, text: 'IN (1, 2)' }]);
  });
  it('forgets what the second takes back', () => {
    const source = 'SELECT a FROM t';
    const first = [{ start: 7, end: 8, text: 'b' }];
    assert.deepEqual(composeEdits(source, first, [{ start: 7, end: 8, text: 'a' }]), []);
  });
  it('refuses edits that overlap or lie outside', () => {
    const overlapping = [
      { start: 0, end: 3, text: 'x' },
      { start: 2, end: 4, text: 'y' },
    ];
    assert.throws(() => composeEdits('abcdef', overlapping, []), RangeError);
    assert.throws(() => composeEdits('abc', [], [{ start: 2, end: 9, text: '' }]), RangeError);
  });
});

describe('minimal edits', () => {
  it('have the same result', () => {
    const single = sql.chain((source) => editsOn(source).map((edits) => ({ source, edits })));
    fc.assert(
      fc.property(single, ({ source, edits }) => {
        const minimal = minimalEdits(source, edits);
        assert.equal(applyEdits(source, minimal), applyEdits(source, edits));
      }),
      { numRuns: 3000 },
    );
  });
  it('do not cut words, numbers and operators', () => {
    const source = 'WHERE created_at >= 10';
    assert.deepEqual(minimalEdits(source, [{ start: 6, end: 22, text: 'created_on > 100' }]), [
      { start: 6, end: 22, text: 'created_on > 100' },
    ]);
    assert.deepEqual(minimalEdits(source, [{ start: 0, end: 22, text: 'WHERE created_at > 10' }]), [
      { start: 17, end: 19, text: '>' },
    ]);
  });
});
