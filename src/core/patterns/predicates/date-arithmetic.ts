import type { Expression } from '../../sql/ast.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { type Fragment, source, sql, verbatim } from '../../sql/writing/fragment.ts';
import { offer, offerToTest } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { comparisonsOf } from './comparison.ts';
import { hasExpressionIndex, type SearchableColumn, searchableColumn, serving } from './indexed-column.ts';
import { positivePredicates, quote, replacePredicate } from './positive.ts';

/** `DATEADD(day, 30, x) < GETDATE()` → `x < DATEADD(day, -30, GETDATE())`. */
export const dateArithmeticOnColumn: Pattern = {
  id: 'date-arithmetic-on-column',
  title: 'DATEADD or an interval on an indexed column',
  category: 'predicates',
  industries: ['saas', 'time-series', 'analytics'],
  engines: (['mysql', 'mariadb', 'tsql'] as const).map((dialect) => ({
    dialect,
    pays: 'The comparison keeps a small part of the table, and an index begins with the column.',
  })),
  severity: 'warning',
  description:
    'The column is moved in every row before it is compared, and the index holds the column as it is. The time that it is compared with can be moved the other way, once.',
  source: 'https://use-the-index-luke.com/sql/where-clause/obfuscation/math',
  precondition:
    'The unit has a fixed length (weeks to seconds, no months), the column is a date or a datetime without zone, and it is compared with the current time. MySQL and MariaDB may hold dates of zero, which cannot be moved, so the candidate is compared on data there.',
  example: {
    schema:
      'CREATE TABLE orders (order_id int PRIMARY KEY, placed_at datetime);\nCREATE INDEX orders_placed_at ON orders (placed_at);',
    before: 'SELECT order_id FROM orders WHERE DATE_ADD(placed_at, INTERVAL 30 DAY) > NOW()',
    after: 'SELECT order_id FROM orders WHERE placed_at > NOW() - INTERVAL 30 DAY',
  },
  rewrites: true,
  *find(statement) {
    for (const predicate of positivePredicates(statement)) {
      const comparisons = comparisonsOf(predicate.expression, (side) => movedOf(statement, side) !== null);
      const moved = comparisons?.[0] ? movedOf(statement, comparisons[0].left) : null;
      if (!comparisons || !moved || hasExpressionIndex(moved.column, 'dateadd')) continue;
      if (!comparisons.every(({ right }) => isNow(statement, right))) continue;
      const conditions = comparisons.map(
        ({ operator, right }) =>
          sql`${source(statement, moved.written)} ${verbatim(operator)} ${back(statement, right, moved)}`,
      );
      const edits = () => replacePredicate(statement, predicate, conditions);
      const { name, column } = moved.column.resolved;
      const message = `${quote(statement, predicate.expression)} moves ${name} in every row. With ${name} alone on its side it can use ${serving(moved.column)}.`;
      const fact = `${name} is ${column?.type}, and a ${moved.unit.toLowerCase()} has a fixed length.`;
      yield statement.dialect === 'tsql'
        ? offer(predicate.expression, message, edits, fact)
        : offerToTest(
            predicate.expression,
            message,
            edits,
            fact,
            `${name} holds no date with a month or day of zero.`,
          );
    }
  },
};

interface Moved {
  readonly column: SearchableColumn;
  readonly written: Expression;
  readonly unit: string;
  /** how many units later */
  readonly count: number;
}

const FIXED = new Set(['week', 'day', 'hour', 'minute', 'second']);
const ABBREVIATED: Readonly<Record<string, string>> = {
  wk: 'week',
  ww: 'week',
  dd: 'day',
  d: 'day',
  hh: 'hour',
  mi: 'minute',
  n: 'minute',
  ss: 'second',
  s: 'second',
};

function movedOf(statement: AnalyzedStatement, side: Expression): Moved | null {
  return statement.dialect === 'tsql' ? byDateadd(statement, side) : byInterval(statement, side);
}

/** `DATEADD(day, -7, column)`. */
function byDateadd(statement: AnalyzedStatement, side: Expression): Moved | null {
  if (side.kind !== 'call' || side.function !== 'dateadd' || side.args.length !== 2) return null;
  const [number, written] = side.args.map((argument) => unwrapParens(argument.value));
  const field = side.field ?? '';
  const unit = ABBREVIATED[field] ?? field;
  const count = number ? wholeOf(number) : null;
  return written && count !== null ? moved(statement, written, unit, count) : null;
}

/** `column + INTERVAL 7 DAY`, `DATE_SUB(column, INTERVAL 7 DAY)`. */
function byInterval(statement: AnalyzedStatement, side: Expression): Moved | null {
  const isSum = side.kind === 'binary' && (side.operator === '+' || side.operator === '-');
  const isCall =
    side.kind === 'call' &&
    /^(date_add|date_sub|adddate|subdate)$/.test(side.function) &&
    side.args.length === 2;
  const operands = isSum
    ? [side.left, side.right]
    : isCall
      ? side.args.map((argument) => argument.value)
      : [];
  const [written, interval] = operands.map(unwrapParens);
  if (!written || interval?.kind !== 'typedLiteral' || !interval.operand || interval.unit === null)
    return null;
  const count = wholeOf(unwrapParens(interval.operand));
  const backwards = isSum ? side.operator === '-' : isCall && /sub/.test(side.function);
  return count === null
    ? null
    : moved(statement, written, interval.unit.toLowerCase(), backwards ? -count : count);
}

function moved(statement: AnalyzedStatement, written: Expression, unit: string, count: number): Moved | null {
  const column = searchableColumn(statement, written);
  const described = column?.resolved.column;
  if (!column || !described || !FIXED.has(unit)) return null;
  // seconds added to a smalldatetime are rounded to minutes, and hours cannot be added to T-SQL's date
  const isMoment = described.family === 'timestamp' && described.type !== 'smalldatetime';
  const isDay = described.family === 'date' && (unit === 'day' || unit === 'week');
  return isMoment || isDay ? { column, written, unit: unit.toUpperCase(), count } : null;
}

/** A whole number that keeps the current time within the calendar of every type. */
function wholeOf(expression: Expression): number | null {
  if (expression.kind === 'unary' && expression.operator === '-') {
    const positive = wholeOf(unwrapParens(expression.operand));
    return positive === null ? null : -positive;
  }
  const isWhole =
    expression.kind === 'literal' && expression.type === 'number' && /^\d{1,4}$/.test(expression.value);
  return isWhole ? Number(expression.value) : null;
}

const NOW: Readonly<Record<string, readonly string[]>> = {
  mysql: ['now', 'current_timestamp', 'curdate', 'current_date'],
  mariadb: ['now', 'current_timestamp', 'curdate', 'current_date'],
  tsql: ['getdate', 'sysdatetime', 'current_timestamp', 'getutcdate', 'sysutcdatetime'],
};

function isNow({ dialect }: AnalyzedStatement, value: Expression): boolean {
  const isCall = value.kind === 'call' && value.args.length === 0 && value.name.length === 1;
  return isCall && (NOW[dialect]?.includes(value.function) ?? false);
}

/** The time moved the other way. */
function back(statement: AnalyzedStatement, now: Expression, { unit, count }: Moved): Fragment {
  const written = source(statement, now);
  if (statement.dialect === 'tsql') {
    return sql`DATEADD(${verbatim(unit.toLowerCase())}, ${verbatim(String(-count))}, ${written})`;
  }
  const sign = verbatim(count > 0 ? '-' : '+');
  return sql`${written} ${sign} INTERVAL ${verbatim(String(Math.abs(count)))} ${verbatim(unit)}`;
}
