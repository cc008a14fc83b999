import type { Expression } from '../../sql/ast.ts';
import { typeOf } from '../../sql/properties/types.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { predicateAdvice } from '../advice-patterns.ts';
import { allEngines } from '../engines.ts';
import { timeLiteral, truncate } from './calendar.ts';
import { comparisonsOf } from './comparison.ts';
import { quote } from './positive.ts';

const MOMENTS = new Set(['date', 'timestamp', 'timestamptz']);

/** `placed_at = '03/04/2024'` */
export const ambiguousDateLiteral = predicateAdvice(
  {
    id: 'ambiguous-date-literal',
    needs: ['literal string'],
    title: 'Date literal that a setting decides about',
    category: 'predicates',
    engines: allEngines('never: it is about which day is meant'),
    severity: 'warning',
    description:
      "Whether '03/04/2024' is in March or April depends on DateStyle, the language or the date format of the session; MySQL does not read it at all. ISO dates ('2024-04-03', in SQL Server '20240403') are read alike everywhere.",
    source: 'https://www.postgresql.org/docs/current/datatype-datetime.html#DATATYPE-DATETIME-INPUT',
    precondition: 'A date or timestamp column is compared with a string of two numbers and a year.',
    example: {
      schema: 'CREATE TABLE orders (order_id bigint PRIMARY KEY, placed_on date);',
      before: "SELECT * FROM orders WHERE placed_on >= '03/04/2024'",
    },
  },
  (expression, statement) => {
    const value = valuesBesideMoments(statement, expression).find(
      (one) =>
        one.kind === 'literal' &&
        one.type === 'string' &&
        /^\s*\d{1,2}[/. -]\d{1,2}[/. -](\d{2}|\d{4})\b/.test(one.value),
    );
    return value
      ? `${quote(statement, value)} is another day in another session: write it as year-month-day.`
      : null;
  },
);

/** `placed_at BETWEEN '2024-01-01' AND '2024-01-31'` */
export const betweenUntilDay = predicateAdvice(
  {
    id: 'between-until-day',
    needs: ['between'],
    title: 'BETWEEN that ends at the midnight before the last day',
    category: 'predicates',
    industries: ['analytics', 'e-commerce', 'time-series'],
    engines: allEngines('never: it is about the rows of the last day'),
    severity: 'warning',
    description:
      'Beside a timestamp a date is its midnight: of the last day only that one moment is found. A half-open range (>= first day, < day after the last one) has all of it.',
    source:
      'https://wiki.postgresql.org/wiki/Don%27t_Do_This#Don.27t_use_BETWEEN_.28especially_with_timestamps.29',
    precondition:
      'A timestamp column is between two date literals, the second one without a time of day and not the first of a month.',
    example: {
      schema: 'CREATE TABLE orders (order_id bigint PRIMARY KEY, placed_at timestamp);',
      before: "SELECT * FROM orders WHERE placed_at BETWEEN '2024-01-01' AND '2024-01-31'",
    },
  },
  (expression, statement) => {
    if (expression.kind !== 'between' || expression.negated) return null;
    const type = typeOf(expression.operand, statement);
    if (type?.family !== 'timestamp' && type?.family !== 'timestamptz') return null;
    const end = timeLiteral(expression.high) ?? basicDate(expression.high);
    if (!end || end.moment !== truncate(end.moment, 'day') || end.moment === truncate(end.moment, 'month'))
      return null;
    return `${quote(statement, expression)} ends at 00:00 of the last day. >= the first day and < the day after the last one has all of it.`;
  },
);

/** SQL Server's `'20240131'`. */
function basicDate(expression: Expression) {
  const inner = unwrapParens(expression);
  const match =
    inner.kind === 'literal' && inner.type === 'string' ? /^(\d{4})(\d{2})(\d{2})$/.exec(inner.value) : null;
  if (!match || inner.kind !== 'literal') return null;
  return timeLiteral({ ...inner, value: `${match[1]}-${match[2]}-${match[3]}` });
}

/** What date and timestamp columns are compared with. */
function valuesBesideMoments(statement: AnalyzedStatement, expression: Expression): readonly Expression[] {
  if (expression.kind === 'in')
    return isMoment(statement, expression.operand) ? (expression.list ?? []).map(unwrapParens) : [];
  const comparisons = comparisonsOf(
    expression,
    (side) => side.kind === 'column' && isMoment(statement, side),
  );
  return comparisons?.map(({ right }) => right) ?? [];
}

function isMoment(statement: AnalyzedStatement, expression: Expression): boolean {
  return MOMENTS.has(typeOf(expression, statement)?.family ?? '');
}
