import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRewrites } from '../../../src/models/read-answer.ts';

const SQL = 'SELECT a FROM t WHERE b = 1';
const JSON_ANSWER = JSON.stringify({ rewrites: [{ sql: SQL, why: 'an index' }] });

const ANSWERS: readonly (readonly [string, string])[] = [
  ['JSON as asked for', JSON_ANSWER],
  ['JSON in a fence', `\`\`\`json\n${JSON_ANSWER}\n\`\`\``],
  [
    'JSON with prose around it',
    `Sure! Here it is:\n${JSON_ANSWER}\nI hope this helps {smile}.`.replace(' {smile}', ''),
  ],
  [
    'a thinking block before it',
    `<think>Maybe {"rewrites": [{"sql": "SELECT wrong", "why": ""}]}?</think>\n${JSON_ANSWER}`,
  ],
  ['a thinking block without its opening tag', `hm, {"rewrites": []} perhaps\n</think>${JSON_ANSWER}`],
  ['other names', JSON.stringify({ candidates: [{ query: SQL, explanation: 'an index' }] })],
  ['a bare list', JSON.stringify([{ sql: SQL, why: 'an index' }])],
  ['one object', JSON.stringify({ sql: SQL, why: 'an index' })],
  [
    'SQL fenced inside of the JSON',
    JSON.stringify({ rewrites: [{ sql: `\`\`\`sql\n${SQL}\n\`\`\``, why: 'an index' }] }),
  ],
  ['an answer that was cut off', `{"rewrites": [{"sql": "${SQL}", "why": "an index"}, {"sql": "SELECT b FR`],
];

for (const [name, answer] of ANSWERS) {
  test(`a rewrite is found in ${name}`, () => {
    assert.deepEqual(readRewrites(answer), [{ sql: SQL, why: 'an index' }]);
  });
}

test('fenced SQL without JSON is taken, each block as a rewrite', () => {
  assert.deepEqual(
    readRewrites(`First:\n\`\`\`sql\n${SQL}\n\`\`\`\nor\n\`\`\`\nSELECT 2\n\`\`\``).map(({ sql }) => sql),
    [SQL, 'SELECT 2'],
  );
});

test('a statement alone is taken', () => {
  assert.deepEqual(readRewrites(SQL), [{ sql: SQL, why: '' }]);
});

test('nothing is found where there is nothing', () => {
  for (const answer of [
    '',
    'I am sorry, I cannot.',
    '{"rewrites": []}',
    '{"other": 1}',
    '<think>so',
    '{{{',
    '[]',
  ]) {
    assert.deepEqual(readRewrites(answer), [], answer);
  }
});

test('a long answer of brackets is read in reasonable time', () => {
  assert.deepEqual(readRewrites('{"sql": "'.repeat(20_000)), []);
});
