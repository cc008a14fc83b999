/** From the command line's options to a language model, or to the reason why there is none. */

import { ModelError } from '../models/model-error.ts';
import { ModelProposer, type ProposerSettings } from '../models/model-proposer.ts';
import { DEFAULT_OLLAMA_URL, isCloudModel } from '../models/ollama/address.ts';
import { OllamaProvider } from '../models/ollama/ollama-provider.ts';
import type { LanguageModelProvider } from '../models/provider.ts';
import { textOption, type VerbContext } from './verb.ts';

/** Milliseconds to wait for a server that nobody named. */
const QUICK_MS = 2000;

export interface ChosenModel {
  readonly provider: LanguageModelProvider;
  readonly settings: ProposerSettings;
  readonly proposer: ModelProposer;
}

/**
 * The model to ask: --model of the server of --ollama, else of OLLAMA_HOST, else of this machine; without --model the
 * one that suits best. Says once, as progress, why there is none.
 *
 * @returns null with --no-model, without a server and without a model
 */
export async function chooseModel(context: VerbContext): Promise<ChosenModel | null> {
  const { options, env, signal } = context;
  if (options['no-model']) return null;
  const url = textOption(options, 'ollama') ?? env['OLLAMA_HOST'];
  const wanted = textOption(options, 'model');
  const named = url !== undefined || wanted !== undefined;
  try {
    const provider = new OllamaProvider({
      url: url ?? DEFAULT_OLLAMA_URL,
      ...(named ? {} : { answerMs: QUICK_MS }),
    });
    const model = wanted ?? (await bestModel(provider, signal));
    if (wanted !== undefined) await provider.contextLength(wanted, { signal });
    const where = provider.local && !isCloudModel(model) ? 'on this machine' : 'which is not this machine';
    context.progress(
      `Asking the model ${model} too (${provider.label}, ${where}; --no-model leaves it out).`,
    );
    const settings = {
      model,
      maskLiterals: options['send-values'] !== true,
      maskIdentifiers: false,
    };
    return { provider, settings, proposer: new ModelProposer(provider, settings) };
  } catch (error) {
    signal.throwIfAborted();
    if (!ModelError.is(error)) throw error;
    context.progress(named ? `No language model is asked: ${error.message}` : withoutServer(error));
    return null;
  }
}

async function bestModel(provider: OllamaProvider, signal: AbortSignal): Promise<string> {
  const models = await provider.listModels({ signal });
  // a model that runs elsewhere is taken only when it is named
  const [first] = models.filter(({ id }) => !isCloudModel(id));
  if (!first) {
    throw new ModelError(
      'noModel',
      `${provider.label} has no model that can answer. Get one by: ollama pull qwen2.5-coder:7b`,
    );
  }
  return first.id;
}

function withoutServer(error: ModelError): string {
  if (error.reason !== 'unreachable' && error.reason !== 'timeout') {
    return `No language model is asked: ${error.message}`;
  }
  return 'No language model is asked: no Ollama server runs on this machine. With one, other rewrites are tried too (see docs/models.md); --no-model leaves this note out.';
}
