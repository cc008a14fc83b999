/** A few connections, opened when needed, closed when unused, given out in the order in which they were asked for. */
import { DatabaseError } from '../../core/database.ts';
import type { ConnectOptions } from './connect.ts';
import { cancelled } from './errors.ts';
import type { Connected, Transport } from './transport.ts';

interface Waiting {
  readonly give: () => void;
  readonly fail: (error: unknown) => void;
}

export class ConnectionPool {
  private readonly transport: Transport;
  private readonly idle = new Map<Connected, NodeJS.Timeout | null>();
  private readonly waiting: Waiting[] = [];
  private open = 0;
  private closed = false;

  constructor(transport: Transport) {
    this.transport = transport;
  }

  /**
   * A connection for one piece of work; give it back by {@link release}.
   * @throws DatabaseError 'cancelled' while waiting, or why no connection could be opened
   */
  async acquire(options: ConnectOptions): Promise<Connected> {
    if (options.signal?.aborted) throw cancelled(options.signal.reason);
    this.refuseWhenClosed();
    if (this.open >= this.transport.parallelism && this.idle.size === 0) await this.turn(options.signal);
    this.refuseWhenClosed();
    for (const [connected, timer] of this.idle) {
      if (timer) clearTimeout(timer);
      this.idle.delete(connected);
      if (connected.lost() === null) return connected;
      this.open--;
    }
    this.open++;
    try {
      return await this.transport.connect(options);
    } catch (error) {
      this.open--;
      this.next();
      throw error;
    }
  }

  /** Give a connection back. One that is lost or not between transactions is not used again. */
  release(connected: Connected): void {
    const usable = connected.lost() === null && connected.status() === 'I' && !this.closed;
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

  private idleTimer(connected: Connected): NodeJS.Timeout | null {
    const { idleMs } = this.transport;
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
