import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSuppressed, suppressionEdit } from '../../../src/core/patterns/suppression.ts';
import { applyEdits } from '../../../src/core/sql/text.ts';

test('a comment above a statement suppresses the patterns that it names', () => {
  assert.ok(isSuppressed('offset-paging', '-- sqlopt-ignore offset-paging\n'));
  assert.ok(isSuppressed('b', '/* sqlopt-ignore a,b */'));
  assert.ok(isSuppressed('b', '# sqlopt-ignore: a , b\n'));
  assert.ok(!isSuppressed('c', '-- sqlopt-ignore a, b\n'));
});

test('a reason may follow and is not taken for a pattern', () => {
  const comment = '-- sqlopt-ignore offset-paging -- never more than select-star ten rows\n';
  assert.ok(isSuppressed('offset-paging', comment));
  assert.ok(!isSuppressed('select-star', comment));
});

test('"all" suppresses everything, a bare sqlopt-ignore nothing', () => {
  assert.ok(isSuppressed('anything', '-- sqlopt-ignore all\n'));
  assert.ok(!isSuppressed('anything', '-- sqlopt-ignore\n'));
});

test('a pattern is not suppressed by one whose id begins alike', () => {
  assert.ok(!isSuppressed('offset', '-- sqlopt-ignore offset-paging\n'));
  assert.ok(!isSuppressed('offset-paging', '-- sqlopt-ignore offset\n'));
});

test('suppressing puts a comment line above the statement with its indentation and line ends', () => {
  const source = 'SELECT 1;\r\n  SELECT 2;';
  const start = source.indexOf('SELECT 2');
  const edit = suppressionEdit(source, { leadingStart: start, start }, 'x');
  assert.equal(applyEdits(source, [edit]), 'SELECT 1;\r\n  -- sqlopt-ignore x\r\n  SELECT 2;');
});

test('suppressing a second pattern extends the comment that is there and keeps its reason', () => {
  const source = '-- sqlopt-ignore x -- because\nSELECT 2;';
  const edit = suppressionEdit(source, { leadingStart: 0, start: source.indexOf('SELECT') }, 'y');
  assert.equal(applyEdits(source, [edit]), '-- sqlopt-ignore x, y -- because\nSELECT 2;');
});

test('suppressing a statement in the middle of a line leaves the statement before it alone', () => {
  const source = 'SELECT 1; SELECT 2;';
  const edit = suppressionEdit(source, { leadingStart: 9, start: 10 }, 'x');
  assert.equal(applyEdits(source, [edit]), 'SELECT 1; /* sqlopt-ignore x */ SELECT 2;');
});
