/** A limit for what we send ourselves around a statement: BEGIN, SET, ROLLBACK. A server answers at once, or not at all. */
import { DatabaseError } from '../core/database.ts';
import { silent } from './socket-errors.ts';

/** Milliseconds after which a server that has not answered such a statement counts as gone. */
const CONTROL_MS = 10_000;

/**
 * The work's result; the connection is closed when it does not come in time, so that the work ends.
 *
 * @param target how messages name the server
 * @throws DatabaseError reason 'timeout', or what the work raised
 */
export async function answeredSoon<T>(
  connected: { destroy(): void },
  target: string,
  work: () => Promise<T>,
): Promise<T> {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    connected.destroy();
  }, CONTROL_MS);
  try {
    return await work();
  } catch (error) {
    if (!late) throw error;
    const { reason, message } = silent(target);
    throw new DatabaseError(reason, message, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
