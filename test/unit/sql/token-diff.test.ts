import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalText } from '../../../src/core/optimizer/canonical.ts';
import type { Dialect } from '../../../src/core/sql/dialect.ts';
import { tokenize } from '../../../src/core/sql/lexer.ts';
import { applyEdits } from '../../../src/core/sql/text.ts';
import { tokenEdits } from '../../../src/core/sql/token-diff.ts';

function rewritten(original: string, answer: string, dialect: Dialect = 'postgresql'): string {
  return applyEdits(original, tokenEdits(original, answer, dialect));
}

test('layout and comments stay where nothing changed', () => {
  const original = `SELECT p.payment_id -- the key
FROM   payments p
-- as the bank writes it
WHERE  p.amount * 100 = 4198;`;
  const answer = 'select p.payment_id from payments p where p.amount = 41.98';
  assert.equal(
    rewritten(original, answer),
    `SELECT p.payment_id -- the key
FROM   payments p
-- as the bank writes it
WHERE  p.amount = 41.98;`,
  );
});

test('comments of the rewritten text are left out', () => {
  const edits = tokenEdits(
    'SELECT a FROM t',
    'SELECT a /* do this */ FROM t -- and that\nWHERE b -- why\n = 1',
    'postgresql',
  );
  assert.equal(applyEdits('SELECT a FROM t', edits), 'SELECT a FROM t\nWHERE b\n = 1');
});

test('text that only looks different gives no edit', () => {
  assert.deepEqual(tokenEdits('SELECT a\nFROM t;', 'select a from t', 'postgresql'), []);
});

test('an insertion stands before a line comment, not inside of it', () => {
  assert.equal(rewritten('SELECT a -- the a\nFROM t', 'SELECT a, b FROM t'), 'SELECT a, b -- the a\nFROM t');
});

test('a removal leaves no hole', () => {
  assert.equal(rewritten('SELECT DISTINCT a, b FROM t', 'SELECT a FROM t'), 'SELECT a FROM t');
});

test('a text without anything in common is replaced as a whole', () => {
  assert.equal(
    rewritten('  DELETE FROM t; ', 'WITH x AS (SELECT 1) TABLE x'),
    '  WITH x AS (SELECT 1) TABLE x; ',
  );
});

const PIECES = [
  'SELECT',
  'a',
  '"b"',
  "'x y'",
  "'it''s'",
  ',',
  '(',
  ')',
  '.',
  '=',
  '<',
  '>=',
  '-',
  '1',
  '2.5',
  '$1',
  '::',
  '*',
  '[',
  ']',
];
const GAPS = [' ', '\n  ', ' /* c */ ', ' -- c\n', ''];

for (const dialect of ['postgresql', 'mysql', 'tsql'] as const) {
  test(`whatever the two texts are, the edits lead from one to the other (${dialect})`, () => {
    const text = fc
      .array(fc.tuple(fc.constantFrom(...PIECES), fc.constantFrom(...GAPS)), { maxLength: 25 })
      .map((parts) => parts.map(([piece, gap]) => piece + gap).join(''));
    fc.assert(
      fc.property(text, text, (original, answer) => {
        // a comment without its end is no statement's text
        fc.pre(![original, answer].some((each) => tokenize(each, dialect).some((t) => t.kind === 'unknown')));
        assert.equal(
          canonicalText(rewritten(original, answer, dialect), dialect),
          canonicalText(answer, dialect),
        );
      }),
      { numRuns: 2000 },
    );
  });
}
