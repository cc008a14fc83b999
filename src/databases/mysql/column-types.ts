/** Names of result types, and values as text, from what the protocol says of a column. */
import type { Cell, ResultColumn } from '../../core/database.ts';

/**
 * A column as the protocol describes it.
 * https://mariadb.com/kb/en/result-set-packets/#column-definition-packet
 */
export interface ColumnDefinition {
  readonly name: string;
  readonly columnType: number;
  /** 63 is binary */
  readonly characterSet: number;
  /** in bytes of the connection's character set */
  readonly columnLength: number;
  readonly decimals: number;
  readonly flags: number;
  /** MariaDB: 'uuid', 'inet6' … */
  readonly extendedTypeName?: string;
  /** MariaDB: 'json' */
  readonly extendedFormat?: string;
}

const BINARY = 63;
const UNSIGNED = 32;
const ENUM = 256;
const SET = 2048;
/** Bytes of one character of utf8mb4, in which lengths are given. */
const CHARACTER_BYTES = 4;
/** The number of decimals of a value that has no fixed one. */
const NOT_FIXED = 31;

const INTEGERS: Readonly<Record<number, string>> = {
  1: 'tinyint',
  2: 'smallint',
  3: 'int',
  8: 'bigint',
  9: 'mediumint',
};

const TYPE = {
  decimal: 0,
  float: 4,
  double: 5,
  null: 6,
  timestamp: 7,
  date: 10,
  time: 11,
  datetime: 12,
  year: 13,
  newDate: 14,
  bit: 16,
  vector: 242,
  json: 245,
  newDecimal: 246,
  enum: 247,
  set: 248,
  tinyBlob: 249,
  blob: 252,
  varString: 253,
  string: 254,
  geometry: 255,
} as const;

/** The result column with the type as the engine writes it in DDL: 'decimal(10,2)', 'varchar(40)', 'bigint unsigned'. */
export function resultColumn(field: ColumnDefinition): ResultColumn {
  return { name: field.name, type: typeName(field) };
}

function typeName(field: ColumnDefinition): string {
  const { columnType, columnLength, decimals } = field;
  const unsigned = (field.flags & UNSIGNED) === 0 ? '' : ' unsigned';
  const integer = INTEGERS[columnType];
  if (integer !== undefined) return integer + unsigned;
  if (field.extendedTypeName) return field.extendedTypeName;
  if (field.extendedFormat === 'json') return 'json';
  const precision = decimals > 0 && decimals < NOT_FIXED ? `(${decimals})` : '';
  switch (columnType) {
    case TYPE.decimal:
    case TYPE.newDecimal:
      return `decimal(${decimalDigits(field)},${decimals})${unsigned}`;
    case TYPE.float:
      return `float${unsigned}`;
    case TYPE.double:
      return `double${unsigned}`;
    case TYPE.null:
      return 'null';
    case TYPE.timestamp:
      return `timestamp${precision}`;
    case TYPE.date:
    case TYPE.newDate:
      return 'date';
    case TYPE.time:
      return `time${precision}`;
    case TYPE.datetime:
      return `datetime${precision}`;
    case TYPE.year:
      return 'year';
    case TYPE.bit:
      return `bit(${columnLength})`;
    case TYPE.json:
      return 'json';
    case TYPE.geometry:
      return 'geometry';
    case TYPE.vector:
      return 'vector';
    default:
      return textName(field);
  }
}

/** Without the sign and the point, which the length counts. */
function decimalDigits({ columnLength, decimals, flags }: ColumnDefinition): number {
  return columnLength - (decimals > 0 ? 1 : 0) - ((flags & UNSIGNED) === 0 ? 1 : 0);
}

function textName(field: ColumnDefinition): string {
  const { columnType, columnLength, flags } = field;
  if ((flags & ENUM) !== 0 || columnType === TYPE.enum) return 'enum';
  if ((flags & SET) !== 0 || columnType === TYPE.set) return 'set';
  const binary = field.characterSet === BINARY;
  if (columnType >= TYPE.tinyBlob && columnType <= TYPE.blob) return binary ? 'blob' : 'text';
  if (binary) return `${columnType === TYPE.string ? 'binary' : 'varbinary'}(${columnLength})`;
  const characters = Math.floor(columnLength / CHARACTER_BYTES);
  return `${columnType === TYPE.string ? 'char' : 'varchar'}(${characters})`;
}

/** A value as text; bytes that are no text are written in hexadecimal. */
export function cellOf(value: Buffer | null, field: ColumnDefinition): Cell {
  if (value === null) return null;
  return holdsBytes(field) ? `0x${value.toString('hex')}` : value.toString('utf8');
}

function holdsBytes({ columnType, characterSet }: ColumnDefinition): boolean {
  if (columnType === TYPE.bit || columnType === TYPE.geometry || columnType === TYPE.vector) return true;
  // numbers and times are sent as ASCII and called binary too
  return characterSet === BINARY && columnType >= TYPE.enum && columnType <= TYPE.string;
}
