/** Errors and sentences that are the same for every engine. */
import { DatabaseError } from '../core/database.ts';

/** SQLSTATE of a statement that was stopped. */
const STOPPED = '57014';

/** The call was given up by its caller. */
export function cancelled(cause?: unknown): DatabaseError {
  return new DatabaseError('cancelled', 'Cancelled. The statement was stopped in the server.', {
    cause,
    code: STOPPED,
  });
}

/** The statement was stopped at its limit. */
export function timedOut(timeoutMs: number | undefined, cause: unknown): DatabaseError {
  const limit = timeoutMs === undefined ? '' : ` of ${seconds(timeoutMs)}`;
  return new DatabaseError(
    'timeout',
    `The statement did not finish within the limit${limit} and was stopped. Raise the limit, or try it on less data.`,
    { cause, code: STOPPED },
  );
}

/** The text as a sentence: with a full stop. */
export function finish(text: string): string {
  const trimmed = text.trim();
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${Number((ms / 1000).toFixed(1))} s`;
}
