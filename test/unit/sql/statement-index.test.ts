import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DIALECTS, type Dialect } from '../../../src/core/sql/dialect.ts';
import { splitStatements } from '../../../src/core/sql/splitter.ts';
import { StatementIndex } from '../../../src/core/sql/statement-index.ts';
import { sqlText } from './arbitraries.ts';

const FIXTURES = new URL('../../fixtures/splitter/', import.meta.url);

/** An index that counts what it computes. */
function counting(dialect: Dialect = 'postgresql') {
  const computed: string[] = [];
  const index = new StatementIndex(dialect, (text) => {
    computed.push(text);
    return { length: text.length };
  });
  /** Update, ask for every analysis, and tell which were computed for it. */
  const update = (text: string) => {
    computed.length = 0;
    const statements = index.update(text);
    for (const { analysis, text: statement } of statements) assert.equal(analysis.length, statement.length);
    return [...computed];
  };
  return { index, update };
}

function script(lines: number): string {
  return Array.from(
    { length: lines / 5 },
    (_, i) => `-- query ${i}\nSELECT a, 'it''s', count(*)\nFROM t${i}\nWHERE b = ${i};\n\n`,
  ).join('');
}

function assertFresh(index: StatementIndex<unknown>, text: string, dialect: Dialect): void {
  const ranges = index.update(text).map((statement) => statement.range);
  assert.deepEqual(ranges, splitStatements(text, dialect));
}

describe('the statements of a document', () => {
  it('are analysed one by one when one is edited', () => {
    const { update } = counting();
    const text = script(5000);
    assert.equal(update(text).length, 1000);
    assert.deepEqual(update(text), []);
    const edited = text.replace('FROM t500\n', 'FROM t500 JOIN u USING (c)\n');
    assert.deepEqual(update(edited), [
      "SELECT a, 'it''s', count(*)\nFROM t500 JOIN u USING (c)\nWHERE b = 500",
    ]);
    assert.deepEqual(update(`-- a line above\n\n${edited}`), []);
    assert.deepEqual(update(text), [], 'undo');
  });
  it('are analysed only when asked for', () => {
    let count = 0;
    const index = new StatementIndex('postgresql', () => ++count);
    const statements = index.update('SELECT 1; SELECT 2; SELECT 1');
    assert.equal(count, 0);
    assert.equal(statements[2]?.analysis, 1);
    assert.equal(statements[0]?.analysis, 1, 'equal text, one analysis');
    assert.equal(statements[1]?.analysis, 2);
  });
  it('are read again around the change only', () => {
    const text = script(5000);
    const { index } = counting();
    const before = index.update(text).map((statement) => statement.range);
    const after = index.update(text.replace('b = 500;', 'b = 501;')).map((statement) => statement.range);
    assert.deepEqual(after, before);
    const again = after.filter((range, at) => range !== before[at]).length;
    assert.ok(again < 20, `${again} statements were read again`);
  });
  it('do not pile up analyses while someone types', () => {
    const { update } = counting();
    for (let n = 0; n < 1000; n++) update(`SELECT ${n}`);
    assert.deepEqual(update('SELECT 990'), []);
    assert.deepEqual(update('SELECT 10'), ['SELECT 10'], 'forgotten');
  });
  it('pass on what the analysis throws, and try again the next time', () => {
    let fail = true;
    const index = new StatementIndex('postgresql', (text) => {
      if (fail) throw new Error('not yet');
      return text;
    });
    const [statement] = index.update('SELECT 1');
    assert.throws(() => statement?.analysis, /not yet/);
    fail = false;
    assert.equal(statement?.analysis, 'SELECT 1');
  });
});

describe('an incremental update equals splitting anew', () => {
  const edit = fc.tuple(
    fc.nat(),
    fc.nat({ max: 6 }),
    fc.oneof(sqlText, fc.constantFrom("'", '"', '/*', '*/', '$$', ';', '', 'x', '\n\n')),
  );

  it('for random edits of random text', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...DIALECTS),
        sqlText,
        sqlText,
        fc.array(edit, { maxLength: 6 }),
        (dialect, a, b, edits) => {
          const index = new StatementIndex(dialect, () => null);
          let text = `${a}${' '.repeat(600)}${b}\n\nSELECT 1;\n${'-- c\n'.repeat(130)}SELECT 'x';\n`;
          assertFresh(index, text, dialect);
          for (const [place, removed, inserted] of edits) {
            const at = place % (text.length + 1);
            text = text.slice(0, at) + inserted + text.slice(at + removed);
            assertFresh(index, text, dialect);
          }
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('for edits of real scripts, with quotes and comments opened and closed', () => {
    const paths = readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('.sql'),
    );
    for (const dialect of DIALECTS) {
      const own = paths.filter((path) => path.startsWith(dialect));
      const whole = own.map((path) => readFileSync(new URL(path, FIXTURES), 'utf8')).join('\n\n');
      const index = new StatementIndex(dialect, () => null);
      for (const piece of ["'", '/*', '$$', '"', ';', '\nGO\n', '\nDELIMITER //\n', '{{', 'BEGIN ']) {
        for (let at = 0; at < whole.length; at += 197) {
          assertFresh(index, whole.slice(0, at) + piece + whole.slice(at), dialect);
        }
      }
    }
  });
});
