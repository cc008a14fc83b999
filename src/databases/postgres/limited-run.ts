/** Running one statement with a limit and a signal, both of which reach the server. */
import type { Client } from 'pg';
import { DatabaseError } from '../../core/database.ts';
import { runStoppable } from '../stoppable-run.ts';
import { toDatabaseError } from './errors.ts';
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

/**
 * Run until it ends, the limit passes, or the signal is aborted.
 *
 * @param sent the text that the server sees, by which the control connection knows the statement
 * @throws DatabaseError reason 'timeout' or 'cancelled', or what the statement raised
 */
export function runLimited<T>(
  run: (client: Client) => Promise<T>,
  limits: Limits & { readonly sent: string },
): Promise<T> {
  const { transport, connected, signal, timeoutMs } = limits;
  return runStoppable(() => run(connected.client), {
    signal,
    timeoutMs,
    serverObeys: transport.obeysTimeouts,
    interrupt: () => transport.interrupt(connected, limits.sent),
    destroy: () => connected.destroy(),
    failed: (error, stopped, ranMs) =>
      toDatabaseError(error, {
        target: transport.target,
        user: transport.user,
        sql: limits.sql,
        prefix: limits.prefix,
        stopped: stopped ?? (serverLimit(error, ranMs, timeoutMs) ? 'limit' : null),
        timeoutMs,
      }),
  });
}

/** The server's own limit and an administrator have the same code; the clock tells them apart. */
function serverLimit(error: unknown, ranMs: number, timeoutMs: number): boolean {
  if (DatabaseError.is(error) || !(error instanceof Error) || !('code' in error)) return false;
  return error.code === '57014' && ranMs >= timeoutMs * 0.9;
}
