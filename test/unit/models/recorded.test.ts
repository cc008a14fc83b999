/** Answers that were recorded once give the same result again, without a model. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { ByHandProvider } from '../../../bench/models/by-hand.ts';
import { scoreModel, totals } from '../../../bench/models/score.ts';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { ModelProposer } from '../../../src/models/model-proposer.ts';
import { OllamaProvider } from '../../../src/models/ollama/ollama-provider.ts';
import type { LanguageModelProvider } from '../../../src/models/provider.ts';
import {
  promptHash,
  type RecordedAnswer,
  RecordingProvider,
  ReplayProvider,
} from '../../../src/models/recorded.ts';
import { CODER, StandInOllama } from '../../servers/ollama.ts';
import { SHOP } from './task.ts';

const STATEMENTS = [
  'SELECT c.id FROM customers c WHERE c.id IN (SELECT o.customer_id FROM orders o WHERE o.total > 4711)',
  'SELECT o.id FROM orders o WHERE o.total > 4711 ORDER BY o.id',
];
const catalog = catalogFromDdl(SHOP, 'postgresql');

function proposer(provider: LanguageModelProvider): ModelProposer {
  return new ModelProposer(provider, { model: CODER.name, maskLiterals: true, maskIdentifiers: false });
}

async function recorded(): Promise<{ answers: RecordedAnswer[]; scores: unknown }> {
  await using server = await StandInOllama.start({
    script: () => ({
      kind: 'answer',
      text: JSON.stringify({ rewrites: [{ sql: 'DROP TABLE orders', why: '' }] }),
    }),
  });
  const answers: RecordedAnswer[] = [];
  const provider = new RecordingProvider(new OllamaProvider({ url: server.url }), (each) =>
    answers.push(each),
  );
  return { answers, scores: await scoreModel(STATEMENTS, catalog, proposer(provider), null) };
}

test('the same questions get the same answers, and the same scores', async () => {
  const { answers, scores } = await recorded();
  // each statement is asked about once, and its refused answer goes back once
  assert.equal(answers.length, 4);
  const again = await scoreModel(STATEMENTS, catalog, proposer(new ReplayProvider('ollama', answers)), null);
  assert.deepEqual(again, scores);
  assert.deepEqual(totals(again), {
    statements: 2,
    ...{ helped: 0, asked: 4, proposed: 4, rejected: 2, refuted: 0, verified: 0 },
  });
});

test('another question, model or provider has no answer, and the sentence says what to do', async () => {
  const { answers } = await recorded();
  const other = ['SELECT o.id FROM orders o WHERE o.total > 4711 AND o.id > 99'];
  for (const replay of [new ReplayProvider('ollama', answers), new ReplayProvider('vscode', answers)]) {
    const [score] = await scoreModel(other, catalog, proposer(replay), null);
    assert.match(score?.problem ?? '', /no recorded answer.*Record it again/);
  }
});

test('the name of a question depends on every message and on its role', () => {
  const names = [
    promptHash([{ role: 'system', content: 'a' }]),
    promptHash([{ role: 'user', content: 'a' }]),
    promptHash([{ role: 'user', content: 'b' }]),
    promptHash([
      { role: 'user', content: 'a' },
      { role: 'user', content: 'b' },
    ]),
  ];
  assert.equal(new Set(names).size, names.length);
});

test('a model that is asked by hand finds its questions in a folder, and its answers are read from there', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sqlopt-by-hand-'));
  try {
    const byHand = new ByHandProvider(folder);
    const before = totals(await scoreModel(STATEMENTS, catalog, proposer(byHand), null));
    assert.equal(before.proposed, 0);
    assert.equal(byHand.open.length, STATEMENTS.length);
    for (const question of byHand.open) {
      const text = await readFile(question, 'utf8');
      assert.match(text, /^# system\n[\s\S]*# user\n[\s\S]*FROM orders o WHERE o\.total > :v1/);
      assert.doesNotMatch(text, /4711/);
      const rewrites = [{ sql: 'SELECT o.id FROM orders o WHERE NOT o.total <= :v1 ORDER BY o.id', why: '' }];
      await writeFile(question.replace('.question.md', '.answer.txt'), JSON.stringify({ rewrites }));
    }
    const again = new ByHandProvider(folder);
    assert.equal(totals(await scoreModel(STATEMENTS, catalog, proposer(again), null)).proposed, 2);
    assert.deepEqual(again.open, []);
  } finally {
    await rm(folder, { recursive: true });
  }
});
