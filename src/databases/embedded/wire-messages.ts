/** Cuts a client's byte stream into whole messages. https://www.postgresql.org/docs/current/protocol-message-formats.html */

const SSL_REQUEST = 80_877_103;
const CANCEL_REQUEST = 80_877_102;
const GSS_REQUEST = 80_877_104;
const TERMINATE = 'X'.charCodeAt(0);
const MOST_BYTES = 2 ** 30;

export class WireMessages {
  private rest: Buffer = Buffer.alloc(0);
  /** the first message of a connection has no type byte */
  private started = false;

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
      found.push(message);
    }
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
