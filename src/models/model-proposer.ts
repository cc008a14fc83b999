/** A language model as the core's proposer of rewrites. */
import type { Proposal, ProposalTask, RewriteProposer } from '../core/optimizer/rewrite-proposer.ts';
import { ModelError } from './model-error.ts';
import { REWRITES_SCHEMA, type RewritePrompt, rewritePrompt } from './prompt/rewrite-prompt.ts';
import type { CompletionRequest, LanguageModelProvider } from './provider.ts';
import { readRewrites } from './read-answer.ts';
import { estimateTokens, tokensOfMessages } from './tokens.ts';

export interface ProposerSettings {
  readonly model: string;
  readonly maskLiterals: boolean;
  readonly maskIdentifiers: boolean;
  /** rewrites that are asked for at once; default 3 */
  readonly rewrites?: number | undefined;
  /** 0 to 2; default 0.3, which gives different rewrites without nonsense */
  readonly temperature?: number | undefined;
}

const DEFAULT_REWRITES = 3;
const DEFAULT_TEMPERATURE = 0.3;
/** The same question gets the same answer, so that a result can be repeated. */
const SEED = 20_261_128;
/** Tokens of an answer: a statement may grow, and JSON escapes it. */
const LEAST_ANSWER = 1024;
const MOST_ANSWER = 6144;

export class ModelProposer implements RewriteProposer {
  readonly name: string;
  private readonly provider: LanguageModelProvider;
  private readonly settings: ProposerSettings;

  constructor(provider: LanguageModelProvider, settings: ProposerSettings) {
    this.provider = provider;
    this.settings = settings;
    this.name = `${provider.id}/${settings.model}`;
  }

  async propose(
    task: ProposalTask,
    options: {
      readonly signal: AbortSignal | undefined;
      readonly onProgress: (message: string) => void;
    },
  ): Promise<readonly Proposal[]> {
    const { signal, onProgress } = options;
    const context = await this.provider.contextLength(this.settings.model, { signal });
    const { prompt, request } = completionFor(task, this.settings, context);
    let characters = 0;
    const completion = await this.provider.complete(request, {
      signal,
      onProgress,
      onText: (piece) => {
        characters += piece.length;
        onProgress(`${this.settings.model} is writing: ${characters} characters`);
      },
    });
    const found = readRewrites(completion.text);
    if (found.length === 0 && !/"rewrites"\s*:\s*\[\s*\]/.test(completion.text)) {
      const cut = completion.stop === 'length' ? ' It was cut off at its greatest length.' : '';
      throw new ModelError('protocol', `The answer of ${this.settings.model} holds no rewrite.${cut}`);
    }
    return found.map(({ sql, why }) => {
      const restored = prompt.masking.restore(sql);
      // a placeholder that stands for nothing stays in the text: the door refuses it and says why
      return { sql: 'sql' in restored ? restored.sql : sql, why: valuesBack(why, prompt) };
    });
  }
}

/**
 * What is sent for a task, without sending it.
 *
 * @param context tokens that the model has for prompt and answer
 * @throws ModelError 'tooLong' when even the statement alone does not fit
 */
export function completionFor(
  task: ProposalTask,
  settings: ProposerSettings,
  context: number,
): { readonly prompt: RewritePrompt; readonly request: CompletionRequest } {
  const rewrites = settings.rewrites ?? DEFAULT_REWRITES;
  const own = estimateTokens(task.statement.text);
  const answer = Math.min(
    Math.max(LEAST_ANSWER, Math.ceil(1.5 * rewrites * own)),
    MOST_ANSWER,
    Math.floor(context / 2),
  );
  const prompt = rewritePrompt(task, {
    literals: settings.maskLiterals,
    identifiers: settings.maskIdentifiers,
    budget: context - answer,
    rewrites,
  });
  if (tokensOfMessages(prompt.messages) + answer > context) {
    throw new ModelError(
      'tooLong',
      `The statement is too long for ${settings.model}, which has ${context} tokens for prompt and answer.`,
    );
  }
  const request: CompletionRequest = {
    model: settings.model,
    messages: prompt.messages,
    schema: REWRITES_SCHEMA,
    maxOutputTokens: answer,
    temperature: settings.temperature ?? DEFAULT_TEMPERATURE,
    seed: SEED,
  };
  return { prompt, request };
}

/** The reason with the statement's own values: it is shown to the user, not sent anywhere. */
function valuesBack(why: string, { masking }: RewritePrompt): string {
  const line = why.replace(/\s+/g, ' ').trim().slice(0, 400);
  return masking.reveal(line);
}
