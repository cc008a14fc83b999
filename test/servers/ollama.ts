/**
 * A stand-in for an Ollama server: it speaks the documented API (docs/api.md of the Ollama project) as far as this
 * product uses it, and misbehaves where a test asks it to.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the stand-in does with the next chat. */
export type Behaviour =
  /** answers this text in pieces */
  | {
      readonly kind: 'answer';
      readonly text: string;
      readonly thinking?: string;
      readonly stop?: 'stop' | 'length';
    }
  /** begins to answer when `release` is called */
  | { readonly kind: 'slow'; readonly text: string; readonly until: Promise<void> }
  /** says this and then nothing more, leaving the connection open */
  | { readonly kind: 'silence'; readonly after: string }
  /** says this and closes the connection */
  | { readonly kind: 'cut'; readonly after: string }
  /** an answer of that status; not JSON when `html` */
  | { readonly kind: 'error'; readonly status: number; readonly message: string; readonly html?: boolean }
  /** an error inside of a stream that began well */
  | { readonly kind: 'streamError'; readonly after: string; readonly message: string }
  /** lines that are no JSON */
  | { readonly kind: 'garbage'; readonly line: string }
  | { readonly kind: 'redirect'; readonly to: string };

export interface StandInModel {
  readonly name: string;
  readonly size: number;
  readonly family: string;
  readonly parameters: string;
  readonly contextLength: number;
  readonly capabilities: readonly string[];
}

/** A chat request as it came. */
export interface ChatCall {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly stream?: boolean;
  readonly format?: unknown;
  readonly think?: unknown;
  readonly keep_alive?: unknown;
  readonly options?: Readonly<Record<string, unknown>>;
}

export const CODER: StandInModel = {
  name: 'qwen2.5-coder:7b',
  size: 4_683_087_332,
  family: 'qwen2',
  parameters: '7.6B',
  contextLength: 32_768,
  capabilities: ['completion', 'tools', 'insert'],
};

/** What a chat is answered by: a list that is used up one by one, or a function of the request. */
export type Script = readonly Behaviour[] | ((call: ChatCall) => Behaviour);

export class StandInOllama implements AsyncDisposable {
  readonly chats: ChatCall[] = [];
  /** paths of all requests, in order */
  readonly requests: string[] = [];
  models: readonly StandInModel[] = [CODER];
  script: Script = [];
  private readonly server = createServer((request, response) => void this.handle(request, response));
  private closedChats = 0;
  private waiting: (() => void)[] = [];

  static async start(
    settings: { script?: Script; models?: readonly StandInModel[] } = {},
  ): Promise<StandInOllama> {
    const standIn = new StandInOllama();
    if (settings.script) standIn.script = settings.script;
    if (settings.models) standIn.models = settings.models;
    await new Promise<void>((resolve) => standIn.server.listen(0, '127.0.0.1', resolve));
    return standIn;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Resolves when the client has closed the connection of that many chats (or pulls) before their end. */
  async closedByClient(count = 1): Promise<void> {
    while (this.closedChats < count) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://stand-in').pathname;
    this.requests.push(path);
    const body = await readBody(request);
    response.on('close', () => {
      if (response.writableFinished) return;
      this.closedChats++;
      for (const wake of this.waiting.splice(0)) wake();
    });
    switch (`${request.method} ${path}`) {
      case 'GET /api/version':
        return json(response, { version: '0.12.0' });
      case 'GET /api/tags':
        return json(response, { models: this.models.map(tag) });
      case 'POST /api/show':
        return this.show(response, String(body['model'] ?? ''));
      case 'POST /api/pull':
        return this.pull(response, String(body['model'] ?? body['name'] ?? ''));
      case 'POST /api/chat':
        return this.chat(response, body as unknown as ChatCall);
      default:
        response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found');
    }
  }

  private show(response: ServerResponse, name: string): void {
    const model = this.models.find((each) => each.name === name);
    if (!model) {
      json(response, { error: `model '${name}' not found` }, 404);
      return;
    }
    json(response, {
      details: { family: model.family, parameter_size: model.parameters, format: 'gguf' },
      model_info: {
        'general.architecture': model.family,
        [`${model.family}.context_length`]: model.contextLength,
      },
      capabilities: model.capabilities,
    });
  }

  /** Downloads 'small:1b' in three steps; 'endless:1b' never ends; knows no other. */
  private pull(response: ServerResponse, name: string): void {
    stream(response);
    line(response, { status: 'pulling manifest' });
    if (name === 'endless:1b') {
      line(response, { status: 'pulling aabb', digest: 'sha256:aabb', total: 1000, completed: 10 });
      return;
    }
    if (name !== 'small:1b') {
      line(response, { error: 'pull model manifest: file does not exist' });
      response.end();
      return;
    }
    for (const completed of [0, 500, 1000]) {
      line(response, { status: 'pulling aabb', digest: 'sha256:aabb', total: 1000, completed });
    }
    line(response, { status: 'success' });
    this.models = [...this.models, { ...CODER, name, size: 1000 }];
    response.end();
  }

  private async chat(response: ServerResponse, call: ChatCall): Promise<void> {
    this.chats.push(call);
    if (!this.models.some(({ name }) => name === call.model)) {
      return json(response, { error: `model "${call.model}" not found, try pulling it first` }, 404);
    }
    const next = typeof this.script === 'function' ? this.script(call) : this.script[this.chats.length - 1];
    const behaviour: Behaviour = next ?? {
      kind: 'error',
      status: 500,
      message: 'the test has no further answer',
    };
    switch (behaviour.kind) {
      case 'error':
        if (behaviour.html) {
          response.writeHead(behaviour.status, { 'content-type': 'text/html' });
          response.end(`<html><body><h1>${behaviour.message}</h1></body></html>`);
          return;
        }
        return json(response, { error: behaviour.message }, behaviour.status);
      case 'redirect':
        response.writeHead(307, { location: behaviour.to }).end();
        return;
      case 'slow':
        await behaviour.until;
        return answer(response, call.model, behaviour.text);
      case 'answer':
        return answer(response, call.model, behaviour.text, behaviour);
      case 'silence':
        begin(response, call.model, behaviour.after);
        return;
      case 'cut':
        begin(response, call.model, behaviour.after);
        response.flushHeaders();
        setImmediate(() => response.destroy());
        return;
      case 'streamError':
        begin(response, call.model, behaviour.after);
        line(response, { error: behaviour.message });
        response.end();
        return;
      case 'garbage':
        stream(response);
        response.end(`${behaviour.line}\n`);
        return;
      default:
        behaviour satisfies never;
    }
  }
}

function tag(model: StandInModel): unknown {
  return {
    name: model.name,
    model: model.name,
    modified_at: '2026-01-01T00:00:00Z',
    size: model.size,
    digest: 'aabb',
    details: { format: 'gguf', family: model.family, parameter_size: model.parameters },
  };
}

function answer(
  response: ServerResponse,
  model: string,
  text: string,
  options: { readonly thinking?: string; readonly stop?: 'stop' | 'length' } = {},
): void {
  if (options.thinking) {
    stream(response);
    line(response, {
      model,
      message: { role: 'assistant', content: '', thinking: options.thinking },
      done: false,
    });
  }
  begin(response, model, text);
  line(response, {
    model,
    message: { role: 'assistant', content: '' },
    done: true,
    done_reason: options.stop ?? 'stop',
    prompt_eval_count: 100,
    eval_count: 20,
  });
  response.end();
}

function begin(response: ServerResponse, model: string, text: string): void {
  stream(response);
  for (const content of text.match(/[\s\S]{1,7}/g) ?? []) {
    line(response, { model, message: { role: 'assistant', content }, done: false });
  }
}

function stream(response: ServerResponse): void {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/x-ndjson' });
}

function line(response: ServerResponse, value: unknown): void {
  response.write(`${JSON.stringify(value)}\n`);
}

function json(response: ServerResponse, value: unknown, status = 200): void {
  response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
    .end(JSON.stringify(value));
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  if (parts.length === 0) return {};
  return JSON.parse(Buffer.concat(parts).toString('utf8')) as Record<string, unknown>;
}
