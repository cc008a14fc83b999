import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { DocumentFindings } from '../../../src/editor/statements/document-findings.ts';
import { meantStatements } from '../../../src/editor/verify/meant-statements.ts';

const SOURCE = `-- first
SELECT 1;
-- second
SELECT 2;

SELECT 3;
`;
const statements = new DocumentFindings(() => []).statements(SOURCE, catalogFromDdl('', 'postgresql'));

/** Marks selections by the text that they cover; '|' before a text is a cursor in front of it. */
function meant(...selected: readonly string[]): readonly string[] | string {
  const selections = selected.map((text) => {
    const start = SOURCE.indexOf(text.replace(/^\|/, ''));
    return { start, end: text.startsWith('|') ? start : start + text.length };
  });
  const found = meantStatements(statements, selections, SOURCE);
  switch (found.kind) {
    case 'pair':
      return [found.before.text, found.after.text];
    case 'one':
      return [found.statement.text];
    case 'none':
      return found.message;
    default:
      return found satisfies never;
  }
}

test('a selection that reaches into two statements means both, the upper one first', () => {
  assert.deepEqual(meant('ECT 1;\n-- second\nSEL'), ['SELECT 1', 'SELECT 2']);
  assert.deepEqual(meant('SELECT 2;\n\nSELECT 3;\n'), ['SELECT 2', 'SELECT 3']);
});

test('two cursors, or two selections made from below, mean two statements', () => {
  assert.deepEqual(meant('|SELECT 3', '|-- first'), ['SELECT 1', 'SELECT 3']);
  assert.deepEqual(meant('SELECT 2', 'SELECT 1'), ['SELECT 1', 'SELECT 2']);
});

test('one cursor, or several in the same statement, mean one', () => {
  assert.deepEqual(meant('|2;'), ['SELECT 2']);
  assert.deepEqual(meant('|-- second', '|2;'), ['SELECT 2']);
  assert.deepEqual(meant('-- second'), ['SELECT 2'], 'a selected comment means the statement under it');
});

test('a selection that ends where the next statement begins does not touch it', () => {
  assert.deepEqual(meant('SELECT 2;\n\n'), ['SELECT 2']);
});

test('three statements are too many, and the user is told what to do', () => {
  assert.match(meant(SOURCE) as string, /3 statements are selected.*Select exactly two/);
  assert.match(meant('|SELECT 1', '|SELECT 2', '|SELECT 3') as string, /3 statements/);
});

test('a file without statements says so', () => {
  assert.deepEqual(meantStatements([], [{ start: 0, end: 0 }], ''), {
    kind: 'none',
    message: 'There is no SQL statement in this file yet.',
  });
});
