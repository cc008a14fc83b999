/** Types and values of TDS, from the texts that SQL Server would print. [MS-TDS] 2.2.5.4 and 2.2.5.5 */

/** As DDL writes it: 'int', 'decimal(38,4)', 'nvarchar(max)', 'datetime2(7)' … */
export type ColumnType = string;

interface Parts {
  readonly name: string;
  readonly first: number;
  readonly second: number;
  readonly max: boolean;
}

function partsOf(type: ColumnType): Parts {
  const [, name = '', first, second] = /^([a-z0-9_]+)(?:\((\w+)(?:,(\d+))?\))?$/.exec(type) ?? [];
  return {
    name,
    first: Number(first === 'max' ? 0 : (first ?? 0)),
    second: Number(second ?? 0),
    max: first === 'max',
  };
}

const INTEGERS: Readonly<Record<string, number>> = { tinyint: 1, smallint: 2, int: 4, bigint: 8 };
const MAX = 0xff_ff;

function u16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeUInt16LE(value);
  return buffer;
}

/** TYPE_INFO, 2.2.5.6. */
export function typeInfo(type: ColumnType, collation: Buffer): Buffer {
  const { name, first, second, max } = partsOf(type);
  const integer = INTEGERS[name];
  if (integer !== undefined) return Buffer.from([0x26, integer]);
  switch (name) {
    case 'bit':
      return Buffer.from([0x68, 1]);
    case 'real':
      return Buffer.from([0x6d, 4]);
    case 'float':
      return Buffer.from([0x6d, 8]);
    case 'smallmoney':
      return Buffer.from([0x6e, 4]);
    case 'money':
      return Buffer.from([0x6e, 8]);
    case 'smalldatetime':
      return Buffer.from([0x6f, 4]);
    case 'datetime':
      return Buffer.from([0x6f, 8]);
    case 'decimal':
      return Buffer.from([0x6a, 17, first, second]);
    case 'numeric':
      return Buffer.from([0x6c, 17, first, second]);
    case 'date':
      return Buffer.from([0x28]);
    case 'time':
      return Buffer.from([0x29, first]);
    case 'datetime2':
      return Buffer.from([0x2a, first]);
    case 'datetimeoffset':
      return Buffer.from([0x2b, first]);
    case 'uniqueidentifier':
      return Buffer.from([0x24, 16]);
    case 'varbinary':
      return Buffer.concat([Buffer.from([0xa5]), u16(max ? MAX : first)]);
    case 'varchar':
      return Buffer.concat([Buffer.from([0xa7]), u16(max ? MAX : first), collation]);
    case 'nvarchar':
      return Buffer.concat([Buffer.from([0xe7]), u16(max ? MAX : first * 2), collation]);
    case 'xml':
      return Buffer.from([0xf1, 0]);
    case 'sql_variant':
      return Buffer.from([0x62, 0x49, 0x1f, 0, 0]);
    default:
      throw new Error(`The stand-in cannot send the type ${type}.`);
  }
}

/** TYPE_VARBYTE of a value that is given as text; null is NULL. */
export function encodeValue(type: ColumnType, value: string | null): Buffer {
  const { name, second, first, max } = partsOf(type);
  if (name === 'sql_variant') return variantBytes(value);
  if (max || name === 'xml') return partlyLengthPrefixed(value === null ? null : bytesOf(name, value));
  if (['varbinary', 'varchar', 'nvarchar'].includes(name)) {
    if (value === null) return u16(MAX);
    const bytes = bytesOf(name, value);
    return Buffer.concat([u16(bytes.length), bytes]);
  }
  if (value === null) return Buffer.from([0]);
  const bytes = fixedBytes(name, value, name === 'decimal' || name === 'numeric' ? second : first);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

/** 2.2.5.5.4. @param value as `decimal(38,4):1.5`: its own type comes first */
function variantBytes(value: string | null): Buffer {
  const [, type = '', text = ''] = /^([^:]+):(.*)$/.exec(value ?? '') ?? [];
  if (value === null) return Buffer.alloc(4);
  const { name, first, second } = partsOf(type);
  const exact = name === 'decimal' || name === 'numeric';
  const properties = exact ? [first, second] : /^(time|datetime2|datetimeoffset)$/.test(name) ? [first] : [];
  const code = VARIANT_TYPES[name];
  if (code === undefined) throw new Error(`The stand-in cannot send ${type} as a variant.`);
  const bytes = fixedBytes(name, text, exact ? second : first);
  const body = Buffer.concat([Buffer.from([code, properties.length, ...properties]), bytes]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  return Buffer.concat([length, body]);
}

const VARIANT_TYPES: Readonly<Record<string, number>> = {
  int: 0x38,
  bigint: 0x7f,
  decimal: 0x6a,
  numeric: 0x6c,
  money: 0x3c,
  smallmoney: 0x7a,
  datetime2: 0x2a,
  datetimeoffset: 0x2b,
};

function bytesOf(name: string, value: string): Buffer {
  if (name === 'varbinary') return Buffer.from(value.replace(/^0x/, ''), 'hex');
  return Buffer.from(value, name === 'varchar' ? 'latin1' : 'utf16le');
}

/** 2.2.5.2.3 */
function partlyLengthPrefixed(bytes: Buffer | null): Buffer {
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(bytes === null ? 0xff_ff_ff_ff_ff_ff_ff_ffn : BigInt(bytes.length));
  if (bytes === null) return head;
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([head, ...(bytes.length === 0 ? [] : [length, bytes]), Buffer.alloc(4)]);
}

function fixedBytes(name: string, value: string, scale: number): Buffer {
  const integer = INTEGERS[name];
  if (integer !== undefined) return signed(BigInt(value), integer);
  switch (name) {
    case 'bit':
      return Buffer.from([Number(value)]);
    case 'real': {
      const bytes = Buffer.alloc(4);
      bytes.writeFloatLE(Number(value));
      return bytes;
    }
    case 'float': {
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleLE(Number(value));
      return bytes;
    }
    case 'smallmoney':
      return signed(scaledInteger(value, 4), 4);
    case 'money': {
      const bytes = signed(scaledInteger(value, 4), 8);
      return Buffer.concat([bytes.subarray(4), bytes.subarray(0, 4)]);
    }
    case 'decimal':
    case 'numeric': {
      const scaled = scaledInteger(value, scale);
      const magnitude = unsigned(scaled < 0n ? -scaled : scaled, 16);
      return Buffer.concat([Buffer.from([scaled < 0n ? 0 : 1]), magnitude]);
    }
    case 'uniqueidentifier':
      return guidBytes(value);
    default:
      return timeBytes(name, value, scale);
  }
}

function timeBytes(name: string, value: string, scale: number): Buffer {
  const [, day = '1900-01-01', time = '00:00:00', offset] =
    /^(\d{4}-\d\d-\d\d)?\s?(\d\d:\d\d:\d\d(?:\.\d+)?)?(?: ([+-]\d\d:\d\d))?$/.exec(value) ?? [];
  const [clock = '', fraction = ''] = time.split('.');
  const [hours = 0, minutes = 0, seconds = 0] = clock.split(':').map(Number);
  const inSeconds = hours * 3600 + minutes * 60 + seconds;
  const ticks =
    BigInt(inSeconds) * 10n ** BigInt(scale) + BigInt(fraction.slice(0, scale).padEnd(scale, '0') || '0');
  const days = Math.round(Date.parse(`${day}T00:00:00Z`) / 86_400_000);
  const sinceFirst = unsigned(BigInt(days + 719_162), 3);
  const length = scale < 3 ? 3 : scale < 5 ? 4 : 5;
  switch (name) {
    case 'date':
      return sinceFirst;
    case 'time':
      return unsigned(ticks, length);
    case 'datetime2':
      return Buffer.concat([unsigned(ticks, length), sinceFirst]);
    case 'datetimeoffset': {
      const [, sign = '+', h = '0', m = '0'] = /([+-])(\d\d):(\d\d)/.exec(offset ?? '+00:00') ?? [];
      const shift = (Number(h) * 60 + Number(m)) * (sign === '-' ? -1 : 1);
      const perDay = 86_400n * 10n ** BigInt(scale);
      let utc = ticks - BigInt(shift * 60) * 10n ** BigInt(scale);
      let utcDays = BigInt(days + 719_162);
      if (utc < 0n) [utc, utcDays] = [utc + perDay, utcDays - 1n];
      if (utc >= perDay) [utc, utcDays] = [utc - perDay, utcDays + 1n];
      return Buffer.concat([unsigned(utc, length), unsigned(utcDays, 3), signed(BigInt(shift), 2)]);
    }
    case 'datetime': {
      const threeHundredths = Math.round((inSeconds + Number(`0.${fraction || '0'}`)) * 300);
      return Buffer.concat([signed(BigInt(days + 25_567), 4), unsigned(BigInt(threeHundredths), 4)]);
    }
    case 'smalldatetime':
      return Buffer.concat([unsigned(BigInt(days + 25_567), 2), unsigned(BigInt(hours * 60 + minutes), 2)]);
    default:
      throw new Error(`The stand-in cannot send the type ${name}.`);
  }
}

function scaledInteger(value: string, scale: number): bigint {
  const [, sign = '', whole = '0', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(value) ?? [];
  return BigInt(`${sign}${whole}${fraction.padEnd(scale, '0')}`);
}

/** The first three groups are numbers in little-endian order. */
function guidBytes(value: string): Buffer {
  const [a = '', b = '', c = '', d = '', e = ''] = value.split('-');
  const swap = (hex: string) => Buffer.from(hex, 'hex').reverse();
  return Buffer.concat([swap(a), swap(b), swap(c), Buffer.from(d + e, 'hex')]);
}

function signed(value: bigint, length: number): Buffer {
  return unsigned(BigInt.asUintN(length * 8, value), length);
}

function unsigned(value: bigint, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let rest = value;
  for (let index = 0; index < length; index++) {
    bytes[index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}
