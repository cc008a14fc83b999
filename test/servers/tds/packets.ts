/** Packets and messages of TDS, and TLS inside of them. [MS-TDS] 2.2.3 */
import { Duplex } from 'node:stream';

export const PACKET = {
  batch: 0x01,
  rpc: 0x03,
  response: 0x04,
  attention: 0x06,
  login: 0x10,
  prelogin: 0x12,
} as const;

const HEADER = 8;
const LAST = 0x01;
const PACKET_SIZE = 4096;

export interface Message {
  readonly type: number;
  readonly data: Buffer;
  /** RESETCONNECTION: forget what the session has before this */
  readonly reset: boolean;
}

/** Puts packets together to messages. */
export class MessageReader {
  private rest = Buffer.alloc(0);
  private parts: Buffer[] = [];
  private reset = false;

  /** between two packets */
  get isIdle(): boolean {
    return this.rest.length === 0;
  }

  /** @returns the messages that are complete now */
  push(chunk: Buffer): Message[] {
    this.rest = Buffer.concat([this.rest, chunk]);
    const messages: Message[] = [];
    while (this.rest.length >= HEADER) {
      const length = this.rest.readUInt16BE(2);
      if (this.rest.length < length) break;
      const [type = 0, status = 0] = this.rest;
      this.parts.push(this.rest.subarray(HEADER, length));
      this.reset ||= (status & 0x08) !== 0;
      this.rest = this.rest.subarray(length);
      if ((status & LAST) === 0) continue;
      messages.push({ type, data: Buffer.concat(this.parts), reset: this.reset });
      this.parts = [];
      this.reset = false;
    }
    return messages;
  }
}

/** The packets of a part of a message; the last one of the message says so. */
export function packets(type: number, data: Buffer, last = true): Buffer {
  const room = PACKET_SIZE - HEADER;
  const count = Math.max(1, Math.ceil(data.length / room));
  return Buffer.concat(
    Array.from({ length: count }, (_, index) => {
      const body = data.subarray(index * room, (index + 1) * room);
      const header = Buffer.alloc(HEADER);
      header[0] = type;
      header[1] = last && index === count - 1 ? LAST : 0;
      header.writeUInt16BE(HEADER + body.length, 2);
      header[6] = (index + 1) & 0xff;
      return Buffer.concat([header, body]);
    }),
  );
}

/**
 * What TLS reads from and writes to: until the handshake is over its records travel in PRELOGIN packets, then as they
 * are.
 */
export class TlsCarrier extends Duplex {
  private readonly send: (data: Buffer) => void;
  private readonly reader = new MessageReader();
  private wrapped: boolean;
  private flight: Buffer[] = [];

  /** @param wrapped false for TLS from the first byte, as in TDS 8 */
  constructor(send: (data: Buffer) => void, wrapped: boolean) {
    super();
    this.send = send;
    this.wrapped = wrapped;
  }

  /** What came from the network: a client that has finished the handshake sends TLS records as they are. */
  receive(chunk: Buffer): void {
    if (this.reader.isIdle && chunk[0] !== PACKET.prelogin) this.wrapped = false;
    if (!this.wrapped) this.push(chunk);
    else for (const { data } of this.reader.push(chunk)) this.push(data);
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    if (!this.wrapped) this.send(chunk);
    else {
      // a client reads one message for each that it has sent: what TLS writes in several pieces travels together
      if (this.flight.length === 0) setImmediate(() => this.depart());
      this.flight.push(chunk);
    }
    done();
  }

  private depart(): void {
    const flight = Buffer.concat(this.flight);
    this.flight = [];
    this.send(packets(PACKET.prelogin, flight));
  }
}
