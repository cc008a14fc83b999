/** What a real model once answered about the sample queries (`npm run bench:models`) is understood and admitted today. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { scoreModel, totals } from '../../../bench/models/score.ts';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { splitStatements } from '../../../src/core/sql/splitter.ts';
import { ModelProposer } from '../../../src/models/model-proposer.ts';
import { type RecordedAnswer, ReplayProvider } from '../../../src/models/recorded.ts';

const ANSWERS = new URL('../../../bench/models/answers/', import.meta.url);
const SHOP = new URL('../../../examples/shop/', import.meta.url);
/** Of all statements: the others' questions may have changed since they were asked. */
const STILL_ASKED = 0.7;

const catalog = catalogFromDdl(readFileSync(new URL('schema.sql', SHOP), 'utf8'), 'postgresql');
const source = readFileSync(new URL('slow.sql', SHOP), 'utf8');
const statements = splitStatements(source, 'postgresql')
  .filter(({ kind }) => kind === 'sql')
  .map(({ start, end }) => source.slice(start, end));

for (const name of readdirSync(ANSWERS)) {
  test(`${name}: the questions are still the same, and the answers are rewrites`, async () => {
    const answers = JSON.parse(readFileSync(new URL(name, ANSWERS), 'utf8')) as RecordedAnswer[];
    const [first] = answers;
    assert.ok(first);
    const proposer = new ModelProposer(new ReplayProvider(first.provider, answers), {
      ...{ model: first.model, maskLiterals: true, maskIdentifiers: false },
    });
    const scores = await scoreModel(statements, catalog, proposer, null);
    const answered = scores.filter(({ problem }) => problem === null);
    assert.ok(
      answered.length >= STILL_ASKED * scores.length,
      `${answered.length} of ${scores.length} questions have an answer: record them again`,
    );
    const { proposed, rejected } = totals(answered);
    assert.ok(proposed > answered.length, `${proposed} rewrites in ${answered.length} answers`);
    assert.equal(rejected, 0);
  });
}
