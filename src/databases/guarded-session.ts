/** What the guarded transaction of every engine does: one call after the other, on one connection, begun and ended in time. */
import { type CallOptions, DatabaseError } from '../core/database.ts';
import { cancelled } from './call-errors.ts';
import type { ConnectionPool, PooledConnection } from './connection-pool.ts';
import { answeredSoon } from './control-limit.ts';
import { lost } from './socket-errors.ts';

/** Milliseconds that a statement may take when the caller does not say. */
const DEFAULT_TIMEOUT_MS = 60_000;
/** Milliseconds that another session's lock is waited for. */
export const LOCK_TIMEOUT_MS = 5000;

/** A transaction that reads only (`reads`), or one that may write and is rolled back (`writes`). */
export type SessionKind = 'reads' | 'writes';

/** Where a session gets its connection. */
export interface SessionPlace<C extends PooledConnection> {
  /** `target`: how messages name the server, without the password */
  readonly transport: { readonly target: string };
  readonly pool: Pick<ConnectionPool<C>, 'acquire' | 'release'>;
}

/** Limits of one call. */
export interface CallLimits {
  readonly signal: AbortSignal | undefined;
  /** milliseconds */
  readonly timeoutMs: number;
}

export abstract class GuardedSession<C extends PooledConnection, P extends SessionPlace<C>> {
  protected readonly place: P;
  protected readonly kind: SessionKind;
  /** the transaction is over: nothing more runs in it */
  protected over = false;
  private readonly defaults: CallOptions;
  private connected: C | null = null;
  /** the end of the call before: calls of one session run one after the other */
  private previous: Promise<unknown> = Promise.resolve();

  constructor(place: P, kind: SessionKind, defaults: CallOptions) {
    this.place = place;
    this.kind = kind;
    this.defaults = defaults;
  }

  /** Begin the transaction now, so that a connection that cannot be had shows before the work begins. */
  async begin(): Promise<void> {
    await this.inTurn({}, ({ signal }) => this.ready(signal));
  }

  /** Roll back and give the connection back; the session is over. */
  async end(): Promise<void> {
    this.over = true;
    await this.previous.catch(() => undefined);
    const { connected } = this;
    this.connected = null;
    if (!connected) return;
    try {
      if (connected.lost() === null) await this.soon(connected, () => this.finish(connected));
    } catch {
      // the server rolls back what a lost connection leaves behind
      connected.destroy();
    } finally {
      this.place.pool.release(connected);
    }
  }

  /** Begin the transaction on a connection that was just acquired. @throws what the driver raises */
  protected abstract start(connected: C): Promise<void>;

  /** Roll back, and take back what statements left in the connection. @throws what the driver raises */
  protected abstract finish(connected: C): Promise<void>;

  /** What was raised, as an error that a person can act on. */
  protected abstract failure(error: unknown): DatabaseError;

  /** Whether the work goes on over another connection when this one was lost between two calls. */
  protected goesOn(): boolean {
    return false;
  }

  /** Statements of ours, which a server answers at once. */
  protected soon<T>(connected: C, work: () => Promise<T>): Promise<T> {
    return answeredSoon(connected, this.place.transport.target, work);
  }

  /** One call, when those before it have ended. */
  protected inTurn<T>(options: CallOptions, work: (limits: CallLimits) => Promise<T>): Promise<T> {
    const result = this.previous.then(() => {
      const signal = options.signal ?? this.defaults.signal;
      const timeoutMs = options.timeoutMs ?? this.defaults.timeoutMs ?? DEFAULT_TIMEOUT_MS;
      if (signal?.aborted) throw cancelled(signal.reason);
      if (this.over) throw endedError();
      return work({ signal, timeoutMs });
    });
    this.previous = result.catch(() => undefined);
    return result;
  }

  /** The connection with its transaction, begun when there is none yet. @throws DatabaseError */
  protected async ready(signal: AbortSignal | undefined): Promise<C> {
    if (this.connected && this.connected.lost() !== null) {
      this.place.pool.release(this.connected);
      this.connected = null;
      if (!this.goesOn()) {
        this.over = true;
        throw this.lostError();
      }
    }
    if (this.connected) return this.connected;
    const first = await this.open(signal);
    if (first) return first;
    // the connection came from the pool and its server was gone meanwhile: nothing has run yet, so once more
    const second = await this.open(signal);
    if (second) return second;
    throw this.lostError();
  }

  /** @returns null when the connection turned out to be lost */
  private async open(signal: AbortSignal | undefined): Promise<C | null> {
    const connected = await this.place.pool.acquire({ signal, timeoutMs: this.defaults.timeoutMs });
    try {
      await this.soon(connected, () => this.start(connected));
    } catch (error) {
      const known = this.failure(error);
      connected.destroy();
      this.place.pool.release(connected);
      if (known.reason === 'connectionLost') return null;
      throw known;
    }
    this.connected = connected;
    return connected;
  }

  private lostError(): DatabaseError {
    const { reason, message } = lost(this.place.transport.target);
    return new DatabaseError(reason, message);
  }
}

/** The error of a call in a session whose transaction is over. */
export function endedError(): DatabaseError {
  return new DatabaseError('connectionLost', 'The transaction is over. Begin the work again.');
}
