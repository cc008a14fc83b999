/** Cuts a client's byte stream into whole messages. https://www.postgresql.org/docs/current/protocol-message-formats.html */

const SSL_REQUEST = 80_877_103;
const CANCEL_REQUEST = 80_877_102;
const GSS_REQUEST = 80_877_104;
const TERMINATE = 'X'.charCodeAt(0);
const QUERY = 'Q'.charCodeAt(0);
const COPY_ENDS = ['c', 'f'].map((type) => type.charCodeAt(0));
const COPY_FROM_CLIENT = /^\s*COPY\b[^;]*\bFROM\s+STDIN\b/i;
const MOST_BYTES = 2 ** 30;

export class WireMessages {
  private rest: Buffer = Buffer.alloc(0);
  /** the first message of a connection has no type byte */
  private started = false;
  /** a COPY FROM STDIN with its data so far: PGlite wants all of it at once */
  private copying: Buffer[] | null = null;

  /**
   * @param chunk what came
   * @returns the messages that are whole now. Requests for encryption are dropped: there is a pipe, not a network,
   *   and our client does not ask. A goodbye is dropped too: the next message begins another connection.
   * @throws RangeError when it is not PostgreSQL's protocol
   */
  take(chunk: Buffer): Uint8Array[] {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const found: Uint8Array[] = [];
    for (;;) {
      const message = this.next();
      if (!message) return found;
      if (!this.started) {
        const code = message.readInt32BE(4);
        if (code === SSL_REQUEST || code === CANCEL_REQUEST || code === GSS_REQUEST) continue;
        this.started = true;
      } else if (message[0] === TERMINATE) {
        this.started = false;
        continue;
      }
      const whole = this.withCopyData(message);
      if (whole) found.push(whole);
    }
  }

  private withCopyData(message: Buffer): Buffer | null {
    if (this.copying) {
      this.copying.push(message);
      if (!COPY_ENDS.includes(message[0] ?? 0)) return null;
      const whole = Buffer.concat(this.copying);
      this.copying = null;
      return whole;
    }
    const copies = message[0] === QUERY && COPY_FROM_CLIENT.test(message.toString('utf8', 5, 4096));
    if (copies) this.copying = [message];
    return copies ? null : message;
  }

  private next(): Buffer | null {
    const head = this.started ? 1 : 0;
    if (this.rest.length < head + 4) return null;
    const length = head + this.rest.readInt32BE(head);
    if (length < head + 4 || length > MOST_BYTES)
      throw new RangeError('This is not the protocol of PostgreSQL.');
    if (this.rest.length < length) return null;
    const message = this.rest.subarray(0, length);
    this.rest = this.rest.subarray(length);
    return message;
  }
}
