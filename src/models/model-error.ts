/** Why a language model gave no answer. */
export type ModelErrorReason =
  /** nobody answers at the address */
  | 'unreachable'
  /** the server does not have that model */
  | 'notInstalled'
  /** there is a provider, but no model at all */
  | 'noModel'
  | 'outOfMemory'
  /** no first token, or no next one, in time */
  | 'timeout'
  /** the connection ended before the answer did */
  | 'cutOff'
  /** what came is not what the provider's interface says */
  | 'protocol'
  /** the user did not allow it */
  | 'consent'
  | 'quota'
  /** the model refuses to answer, or its provider's filter does */
  | 'refused'
  /** prompt and answer do not fit the model's context */
  | 'tooLong'
  | 'cancelled'
  | 'other';

/** A failed call to a language model: why, in a word and in a sentence that a person can act on. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly reason: ModelErrorReason;

  constructor(reason: ModelErrorReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }

  static is(error: unknown, ...reasons: readonly ModelErrorReason[]): error is ModelError {
    return error instanceof ModelError && (reasons.length === 0 || reasons.includes(error.reason));
  }
}
