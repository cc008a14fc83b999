/** From what an Ollama server answers, or does not, to a reason and a sentence. */
import { ModelError } from '../model-error.ts';

/**
 * The error of an HTTP answer. Ollama answers errors as `{"error": "…"}`; proxies in front of it answer anything.
 *
 * @param status of the answer
 * @param body as it came
 * @param model that the request named, '' for none
 */
export function errorOfAnswer(status: number, body: string, model: string): ModelError {
  return errorOfMessage(messageIn(body) || `HTTP status ${status}`, model, status);
}

/** The error of a message that came inside a stream, or of an answer's body. */
export function errorOfMessage(message: string, model: string, status = 0): ModelError {
  const said = message.length > 300 ? `${message.slice(0, 300)}…` : message;
  if (
    /requires more system memory|out of memory|cudaMalloc|insufficient memory|unable to allocate/i.test(said)
  ) {
    return new ModelError(
      'outOfMemory',
      `The model ${model} needs more memory than the Ollama server has (${said}). Choose a smaller one.`,
    );
  }
  if (/model .*not found|pull model manifest|file does not exist/i.test(said)) {
    return new ModelError(
      'notInstalled',
      `The Ollama server does not have the model ${model}. Get it by: ollama pull ${model}`,
    );
  }
  if (/context length|exceeds the (available )?context|input length/i.test(said)) {
    return new ModelError('tooLong', `The prompt does not fit the model ${model}: ${said}`);
  }
  if (status === 401 || status === 403) {
    return new ModelError('consent', `The Ollama server does not allow it: ${said}`);
  }
  if (status === 429) return new ModelError('quota', `The Ollama server has no capacity now: ${said}`);
  if (status === 503) {
    return new ModelError('quota', `The Ollama server is busy: ${said}. Try again in a moment.`);
  }
  if (status === 404 || status === 405) {
    return new ModelError('protocol', `This is not an Ollama server, or a very old one: ${said}`);
  }
  return new ModelError('other', `The Ollama server reports an error: ${said}`);
}

/** The error of a call that did not come to an answer. */
export function errorOfFailure(error: unknown, label: string): ModelError {
  if (ModelError.is(error)) return error;
  if (error instanceof Error && ModelError.is(error.cause)) return error.cause;
  const code = causeCode(error);
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EHOSTUNREACH') {
    return new ModelError(
      'unreachable',
      `${label} does not answer. Is it running? Start it by: ollama serve`,
      error,
    );
  }
  const message = error instanceof Error ? error.message : String(error);
  if (/unexpected redirect/i.test(`${message} ${causeMessage(error)}`)) {
    return new ModelError(
      'protocol',
      `${label} sends requests on to another server, which is not followed.`,
      error,
    );
  }
  if (
    /terminated|other side closed|socket hang up|did not receive done/i.test(
      `${message} ${causeMessage(error)}`,
    )
  ) {
    return new ModelError('cutOff', `${label} ended the connection before the answer was complete.`, error);
  }
  if (error instanceof TypeError && message === 'fetch failed') {
    return new ModelError(
      'unreachable',
      `${label} cannot be reached: ${causeMessage(error) || message}`,
      error,
    );
  }
  if (error instanceof SyntaxError) {
    return new ModelError('protocol', `${label} answers something that is not Ollama’s format.`, error);
  }
  return new ModelError('other', `${label}: ${message}`, error);
}

function messageIn(body: string): string {
  try {
    const answer: unknown = JSON.parse(body);
    if (typeof answer === 'object' && answer !== null && 'error' in answer) return String(answer.error);
  } catch {
    // not JSON: a proxy's page. Its first words are better than nothing.
  }
  return body
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 200);
}

function causeCode(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof AggregateError) return causeCode(new Error('', { cause: cause.errors[0] }));
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}

function causeMessage(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? error.cause.message : '';
}
