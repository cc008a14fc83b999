/** The Ollama provider against a server: the stand-in always, a real one too when OLLAMA_HOST names it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModelError, type ModelErrorReason } from '../../../src/models/model-error.ts';
import { isCloudModel, isThisMachine, ollamaUrl } from '../../../src/models/ollama/address.ts';
import { OllamaProvider, type PullProgress } from '../../../src/models/ollama/ollama-provider.ts';
import type { CompletionRequest } from '../../../src/models/provider.ts';
import { type Behaviour, CODER, StandInOllama } from '../../servers/ollama.ts';

const REQUEST: CompletionRequest = {
  model: CODER.name,
  messages: [{ role: 'user', content: 'Say hello.' }],
  maxOutputTokens: 100,
  temperature: 0,
  seed: 1,
};

const HELLO = 'Hello, this text comes in several pieces.';

async function withServer(
  script: readonly Behaviour[],
  work: (provider: OllamaProvider, server: StandInOllama) => Promise<void>,
  times: { firstTokenMs?: number; nextTokenMs?: number; answerMs?: number } = {},
): Promise<void> {
  await using server = await StandInOllama.start({ script });
  await work(new OllamaProvider({ url: server.url, ...times }), server);
}

function failsWith(reason: ModelErrorReason, words: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(ModelError.is(error), String(error));
    assert.equal(error.reason, reason, error.message);
    assert.match(error.message, words);
    return true;
  };
}

test('an answer arrives in pieces, and the whole is their sum', () =>
  withServer([{ kind: 'answer', text: HELLO }], async (provider) => {
    const pieces: string[] = [];
    const completion = await provider.complete(REQUEST, { onText: (piece) => pieces.push(piece) });
    assert.ok(pieces.length > 2);
    assert.equal(pieces.join(''), HELLO);
    assert.deepEqual(completion, { text: HELLO, stop: 'end', promptTokens: 100, outputTokens: 20 });
  }));

test('the context is sized to the prompt, in few steps, and the model is kept in memory', () =>
  withServer(
    [
      { kind: 'answer', text: 'a' },
      { kind: 'answer', text: 'b' },
    ],
    async (provider, server) => {
      const schema = { type: 'object', properties: { sql: { type: 'string' } } };
      await provider.complete({ ...REQUEST, schema });
      const long = { role: 'user', content: 'x'.repeat(18_000) } as const;
      await provider.complete({ ...REQUEST, messages: [long] });
      const [first, second] = server.chats;
      assert.equal(first?.options?.['num_ctx'], 4096);
      assert.equal(second?.options?.['num_ctx'], 8192);
      assert.equal(first?.options?.['num_predict'], 100);
      assert.equal(first?.options?.['temperature'], 0);
      assert.equal(first?.options?.['seed'], 1);
      assert.deepEqual(first?.format, schema);
      assert.equal(first?.stream, true);
      assert.equal(first?.keep_alive, '10m');
      assert.equal(first?.think, undefined);
    },
  ));

test('a thinking model is asked not to think; what it thinks anyway is not part of the answer', async () => {
  await using server = await StandInOllama.start({
    models: [{ ...CODER, capabilities: ['completion', 'thinking'] }],
    script: [{ kind: 'answer', text: 'yes', thinking: 'hm, let me see' }],
  });
  const said: string[] = [];
  const completion = await new OllamaProvider({ url: server.url }).complete(REQUEST, {
    onProgress: (message) => said.push(message),
  });
  assert.equal(completion.text, 'yes');
  assert.equal(server.chats[0]?.think, false);
  assert.ok(said.includes(`${CODER.name} is thinking`));
});

test('a prompt that cannot fit is refused before it is sent', () =>
  withServer([], async (provider, server) => {
    const huge = { role: 'user', content: 'x'.repeat(200_000) } as const;
    await assert.rejects(provider.complete({ ...REQUEST, messages: [huge] }), failsWith('tooLong', /32768/));
    assert.equal(server.chats.length, 0);
  }));

test('an answer that was cut at its length says so', () =>
  withServer([{ kind: 'answer', text: 'half', stop: 'length' }], async (provider) => {
    assert.equal((await provider.complete(REQUEST)).stop, 'length');
  }));

test('a slow first token is waited for', async () => {
  let open = (): void => {};
  const until = new Promise<void>((resolve) => {
    open = resolve;
  });
  await withServer([{ kind: 'slow', text: HELLO, until }], async (provider) => {
    const completion = provider.complete(REQUEST, {
      onProgress: (message) => {
        assert.match(message, /Waiting for/);
        open();
      },
    });
    assert.equal((await completion).text, HELLO);
  });
});

test('a first token that never comes ends with a sentence, and the server is released', () =>
  withServer(
    [{ kind: 'slow', text: '', until: new Promise(() => {}) }],
    async (provider, server) => {
      await assert.rejects(
        provider.complete(REQUEST),
        failsWith('timeout', /did not begin to answer within/),
      );
      await server.closedByClient();
    },
    { firstTokenMs: 50 },
  ));

test('silence in the middle of an answer ends with a sentence, and the server is released', () =>
  withServer(
    [{ kind: 'silence', after: 'SELECT' }],
    async (provider, server) => {
      await assert.rejects(
        provider.complete(REQUEST),
        failsWith('timeout', /did not go on with its answer within/),
      );
      await server.closedByClient();
    },
    { nextTokenMs: 50 },
  ));

test('cancelling in the middle of an answer closes the connection', () =>
  withServer([{ kind: 'silence', after: 'SELECT 1' }], async (provider, server) => {
    const stop = new AbortController();
    const answer = provider.complete(REQUEST, { signal: stop.signal, onText: () => stop.abort() });
    await assert.rejects(answer, failsWith('cancelled', /stopped/));
    await server.closedByClient();
  }));

test('cancelling before the first token closes the connection too', () =>
  withServer([{ kind: 'slow', text: '', until: new Promise(() => {}) }], async (provider, server) => {
    const stop = new AbortController();
    const answer = provider.complete(REQUEST, { signal: stop.signal });
    while (server.chats.length === 0) await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    await assert.rejects(answer, failsWith('cancelled', /stopped/));
    await server.closedByClient();
  }));

const FAULTS: readonly [string, Behaviour, ModelErrorReason, RegExp][] = [
  ['a cut connection', { kind: 'cut', after: 'SELECT' }, 'cutOff', /before the answer was complete/],
  [
    'a server without enough memory',
    {
      kind: 'error',
      status: 500,
      message: 'model requires more system memory (9.1 GiB) than is available (2.0 GiB)',
    },
    'outOfMemory',
    /Choose a smaller one/,
  ],
  [
    'memory that runs out in the middle',
    { kind: 'streamError', after: 'SEL', message: 'CUDA error: out of memory' },
    'outOfMemory',
    /needs more memory/,
  ],
  [
    'an error in the middle',
    { kind: 'streamError', after: '', message: 'runner died' },
    'other',
    /runner died/,
  ],
  ['lines that are no JSON', { kind: 'garbage', line: '<<<>>>' }, 'cutOff', /before the answer was complete/],
  [
    'a busy server',
    { kind: 'error', status: 503, message: 'server busy, please try again' },
    'quota',
    /busy/,
  ],
  [
    'a proxy’s error page',
    { kind: 'error', status: 502, message: 'Bad gateway', html: true },
    'other',
    /Bad gateway/,
  ],
  ['a redirect', { kind: 'redirect', to: 'http://127.0.0.1:9/' }, 'protocol', /not followed/],
];

for (const [name, behaviour, reason, words] of FAULTS) {
  test(`${name}: a reason and a sentence`, (context) => {
    context.mock.method(console, 'warn', () => {}); // the package reports lines that are no JSON itself
    return withServer([behaviour], (provider) =>
      assert.rejects(provider.complete(REQUEST), failsWith(reason, words)),
    );
  });
}

test('a model that is not installed: the sentence says how to get it', () =>
  withServer([], async (provider) => {
    await assert.rejects(
      provider.complete({ ...REQUEST, model: 'nobody:1b' }),
      failsWith('notInstalled', /ollama pull nobody:1b/),
    );
  }));

test('no server: the sentence says how to start one', async () => {
  const server = await StandInOllama.start();
  const { url } = server;
  await server[Symbol.asyncDispose]();
  await assert.rejects(new OllamaProvider({ url }).listModels(), failsWith('unreachable', /ollama serve/));
});

test('a server that is not Ollama is named as such', async () => {
  await using server = await StandInOllama.start();
  const provider = new OllamaProvider({ url: `${server.url}/somewhere` });
  await assert.rejects(provider.listModels(), failsWith('protocol', /not an Ollama server/));
});

test('coder models come first, the larger before the smaller, too large and embedding ones last or not at all', async () => {
  const model = (name: string, size: number, capabilities = ['completion']) => ({
    ...CODER,
    ...{ name, size, capabilities },
  });
  await using server = await StandInOllama.start({
    models: [
      model('llama3.2:3b', 2e9),
      model('nomic-embed-text:latest', 3e8, ['embedding']),
      model('sqlcoder:7b', 4e9),
      model('qwen2.5-coder:1.5b', 1e9),
      model('qwen3-coder:480b', 290e9),
      model('codellama:7b', 4e9),
      model('qwen2.5-coder:7b', 5e9),
    ],
  });
  const models = await new OllamaProvider({ url: server.url }).listModels();
  assert.deepEqual(
    models.map(({ id }) => id),
    [
      'qwen2.5-coder:7b',
      'qwen2.5-coder:1.5b',
      'codellama:7b',
      'sqlcoder:7b',
      'llama3.2:3b',
      'qwen3-coder:480b',
    ],
  );
  assert.equal(models[0]?.contextLength, 32_768);
  assert.equal(models[0]?.parameters, '7.6B');
});

test('a model is downloaded with progress and is there afterwards', () =>
  withServer([], async (provider) => {
    const progress: PullProgress[] = [];
    await provider.pull('small:1b', { onProgress: (each) => progress.push(each) });
    assert.deepEqual(
      progress.map(({ fraction }) => fraction),
      [null, 0, 0.5, 1, null],
    );
    assert.ok((await provider.listModels()).some(({ id }) => id === 'small:1b'));
  }));

test('a download can be stopped', () =>
  withServer([], async (provider, server) => {
    const stop = new AbortController();
    const pull = provider.pull('endless:1b', {
      signal: stop.signal,
      onProgress: ({ fraction }) => fraction !== null && stop.abort(),
    });
    await assert.rejects(pull, failsWith('cancelled', /stopped/));
    await server.closedByClient();
  }));

test('a download of a model that does not exist says so', () =>
  withServer([], (provider) => assert.rejects(provider.pull('no:1b'), failsWith('notInstalled', /no:1b/))));

test('addresses are read as Ollama reads them', () => {
  assert.equal(ollamaUrl('').href, 'http://127.0.0.1:11434/');
  assert.equal(ollamaUrl('box').href, 'http://box:11434/');
  assert.equal(ollamaUrl(':4000').href, 'http://127.0.0.1:4000/');
  assert.equal(ollamaUrl('0.0.0.0:11434').href, 'http://127.0.0.1:11434/');
  assert.equal(ollamaUrl('https://models.example.org/ollama').href, 'https://models.example.org/ollama');
  assert.throws(() => ollamaUrl('file:///etc'), failsWith('unreachable', /http/));
  assert.throws(() => ollamaUrl('http://'), failsWith('unreachable', /no address/));
});

test('only an address of this machine counts as local, and a cloud model never does', () => {
  for (const local of ['localhost', '127.0.0.1', '[::1]', '0.0.0.0', '127.9.9.9']) {
    assert.ok(isThisMachine(ollamaUrl(`http://${local}:11434`)), local);
  }
  for (const other of ['127.0.0.1.example.org', 'localhost.example.org', '10.0.0.1', 'box']) {
    assert.ok(!isThisMachine(ollamaUrl(`http://${other}:11434`)), other);
  }
  assert.ok(isCloudModel('gpt-oss:120b-cloud'));
  assert.ok(!isCloudModel('qwen2.5-coder:7b'));
});

const real = process.env['OLLAMA_HOST'];
test('a real server answers in the form that is asked for', {
  skip: !real && 'set OLLAMA_HOST',
}, async () => {
  const provider = new OllamaProvider({ url: real ?? '' });
  assert.match(await provider.version(), /^\d+\.\d+/);
  const [model] = await provider.listModels();
  assert.ok(model, 'the server has no model');
  const completion = await provider.complete({
    ...REQUEST,
    model: model.id,
    messages: [{ role: 'user', content: 'Name the capital of France as {"city": "…"}.' }],
    schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  });
  assert.equal(typeof JSON.parse(completion.text).city, 'string');
});
