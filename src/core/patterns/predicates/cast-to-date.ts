import type { Expression } from '../../sql/ast.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { type Fragment, source, sql } from '../../sql/writing/fragment.ts';
import type { Pattern } from '../pattern.ts';
import { mayBeInfinite, timeLiteral, truncate } from './calendar.ts';
import { type Floored, findFloored } from './floored-column.ts';
import { quote } from './positive.ts';
import { type Boundary, constantFamily, operandText } from './time-range.ts';

/** `x::date = d` → `x >= d AND x < d + 1`. */
export const castToDateOnColumn: Pattern = {
  id: 'cast-to-date-on-column',
  title: 'Cast to date on an indexed timestamp',
  category: 'predicates',
  industries: ['analytics', 'time-series', 'e-commerce', 'saas'],
  engines: [
    {
      dialect: 'postgresql',
      pays: 'The days asked for are a small part of the table, and an index begins with the column.',
    },
    {
      dialect: 'mysql',
      pays: 'The days asked for are a small part of the table, and an index begins with the column.',
    },
    {
      dialect: 'mariadb',
      until: 10,
      pays: 'The days asked for are a small part of the table, and an index begins with the column; MariaDB 11.1 and later search it themselves.',
    },
  ],
  severity: 'warning',
  description:
    'An index on the timestamp cannot be searched for column::date or date(column): every row is read and cast. A half-open range from midnight to midnight says the same and is a search in the index.',
  source: 'https://use-the-index-luke.com/sql/where-clause/obfuscation/dates',
  precondition:
    'The column is a timestamp, or a timestamp with time zone in a session whose time zone is UTC; the other side is a date literal or an expression of type date without columns (MySQL: CURDATE()). A parameter must not be infinity, so that candidate is compared on data.',
  example: {
    schema:
      'CREATE TABLE orders (order_id bigint PRIMARY KEY, placed_at timestamp);\nCREATE INDEX ON orders (placed_at);',
    before: "SELECT * FROM orders WHERE placed_at::date = DATE '2024-11-29'",
    after: "SELECT * FROM orders WHERE placed_at >= DATE '2024-11-29' AND placed_at < DATE '2024-11-30'",
  },
  rewrites: true,
  needs: [['calls date', 'side cast']],
  find: (statement) =>
    findFloored(statement, {
      floored: castColumn,
      boundary: (value) => boundaryOf(statement, value),
      families: ['timestamp', 'timestamptz'],
    }),
};

function castColumn(side: Expression): Floored | null {
  const isCast = side.kind === 'cast' && side.style !== 'try' && isDate(side.type);
  if (isCast) return columnOf(side.operand, '::date');
  if (side.kind !== 'call' || side.function !== 'date' || side.args.length !== 1 || side.name.length > 1)
    return null;
  const operand = side.args[0]?.value;
  return operand ? columnOf(operand, 'date') : null;
}

function isDate(type: { name: string; schema: unknown; arrayDimensions: number }): boolean {
  return type.name === 'date' && type.schema === null && type.arrayDimensions === 0;
}

function columnOf(operand: Expression, indexedAs: string): Floored | null {
  const column = unwrapParens(operand);
  return column.kind === 'column' ? { column, unit: 'day', indexedAs } : null;
}

function boundaryOf(statement: AnalyzedStatement, value: Expression): Boundary | null {
  const literal = timeLiteral(value);
  if (literal) {
    // beside a date, a bare string is read as a date and loses its time of day
    const whole = literal.moment === truncate(literal.moment, 'day');
    const fits = literal.type === 'date' || literal.type === 'timestamp' || (literal.type === null && whole);
    return fits ? { kind: 'moment', literal } : null;
  }
  if (statement.dialect !== 'postgresql') return today(statement, value);
  const infinite = mayBeInfinite(value);
  if (value.kind !== 'placeholder' && constantFamily(statement, value) !== 'date') return null;
  const written = operandText(statement, value);
  // a parameter would take the type of the timestamp beside it
  const start: Fragment = value.kind === 'placeholder' ? sql`CAST(${written} AS date)` : written;
  return {
    kind: 'expression',
    start,
    next: sql`${start} + 1`,
    assumes: infinite ? `${quote(statement, value)} is not infinity.` : null,
  };
}

/** MySQL's CURDATE(); what is more is not surely a date there. */
function today(statement: AnalyzedStatement, value: Expression): Boundary | null {
  const isToday = value.kind === 'call' && ['curdate', 'current_date'].includes(value.function);
  if (!isToday || value.args.length > 0 || value.name.length > 1) return null;
  const start = source(statement, value);
  return { kind: 'expression', start, next: sql`${start} + INTERVAL 1 DAY`, assumes: null };
}
