import { Duplex } from 'node:stream';

/** A pipe as the kind of stream that `pg` opens itself otherwise: it has `connect`, and it is connected already. */
export class PipeStream extends Duplex {
  private readonly inner: Duplex;

  constructor(inner: Duplex) {
    super();
    this.inner = inner;
    inner.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) inner.pause();
    });
    inner.once('close', () => this.destroy());
    inner.on('error', (error) => this.destroy(error));
  }

  /** What pg calls instead of opening a socket. */
  connect(): this {
    queueMicrotask(() => this.emit('connect'));
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  override _read(): void {
    this.inner.resume();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.inner.write(chunk, encoding, done);
  }
}
