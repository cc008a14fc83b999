import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Catalog } from '../../../src/core/catalog/catalog.ts';
import type { Finding } from '../../../src/core/optimizer/optimization.ts';
import {
  DocumentFindings,
  type SqlStatement,
  statementAt,
} from '../../../src/editor/statements/document-findings.ts';

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

/** Statements are what stands between semicolons; lines that begin with -- above one are its comments. */
function statementsOf(source: string): SqlStatement[] {
  return [...source.matchAll(/(?<comments>(?:--.*\n)*)(?<text>[^;\s-][^;]*);/g)].map((match) => {
    const { comments = '', text = '' } = match.groups ?? {};
    const start = match.index + comments.length;
    return { leadingStart: match.index, start, end: start + text.length, text, comments };
  });
}

function finding(text: string): Finding[] {
  const range = { start: 0, end: text.length };
  return [{ pattern: 'star', category: 'schema', severity: 'hint', message: text, range, fixable: false }];
}

test('editing one statement analyses one statement', async () => {
  const findings = new DocumentFindings(finding);
  await findings.update(statementsOf('a;\nb;\nc;\n'), catalog, never);
  assert.equal(findings.analysed, 3);
  const found = await findings.update(statementsOf('a;\nx b;\nc;\n'), catalog, never);
  assert.equal(findings.analysed, 4);
  assert.deepEqual(
    found?.map((each) => each.findings[0]?.message),
    ['a', 'x b', 'c'],
  );
});

test('a new catalog analyses everything again', async () => {
  const findings = new DocumentFindings(finding);
  const statements = statementsOf('a;\nb;\n');
  await findings.update(statements, catalog, never);
  await findings.update(statements, { ...catalog }, never);
  assert.equal(findings.analysed, 4);
});

test('a suppression comment hides its finding, and only above its statement', async () => {
  const findings = new DocumentFindings(finding);
  const found = await findings.update(statementsOf('-- sqlopt-ignore star\na;\na;\n'), catalog, never);
  assert.deepEqual(
    found?.map((each) => each.findings.length),
    [0, 1],
  );
});

test('an analysis that takes long lets others work in between and stops when it is overtaken', async () => {
  let others = 0;
  const slow = (text: string): Finding[] => {
    const end = performance.now() + 2;
    while (performance.now() < end);
    return finding(text);
  };
  const statements = statementsOf(Array.from({ length: 40 }, (_, n) => `s${n};\n`).join(''));
  const overtaken = new AbortController();
  const count = (): void => {
    if (++others === 2) overtaken.abort();
    else setImmediate(count);
  };
  setImmediate(count);
  assert.equal(await new DocumentFindings(slow).update(statements, catalog, overtaken.signal), null);
  assert.equal(others, 2);
});

test('the cursor means the statement around it, the one just ended, or the next', () => {
  const source = '-- first\nab;  \n\ncd;\n';
  const statements = statementsOf(source);
  const at = (offset: number): string | undefined => statementAt(statements, offset, source)?.text;
  assert.equal(at(0), 'ab');
  assert.equal(at(source.indexOf(';') + 2), 'ab');
  assert.equal(at(source.indexOf('cd') - 1), 'cd');
  assert.equal(at(source.length), 'cd');
  assert.equal(statementAt([], 0, ''), null);
});
