/** What the product needs of a language model, whoever runs it. */

/** What a model says it can do, by Ollama's words; other providers are translated into them. */
export type ModelCapability = 'completion' | 'tools' | 'thinking' | 'vision' | 'insert' | 'embedding';

export interface ModelInfo {
  /** what a request names it by: 'qwen2.5-coder:7b' */
  readonly id: string;
  /** for lists; the same as `id` where the provider has no other */
  readonly label: string;
  readonly family: string | null;
  /** as its maker says it: '7.6B' */
  readonly parameters: string | null;
  /** bytes on disk, about what it needs in memory as well */
  readonly sizeBytes: number | null;
  /** tokens of prompt and answer together; null when not known */
  readonly contextLength: number | null;
  readonly capabilities: ReadonlySet<ModelCapability>;
}

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** A JSON schema, as structured output takes it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export interface CompletionRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  /** the form of the answer; a hint for providers that cannot force it */
  readonly schema?: JsonSchema | undefined;
  /** tokens of the answer at most */
  readonly maxOutputTokens: number;
  /** 0 to 2; 0 answers the same each time */
  readonly temperature: number;
  readonly seed?: number | undefined;
}

export interface CompletionOptions {
  readonly signal?: AbortSignal | undefined;
  /** called with each piece of the answer (not of what a model thinks before it) */
  readonly onText?: ((piece: string) => void) | undefined;
  /** called with short sentences about what goes on: loading, thinking */
  readonly onProgress?: ((message: string) => void) | undefined;
}

export interface Completion {
  readonly text: string;
  /** 'length': the answer was cut at `maxOutputTokens` */
  readonly stop: 'end' | 'length';
  /** null where the provider does not count */
  readonly promptTokens: number | null;
  readonly outputTokens: number | null;
}

export interface LanguageModelProvider {
  /** part of the name that recorded answers are kept under: 'ollama', 'vscode' */
  readonly id: string;
  /** for sentences: 'Ollama at 127.0.0.1:11434' */
  readonly label: string;
  /** what is sent stays on this machine */
  readonly local: boolean;
  /**
   * The models that can answer, the one to take by default first.
   * @throws ModelError
   */
  listModels(options?: { readonly signal?: AbortSignal | undefined }): Promise<readonly ModelInfo[]>;
  /**
   * The tokens that prompt and answer together may have.
   * @throws ModelError
   */
  contextLength(model: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<number>;
  /**
   * One answer, streamed. Cancelling ends the work of the model, not only the waiting for it.
   * @throws ModelError
   */
  complete(request: CompletionRequest, options?: CompletionOptions): Promise<Completion>;
}
