/** Tokens of TDS 7.4 as a server sends them. [MS-TDS] 2.2.7 */
import { type ColumnType, encodeValue, typeInfo } from './types.ts';

export interface ServerMessage {
  readonly number: number;
  readonly message: string;
  /** severity; errors have 11 and more */
  readonly class?: number;
  readonly state?: number;
  readonly line?: number;
}

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

export const DONE = { final: 0x00, more: 0x01, error: 0x02, count: 0x10, attention: 0x20 } as const;

const SERVER = 'stand-in';
/** SQL_Latin1_General_CP1_CI_AS: LCID 1033, flags, sort id 52. */
export const COLLATION = Buffer.from([0x09, 0x04, 0xd0, 0x00, 0x34]);

export function uint16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeUInt16LE(value);
  return buffer;
}

export function uint32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value >>> 0);
  return buffer;
}

/** A text with the number of its characters before it, in one byte. */
export function shortText(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'utf16le')]);
}

function longText(text: string): Buffer {
  return Buffer.concat([uint16(text.length), Buffer.from(text, 'utf16le')]);
}

function sizedToken(token: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([token]), uint16(body.length), body]);
}

/** 2.2.7.10 and 2.2.7.13 */
export function messageToken(kind: 'error' | 'info', message: ServerMessage): Buffer {
  return sizedToken(
    kind === 'error' ? 0xaa : 0xab,
    Buffer.concat([
      uint32(message.number),
      Buffer.from([message.state ?? 1, message.class ?? (kind === 'error' ? 16 : 0)]),
      longText(message.message),
      shortText(SERVER),
      shortText(''),
      uint32(message.line ?? 1),
    ]),
  );
}

/** 2.2.7.6 */
export function doneToken(status: number, count = 0): Buffer {
  const rows = Buffer.alloc(8);
  rows.writeBigUInt64LE(BigInt(count));
  return Buffer.concat([Buffer.from([0xfd]), uint16(status), uint16(0), rows]);
}

/** 2.2.7.14: TDS 7.4, interface SQL_TSQL. */
export function loginAck(major: number): Buffer {
  return sizedToken(
    0xad,
    Buffer.concat([
      Buffer.from([1, 0x74, 0, 0, 4]),
      shortText('Microsoft SQL Server'),
      Buffer.from([major, 0, 0, 0]),
    ]),
  );
}

/** 2.2.7.9: texts, as for the database (1), the language (2) and the packet size (4). */
export function environmentText(kind: number, after: string, before = ''): Buffer {
  return sizedToken(0xe3, Buffer.concat([Buffer.from([kind]), shortText(after), shortText(before)]));
}

/** 2.2.7.9: bytes, as for the collation (7), a transaction's begin (8) and its rollback (10). */
export function environmentBytes(kind: number, after: Buffer, before = Buffer.alloc(0)): Buffer {
  const sized = (bytes: Buffer) => Buffer.concat([Buffer.from([bytes.length]), bytes]);
  return sizedToken(0xe3, Buffer.concat([Buffer.from([kind]), sized(after), sized(before)]));
}

/** 2.2.7.9, type 20: connect there instead. */
export function routing(server: string, port: number): Buffer {
  const after = Buffer.concat([Buffer.from([0]), uint16(port), longText(server)]);
  return sizedToken(0xe3, Buffer.concat([Buffer.from([20]), uint16(after.length), after, uint16(0)]));
}

/** 2.2.7.11: the server has taken the token of Entra ID. */
export function federationAck(): Buffer {
  return Buffer.concat([Buffer.from([0xae, 0x02]), uint32(0), Buffer.from([0xff])]);
}

/** 2.2.7.4 */
export function columnMetadata(columns: readonly Column[]): Buffer {
  const parts = columns.flatMap(({ name, type }) => [
    uint32(0),
    uint16(0x09), // nullable, may be updated
    typeInfo(type, COLLATION),
    shortText(name),
  ]);
  return Buffer.concat([Buffer.from([0x81]), uint16(columns.length), ...parts]);
}

/** 2.2.7.19 */
export function rowToken(columns: readonly Column[], values: readonly (string | null)[]): Buffer {
  const cells = columns.map(({ type }, index) => encodeValue(type, values[index] ?? null));
  return Buffer.concat([Buffer.from([0xd1]), ...cells]);
}

/** 2.2.7.16: a row that says by bits which values are NULL and leaves those out. */
export function nullBitmapRow(columns: readonly Column[], values: readonly (string | null)[]): Buffer {
  const bitmap = Buffer.alloc(Math.ceil(columns.length / 8));
  const cells = columns.flatMap(({ type }, index) => {
    const value = values[index] ?? null;
    if (value !== null) return [encodeValue(type, value)];
    bitmap[index >> 3] = (bitmap[index >> 3] ?? 0) | (1 << (index & 7));
    return [];
  });
  return Buffer.concat([Buffer.from([0xd2]), bitmap, ...cells]);
}
