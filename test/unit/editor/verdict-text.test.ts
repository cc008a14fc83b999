import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { EVIDENCE_MEANING } from '../../../src/core/verification/evidence.ts';
import type { PairVerdict } from '../../../src/core/verification/verify-pair.ts';
import { DocumentFindings } from '../../../src/editor/statements/document-findings.ts';
import {
  counterexampleDocument,
  verdictDocument,
  verdictSentence,
} from '../../../src/editor/verify/verdict-text.ts';

const pair = {
  before: { place: 'the last commit', text: 'SELECT a FROM t' },
  after: { place: 'line 4', text: 'SELECT a FROM t WHERE a > 0 -- positive' },
};
const verdict: PairVerdict = {
  verdict: 'tested',
  assumptions: ['Equal on your data: 3 rows.', 'Equal on 400 generated databases.'],
  databases: 400,
  rowsCompared: 1234,
  ordered: false,
  counterexample: null,
  reason: 'Equal on 400 generated databases.',
};

test('every level is shown with its meaning', () => {
  for (const level of ['proved', 'tested', 'observed'] as const) {
    const found = { ...verdict, verdict: level };
    assert.ok(verdictSentence(found, pair).startsWith(EVIDENCE_MEANING[level]));
    assert.ok(verdictDocument(found, pair).includes(`**${EVIDENCE_MEANING[level]}**`));
  }
});

test('an unknown verdict names every reason, not the first one alone', () => {
  const assumptions = ['There is no connection.', 'The table t is not in the schema.'];
  const found = { ...verdict, verdict: 'unknown', assumptions, reason: 'There is no connection.' } as const;
  const sentence = verdictSentence(found, pair);
  assert.match(sentence, /^Unknown: /);
  for (const reason of assumptions) assert.ok(sentence.includes(reason));
});

test('details name both places, the reason once, and the figures', () => {
  const text = verdictDocument(verdict, pair);
  assert.match(text, /## Before \(the last commit\)\n\n```sql\nSELECT a FROM t\n```/);
  assert.match(text, /## After \(line 4\)/);
  assert.match(text, /- 1,234 rows compared, in any order\n- 400 generated databases tried/);
  assert.equal(text.split('Equal on 400').length - 1, 1);
});

test('a counterexample is a script that can be run: setup, then both statements, results as comments', () => {
  const counterexample = {
    setup: 'CREATE TABLE t (a int);\nINSERT INTO t VALUES (0);',
    before: 'a\n0',
    after: 'a\n(no rows)',
  };
  const text = counterexampleDocument({ ...verdict, verdict: 'refuted', counterexample }, pair);
  const statements = new DocumentFindings(() => []).statements(text, catalogFromDdl('', 'postgresql'));
  assert.deepEqual(
    statements.map((statement) => statement.text.split('\n')[0]),
    ['CREATE TABLE t (a int)', 'INSERT INTO t VALUES (0)', 'SELECT a FROM t', 'SELECT a FROM t WHERE a > 0'],
  );
  assert.match(text, /-- Before \(the last commit\)\nSELECT a FROM t;\n-- returns\n-- {3}a\n-- {3}0\n/);
  assert.match(text, /-- After \(line 4\)\n[\s\S]*-- returns\n-- {3}a\n-- {3}\(no rows\)\n/);
});

test('a difference on the user’s own data says so', () => {
  const counterexample = { setup: '', before: 'a\n1', after: 'a\n2' };
  const text = counterexampleDocument({ ...verdict, verdict: 'refuted', counterexample }, pair);
  assert.match(text, /-- On your own data:/);
});
