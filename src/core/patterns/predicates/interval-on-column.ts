import type { TypeFamily } from '../../catalog/catalog.ts';
import type { Expression } from '../../sql/ast.ts';
import { mirrored } from '../../sql/comparison-operators.ts';
import { typeOf } from '../../sql/properties/types.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { type Fragment, source, sql, verbatim } from '../../sql/writing/fragment.ts';
import { offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { timeLiteral, truncate } from './calendar.ts';
import { type Comparison, comparisonsOf } from './comparison.ts';
import {
  hasExpressionIndex,
  isRowConstant,
  type SearchableColumn,
  searchableColumn,
  serving,
} from './indexed-column.ts';
import { positivePredicates, quote, replacePredicate } from './positive.ts';
import { operandText, writeMoment, zoneFact } from './time-range.ts';

/** `x + interval '7 days' > c` → `x > c - interval '7 days'`, and `now() - x < interval '7 days'` likewise. */
export const intervalOnColumn: Pattern = {
  id: 'interval-on-column',
  title: 'Interval added to an indexed column',
  category: 'predicates',
  industries: ['time-series', 'saas', 'analytics'],
  engines: [
    {
      dialect: 'postgresql',
      pays: 'The comparison keeps a small part of the table, or leaves partitions out.',
    },
  ],
  severity: 'warning',
  description:
    'Arithmetic on the column is done for every row, and neither an index nor the bounds of partitions say anything about its result. The same arithmetic on the other side is done once.',
  source: 'https://use-the-index-luke.com/sql/where-clause/obfuscation/math',
  precondition:
    'The interval has a fixed length: no months or years, and no days when the column is a timestamp with time zone in a session whose time zone has daylight saving. Both sides are of the same kind of point in time.',
  example: {
    schema:
      'CREATE TABLE events (event_id bigint PRIMARY KEY, occurred_at timestamptz);\nCREATE INDEX ON events (occurred_at);',
    before: "SELECT count(*) FROM events WHERE occurred_at + interval '6 hours' > now()",
    after: "SELECT count(*) FROM events WHERE occurred_at > now() - interval '6 hours'",
  },
  rewrites: true,
  needs: ['side binary'],
  *find(statement) {
    for (const predicate of positivePredicates(statement)) {
      const shifted = shiftOf(statement, predicate.expression);
      if (!shifted || hasExpressionIndex(shifted.column, 'interval')) continue;
      const conditions = shifted.comparisons.map((comparison) => conditionOf(statement, shifted, comparison));
      if (conditions.some((condition) => condition === null)) continue;
      const edits = () =>
        replacePredicate(
          statement,
          predicate,
          conditions.filter((condition) => condition !== null),
        );
      yield matchOf(statement, predicate.expression, shifted, edits);
    }
  },
};

interface Shift {
  readonly column: SearchableColumn;
  readonly written: Expression;
  readonly family: TypeFamily;
  /** `column sign interval op value`, or `value - column op interval` */
  readonly form: '+' | '-' | 'difference';
  readonly comparisons: readonly Comparison[];
}

function matchOf(
  statement: AnalyzedStatement,
  range: Expression,
  shift: Shift,
  edits: () => ReturnType<typeof replacePredicate>,
): Match {
  const { name } = shift.column.resolved;
  const message = `${quote(statement, range)} calculates with ${name} in every row. With ${name} alone on its side it can use ${serving(shift.column)}.`;
  const fact = zoneFact(statement, shift.column);
  const local =
    shift.family === 'timestamptz' && /\bday|\bweek/i.test(statement.text.slice(range.start, range.end));
  return offer(
    range,
    message,
    edits,
    'The interval has a fixed length.',
    local && shift.form !== 'difference' ? fact.assumption : null,
  );
}

function shiftOf(statement: AnalyzedStatement, expression: Expression): Shift | null {
  const comparisons = comparisonsOf(expression, (side) => sumOf(statement, side) !== null);
  const sum = comparisons?.[0] ? sumOf(statement, comparisons[0].left) : null;
  if (!comparisons || !sum || comparisons.some((one) => one.operator === '<>')) return null;
  return { ...sum, comparisons };
}

function sumOf(statement: AnalyzedStatement, side: Expression): Omit<Shift, 'comparisons'> | null {
  if (side.kind !== 'binary' || (side.operator !== '+' && side.operator !== '-')) return null;
  const left = unwrapParens(side.left);
  const right = unwrapParens(side.right);
  const onLeft = columnOf(statement, left);
  if (onLeft && isFixed(statement, right, onLeft)) return { ...onLeft, written: left, form: side.operator };
  const onRight = columnOf(statement, right);
  if (!onRight) return null;
  if (side.operator === '+' && isFixed(statement, left, onRight))
    return { ...onRight, written: right, form: '+' };
  const isDifference =
    side.operator === '-' && isRowConstant(left) && typeOf(left, statement)?.family === onRight.family;
  return isDifference && onRight.family !== 'date'
    ? { ...onRight, written: right, form: 'difference' }
    : null;
}

function columnOf(
  statement: AnalyzedStatement,
  expression: Expression,
): { readonly column: SearchableColumn; readonly family: TypeFamily } | null {
  const column = searchableColumn(statement, expression);
  const family = column?.resolved.column?.family;
  const fits = family === 'date' || family === 'timestamp' || family === 'timestamptz';
  return column && fits ? { column, family } : null;
}

/** A literal interval whose length does not depend on where it is added; a whole number of days beside a date. */
function isFixed(
  statement: AnalyzedStatement,
  expression: Expression,
  to: { readonly column: SearchableColumn; readonly family: TypeFamily },
): boolean {
  if (expression.kind === 'literal' && expression.type === 'number') {
    return to.family === 'date' && /^\d+$/.test(expression.value);
  }
  const span = spanOf(expression);
  if (!span) return false;
  return !span.hasDays || to.family !== 'timestamptz' || zoneFact(statement, to.column).sound;
}

const SPAN_PART = /^\s*([+-]?\d+)\s*(weeks?|days?|hours?|hrs?|minutes?|mins?|seconds?|secs?)\b\s*/i;

/** A literal interval of weeks, days, hours, minutes and whole seconds, as written in words. */
function spanOf(expression: Expression): { readonly hours: number | null; readonly hasDays: boolean } | null {
  const isCast =
    expression.kind === 'cast' &&
    expression.type.name === 'interval' &&
    expression.type.modifiers.length === 0;
  const operand = isCast ? unwrapParens(expression.operand) : null;
  const typed =
    expression.kind === 'typedLiteral' && expression.type.name === 'interval' && expression.operand === null;
  if (typed && expression.unit !== null) return null;
  const text = typed
    ? expression.value
    : operand?.kind === 'literal' && operand.type === 'string'
      ? operand.value
      : null;
  if (text === null || text.trim() === '') return null;
  let rest = text;
  let seconds = 0;
  let hasDays = false;
  while (rest.trim() !== '') {
    const part = SPAN_PART.exec(rest);
    if (!part?.[1] || !part[2]) return null;
    const unit = part[2].toLowerCase();
    hasDays ||= unit.startsWith('d') || unit.startsWith('w');
    seconds += Number(part[1]) * (SECONDS[unit[0] ?? ''] ?? 0);
    rest = rest.slice(part[0].length);
  }
  return { hours: seconds % 3600 === 0 ? seconds / 3600 : null, hasDays };
}

/** Length of a unit by its first letter. */
const SECONDS: Readonly<Record<string, number>> = { w: 604_800, d: 86_400, h: 3600, m: 60, s: 1 };

function conditionOf(statement: AnalyzedStatement, shift: Shift, comparison: Comparison): Fragment | null {
  const column = source(statement, shift.written);
  if (shift.form === 'difference') return differenceCondition(statement, shift, comparison, column);
  const value = operandOf(statement, shift, comparison.right);
  const { left } = comparison;
  if (!value || left.kind !== 'binary') return null;
  const interval = source(statement, unwrapParens(left.left) === shift.written ? left.right : left.left);
  const back = verbatim(shift.form === '+' ? '-' : '+');
  return sql`${column} ${verbatim(comparison.operator)} ${value} ${back} ${interval}`;
}

/** `c - x < i` says `x > c - i`; the difference counts days as 24 hours, so the interval is written in hours. */
function differenceCondition(
  statement: AnalyzedStatement,
  shift: Shift,
  { operator, left, right }: Comparison,
  column: Fragment,
): Fragment | null {
  const span = spanOf(right);
  if (!span || left.kind !== 'binary') return null;
  const inHours = span.hasDays && shift.family === 'timestamptz';
  if (inHours && span.hours === null) return null;
  const interval = inHours ? sql`INTERVAL ${verbatim(`'${span.hours} hours'`)}` : source(statement, right);
  const value = operandText(statement, unwrapParens(left.left));
  return sql`${column} ${verbatim(mirrored(operator))} ${value} - ${interval}`;
}

/** The other side as an operand of - and +, where a bare string needs its type. Null when its type is not the sum's. */
function operandOf(statement: AnalyzedStatement, shift: Shift, value: Expression): Fragment | null {
  if (!isRowConstant(value)) return null;
  const days = shift.comparisons[0]?.left;
  const wholeDays =
    shift.family === 'date' &&
    days?.kind === 'binary' &&
    [days.left, days.right].some((e) => e.kind === 'literal');
  // date + interval is a timestamp, date + integer a date
  const family = shift.family !== 'date' ? shift.family : wholeDays ? 'date' : 'timestamp';
  const literal = timeLiteral(value, family === 'timestamptz' && zoneFact(statement, shift.column).sound);
  if (literal?.type === null) {
    if (family === 'date')
      return literal.moment === truncate(literal.moment, 'day') ? writeMoment(literal.moment, 'date') : null;
    return writeMoment(literal.moment, family === 'timestamp' ? 'timestamp' : 'timestamptz');
  }
  const known = typeOf(value, statement)?.family;
  const fits = known === family || (family === 'timestamp' && known === 'date');
  return fits ? operandText(statement, value) : null;
}
