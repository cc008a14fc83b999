/** Explanations: our facts, a model's words, and a warning about what is in neither. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explain, explainPrompt } from '../../../src/models/explain/explain.ts';
import { statementFacts } from '../../../src/models/explain/facts.ts';
import { OllamaProvider } from '../../../src/models/ollama/ollama-provider.ts';
import { CODER, StandInOllama } from '../../servers/ollama.ts';
import { taskFor } from './task.ts';

const { statement } = taskFor(
  "SELECT c.id FROM customers c WHERE c.email = 'ada@example.org' AND (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) > 0",
);
const MASKED = { literals: true, identifiers: false };

test('the model gets the facts and the statement without its values', () => {
  const facts = statementFacts(statement, null);
  assert.ok(facts.length > 0);
  const { messages } = explainPrompt({ statement, rewrite: null, facts, masking: MASKED });
  const text = messages.map(({ content }) => content).join('\n');
  assert.match(text, /c\.email = :v1/);
  assert.doesNotMatch(text, /ada@example/);
  assert.match(text, /Use the given facts only/);
});

test('its words come in pieces with the values back, and figures of its own are named', async () => {
  await using server = await StandInOllama.start({
    script: [
      { kind: 'answer', text: '<think>hm 1234</think>It looks for :v1 among 77,000 rows, about 50 of them.' },
    ],
  });
  const seen: string[] = [];
  const facts = ['Step: Seq Scan on customers c, about 50 rows.'];
  const { text, unfounded } = await explain(
    new OllamaProvider({ url: server.url }),
    CODER.name,
    { statement, rewrite: null, facts, masking: MASKED },
    { onText: (each) => seen.push(each) },
  );
  assert.equal(text, "It looks for 'ada@example.org' among 77,000 rows, about 50 of them.");
  assert.deepEqual(unfounded, ['77000']);
  assert.ok(seen.length > 3);
  assert.ok(
    seen.every((each) => !each.includes('hm')),
    'what it thinks is not shown',
  );
});
