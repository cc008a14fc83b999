/** One call to an Ollama server through the `ollama` package, with what that package does not do itself. */
import type { Ollama } from 'ollama';
import { ModelError } from '../model-error.ts';
import { errorOfAnswer, errorOfFailure } from './errors.ts';

export interface OllamaCall {
  readonly url: URL;
  /** for sentences */
  readonly label: string;
  /** that the call is about, '' for none: error messages name it */
  readonly model: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * Run one call. Its signal ends the connection, before the first byte of the answer too; that is what makes Ollama
 * stop generating. Redirects are not followed, so that a server cannot send a prompt on to another one.
 *
 * @throws ModelError
 */
export async function callOllama<T>(call: OllamaCall, work: (client: Ollama) => Promise<T>): Promise<T> {
  throwIfCancelled(call.signal);
  const { Ollama: Client } = await import('ollama');
  const client = new Client({ host: call.url.href.replace(/\/$/, ''), fetch: guardedFetch(call) });
  try {
    return await work(client);
  } catch (error) {
    throwIfCancelled(call.signal);
    throw errorOfFailure(error, call.label);
  }
}

function guardedFetch({ model, signal }: OllamaCall): typeof fetch {
  return async (input, init) => {
    const signals = [init?.signal, signal].filter((each) => each !== undefined && each !== null);
    const answer = await fetch(input, {
      ...init,
      redirect: 'error',
      ...(signals.length > 0 ? { signal: AbortSignal.any(signals) } : {}),
    });
    // the package would write a note to standard output here, which is where results go
    if (!answer.ok) throw errorOfAnswer(answer.status, await answer.text(), model);
    return answer;
  };
}

/** @throws ModelError the signal's own, or 'cancelled' */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  const reason: unknown = signal.reason;
  throw ModelError.is(reason) ? reason : new ModelError('cancelled', 'The model was stopped.', reason);
}
