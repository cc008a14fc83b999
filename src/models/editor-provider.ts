/**
 * The editor's own language models as a provider. Knows the editor by a narrow interface only, so that it can be tested
 * without one; `src/editor/models/editor-chat.ts` implements it over `vscode.lm`.
 */
import { ModelError, type ModelErrorReason } from './model-error.ts';
import type {
  Completion,
  CompletionOptions,
  CompletionRequest,
  LanguageModelProvider,
  ModelInfo,
} from './provider.ts';
import { Watchdog } from './watchdog.ts';

export interface EditorChatModel {
  readonly id: string;
  readonly name: string;
  readonly vendor: string;
  readonly family: string;
  readonly maxInputTokens: number;
  /** Ask; the pieces of the answer. @throws errors with a `code` of vscode.LanguageModelError */
  send(messages: readonly string[], signal: AbortSignal): Promise<AsyncIterable<string>>;
}

export interface EditorChat {
  models(): Promise<readonly EditorChatModel[]>;
}

/** vscode.LanguageModelError's codes. */
const REASONS: Readonly<Record<string, readonly [ModelErrorReason, string]>> = {
  NoPermissions: ['consent', 'The editor was not allowed to use the model'],
  Blocked: ['quota', 'The model’s provider answers no more requests at the moment'],
  NotFound: ['notInstalled', 'The editor has that model no longer'],
};

export class EditorProvider implements LanguageModelProvider {
  readonly id = 'vscode';
  readonly label = 'The editor’s language models';
  /** most of them run in a provider's data centre, and the editor does not tell */
  readonly local = false;
  private readonly chat: EditorChat;
  private readonly times: { readonly firstTokenMs: number; readonly nextTokenMs: number };

  constructor(chat: EditorChat, times = { firstTokenMs: 60_000, nextTokenMs: 30_000 }) {
    this.chat = chat;
    this.times = times;
  }

  async listModels(): Promise<readonly ModelInfo[]> {
    return (await this.models()).map((model) => ({
      id: model.id,
      label: `${model.name} (${model.vendor})`,
      family: model.family,
      parameters: null,
      sizeBytes: null,
      contextLength: model.maxInputTokens,
      capabilities: new Set(['completion'] as const),
    }));
  }

  async contextLength(model: string): Promise<number> {
    return (await this.find(model)).maxInputTokens;
  }

  async complete(request: CompletionRequest, options: CompletionOptions = {}): Promise<Completion> {
    const model = await this.find(request.model);
    const watchdog = new Watchdog(options.signal, model.name);
    let text = '';
    try {
      watchdog.expect(this.times.firstTokenMs, 'begin to answer');
      options.onProgress?.(`Waiting for ${model.name}`);
      const messages = request.messages.map(({ content }) => content);
      const pieces = (await model.send(messages, watchdog.signal))[Symbol.asyncIterator]();
      for (;;) {
        const piece = await orAborted(pieces.next(), watchdog.signal);
        if (piece.done) break;
        watchdog.expect(this.times.nextTokenMs, 'go on with its answer');
        text += piece.value;
        options.onText?.(piece.value);
      }
      return { text, stop: 'end', promptTokens: null, outputTokens: null };
    } catch (error) {
      throw errorFor(error, watchdog.signal);
    } finally {
      watchdog.end();
    }
  }

  private async models(): Promise<readonly EditorChatModel[]> {
    const models = await this.chat.models();
    if (models.length > 0) return models;
    throw new ModelError(
      'noModel',
      'The editor has no language model. One comes with an extension such as GitHub Copilot; an Ollama server needs none.',
    );
  }

  private async find(id: string): Promise<EditorChatModel> {
    const models = await this.models();
    const found = models.find((model) => model.id === id) ?? (id === '' ? models[0] : undefined);
    if (found) return found;
    throw new ModelError('notInstalled', `The editor has no language model "${id}". Choose another one.`);
  }
}

/** Waiting ends with the signal, whether or not the editor's stream does. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let giveUp = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

function errorFor(error: unknown, signal: AbortSignal): ModelError {
  if (signal.aborted) {
    const reason: unknown = signal.reason;
    return ModelError.is(reason) ? reason : new ModelError('cancelled', 'The model was stopped.', reason);
  }
  if (ModelError.is(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const known = REASONS[code];
  if (known) return new ModelError(known[0], `${known[1]}: ${message}`, error);
  if (/off.?topic|filtered|responsible ai/i.test(message)) {
    return new ModelError('refused', `The model’s provider refuses to answer: ${message}`, error);
  }
  return new ModelError('other', `The editor’s language model failed: ${message}`, error);
}
