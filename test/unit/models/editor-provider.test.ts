/** The editor's models behind the provider interface, without an editor. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EditorChatModel, EditorProvider } from '../../../src/models/editor-provider.ts';
import { ModelError, type ModelErrorReason } from '../../../src/models/model-error.ts';
import type { CompletionRequest } from '../../../src/models/provider.ts';

const REQUEST: CompletionRequest = {
  model: 'gpt',
  messages: [
    { role: 'system', content: 'Rules.' },
    { role: 'user', content: 'Question.' },
  ],
  maxOutputTokens: 10,
  temperature: 0,
};

function model(send: EditorChatModel['send']): EditorChatModel {
  return { id: 'gpt', name: 'GPT', vendor: 'copilot', family: 'gpt', maxInputTokens: 8000, send };
}

function providerOf(send: EditorChatModel['send']): EditorProvider {
  return new EditorProvider({ models: async () => [model(send)] }, { firstTokenMs: 50, nextTokenMs: 50 });
}

async function* pieces(...texts: readonly string[]): AsyncGenerator<string> {
  yield* texts;
}

async function* endless(): AsyncGenerator<string> {
  yield 'a';
  await new Promise(() => {});
}

function failsWith(reason: ModelErrorReason, words: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(ModelError.is(error), String(error));
    assert.equal(error.reason, reason);
    assert.match(error.message, words);
    return true;
  };
}

test('instructions and question are sent, and the answer arrives in pieces', async () => {
  const sent: string[] = [];
  const provider = providerOf(async (messages) => {
    sent.push(...messages);
    return pieces('Hel', 'lo');
  });
  const said: string[] = [];
  const { text } = await provider.complete(REQUEST, { onText: (piece) => said.push(piece) });
  assert.equal(text, 'Hello');
  assert.deepEqual(said, ['Hel', 'lo']);
  assert.deepEqual(sent, ['Rules.', 'Question.']);
  assert.equal(await provider.contextLength('gpt'), 8000);
  assert.equal((await provider.listModels())[0]?.label, 'GPT (copilot)');
  assert.equal(provider.local, false);
});

test('no model in the editor is a normal state with a sentence', async () => {
  const provider = new EditorProvider({ models: async () => [] });
  await assert.rejects(provider.listModels(), failsWith('noModel', /needs none/));
  await assert.rejects(provider.complete(REQUEST), failsWith('noModel', /Copilot/));
});

const CODES: readonly (readonly [string, ModelErrorReason])[] = [
  ['NoPermissions', 'consent'],
  ['Blocked', 'quota'],
  ['NotFound', 'notInstalled'],
  ['Unknown', 'other'],
];
for (const [code, reason] of CODES) {
  test(`the editor's error ${code} is the reason ${reason}`, async () => {
    const provider = providerOf(async () => {
      throw Object.assign(new Error('no'), { code });
    });
    await assert.rejects(provider.complete(REQUEST), failsWith(reason, /no$/));
  });
}

test('a filtered answer is a refusal', async () => {
  const provider = providerOf(async () => {
    throw new Error('Response got filtered by responsible AI');
  });
  await assert.rejects(provider.complete(REQUEST), failsWith('refused', /filtered/));
});

test('silence ends with a sentence, cancelling at once', async () => {
  await assert.rejects(providerOf(async () => endless()).complete(REQUEST), failsWith('timeout', /go on/));
  const stop = new AbortController();
  let told: AbortSignal | null = null;
  const provider = new EditorProvider({
    models: async () => [
      model(async (_, signal) => {
        told = signal;
        return endless();
      }),
    ],
  });
  const answer = provider.complete(REQUEST, { signal: stop.signal, onText: () => stop.abort() });
  await assert.rejects(answer, failsWith('cancelled', /stopped/));
  assert.ok((told as AbortSignal | null)?.aborted, 'the editor is told');
});
