/**
 * The driver as it is loaded at the first connection, in a file of its own (`#drivers/mssql`): `tedious`, with five
 * things mended that this product cannot do without.
 *
 * 1. Exact values. `tedious` reads decimal and money as JavaScript numbers, which hold 15 to 17 digits of 38, and
 *    forgets the offset of datetimeoffset. Results are compared bytewise here, so these come as texts.
 * 2. Closing ends an attempt to connect too, not only a connection.
 * 3. What a server says besides when it acknowledges an attention (a message, the end of the transaction) raises an
 *    error that nobody can catch in `tedious`. Here it counts as after any other statement.
 * 4. Nor can anybody catch there what is raised by an answer that cannot be read. Here it ends the connection.
 * 5. No silent plain text. Asked to encrypt, `tedious` still logs in unencrypted when the server (or somebody in
 *    between) answers that it cannot encrypt. Here that is an error before the password is sent.
 */
import type { Readable } from 'node:stream';
import { Connection, Request } from 'tedious';
import { AttentionTokenHandler, RequestTokenHandler } from 'tedious/lib/token/handler.js';
import { NotEnoughDataError, Result } from 'tedious/lib/token/helpers.js';
// the CommonJS module itself, whose functions the driver looks up at each call
import valueParser from 'tedious/lib/value-parser.js';

/** A text that is sent as it is; the driver's own class, under the name that it has here. */
export class BatchRequest extends Request {}

/** `error.code` of the refusal to log in without encryption. */
const NO_ENCRYPTION = 'ENOENCRYPT';

type Negotiate = Connection['performTlsNegotiation'];
type ConnectOnPort = Connection['connectOnPort'];
type CreateParser = Connection['createTokenStreamParser'];

/** A connection that never logs in unencrypted when encryption was asked for, and stops connecting when closed. */
export class EncryptedConnection extends Connection {
  private readonly closing = new AbortController();

  override close(): void {
    this.closing.abort(new Error('closed while connecting'));
    super.close();
  }

  override connectOnPort(...args: Parameters<ConnectOnPort>): ReturnType<ConnectOnPort> {
    const [port, multiSubnetFailover, signal, connector] = args;
    const either = AbortSignal.any([signal, this.closing.signal]);
    return super.connectOnPort(port, multiSubnetFailover, either, connector);
  }

  override createTokenStreamParser(
    ...[message, handler]: Parameters<CreateParser>
  ): ReturnType<CreateParser> {
    if (handler instanceof AttentionTokenHandler) listenFully(handler);
    const parser = super.createTokenStreamParser(message, handler);
    const { parser: tokens } = parser as unknown as { readonly parser: Readable };
    tokens.on('error', (error) => {
      this.emit('error', error);
      this.close();
    });
    return parser;
  }

  override async performTlsNegotiation(...[prelogin, signal]: Parameters<Negotiate>): Promise<void> {
    const offered = ['ON', 'REQ'].includes(prelogin.encryptionString);
    if (this.config.options.encrypt === true && !offered) {
      throw Object.assign(new Error('The server does not offer encryption'), { code: NO_ENCRYPTION });
    }
    await super.performTlsNegotiation(prelogin, signal);
  }
}

/** Everything but the acknowledgement is handled as for the request, whose caller hears nothing more of it. */
function listenFully(attention: AttentionTokenHandler): void {
  const onDone = attention.onDone.bind(attention);
  Object.setPrototypeOf(attention, new RequestTokenHandler(attention.connection, attention.request));
  attention.onDone = onDone;
}

type ReadValue = typeof valueParser.readValue;

const module = valueParser as { readValue: ReadValue };
const readLossily = module.readValue;

module.readValue = (buffer, offset, metadata, options) => {
  switch (metadata.type.name) {
    case 'NumericN':
    case 'DecimalN':
      return sized(buffer, offset, (at, length) => decimalText(buffer, at, length, metadata.scale ?? 0));
    case 'MoneyN':
      return sized(buffer, offset, (at, length) => moneyText(buffer, at, length));
    case 'Money':
      return fixed(buffer, offset, 8, (at) => moneyText(buffer, at, 8));
    case 'SmallMoney':
      return fixed(buffer, offset, 4, (at) => moneyText(buffer, at, 4));
    case 'DateTimeOffset':
      return sized(buffer, offset, (at, length) =>
        dateTimeOffsetText(buffer, at, length, metadata.scale ?? 0),
      );
    case 'Variant':
      return variant(buffer, offset) ?? readLossily(buffer, offset, metadata, options);
    default:
      return readLossily(buffer, offset, metadata, options);
  }
};

/**
 * A value that tells its own type: length, type, number of its properties, the properties, the value. [MS-TDS] 2.2.5.5.4
 *
 * @returns null for NULL and for types that lose nothing
 */
function variant(buffer: Buffer, offset: number): Result<string> | null {
  if (buffer.length < offset + 4) throw new NotEnoughDataError(offset + 4);
  const end = offset + 4 + buffer.readUInt32LE(offset);
  if (end === offset + 4) return null;
  if (buffer.length < end) throw new NotEnoughDataError(end);
  const [type, properties] = [buffer.readUInt8(offset + 4), buffer.readUInt8(offset + 5)];
  const at = offset + 6 + properties;
  const length = end - at;
  switch (type) {
    case 0x6a: // decimal
    case 0x6c: // numeric
      return new Result(decimalText(buffer, at, length, buffer.readUInt8(offset + 7)), end);
    case 0x3c: // money
    case 0x7a: // smallmoney
      return new Result(moneyText(buffer, at, length), end);
    case 0x2b: // datetimeoffset
      return new Result(dateTimeOffsetText(buffer, at, length, buffer.readUInt8(offset + 6)), end);
    default:
      return null;
  }
}

/** A value behind one byte with its length; a length of 0 is NULL. */
function sized(
  buffer: Buffer,
  offset: number,
  read: (at: number, length: number) => string,
): Result<string | null> {
  if (buffer.length < offset + 1) throw new NotEnoughDataError(offset + 1);
  const length = buffer.readUInt8(offset);
  return length === 0 ? new Result(null, offset + 1) : fixed(buffer, offset + 1, length, read);
}

function fixed(
  buffer: Buffer,
  at: number,
  length: number,
  read: (at: number, length: number) => string,
): Result<string | null> {
  if (buffer.length < at + length) throw new NotEnoughDataError(at + length);
  return new Result(read(at, length), at + length);
}

/** A sign (1: positive) and a whole number in little-endian order. [MS-TDS] 2.2.5.5.1.6 */
function decimalText(buffer: Buffer, at: number, length: number, scale: number): string {
  const sign = buffer.readUInt8(at) === 1 ? '' : '-';
  return scaled(sign, littleEndian(buffer, at + 1, length - 1), scale);
}

/** Ten-thousandths; of eight bytes the higher four come first. [MS-TDS] 2.2.5.5.1.2 */
function moneyText(buffer: Buffer, at: number, length: number): string {
  const value =
    length === 4
      ? BigInt(buffer.readInt32LE(at))
      : (BigInt(buffer.readInt32LE(at)) << 32n) + BigInt(buffer.readUInt32LE(at + 4));
  return value < 0n ? scaled('-', -value, 4) : scaled('', value, 4);
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Milliseconds of 0001-01-01 since 1970-01-01. */
const FIRST_DAY_MS = Date.UTC(2000, 0, 1) - 730_119 * DAY_MS;

/** Time of day and day in UTC, then the offset in minutes. [MS-TDS] 2.2.5.5.1.9 */
function dateTimeOffsetText(buffer: Buffer, at: number, length: number, scale: number): string {
  const ticks = littleEndian(buffer, at, length - 5) * 10n ** BigInt(7 - scale);
  const days = buffer.readUIntLE(at + length - 5, 3);
  const offset = buffer.readInt16LE(at + length - 2);
  const utc = FIRST_DAY_MS + days * DAY_MS + Number(ticks / 10_000n);
  const local = new Date(utc + offset * MINUTE_MS).toISOString();
  const fraction = `${local.slice(20, 23)}${String(ticks % 10_000n).padStart(4, '0')}`.slice(0, scale);
  const sign = offset < 0 ? '-' : '+';
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
  return `${local.slice(0, 10)} ${local.slice(11, 19)}${scale === 0 ? '' : `.${fraction}`} ${sign}${two(hours)}:${two(minutes)}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function littleEndian(buffer: Buffer, at: number, length: number): bigint {
  let value = 0n;
  for (let index = length - 1; index >= 0; index--)
    value = (value << 8n) | BigInt(buffer.readUInt8(at + index));
  return value;
}

function scaled(sign: string, value: bigint, scale: number): string {
  if (scale === 0) return `${value === 0n ? '' : sign}${value}`;
  const digits = String(value).padStart(scale + 1, '0');
  return `${value === 0n ? '' : sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
