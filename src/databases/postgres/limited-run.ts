/** Running one statement with a limit and a signal, both of which reach the server. */
import type { Client } from 'pg';
import { DatabaseError } from '../../core/database.ts';
import { cancelled, toDatabaseError } from './errors.ts';
import type { Connected, Transport } from './transport.ts';

export interface Limits {
  /** the caller's statement */
  readonly sql: string;
  /** what we put before it */
  readonly prefix?: string;
  /** milliseconds */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly transport: Transport;
  readonly connected: Connected;
}

/** How long a server that obeys its own limit may be late before it is asked again, milliseconds. */
const LATE_MS = 1500;
/** How long a server may take to stop a statement before the connection is closed, milliseconds. */
const STOPPING_MS = 5000;

/**
 * Run until it ends, the limit passes, or the signal is aborted. When it is stopped, this waits until the server has
 * stopped: nothing of it runs any more when the call returns.
 *
 * @param sent the text that the server sees, by which the control connection knows the statement
 * @throws DatabaseError reason 'timeout' or 'cancelled', or what the statement raised
 */
export async function runLimited<T>(
  run: (client: Client) => Promise<T>,
  limits: Limits & { readonly sent: string },
): Promise<T> {
  const { transport, connected, signal, timeoutMs } = limits;
  if (signal?.aborted) throw cancelled(signal.reason);
  const began = performance.now();
  let stopped: 'signal' | 'limit' | null = null;
  let giveUp: NodeJS.Timeout | undefined;
  let stopping: Promise<void> = Promise.resolve();
  const stop = (why: 'signal' | 'limit') => {
    if (stopped !== null) return;
    stopped = why;
    giveUp = setTimeout(() => connected.destroy(), STOPPING_MS);
    // when the server cannot be asked, closing the connection is what is left
    stopping = transport.interrupt(connected, limits.sent).catch(() => connected.destroy());
  };
  const onAbort = () => stop('signal');
  const own = timeoutMs + (transport.obeysTimeouts ? LATE_MS : 0);
  const timer = setTimeout(() => stop('limit'), Math.min(own, 2 ** 31 - 1));
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const result = await run(connected.client);
    if (stopped === 'signal') throw cancelled(signal?.reason);
    return result;
  } catch (error) {
    throw toDatabaseError(error, {
      target: transport.target,
      user: transport.user,
      sql: limits.sql,
      prefix: limits.prefix,
      stopped: stopped ?? (serverLimit(error, began, timeoutMs) ? 'limit' : null),
      timeoutMs,
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    // the control connection has looked, and signals nothing that comes after this statement
    await stopping;
    clearTimeout(giveUp);
  }
}

/** The server's own limit and an administrator have the same code; the clock tells them apart. */
function serverLimit(error: unknown, began: number, timeoutMs: number): boolean {
  if (DatabaseError.is(error) || !(error instanceof Error) || !('code' in error)) return false;
  return error.code === '57014' && performance.now() - began >= timeoutMs * 0.9;
}
