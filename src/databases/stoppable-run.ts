/** Running one statement until it ends, its limit passes or its caller gives up; the same for every engine. */
import type { DatabaseError } from '../core/database.ts';
import { cancelled } from './call-errors.ts';

export interface StoppableCall {
  readonly signal: AbortSignal | undefined;
  /** milliseconds */
  readonly timeoutMs: number;
  /** the server ends the statement at the limit by itself, so this side is a second line */
  readonly serverObeys: boolean;
  /** Ask the server to stop the statement. The call that waits for it then fails. */
  interrupt(): Promise<void>;
  /** Close the connection at once. */
  destroy(): void;
  /** What the statement raised, for a person. */
  failed(error: unknown, stopped: 'signal' | 'limit' | null, ranMs: number): DatabaseError;
}

/** How long a server that obeys its own limit may be late before it is asked again, milliseconds. */
const LATE_MS = 1500;
/** How long a server may take to stop a statement before the connection is closed, milliseconds. */
const STOPPING_MS = 5000;

/**
 * Run a statement. When it is stopped, this waits until the server has stopped: nothing of it runs any more when the
 * call returns.
 *
 * @throws DatabaseError reason 'timeout' or 'cancelled', or what the statement raised
 */
export async function runStoppable<T>(run: () => Promise<T>, call: StoppableCall): Promise<T> {
  const { signal, timeoutMs } = call;
  if (signal?.aborted) throw cancelled(signal.reason);
  const began = performance.now();
  let stopped: 'signal' | 'limit' | null = null;
  let giveUp: NodeJS.Timeout | undefined;
  let stopping: Promise<void> = Promise.resolve();
  const stop = (why: 'signal' | 'limit') => {
    if (stopped !== null) return;
    stopped = why;
    giveUp = setTimeout(() => call.destroy(), STOPPING_MS);
    // when the server cannot be asked, closing the connection is what is left
    stopping = call.interrupt().catch(() => call.destroy());
  };
  const onAbort = () => stop('signal');
  const own = timeoutMs + (call.serverObeys ? LATE_MS : 0);
  const timer = setTimeout(() => stop('limit'), Math.min(own, 2 ** 31 - 1));
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const result = await run();
    if (stopped === 'signal') throw cancelled(signal?.reason);
    return result;
  } catch (error) {
    throw call.failed(error, stopped, performance.now() - began);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    // the control connection has looked, and signals nothing that comes after this statement
    await stopping;
    clearTimeout(giveUp);
  }
}
