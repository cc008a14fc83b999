/**
 * Answers of models kept by (provider, model, prompt), so that what a real model wrote can be tried again without it:
 * the same question gets the same answer, a question that was never asked gets none.
 */
import { hash64 } from '../core/sql/hash.ts';
import { ModelError } from './model-error.ts';
import type {
  ChatMessage,
  Completion,
  CompletionOptions,
  CompletionRequest,
  LanguageModelProvider,
  ModelInfo,
} from './provider.ts';

export interface RecordedAnswer {
  /** `id` of the provider */
  readonly provider: string;
  readonly model: string;
  /** see {@link promptHash} */
  readonly prompt: string;
  readonly text: string;
  readonly stop: Completion['stop'];
  readonly promptTokens: number | null;
  readonly outputTokens: number | null;
}

/** The name of a question: equal messages, equal name. */
export function promptHash(messages: readonly ChatMessage[]): string {
  return hash64(JSON.stringify(messages.map(({ role, content }) => [role, content])));
}

/** Passes everything on and keeps the answers. */
export class RecordingProvider implements LanguageModelProvider {
  readonly id: string;
  readonly label: string;
  readonly local: boolean;
  private readonly inner: LanguageModelProvider;
  private readonly keep: (answer: RecordedAnswer) => void;

  /** @param keep called with each complete answer */
  constructor(inner: LanguageModelProvider, keep: (answer: RecordedAnswer) => void) {
    this.inner = inner;
    this.keep = keep;
    this.id = inner.id;
    this.label = inner.label;
    this.local = inner.local;
  }

  listModels(options?: { readonly signal?: AbortSignal | undefined }): Promise<readonly ModelInfo[]> {
    return this.inner.listModels(options);
  }

  contextLength(model: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<number> {
    return this.inner.contextLength(model, options);
  }

  async complete(request: CompletionRequest, options?: CompletionOptions): Promise<Completion> {
    const completion = await this.inner.complete(request, options);
    const { text, stop, promptTokens, outputTokens } = completion;
    this.keep({
      provider: this.id,
      model: request.model,
      prompt: promptHash(request.messages),
      ...{ text, stop, promptTokens, outputTokens },
    });
    return completion;
  }
}

/** Tokens that every recording was made with: the prompt depends on it. */
export const RECORDED_CONTEXT = 16_384;

/** Answers from recordings; asks nobody. */
export class ReplayProvider implements LanguageModelProvider {
  readonly id: string;
  readonly label = 'Recorded answers';
  readonly local = true;
  private readonly answers: ReadonlyMap<string, RecordedAnswer>;

  /**
   * @param provider the `id` of the provider whose answers are replayed
   * @param answers of any provider and model
   */
  constructor(provider: string, answers: readonly RecordedAnswer[]) {
    this.id = provider;
    const own = answers.filter((answer) => answer.provider === provider);
    this.answers = new Map(own.map((answer) => [keyOf(answer.model, answer.prompt), answer]));
  }

  async listModels(): Promise<readonly ModelInfo[]> {
    const names = [...new Set([...this.answers.values()].map(({ model }) => model))];
    return names.map((id) => ({
      ...{ id, label: id, family: null, parameters: null, sizeBytes: null },
      contextLength: RECORDED_CONTEXT,
      capabilities: new Set(['completion'] as const),
    }));
  }

  async contextLength(): Promise<number> {
    return RECORDED_CONTEXT;
  }

  async complete(request: CompletionRequest, options: CompletionOptions = {}): Promise<Completion> {
    options.signal?.throwIfAborted();
    const prompt = promptHash(request.messages);
    const answer = this.answers.get(keyOf(request.model, prompt));
    if (!answer) {
      throw new ModelError(
        'other',
        `There is no recorded answer of ${request.model} to this question (${prompt}). Record it again.`,
      );
    }
    options.onText?.(answer.text);
    const { text, stop, promptTokens, outputTokens } = answer;
    return { text, stop, promptTokens, outputTokens };
  }
}

function keyOf(model: string, prompt: string): string {
  return `${model}\n${prompt}`;
}
