/** Values of a column: those that the statements ask for, those just beside, and those that break assumptions. */
import type { TypeFamily } from '../../catalog/catalog.ts';
import { around, dateText, FROZEN_NOW, parseInstant, shift, timestampText } from './instants.ts';

/** The values that a column may get, as the server reads them in quotes. */
export interface ValuePool {
  /** values that the statements name */
  readonly named: readonly string[];
  /** just below and above, other cases of letters, other spellings */
  readonly near: readonly string[];
  /** a few plain values, the same for all columns of the family so that they meet in joins */
  readonly plain: readonly string[];
  /** values that break assumptions: zero, negative, empty, blanks, leap days */
  readonly odd: readonly string[];
}

/** A literal of a statement that a column is compared with. */
export interface NamedValue {
  readonly text: string;
  readonly type: 'string' | 'number' | 'interval' | 'pattern' | 'boolean';
}

/**
 * The values for one column.
 *
 * @param family the column's type family
 * @param type its type as printed: lengths and scales bound the values
 * @param literals what it is compared with, in both statements
 */
export function valuePool(family: TypeFamily, type: string, literals: readonly NamedValue[]): ValuePool {
  const named: string[] = [];
  const near: string[] = [];
  for (const literal of literals) {
    const found = fromLiteral(family, literal);
    named.push(...found.named);
    near.push(...found.near);
  }
  const fits = fitting(family, type);
  const known = new Set<string>();
  const keep = (values: readonly string[]): string[] =>
    values.filter((value) => {
      if (known.has(value) || !fits(value)) return false;
      known.add(value);
      return true;
    });
  return { named: keep(named), near: keep(near), plain: keep(PLAIN[family]), odd: keep(ODD[family]) };
}

const UUIDS = [1, 2, 3, 4].map((n) => `00000000-0000-4000-8000-00000000000${n}`);

const PLAIN: Readonly<Record<TypeFamily, readonly string[]>> = {
  boolean: ['true', 'false'],
  integer: ['1', '2', '3'],
  decimal: ['1', '2', '10.50'],
  float: ['1', '2', '0.5'],
  text: ['a', 'b', 'c'],
  char: ['a', 'b', 'c'],
  binary: ['\\x01', '\\x02'],
  date: ['2024-01-15', '2024-02-29', '2023-12-31'],
  time: ['10:00:00', '12:30:00'],
  timestamp: ['2024-01-15 10:00:00', '2024-02-29 00:00:00', '2023-12-31 23:59:59.5'],
  timestamptz: ['2024-01-15 10:00:00+00', '2024-02-29 00:00:00+00', '2023-12-31 23:59:59.5+00'],
  interval: ['1 day', '2 hours', '1 month'],
  uuid: UUIDS,
  json: ['{"a": 1, "b": "x"}', '{"a": 2}', '[1, 2]'],
  jsonb: ['{"a": 1, "b": "x"}', '{"a": 2}', '[1, 2]'],
  array: ['{1,2}', '{2}'],
  enum: ['a', 'b'],
  range: [],
  network: ['10.0.0.1', '10.0.0.2'],
  bit: ['1', '0'],
  other: [],
};

const ODD: Readonly<Record<TypeFamily, readonly string[]>> = {
  boolean: [],
  integer: ['0', '-1', '4', '5', '7'],
  decimal: ['0', '-1', '0.01', '-0.5', '3', '1.00', '2.5'],
  float: ['0', '-1', '1e-7', '3', '-0.5'],
  text: ['', 'A', 'a ', ' a', '05', '5', '5.0', 'a%', 'a_', '_', '%', 'ab', 'abc', 'ä', 'B', '0', '-1'],
  char: ['', 'A', 'ab'],
  binary: ['\\x'],
  date: ['2024-03-31', '2024-03-01', '2023-02-28', '2024-12-31', '2025-01-01', '1969-12-31'],
  time: ['00:00:00', '23:59:59.999999'],
  timestamp: [
    '2024-03-31 23:59:59.999999',
    '2024-03-31 02:30:00',
    '2024-12-31 23:59:59.999999',
    '2025-01-01 00:00:00',
    '2024-01-31 12:00:00.5',
    '1969-12-31 23:59:59',
  ],
  timestamptz: [
    '2024-03-31 01:30:00+00',
    '2024-10-27 00:30:00+00',
    '2024-12-31 23:59:59.999999+00',
    '2024-01-31 12:00:00.5+00',
  ],
  interval: ['0 days', '-1 day', '30 days', '24 hours'],
  uuid: [],
  json: ['{}', 'null', '{"a": null}', '{"a": "1"}'],
  jsonb: ['{}', 'null', '{"a": null}', '{"a": "1"}'],
  array: ['{}', '{NULL}', '{1,1}'],
  enum: [],
  range: [],
  network: ['::1'],
  bit: [],
  other: [],
};

interface Found {
  readonly named: readonly string[];
  readonly near: readonly string[];
}

const NOTHING: Found = { named: [], near: [] };

function fromLiteral(family: TypeFamily, literal: NamedValue): Found {
  switch (family) {
    case 'integer':
    case 'decimal':
    case 'float':
      return fromNumber(family, literal);
    case 'text':
    case 'char':
    case 'enum':
      return fromText(literal, family === 'enum');
    case 'date':
    case 'timestamp':
    case 'timestamptz':
      return fromInstant(family, literal);
    case 'boolean':
      return NOTHING;
    case 'time':
    case 'interval':
    case 'uuid':
    case 'json':
    case 'jsonb':
    case 'array':
    case 'range':
    case 'network':
    case 'bit':
    case 'binary':
    case 'other':
      return literal.type === 'string' || (literal.type === 'interval' && family === 'interval')
        ? { named: [literal.text], near: [] }
        : NOTHING;
    default:
      return family satisfies never;
  }
}

function fromNumber(family: 'integer' | 'decimal' | 'float', literal: NamedValue): Found {
  const value = literal.text.trim() === '' ? Number.NaN : Number(literal.text);
  if (!Number.isFinite(value)) return NOTHING;
  if (family === 'integer') {
    if (Math.abs(value) > 9e15) return { named: [literal.text], near: [] };
    const whole = Math.trunc(value);
    const named = Number.isInteger(value) ? [String(whole)] : [];
    return { named, near: [whole - 1, whole, whole + 1, -whole, -whole - 1].map(String) };
  }
  const step = family === 'float' ? 0.001 : 0.01;
  const near = [value - step, value + step, value - 1, value + 1, value + 0.5, -value, -value - 1];
  return { named: [literal.text], near: near.map((n) => String(Number(n.toFixed(6)))) };
}

function fromText(literal: NamedValue, exact: boolean): Found {
  const { text } = literal;
  if (literal.type === 'interval' || literal.type === 'boolean') return NOTHING;
  if (exact) return { named: [text], near: [] };
  if (literal.type === 'pattern') return fromPattern(text);
  const near = [
    text.toUpperCase(),
    text.toLowerCase(),
    `${text.slice(0, 1).toUpperCase()}${text.slice(1).toLowerCase()}`,
    `${text} `,
    ` ${text}`,
    `${text}x`,
    `${text}0`,
    text.slice(0, -1),
  ];
  if (/^\d+$/.test(text)) near.push(`0${text}`, `${text}.0`, String(Number(text) + 1));
  if (literal.type === 'number') near.push(...ofLength(Number(text)));
  const instant = parseInstant(text);
  if (instant !== null) near.push(...around(instant).slice(0, 6).map(dateText));
  return { named: [text], near: near.filter((value) => value !== text) };
}

/** Longer texts are not asked for by a length or a position. */
const LONGEST = 24;

/** Texts of a length and one longer: length(x) = 3, substring(x FROM 2). One has a letter of two bytes. */
function ofLength(length: number): string[] {
  if (!Number.isInteger(length) || length < 1 || length > LONGEST) return [];
  const text = 'abcdefghijklmnopqrstuvwxyz'.slice(0, length);
  return [text, `ä${text.slice(1)}`, `${text}x`];
}

/** Texts that a LIKE pattern matches, and some that it just does not. */
function fromPattern(pattern: string): Found {
  const fill = (any: string, one: string): string =>
    pattern.replace(/\\(.)|%|_/g, (whole, escaped: string | undefined) => {
      if (escaped !== undefined) return escaped;
      return whole === '%' ? any : one;
    });
  const plain = fill('', 'a');
  const named = [...new Set([plain, fill('xy', 'b'), fill('z', '_')])];
  const turned = pattern.split('%').reverse().join('');
  const near = [
    plain.toUpperCase(),
    plain.toLowerCase(),
    `x${plain}x`,
    `${plain} `,
    plain.slice(1),
    pattern,
    turned,
  ];
  return { named, near: near.filter((value) => !named.includes(value)) };
}

function fromInstant(family: 'date' | 'timestamp' | 'timestamptz', literal: NamedValue): Found {
  const print = (micros: bigint): string => {
    // a timestamptz without its zone is read in the session's, as the statement's own literal is
    return family === 'date' ? dateText(micros) : timestampText(micros);
  };
  const center = instantOf(literal);
  if (center.length === 0) return NOTHING;
  const near = center.flatMap(around).map(print);
  return { named: center.map(print), near };
}

function instantOf({ text, type }: NamedValue): bigint[] {
  const now = parseInstant(FROZEN_NOW) ?? 0n;
  if (type === 'interval') return shifted(text);
  const number = Number(text);
  if (type === 'number' && Number.isInteger(number)) {
    // EXTRACT(YEAR …) = 2024, EXTRACT(MONTH …) = 3, EXTRACT(EPOCH …) > 1700000000
    if (number >= 1900 && number <= 2200) return [parseInstant(`${number}`) ?? now];
    // a number of days between two dates, or a month
    const days = number > 0 && number <= 400 ? shifted(`${number} days`) : [];
    if (number >= 1 && number <= 12) {
      const month = String(number).padStart(2, '0');
      return [parseInstant(`2024-${month}-15`) ?? now, parseInstant(`2023-${month}-01`) ?? now, ...days];
    }
    if (days.length > 0) return days;
    if (number > 100_000_000 && number < 10_000_000_000) return [BigInt(number) * 1_000_000n];
    return [];
  }
  const instant = parseInstant(text) ?? timeOfDay(text);
  return instant === null ? [] : [instant];
}

/** A time of day on a plain date: `at::time >= '18:00'`. */
function timeOfDay(text: string): bigint | null {
  return /^\s*\d{1,2}:\d{2}/.test(text) ? parseInstant(`${PLAIN.date[0] ?? ''} ${text.trim()}`) : null;
}

/** An interval away from the stopped clock and from a plain date, both ways. */
function shifted(interval: string): bigint[] {
  const anchors = [FROZEN_NOW, PLAIN.date[0] ?? ''].map(parseInstant).filter((micros) => micros !== null);
  return anchors
    .flatMap((anchor) => [shift(anchor, interval, -1), shift(anchor, interval, 1)])
    .filter((micros) => micros !== null);
}

/** Does a value fit the column's length or range? What does not would only fail to be inserted. */
function fitting(family: TypeFamily, type: string): (value: string) => boolean {
  const length = /\((\d+)/.exec(type)?.[1];
  if ((family === 'text' || family === 'char') && length !== undefined) {
    return (value) => value.length <= Number(length);
  }
  if (family === 'integer') {
    const bits = /small|int2/.test(type) ? 15 : /big|int8/.test(type) ? 53 : 31;
    return (value) => Math.abs(Number(value)) < 2 ** bits;
  }
  const numeric = /\((\d+)(?:,\s*(\d+))?/.exec(type);
  if (family === 'decimal' && numeric) {
    const limit = 10 ** (Number(numeric[1]) - Number(numeric[2] ?? 0));
    return (value) => Math.abs(Number(value)) < limit;
  }
  return () => true;
}
