/** What a client says when it connects. [MS-TDS] 2.2.6.4 and 2.2.6.5 */

export interface Login {
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly application: string;
  /** ApplicationIntent=ReadOnly */
  readonly readOnlyIntent: boolean;
  /** of Entra ID */
  readonly token: string | null;
  /** what the password came through */
  readonly encrypted: boolean;
}

const ENCRYPTION = 0x01;
const FEDERATION_REQUIRED = 0x06;

/** The options of a PRELOGIN message by their number. */
export function preloginOptions(data: Buffer): Map<number, Buffer> {
  const options = new Map<number, Buffer>();
  for (let at = 0; data[at] !== undefined && data[at] !== 0xff; at += 5) {
    const offset = data.readUInt16BE(at + 1);
    options.set(data[at] ?? 0, data.subarray(offset, offset + data.readUInt16BE(at + 3)));
  }
  return options;
}

/** The server's PRELOGIN: its version, and whether it encrypts (0x01: yes, 0x02: it cannot). */
export function preloginAnswer(major: number, encryption: number, asked: Map<number, Buffer>): Buffer {
  const answers: [number, Buffer][] = [
    [0x00, Buffer.from([major, 0, 0, 0, 0, 0])],
    [ENCRYPTION, Buffer.from([encryption])],
    [0x02, Buffer.from([0])],
    [0x03, Buffer.alloc(0)],
    [0x04, Buffer.from([0])],
  ];
  if (asked.has(FEDERATION_REQUIRED)) answers.push([FEDERATION_REQUIRED, Buffer.from([1])]);
  const heads: Buffer[] = [];
  let offset = answers.length * 5 + 1;
  for (const [option, body] of answers) {
    const head = Buffer.alloc(5);
    head[0] = option;
    head.writeUInt16BE(offset, 1);
    head.writeUInt16BE(body.length, 3);
    heads.push(head);
    offset += body.length;
  }
  return Buffer.concat([...heads, Buffer.from([0xff]), ...answers.map(([, body]) => body)]);
}

export function asksForEncryption(options: Map<number, Buffer>): boolean {
  const [wish = 2] = options.get(ENCRYPTION) ?? [];
  return wish === 0x01 || wish === 0x03;
}

/** A LOGIN7 message. */
export function readLogin(data: Buffer, encrypted: boolean): Login {
  const text = (at: number) => {
    const [offset, length] = [data.readUInt16LE(at), data.readUInt16LE(at + 2)];
    return data.subarray(offset, offset + length * 2);
  };
  return {
    user: text(40).toString('utf16le'),
    password: revealed(text(44)).toString('utf16le'),
    application: text(48).toString('utf16le'),
    database: text(68).toString('utf16le'),
    readOnlyIntent: ((data[26] ?? 0) & 0x20) !== 0,
    token: ((data[27] ?? 0) & 0x10) === 0 ? null : tokenOf(data),
    encrypted,
  };
}

/** Passwords are hidden by swapping half bytes after an exclusive or with 0xA5. */
function revealed(bytes: Buffer): Buffer {
  return Buffer.from(
    [...bytes].map((byte) => {
      const swapped = byte ^ 0xa5;
      return ((swapped << 4) | (swapped >> 4)) & 0xff;
    }),
  );
}

/** The FEDAUTH feature (2) with a security token. */
function tokenOf(data: Buffer): string | null {
  let at = data.readUInt32LE(data.readUInt16LE(56));
  while (data[at] !== undefined && data[at] !== 0xff) {
    const length = data.readUInt32LE(at + 1);
    if (data[at] === 0x02) {
      const size = data.readUInt32LE(at + 6);
      return data.subarray(at + 10, at + 10 + size).toString('utf16le');
    }
    at += 5 + length;
  }
  return null;
}
