import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Catalog } from '../../../src/core/catalog/catalog.ts';
import type { Finding } from '../../../src/core/optimizer/optimization.ts';
import { DocumentFindings } from '../../../src/editor/statements/document-findings.ts';
import { statementAt } from '../../../src/editor/statements/sql-statement.ts';

const catalog: Catalog = {
  dialect: 'postgresql',
  origin: 'ddl',
  version: null,
  searchPath: [],
  tables: [],
  functions: [],
  settings: {},
  gaps: [],
};
const never = new AbortController().signal;

function finding(text: string): Finding[] {
  const range = { start: 0, end: text.length };
  return [{ pattern: 'star', category: 'schema', severity: 'hint', message: text, range, fixable: false }];
}

test('editing one statement analyses one statement', async () => {
  const analysed: string[] = [];
  const findings = new DocumentFindings((text) => {
    analysed.push(text);
    return finding(text);
  });
  await findings.update('SELECT 1;\nSELECT 2;\nSELECT 3;\n', catalog, never);
  const found = await findings.update('SELECT 1;\nSELECT 22;\nSELECT 3;\n', catalog, never);
  assert.deepEqual(analysed, ['SELECT 1', 'SELECT 2', 'SELECT 3', 'SELECT 22']);
  assert.deepEqual(
    found?.map((each) => each.findings[0]?.message),
    ['SELECT 1', 'SELECT 22', 'SELECT 3'],
  );
});

test('a new catalog analyses everything again', async () => {
  let analysed = 0;
  const findings = new DocumentFindings((text) => {
    analysed++;
    return finding(text);
  });
  await findings.update('SELECT 1;\nSELECT 2;\n', catalog, never);
  await findings.update('SELECT 1;\nSELECT 2;\n', { ...catalog }, never);
  assert.equal(analysed, 4);
});

test('a suppression comment hides its finding, and only above its statement', async () => {
  const findings = new DocumentFindings(finding);
  const found = await findings.update('-- sqlopt-ignore star\nSELECT 1;\nSELECT 1;\n', catalog, never);
  assert.deepEqual(
    found?.map((each) => each.findings.length),
    [0, 1],
  );
});

test('shows what is found over several statements at its statement, unless a comment there hides it', async () => {
  const [over] = finding('twice');
  assert.ok(over);
  const findings = new DocumentFindings(
    () => [],
    function* (_, statements) {
      yield;
      return statements.map((_each, statement) => ({ statement, finding: over }));
    },
  );
  const found = await findings.update('SELECT 1;\n-- sqlopt-ignore star\nSELECT 2;\n', catalog, never);
  assert.deepEqual(
    found?.map((each) => each.findings.length),
    [1, 0],
  );
});

test('an analysis that takes long lets others work in between and stops when it is overtaken', async () => {
  let others = 0;
  const slow = (text: string): Finding[] => {
    const end = performance.now() + 2;
    while (performance.now() < end);
    return finding(text);
  };
  const source = Array.from({ length: 40 }, (_, n) => `SELECT ${n};\n`).join('');
  const overtaken = new AbortController();
  const count = (): void => {
    if (++others === 2) overtaken.abort();
    else setImmediate(count);
  };
  setImmediate(count);
  assert.equal(await new DocumentFindings(slow).update(source, catalog, overtaken.signal), null);
  assert.equal(others, 2);
});

test('looking over several statements lets others work in between, too', async () => {
  let others = 0;
  const overtaken = new AbortController();
  const findings = new DocumentFindings(
    () => [],
    function* () {
      for (let step = 0; step < 40; step++) {
        const end = performance.now() + 2;
        while (performance.now() < end);
        yield;
      }
      return [];
    },
  );
  const count = (): void => {
    if (++others === 2) overtaken.abort();
    else setImmediate(count);
  };
  setImmediate(count);
  assert.equal(await findings.update('SELECT 1;\n', catalog, overtaken.signal), null);
  assert.equal(others, 2);
});

test('the cursor means the statement around it, the one just ended, or the next', () => {
  const source = '-- first\nSELECT 1;  \n\nSELECT 2;\n';
  const statements = new DocumentFindings(finding).statements(source, catalog);
  const at = (offset: number): string | undefined => statementAt(statements, offset, source)?.text;
  assert.equal(at(0), 'SELECT 1');
  assert.equal(at(source.indexOf(';') + 2), 'SELECT 1');
  assert.equal(at(source.indexOf('SELECT 2') - 1), 'SELECT 2');
  assert.equal(at(source.length), 'SELECT 2');
  assert.equal(statementAt([], 0, ''), null);
});

test('a statement that is being typed has a place and breaks no other', async () => {
  const findings = new DocumentFindings(finding);
  const found = await findings.update("SELECT 'half\n\nSELECT 2;\n", catalog, never);
  assert.ok(found?.some((each) => each.statement.text === 'SELECT 2'));
});
