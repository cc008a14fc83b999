/** Language models of an Ollama server. API: https://github.com/ollama/ollama/blob/main/docs/api.md */
import type { ChatRequest, ListResponse, ShowResponse } from 'ollama';
import { ModelError } from '../model-error.ts';
import type {
  Completion,
  CompletionOptions,
  CompletionRequest,
  LanguageModelProvider,
  ModelCapability,
  ModelInfo,
} from '../provider.ts';
import { tokensOfMessages } from '../tokens.ts';
import { Watchdog } from '../watchdog.ts';
import { isThisMachine, ollamaUrl } from './address.ts';
import { callOllama, type OllamaCall, throwIfCancelled } from './client.ts';
import { errorOfMessage } from './errors.ts';
import { preferred } from './preference.ts';

export interface OllamaSettings {
  /** see {@link ollamaUrl} */
  readonly url: string;
  /** how long the server keeps the model in memory after an answer, in Ollama's words; default '10m' */
  readonly keepAlive?: string | undefined;
  /** milliseconds until the first token: the model may have to be read from disk; default 180,000 */
  readonly firstTokenMs?: number | undefined;
  /** milliseconds between two tokens; default 30,000 */
  readonly nextTokenMs?: number | undefined;
  /** milliseconds for a question without a model: lists, versions; default 10,000 */
  readonly answerMs?: number | undefined;
  /** tokens of prompt and answer that are asked for at most: memory grows with it; default 16,384 */
  readonly mostContext?: number | undefined;
}

/** How far a download is. */
export interface PullProgress {
  /** the server's words: 'pulling manifest', 'verifying sha256 digest' */
  readonly status: string;
  /** 0 to 1, null while the size is not known */
  readonly fraction: number | null;
}

/** Ollama reads a model anew when its context size changes, so sizes are few. */
const CONTEXT_SIZES = [4096, 8192, 16_384, 32_768, 65_536, 131_072];
/** For a model that does not say. */
const UNKNOWN_CONTEXT = 4096;
/** Requests about models that are under way at the same time. */
const AT_ONCE = 4;

export class OllamaProvider implements LanguageModelProvider {
  readonly id = 'ollama';
  readonly label: string;
  readonly local: boolean;
  private readonly url: URL;
  private readonly settings: OllamaSettings;
  private readonly shown = new Map<string, ShowResponse>();

  /** @throws ModelError when the address is none */
  constructor(settings: OllamaSettings) {
    this.settings = settings;
    this.url = ollamaUrl(settings.url);
    this.label = `The Ollama server at ${this.url.host}`;
    this.local = isThisMachine(this.url);
  }

  /** The server's version: the quickest way to know that it is there. @throws ModelError */
  async version(signal?: AbortSignal): Promise<string> {
    return this.ask('', signal, async (client) => (await client.version()).version);
  }

  async listModels(
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<readonly ModelInfo[]> {
    const { models } = await this.ask('', options.signal, (client) => client.list());
    if (!Array.isArray(models)) {
      throw new ModelError('protocol', `${this.label} answers something that is not Ollama’s format.`);
    }
    const infos: ModelInfo[] = [];
    for (let at = 0; at < models.length; at += AT_ONCE) {
      const some = models.slice(at, at + AT_ONCE).map((model) => this.infoOf(model, options.signal));
      infos.push(...(await Promise.all(some)));
    }
    return preferred(infos);
  }

  async contextLength(
    model: string,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<number> {
    const own = contextOf(await this.show(model, options.signal)) ?? UNKNOWN_CONTEXT;
    return Math.min(own, this.settings.mostContext ?? 16_384);
  }

  async complete(request: CompletionRequest, options: CompletionOptions = {}): Promise<Completion> {
    const details = await this.show(request.model, options.signal);
    const chat = this.chatRequest(request, details);
    const watchdog = new Watchdog(options.signal, this.label);
    try {
      return await callOllama(this.call(request.model, watchdog.signal), async (client) => {
        watchdog.expect(this.settings.firstTokenMs ?? 180_000, 'begin to answer');
        options.onProgress?.(`Waiting for ${request.model}`);
        const parts = await client.chat({ ...chat, stream: true });
        let text = '';
        let thinking = false;
        for await (const { message, done, done_reason, prompt_eval_count, eval_count } of parts) {
          watchdog.expect(this.settings.nextTokenMs ?? 30_000, 'go on with its answer');
          if (message?.thinking && !thinking) {
            thinking = true;
            options.onProgress?.(`${request.model} is thinking`);
          }
          const piece = message?.content ?? '';
          text += piece;
          if (piece !== '') options.onText?.(piece);
          if (done) {
            return {
              text,
              stop: done_reason === 'length' ? 'length' : 'end',
              promptTokens: prompt_eval_count ?? null,
              outputTokens: eval_count ?? null,
            };
          }
        }
        throw new ModelError('cutOff', `${this.label} ended the connection before the answer was complete.`);
      });
    } catch (error) {
      throwIfCancelled(watchdog.signal);
      throw rephrased(error, request.model);
    } finally {
      watchdog.end();
    }
  }

  /**
   * Download a model.
   * @param onProgress called often
   * @throws ModelError; 'notInstalled' when there is no model of that name
   */
  async pull(
    model: string,
    options: {
      readonly signal?: AbortSignal | undefined;
      readonly onProgress?: ((progress: PullProgress) => void) | undefined;
    } = {},
  ): Promise<void> {
    try {
      await callOllama(this.call(model, options.signal), async (client) => {
        const parts = await client.pull({ model, stream: true });
        for await (const { status, total, completed } of parts) {
          const fraction = total ? Math.min(1, (completed ?? 0) / total) : null;
          options.onProgress?.({ status, fraction });
        }
      });
      this.shown.delete(model);
    } catch (error) {
      throwIfCancelled(options.signal);
      throw rephrased(error, model);
    }
  }

  private chatRequest(request: CompletionRequest, details: ShowResponse): ChatRequest {
    const wanted = tokensOfMessages(request.messages) + request.maxOutputTokens;
    const own = contextOf(details) ?? UNKNOWN_CONTEXT;
    if (wanted > own) {
      throw new ModelError(
        'tooLong',
        `The prompt and its answer need about ${wanted} tokens; ${request.model} has ${own}.`,
      );
    }
    const size = CONTEXT_SIZES.find((each) => each >= wanted) ?? wanted;
    const thinks = (details.capabilities ?? []).includes('thinking');
    return {
      model: request.model,
      messages: request.messages.map(({ role, content }) => ({ role, content })),
      ...(request.schema ? { format: request.schema } : {}),
      // the evidence comes from tests, not from the model's thoughts, and thinking takes minutes on small machines
      ...(thinks ? { think: false } : {}),
      keep_alive: this.settings.keepAlive ?? '10m',
      options: {
        num_ctx: Math.min(size, own),
        num_predict: request.maxOutputTokens,
        temperature: request.temperature,
        ...(request.seed === undefined ? {} : { seed: request.seed }),
      },
    };
  }

  private async infoOf(
    model: ListResponse['models'][number],
    signal: AbortSignal | undefined,
  ): Promise<ModelInfo> {
    const details = await this.show(model.name, signal).catch((error: unknown) => {
      // one broken model must not hide the others
      if (ModelError.is(error, 'cancelled', 'unreachable', 'timeout')) throw error;
      return null;
    });
    return {
      id: model.name,
      label: model.name,
      family: model.details?.family ?? null,
      parameters: model.details?.parameter_size ?? null,
      sizeBytes: model.size ?? null,
      contextLength: details ? contextOf(details) : null,
      capabilities: new Set((details?.capabilities ?? []) as ModelCapability[]),
    };
  }

  private async show(model: string, signal: AbortSignal | undefined): Promise<ShowResponse> {
    const known = this.shown.get(model);
    if (known) return known;
    const details = await this.ask(model, signal, (client) => client.show({ model }));
    this.shown.set(model, details);
    return details;
  }

  /** A question that is answered at once, or not at all. */
  private async ask<T>(
    model: string,
    signal: AbortSignal | undefined,
    work: Parameters<typeof callOllama<T>>[1],
  ): Promise<T> {
    const watchdog = new Watchdog(signal, this.label);
    watchdog.expect(this.settings.answerMs ?? 10_000, 'answer');
    try {
      return await callOllama(this.call(model, watchdog.signal), work);
    } finally {
      watchdog.end();
    }
  }

  private call(model: string, signal: AbortSignal | undefined): OllamaCall {
    return { url: this.url, label: this.label, model, signal };
  }
}

/** Errors that come inside a stream are plain: the server's words decide. */
function rephrased(error: unknown, model: string): ModelError {
  if (!ModelError.is(error, 'other')) return error as ModelError;
  const cause = error.cause instanceof Error ? error.cause.message : null;
  return cause === null ? error : errorOfMessage(cause, model);
}

/** The context length that a model's file states, under a name that depends on its architecture. */
function contextOf(details: ShowResponse): number | null {
  const facts: unknown = details.model_info;
  if (typeof facts !== 'object' || facts === null) return null;
  const entries = facts instanceof Map ? [...facts] : Object.entries(facts);
  const found = entries.find(([name]) => String(name).endsWith('.context_length'))?.[1];
  return typeof found === 'number' && found > 0 ? found : null;
}
