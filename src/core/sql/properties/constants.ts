/** Constants with exact arithmetic: decimals, dates and timestamps without time zone. */

/** An exact decimal: digits / 10^scale. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

/** The decimal that a numeral without exponent means (`-12.50`, `.5`), or null for other text. */
export function parseDecimal(text: string): Decimal | null {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(text.trim());
  const whole = match?.[2] ?? '';
  const fraction = match?.[3] ?? '';
  if (!match || whole + fraction === '') return null;
  const digits = BigInt(whole + fraction);
  return { digits: match[1] === '-' ? -digits : digits, scale: fraction.length };
}

/** As a numeral, with the decimal's own scale: `12.50`. */
export function formatDecimal(value: Decimal): string {
  const negative = value.digits < 0n;
  const digits = (negative ? -value.digits : value.digits).toString().padStart(value.scale + 1, '0');
  const cut = digits.length - value.scale;
  const text = value.scale === 0 ? digits : `${digits.slice(0, cut)}.${digits.slice(cut)}`;
  return negative ? `-${text}` : text;
}

function aligned(a: Decimal, b: Decimal): [bigint, bigint, number] {
  const scale = Math.max(a.scale, b.scale);
  return [a.digits * 10n ** BigInt(scale - a.scale), b.digits * 10n ** BigInt(scale - b.scale), scale];
}

/** Negative, zero or positive as a is less than, equal to or greater than b. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const [x, y] = aligned(a, b);
  return x < y ? -1 : x > y ? 1 : 0;
}

export function addDecimals(a: Decimal, b: Decimal): Decimal {
  const [x, y, scale] = aligned(a, b);
  return { digits: x + y, scale };
}

export function subtractDecimals(a: Decimal, b: Decimal): Decimal {
  return addDecimals(a, { digits: -b.digits, scale: b.scale });
}

export function multiplyDecimals(a: Decimal, b: Decimal): Decimal {
  return { digits: a.digits * b.digits, scale: a.scale + b.scale };
}

/** a / b where the quotient is exact with at most `places` digits behind the point; null otherwise and for b = 0. */
export function divideDecimals(a: Decimal, b: Decimal, places = 12): Decimal | null {
  if (b.digits === 0n) return null;
  const numerator = a.digits * 10n ** BigInt(places + b.scale);
  const denominator = b.digits * 10n ** BigInt(a.scale);
  if (numerator % denominator !== 0n) return null;
  return reduced({ digits: numerator / denominator, scale: places });
}

/** Without zeros at the end of the fraction. */
export function reduced(value: Decimal): Decimal {
  let { digits, scale } = value;
  while (scale > 0 && digits % 10n === 0n) {
    digits /= 10n;
    scale--;
  }
  return { digits, scale };
}

/** True for 5, 5.0 and -3; false for 5.5. */
export function isWhole(value: Decimal): boolean {
  return reduced(value).scale === 0;
}

// ------------------------------------------------------------------ dates

const DAY_MICROS = 86_400_000_000n;

/**
 * Days since 1970-01-01 of an ISO date (`2024-02-29`), in the proleptic Gregorian calendar; null for other text and
 * for days that do not exist.
 */
export function parseDate(text: string): number | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text.trim());
  if (!match) return null;
  return daysOf(Number(match[1]), Number(match[2]), Number(match[3]));
}

/** Days since 1970-01-01, null for a day that does not exist. */
export function daysOf(year: number, month: number, day: number): number | null {
  const time = new Date(0);
  time.setUTCFullYear(year, month - 1, day);
  const exists =
    time.getUTCFullYear() === year && time.getUTCMonth() === month - 1 && time.getUTCDate() === day;
  return exists && year >= 1 ? Math.round(time.getTime() / 86_400_000) : null;
}

/** The date as ISO text. */
export function formatDate(days: number): string {
  return new Date(days * 86_400_000).toISOString().slice(0, 10);
}

/** Year, month (1 to 12) and day of a date. */
export function partsOfDate(days: number): {
  readonly year: number;
  readonly month: number;
  readonly day: number;
} {
  const time = new Date(days * 86_400_000);
  return { year: time.getUTCFullYear(), month: time.getUTCMonth() + 1, day: time.getUTCDate() };
}

/** The date some months later; the day is cut to the month's length, as PostgreSQL does. */
export function addMonths(days: number, months: number): number {
  const { year, month, day } = partsOfDate(days);
  const index = year * 12 + (month - 1) + months;
  const newYear = Math.floor(index / 12);
  const newMonth = (index % 12) + 1;
  for (let d = day; d > 0; d--) {
    const result = daysOf(newYear, newMonth, d);
    if (result !== null) return result;
  }
  return days;
}

export type DateUnit = 'day' | 'week' | 'month' | 'quarter' | 'year';

/** The first day of the unit that a date lies in; weeks begin on Monday. */
export function startOfUnit(days: number, unit: DateUnit): number {
  const { year, month } = partsOfDate(days);
  switch (unit) {
    case 'day':
      return days;
    case 'week':
      // 1970-01-01 was a Thursday
      return days - ((((days + 3) % 7) + 7) % 7);
    case 'month':
      return daysOf(year, month, 1) ?? days;
    case 'quarter':
      return daysOf(year, Math.floor((month - 1) / 3) * 3 + 1, 1) ?? days;
    case 'year':
      return daysOf(year, 1, 1) ?? days;
  }
}

/** The first day of the unit after the one that a date lies in. */
export function startOfNextUnit(days: number, unit: DateUnit): number {
  const start = startOfUnit(days, unit);
  switch (unit) {
    case 'day':
      return start + 1;
    case 'week':
      return start + 7;
    case 'month':
      return addMonths(start, 1);
    case 'quarter':
      return addMonths(start, 3);
    case 'year':
      return addMonths(start, 12);
  }
}

/**
 * Microseconds since 1970-01-01 00:00 of `2024-01-31`, `2024-01-31 12:30`, `2024-01-31T12:30:00.25`; null for text
 * with a zone and for moments that do not exist. More than six fractional digits are not read: engines round them.
 */
export function parseTimestamp(text: string): bigint | null {
  const match = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?)?$/.exec(
    text.trim(),
  );
  const days = match ? parseDate(match[1] ?? '') : null;
  if (!match || days === null) return null;
  const [hours, minutes, seconds] = [match[2], match[3], match[4]].map((part) => Number(part ?? 0));
  if (hours === undefined || minutes === undefined || seconds === undefined) return null;
  if (hours > 23 || minutes > 59 || seconds > 59) return null;
  const micros = BigInt((match[5] ?? '').padEnd(6, '0') || 0);
  return BigInt(days) * DAY_MICROS + BigInt((hours * 60 + minutes) * 60 + seconds) * 1_000_000n + micros;
}

/** A timestamp as ISO text: the date alone at midnight. */
export function formatTimestamp(micros: bigint): string {
  const day = micros >= 0n ? micros / DAY_MICROS : -((-micros + DAY_MICROS - 1n) / DAY_MICROS);
  const rest = micros - day * DAY_MICROS;
  const date = formatDate(Number(day));
  if (rest === 0n) return date;
  const seconds = Number(rest / 1_000_000n);
  const two = (n: number): string => String(n).padStart(2, '0');
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const fraction = (rest % 1_000_000n).toString().padStart(6, '0').replace(/0+$/, '');
  return `${date} ${clock}${fraction ? `.${fraction}` : ''}`;
}
