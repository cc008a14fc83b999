/** Literals that stand for a point in time, and the calendar's units on them. */
import type { Expression } from '../../sql/ast.ts';
import {
  type DateUnit,
  parseTimestamp,
  partsOfDate,
  startOfNextUnit,
  startOfUnit,
} from '../../sql/properties/constants.ts';
import { unwrapParens } from '../../sql/walk.ts';

/** Microseconds since 1970-01-01 00:00, without zone. */
export type Moment = bigint;

export type Unit = DateUnit | 'second' | 'minute' | 'hour';

const CLOCK_UNITS: Readonly<Record<string, bigint>> = {
  second: 1_000_000n,
  minute: 60_000_000n,
  hour: 3_600_000_000n,
};
const DAY = 86_400_000_000n;
const DATE_UNITS: ReadonlySet<string> = new Set<DateUnit>(['day', 'week', 'month', 'quarter', 'year']);

/** ISO text has four digits for a year; one more unit must still fit. */
const LAST_YEAR = 9998;

/** The name as a unit, or null. */
export function unitOf(name: string): Unit | null {
  const lower = name.toLowerCase();
  return DATE_UNITS.has(lower) || Object.hasOwn(CLOCK_UNITS, lower) ? (lower as Unit) : null;
}

/**
 * A moment from ISO text.
 *
 * @param zoned accept an offset of zero behind it, as it stands in literals for a UTC session
 * @returns null for other spellings, for dates that do not exist, and behind the year 9998
 */
export function parseMoment(text: string, zoned = false): Moment | null {
  const local = zoned ? text.trim().replace(/ ?(?:Z|[+-]00(?::?00)?)$/, '') : text;
  const moment = parseTimestamp(local);
  return moment !== null && partsOfDate(dayOf(moment)).year <= LAST_YEAR ? moment : null;
}

/** The beginning of the unit that the moment lies in (weeks begin on Monday). */
export function truncate(moment: Moment, unit: Unit): Moment {
  const clock = CLOCK_UNITS[unit];
  if (clock !== undefined) return moment - positiveRest(moment, clock);
  return BigInt(startOfUnit(dayOf(moment), unit as DateUnit)) * DAY;
}

/** The beginning of the unit after the one that the moment lies in. */
export function nextUnit(moment: Moment, unit: Unit): Moment {
  const clock = CLOCK_UNITS[unit];
  if (clock !== undefined) return truncate(moment, unit) + clock;
  return BigInt(startOfNextUnit(dayOf(moment), unit as DateUnit)) * DAY;
}

function dayOf(moment: Moment): number {
  return Number((moment - positiveRest(moment, DAY)) / DAY);
}

function positiveRest(moment: Moment, unit: bigint): bigint {
  return ((moment % unit) + unit) % unit;
}

/** A literal that stands for a point in time. */
export interface TimeLiteral {
  readonly moment: Moment;
  /**
   * The type that it is written with, null for a bare string; 'utc' is a timestamptz with its offset, 'basic' a string
   * that SQL Server reads alike under every language.
   */
  readonly type: 'date' | 'timestamp' | 'timestamptz' | 'utc' | 'basic' | null;
}

const TIME_TYPES: Readonly<Record<string, 'date' | 'timestamp' | 'timestamptz'>> = {
  date: 'date',
  timestamp: 'timestamp',
  'timestamp without time zone': 'timestamp',
  timestamptz: 'timestamptz',
  'timestamp with time zone': 'timestamptz',
};

/** `'2024-05-01'`, `DATE '2024-05-01'`, `'2024-05-01'::timestamp`; null for all else. */
export function timeLiteral(expression: Expression, zoned = false): TimeLiteral | null {
  const inner = unwrapParens(expression);
  if (inner.kind === 'literal' && inner.type === 'string') return literalOf(inner.value, null, zoned);
  const cast = inner.kind === 'cast' ? unwrapParens(inner.operand) : null;
  const isCast =
    inner.kind === 'cast' && inner.style !== 'try' && cast?.kind === 'literal' && cast.type === 'string';
  const typed = inner.kind === 'typedLiteral' && inner.operand === null && inner.unit === null;
  const typeName = isCast || typed ? inner.type : null;
  if (!typeName || typeName.schema || typeName.modifiers.length > 0 || typeName.arrayDimensions > 0)
    return null;
  const type = TIME_TYPES[typeName.name];
  const text = inner.kind === 'typedLiteral' ? inner.value : cast?.kind === 'literal' ? cast.value : '';
  return type ? literalOf(text, type, zoned) : null;
}

function literalOf(text: string, type: TimeLiteral['type'], zoned: boolean): TimeLiteral | null {
  const moment = parseMoment(text, zoned && type !== 'date' && type !== 'timestamp');
  if (moment === null) return null;
  // a cast to date cuts the time of day off: such a literal is not what it says
  return type === 'date' && moment !== truncate(moment, 'day') ? null : { moment, type };
}

/** Session time zones without daylight saving and without history: local time is UTC. */
export function isUtc(timeZone: string | undefined): boolean {
  return timeZone !== undefined && /^(etc\/)?(utc|gmt|uct|zulu|universal|greenwich)$/i.test(timeZone);
}

/**
 * The end of a unit that begins with infinity is infinity itself, which nothing is below of. A literal or a parameter
 * could be that; current_date and now() cannot.
 */
export function mayBeInfinite(value: Expression): boolean {
  switch (value.kind) {
    case 'call':
      // the first argument of date_trunc is a word
      return value.args
        .slice(value.function === 'date_trunc' ? 1 : 0)
        .some((argument) => mayBeInfinite(argument.value));
    case 'cast':
      return mayBeInfinite(value.operand);
    case 'paren':
      return mayBeInfinite(value.expression);
    case 'binary':
      return mayBeInfinite(value.left) || mayBeInfinite(value.right);
    case 'literal':
      return value.type !== 'number';
    case 'typedLiteral':
      return timeLiteral(value) === null && !isFiniteInterval(value.type.name, value.value);
    default:
      return true;
  }
}

function isFiniteInterval(type: string, text: string): boolean {
  return type === 'interval' && !/inf/i.test(text);
}
