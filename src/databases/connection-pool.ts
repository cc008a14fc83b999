/** A few connections, opened when needed, closed when unused, given out in the order in which they were asked for. */
import { type CallOptions, DatabaseError } from '../core/database.ts';
import { cancelled } from './call-errors.ts';

/** A connection as far as keeping it needs to know. */
export interface PooledConnection {
  /** why the connection is gone; null while it lives */
  lost(): Error | null;
  /** between transactions, so that the next piece of work may have it */
  clean(): boolean;
  /** Say goodbye and close. */
  end(): Promise<void>;
  /** Close at once. */
  destroy(): void;
}

/** Where a pool gets its connections from. */
export interface ConnectionSource<C extends PooledConnection> {
  /** connections that may be open at the same time */
  readonly parallelism: number;
  /** milliseconds after which an unused connection is closed; null: never */
  readonly idleMs: number | null;
  /** @throws DatabaseError */
  connect(options: CallOptions): Promise<C>;
}

interface Waiting {
  readonly give: () => void;
  readonly fail: (error: unknown) => void;
}

export class ConnectionPool<C extends PooledConnection> {
  private readonly source: ConnectionSource<C>;
  private readonly idle = new Map<C, NodeJS.Timeout | null>();
  private readonly waiting: Waiting[] = [];
  private open = 0;
  private closed = false;

  constructor(source: ConnectionSource<C>) {
    this.source = source;
  }

  /**
   * A connection for one piece of work; give it back by {@link release}.
   * @throws DatabaseError 'cancelled' while waiting, or why no connection could be opened
   */
  async acquire(options: CallOptions): Promise<C> {
    if (options.signal?.aborted) throw cancelled(options.signal.reason);
    this.refuseWhenClosed();
    if (this.open >= this.source.parallelism && this.idle.size === 0) await this.turn(options.signal);
    this.refuseWhenClosed();
    for (const [connected, timer] of this.idle) {
      if (timer) clearTimeout(timer);
      this.idle.delete(connected);
      if (connected.lost() === null) return connected;
      this.open--;
    }
    this.open++;
    try {
      return await this.source.connect(options);
    } catch (error) {
      this.open--;
      this.next();
      throw error;
    }
  }

  /** Give a connection back. One that is lost or not between transactions is not used again. */
  release(connected: C): void {
    const usable = connected.lost() === null && connected.clean() && !this.closed;
    if (usable) this.idle.set(connected, this.idleTimer(connected));
    else {
      this.open--;
      connected.destroy();
    }
    this.next();
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const { fail } of this.waiting.splice(0)) fail(closedError());
    const idle = [...this.idle];
    this.idle.clear();
    await Promise.all(
      idle.map(async ([connected, timer]) => {
        if (timer) clearTimeout(timer);
        if (connected.lost() === null) await connected.end();
      }),
    );
  }

  private idleTimer(connected: C): NodeJS.Timeout | null {
    const { idleMs } = this.source;
    if (idleMs === null) return null;
    const timer = setTimeout(() => {
      this.idle.delete(connected);
      this.open--;
      // it is unused: a failing goodbye tells nothing that the next connection does not
      connected.end().catch(() => connected.destroy());
    }, idleMs);
    timer.unref();
    return timer;
  }

  private turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.waiting.splice(this.waiting.indexOf(entry), 1);
        reject(cancelled(signal?.reason));
      };
      const entry: Waiting = {
        give: () => {
          signal?.removeEventListener('abort', leave);
          resolve();
        },
        fail: (error) => {
          signal?.removeEventListener('abort', leave);
          reject(error);
        },
      };
      this.waiting.push(entry);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  private next(): void {
    this.waiting.shift()?.give();
  }

  private refuseWhenClosed(): void {
    if (this.closed) throw closedError();
  }
}

function closedError(): DatabaseError {
  return new DatabaseError('connectionLost', 'The connection was closed. Connect again.');
}
