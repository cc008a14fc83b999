import type { Expression, FunctionCall } from '../../sql/ast.ts';
import { type ComparisonOperator, mirrored } from '../../sql/comparison-operators.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { type Fragment, source, sql, verbatim } from '../../sql/writing/fragment.ts';
import { offer, offerToTest } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { type Comparison, comparisonsOf } from './comparison.ts';
import { hasExpressionIndex, type SearchableColumn, searchableColumn, serving } from './indexed-column.ts';
import { positivePredicates, quote, replacePredicate } from './positive.ts';

const PAYS = 'The days asked for are a small part of the table, and an index begins with the column.';

/** `DATEDIFF(day, x, GETDATE()) <= 7` → `x >= DATEADD(day, -7, CAST(GETDATE() AS date))`. */
export const datediffOnColumn: Pattern = {
  id: 'datediff-on-column',
  title: 'DATEDIFF in days of an indexed column',
  category: 'predicates',
  industries: ['time-series', 'analytics', 'saas'],
  engines: (['mysql', 'mariadb', 'tsql'] as const).map((dialect) => ({ dialect, pays: PAYS })),
  severity: 'warning',
  description:
    'The days between the column and today are counted for every row. Counted from today, once, they are a range of the column.',
  source: 'https://use-the-index-luke.com/sql/where-clause/obfuscation/dates',
  precondition:
    'DATEDIFF counts midnights: in days, between a date or datetime column and today, and is compared with a whole number up to 20,000. MySQL and MariaDB may hold dates of zero, for which DATEDIFF is NULL, so the candidate is compared on data there.',
  example: {
    schema:
      'CREATE TABLE orders (order_id int PRIMARY KEY, placed_at datetime);\nCREATE INDEX orders_placed_at ON orders (placed_at);',
    before: 'SELECT order_id FROM orders WHERE DATEDIFF(NOW(), placed_at) <= 7',
    after: 'SELECT order_id FROM orders WHERE placed_at >= CURDATE() - INTERVAL 7 DAY',
  },
  rewrites: true,
  needs: ['side call'],
  *find(statement) {
    for (const predicate of positivePredicates(statement)) {
      const comparisons = comparisonsOf(predicate.expression, (side) => daysOf(statement, side) !== null);
      const days = comparisons?.[0] ? daysOf(statement, comparisons[0].left) : null;
      if (!comparisons || !days || hasExpressionIndex(days.column, 'datediff')) continue;
      const conditions = comparisons.map((comparison) => boundsOf(statement, days, comparison));
      if (conditions.includes(null)) continue;
      const edits = () =>
        replacePredicate(
          statement,
          predicate,
          conditions.flatMap((one) => one ?? []),
        );
      const { name, column } = days.column.resolved;
      const message = `${quote(statement, predicate.expression)} counts days in every row. A range of ${name} can use ${serving(days.column)}.`;
      const fact = `${name} is ${column?.type}.`;
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

interface Days {
  readonly column: SearchableColumn;
  readonly written: Expression;
  /** today as the statement writes it */
  readonly today: Expression;
  /** the days from the column to today, not those from today to the column */
  readonly untilToday: boolean;
}

function daysOf(statement: AnalyzedStatement, side: Expression): Days | null {
  if (side.kind !== 'call' || side.function !== 'datediff' || side.name.length > 1 || side.args.length !== 2)
    return null;
  const tsql = statement.dialect === 'tsql';
  if (tsql && !['day', 'dd', 'd'].includes(side.field ?? '')) return null;
  const args = side.args.map((argument) => unwrapParens(argument.value));
  // T-SQL counts from the first to the second one, MySQL from the second to the first one
  const [from, to] = tsql ? args : args.reverse();
  if (!from || !to) return null;
  const column = searchableColumn(statement, from) ?? searchableColumn(statement, to);
  if (!column || !['date', 'timestamp'].includes(column.resolved.column?.family ?? '')) return null;
  const untilToday = searchableColumn(statement, from) !== null;
  const today = untilToday ? to : from;
  if (today.kind !== 'call' || !isToday(statement, today)) return null;
  return { column, written: untilToday ? from : to, today, untilToday };
}

const TODAY: Readonly<Record<string, readonly string[]>> = {
  mysql: ['now', 'curdate', 'current_date', 'current_timestamp'],
  mariadb: ['now', 'curdate', 'current_date', 'current_timestamp'],
  tsql: ['getdate', 'sysdatetime', 'current_timestamp', 'getutcdate', 'sysutcdatetime'],
};

function isToday({ dialect }: AnalyzedStatement, call: FunctionCall): boolean {
  return (
    call.args.length === 0 && call.name.length === 1 && (TODAY[dialect]?.includes(call.function) ?? false)
  );
}

/** Counted from today, the day of the column is compared with that many days later. */
function boundsOf(
  statement: AnalyzedStatement,
  days: Days,
  { operator, right }: Comparison,
): Fragment[] | null {
  const count = wholeOf(right);
  if (count === null) return null;
  const later = days.untilToday ? -count : count;
  const compared: ComparisonOperator = days.untilToday ? mirrored(operator) : operator;
  const column = source(statement, days.written);
  const from = (day: number): Fragment => sql`${column} >= ${dayLater(statement, days, day)}`;
  const before = (day: number): Fragment => sql`${column} < ${dayLater(statement, days, day)}`;
  switch (compared) {
    case '=':
      return [from(later), before(later + 1)];
    case '<':
      return [before(later)];
    case '<=':
      return [before(later + 1)];
    case '>':
      return [from(later + 1)];
    case '>=':
      return [from(later)];
    case '<>':
      return null;
  }
}

function wholeOf(value: Expression): number | null {
  const isWhole = value.kind === 'literal' && value.type === 'number' && /^\d{1,5}$/.test(value.value);
  const count = isWhole ? Number(value.value) : Number.NaN;
  return count <= 20_000 ? count : null;
}

/** Midnight of the day that many days after today. */
function dayLater(statement: AnalyzedStatement, { today }: Days, days: number): Fragment {
  if (statement.dialect === 'tsql') {
    const start = sql`CAST(${source(statement, today)} AS ${verbatim('date')})`;
    return days === 0 ? start : sql`DATEADD(${verbatim('day')}, ${verbatim(String(days))}, ${start})`;
  }
  if (days === 0) return sql`CURDATE()`;
  const sign = verbatim(days < 0 ? '-' : '+');
  return sql`CURDATE() ${sign} INTERVAL ${verbatim(String(Math.abs(days)))} DAY`;
}
