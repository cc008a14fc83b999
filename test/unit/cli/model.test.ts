/** The command line's options for models, against the stand-in server. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { runCommandLine } from '../../../src/cli/run.ts';
import { EXIT } from '../../../src/cli/verb.ts';
import { type Behaviour, CODER, StandInOllama } from '../../servers/ollama.ts';

let folder = '';
let file = '';
let schema = '';
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sqlopt-model-'));
  file = path.join(folder, 'query.sql');
  schema = path.join(folder, 'schema.sql');
  await writeFile(file, "SELECT id FROM t WHERE name = 'Ada Lovelace' AND n > 1815 -- a note");
  await writeFile(schema, 'CREATE TABLE t (id integer PRIMARY KEY, name text, n integer);');
});
after(() => rm(folder, { recursive: true, force: true }));

async function sqlopt(env: Readonly<Record<string, string>>, ...args: string[]) {
  const said = { output: '', errors: '' };
  const status = await runCommandLine(['optimize', file, '--schema', schema, ...args], {
    env,
    stdout: (text) => {
      said.output += text;
    },
    stderr: (text) => {
      said.errors += text;
    },
  });
  return { status, ...said };
}

const REWRITE: Behaviour = {
  kind: 'answer',
  text: JSON.stringify({
    rewrites: [{ sql: 'SELECT id FROM t WHERE n > :v2 AND name = :v1', why: 'Cheaper test first.' }],
  }),
};

test('the server’s best model is asked, and what it contributed is in the result', async () => {
  await using server = await StandInOllama.start({ script: [REWRITE] });
  const run = await sqlopt({}, '--ollama', server.url, '--json');
  assert.equal(run.status, EXIT.done, run.errors);
  const [statement] = JSON.parse(run.output).statements;
  const own = statement.candidates.find((candidate: { origin: string }) => candidate.origin === 'model');
  assert.equal(own.model.why, 'Cheaper test first.');
  assert.match(own.sql, /n > 1815 AND name = 'Ada Lovelace'/);
  assert.equal(own.evidence.level, 'tested');
  assert.equal(statement.model.name, `ollama/${CODER.name}`);
  assert.match(run.errors, /Asking the model qwen2\.5-coder:7b too .*on this machine/);
});

test('the prompt can be read without being sent; values are masked unless they are allowed', async () => {
  await using server = await StandInOllama.start();
  const run = await sqlopt({ OLLAMA_HOST: server.url }, '--show-prompt');
  assert.equal(run.status, EXIT.done, run.errors);
  assert.match(run.output, /What is sent to the model/);
  assert.match(run.output, /2 values are replaced by placeholders and not sent/);
  assert.match(run.output, /SELECT id FROM t WHERE name = :v1 AND n > :v2/);
  assert.doesNotMatch(run.output, /Ada|1815|a note/);
  assert.equal(server.chats.length, 0);
  const open = await sqlopt({ OLLAMA_HOST: server.url }, '--show-prompt', '--send-values');
  assert.match(open.output, /name = 'Ada Lovelace'/);
});

test('--no-model asks nobody', async () => {
  await using server = await StandInOllama.start();
  const run = await sqlopt({ OLLAMA_HOST: server.url }, '--no-model', '--json');
  assert.equal(run.status, EXIT.done, run.errors);
  assert.deepEqual(server.requests, []);
  assert.equal(JSON.parse(run.output).statements[0].model, undefined);
});

test('a server that does not answer, or lacks the model, is said once and takes nothing away', async () => {
  await using server = await StandInOllama.start();
  const lacking = await sqlopt({}, '--ollama', server.url, '--model', 'other:1b', '--json');
  assert.equal(lacking.status, EXIT.done);
  assert.match(lacking.errors, /ollama pull other:1b/);
  const gone = server.url;
  await server[Symbol.asyncDispose]();
  const run = await sqlopt({}, '--ollama', gone, '--json');
  assert.equal(run.status, EXIT.done);
  assert.equal(run.errors.match(/No language model is asked/g)?.length, 1);
  assert.equal(JSON.parse(run.output).statements.length, 1);
});

test('a server without models says how to get one; a cloud model is not taken by itself', async () => {
  await using server = await StandInOllama.start({ models: [{ ...CODER, name: 'gpt-oss:120b-cloud' }] });
  const run = await sqlopt({}, '--ollama', server.url, '--json');
  assert.match(run.errors, /has no model that can answer.*ollama pull/);
});
