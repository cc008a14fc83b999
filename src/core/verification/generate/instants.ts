/** Dates and times around a literal: where half-open ranges, truncation and end-of-month rules go wrong. */

/** An instant as microseconds since 1970-01-01, without a zone. */
type Micros = bigint;

const DAY = 86_400_000_000n;

/** What now() and its relatives are replaced by: the last day of a month, after a leap day, before a clock change. */
export const FROZEN_NOW = '2024-03-30 12:34:56.789';

/**
 * Read a literal that names an instant or a part of one.
 *
 * @returns microseconds, or null when the text is none: '2024', '2024-03', '2024-03-31', '2024-03-31 10:00:00.5' are
 */
export function parseInstant(text: string): Micros | null {
  const match =
    /^\s*(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?)?)?)?(?:\s*(?:Z|[+-]\d{2}(?::?\d{2})?))?\s*$/.exec(
      text,
    );
  if (!match) return null;
  const [, year = '0', month = '1', day = '1', hour = '0', minute = '0', second = '0', fraction = ''] = match;
  const ms = Date.UTC(+year, +month - 1, +day, +hour, +minute, +second);
  return Number.isNaN(ms) ? null : BigInt(ms) * 1000n + BigInt(fraction.padEnd(6, '0'));
}

/** As `YYYY-MM-DD HH:MM:SS[.ffffff]`. */
export function timestampText(micros: Micros): string {
  const ms = Number(micros / 1000n) - (micros < 0n && micros % 1000n !== 0n ? 1 : 0);
  const rest = micros - BigInt(ms) * 1000n;
  const iso = new Date(ms).toISOString();
  const fraction = `${iso.slice(20, 23)}${String(rest).padStart(3, '0')}`.replace(/0+$/, '');
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}${fraction === '' ? '' : `.${fraction}`}`;
}

export function dateText(micros: Micros): string {
  return timestampText(micros).slice(0, 10);
}

/**
 * The instants at and around one: the same, a microsecond and a day to each side, edges of its day, month, year, and
 * the same in the year before.
 */
export function around(micros: Micros): Micros[] {
  const day = micros - (((micros % DAY) + DAY) % DAY);
  const date = new Date(Number(day / 1000n));
  const month = utc(date.getUTCFullYear(), date.getUTCMonth());
  const nextMonth = utc(date.getUTCFullYear(), date.getUTCMonth() + 1);
  const nextYear = utc(date.getUTCFullYear() + 1, 0);
  return unique([
    micros,
    micros + 1n,
    micros - 1n,
    micros + DAY / 2n,
    micros + DAY,
    micros - DAY,
    day,
    day + DAY - 1n,
    month,
    nextMonth - 1n,
    nextMonth,
    nextYear - 1n,
    nextYear - DAY,
    nextYear,
    shift(micros, '1 year', -1) ?? micros,
  ]);
}

/**
 * Move an instant by an interval literal such as `30 days`, `1 month`, `2 hours`, `1 year 2 months`.
 *
 * @param direction 1 or -1
 * @returns null when the text is no such interval
 */
export function shift(micros: Micros, interval: string, direction: 1 | -1): Micros | null {
  const parts = [...interval.matchAll(/(-?\d+)\s*([a-z]+)/gi)];
  if (parts.length === 0) return null;
  let result = micros;
  for (const [, count = '0', unit = ''] of parts) {
    const amount = Number(count) * direction;
    const name = unit.toLowerCase().replace(/s$/, '');
    const months = MONTHS[name];
    const size = MICROS[name];
    if (months !== undefined) {
      const date = new Date(Number(result / 1000n));
      const moved = utc(date.getUTCFullYear(), date.getUTCMonth() + months * amount);
      const first = utc(date.getUTCFullYear(), date.getUTCMonth());
      result = moved + (result - first);
    } else if (size !== undefined) result += size * BigInt(amount);
    else return null;
  }
  return result;
}

const MONTHS: Readonly<Record<string, number>> = { month: 1, mon: 1, quarter: 3, year: 12, yr: 12 };

const MICROS: Readonly<Record<string, bigint>> = {
  microsecond: 1n,
  millisecond: 1000n,
  second: 1_000_000n,
  sec: 1_000_000n,
  minute: 60_000_000n,
  min: 60_000_000n,
  hour: 3_600_000_000n,
  hr: 3_600_000_000n,
  day: DAY,
  week: 7n * DAY,
};

function utc(year: number, month: number): Micros {
  return BigInt(Date.UTC(year, month, 1)) * 1000n;
}

function unique(values: readonly Micros[]): Micros[] {
  return [...new Set(values)];
}
