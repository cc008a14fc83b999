/** More attempts to connect where waiting helps. */
import { type CallOptions, DatabaseError } from '../core/database.ts';
import { pause } from './pause.ts';

/** Waits between attempts, milliseconds. */
const BACK_OFF_MS = [100, 250, 600, 1500];
/** Milliseconds for all attempts together. */
export const DEFAULT_CONNECT_MS = 15_000;

/**
 * Connect, with more attempts where waiting helps (the server is starting, has no free connection, or the network
 * broke in the middle).
 *
 * @param attempt connects once, within the milliseconds that are left
 * @param startingCode the engine's own code for "is starting or stopping"
 * @throws DatabaseError
 */
export async function retryConnecting<T>(
  attempt: (timeoutMs: number) => Promise<T>,
  startingCode: string,
  { signal, timeoutMs = DEFAULT_CONNECT_MS }: CallOptions,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (let failures = 0; ; failures++) {
    try {
      return await attempt(deadline - Date.now());
    } catch (error) {
      const wait = BACK_OFF_MS[failures];
      if (wait === undefined || !isTransient(error, startingCode) || Date.now() + wait >= deadline)
        throw error;
      await pause(wait, signal);
    }
  }
}

function isTransient(error: unknown, startingCode: string): boolean {
  if (!DatabaseError.is(error)) return false;
  if (error.reason === 'tooManyConnections' || error.reason === 'connectionLost') return true;
  return error.code === 'EAI_AGAIN' || error.code === startingCode;
}
