/** Names of result types, and values as text, from what the protocol says of a column. */
import type { Cell, ResultColumn } from '../../core/database.ts';

/** What is used of a column as the driver describes it. */
export interface ColumnMetadata {
  readonly colName: string;
  readonly type: { readonly name: string };
  /** bytes; 65535 is `max` */
  readonly dataLength?: number | undefined;
  readonly precision?: number | undefined;
  readonly scale?: number | undefined;
  readonly udtInfo?: { readonly typeName: string } | undefined;
}

const MAX = 65_535;

/** Types whose name is the driver's in lower case. */
const PLAIN = new Set([
  'TinyInt',
  'SmallInt',
  'Int',
  'BigInt',
  'Bit',
  'Real',
  'Float',
  'Money',
  'SmallMoney',
  'DateTime',
  'SmallDateTime',
  'Date',
  'Text',
  'NText',
  'Image',
  'UniqueIdentifier',
  'Xml',
]);

/** The result column with the type as DDL writes it: 'decimal(10,2)', 'nvarchar(40)', 'datetime2(7)'. */
export function resultColumn(column: ColumnMetadata): ResultColumn {
  return { name: column.colName, type: typeName(column) };
}

function typeName(column: ColumnMetadata): string {
  const { type, dataLength = 0, precision = 0, scale = 0 } = column;
  if (PLAIN.has(type.name)) return type.name.toLowerCase();
  switch (type.name) {
    case 'IntN':
      return { 1: 'tinyint', 2: 'smallint', 4: 'int' }[dataLength] ?? 'bigint';
    case 'BitN':
      return 'bit';
    case 'FloatN':
      return dataLength === 4 ? 'real' : 'float';
    case 'MoneyN':
      return dataLength === 4 ? 'smallmoney' : 'money';
    case 'DateTimeN':
      return dataLength === 4 ? 'smalldatetime' : 'datetime';
    case 'DecimalN':
      return `decimal(${precision},${scale})`;
    case 'NumericN':
      return `numeric(${precision},${scale})`;
    case 'Time':
    case 'DateTime2':
    case 'DateTimeOffset':
      return `${type.name.toLowerCase()}(${scale})`;
    case 'NVarChar':
    case 'NChar':
      return `${type.name.toLowerCase()}(${dataLength === MAX ? 'max' : dataLength / 2})`;
    case 'VarChar':
    case 'Char':
    case 'VarBinary':
    case 'Binary':
      return `${type.name.toLowerCase()}(${dataLength === MAX ? 'max' : dataLength})`;
    case 'Variant':
      return 'sql_variant';
    case 'UDT':
      return column.udtInfo?.typeName ?? 'udt';
    default:
      return type.name.toLowerCase();
  }
}

/** The part of a second below its milliseconds, in seconds: the driver hangs it on its dates. */
interface PreciseDate extends Date {
  readonly nanosecondsDelta?: number;
}

/** A value as text; bytes are written in hexadecimal. Decimals, money and offsets come as text (`driver.ts`). */
export function cellOf(value: unknown, column: ColumnMetadata): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'number') return numberText(value, column);
  if (Buffer.isBuffer(value)) return `0x${value.toString('hex')}`;
  if (value instanceof Date) return dateText(value, column);
  return String(value);
}

/** The shortest text that is this very number again, of four bytes where the column has four. */
function numberText(value: number, { type, dataLength }: ColumnMetadata): string {
  if (type.name !== 'Real' && !(type.name === 'FloatN' && dataLength === 4)) return String(value);
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}

function dateText(value: PreciseDate, { type, scale = 7 }: ColumnMetadata): string {
  const text = value.toISOString();
  const [day, time] = [text.slice(0, 10), text.slice(11, 19)];
  const ticks = String(Math.round((value.nanosecondsDelta ?? 0) * 1e7)).padStart(4, '0');
  const fraction = scale === 0 ? '' : `.${`${text.slice(20, 23)}${ticks}`.slice(0, scale)}`;
  switch (type.name) {
    case 'Date':
      return day;
    case 'Time':
      return time + fraction;
    case 'DateTime2':
    case 'Variant':
      return `${day} ${time}${fraction}`;
    default:
      return `${day} ${time}.${text.slice(20, 23)}`;
  }
}
