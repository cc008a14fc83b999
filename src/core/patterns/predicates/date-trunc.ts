import type { Expression, FunctionCall } from '../../sql/ast.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { source, sql, verbatim } from '../../sql/writing/fragment.ts';
import type { Pattern } from '../pattern.ts';
import { mayBeInfinite, timeLiteral, type Unit, unitOf } from './calendar.ts';
import { type Floored, findFloored } from './floored-column.ts';
import type { SearchableColumn } from './indexed-column.ts';
import { type Boundary, constantFamily, zoneFact } from './time-range.ts';

/** `date_trunc('month', x) = c` → `x >= c AND x < next month`. */
export const dateTruncOnColumn: Pattern = {
  id: 'date-trunc-on-column',
  title: 'date_trunc on an indexed column',
  category: 'predicates',
  industries: ['analytics', 'time-series', 'e-commerce'],
  engines: [
    {
      dialect: 'postgresql',
      pays: 'The range holds a small part of the table, and an index begins with the column.',
    },
  ],
  severity: 'warning',
  description:
    'An index on the column says nothing about date_trunc(column), so every row is read and cut. The same condition as a half-open range is a search in the index.',
  source: 'https://use-the-index-luke.com/sql/where-clause/obfuscation/dates',
  precondition:
    'The column is a date or timestamp, or a timestamp with time zone in a session whose time zone is UTC; the other side is a literal, or date_trunc to the same unit of a constant expression of the same type.',
  example: {
    schema:
      'CREATE TABLE orders (order_id bigint PRIMARY KEY, placed_at timestamp);\nCREATE INDEX ON orders (placed_at);',
    before: "SELECT count(*) FROM orders WHERE date_trunc('month', placed_at) = '2024-02-01'",
    after: "SELECT count(*) FROM orders WHERE placed_at >= '2024-02-01' AND placed_at < '2024-03-01'",
  },
  rewrites: true,
  needs: ['side call', 'calls date_trunc'],
  find: (statement) =>
    findFloored(statement, {
      floored: truncatedColumn,
      boundary: (value, column, unit) => boundaryOf(statement, value, column, unit),
      families: ['date', 'timestamp', 'timestamptz'],
    }),
};

interface Truncation {
  readonly unit: Unit;
  readonly operand: Expression;
}

function truncationOf(call: FunctionCall): Truncation | null {
  if (call.function !== 'date_trunc' || call.args.length !== 2 || call.name.length > 1) return null;
  const field = call.args[0] ? unwrapParens(call.args[0].value) : null;
  const operand = call.args[1]?.value;
  const unit = field?.kind === 'literal' && field.type === 'string' ? unitOf(field.value) : null;
  return unit && operand ? { unit, operand: unwrapParens(operand) } : null;
}

function truncatedColumn(side: Expression): Floored | null {
  const cut = side.kind === 'call' ? truncationOf(side) : null;
  return cut?.operand.kind === 'column'
    ? { column: cut.operand, unit: cut.unit, indexedAs: 'date_trunc' }
    : null;
}

function boundaryOf(
  statement: AnalyzedStatement,
  value: Expression,
  column: SearchableColumn,
  unit: Unit,
): Boundary | null {
  const family = column.resolved.column?.family;
  if (family === 'date') return dateBoundary(statement, value, unit);
  const literal = timeLiteral(value, family === 'timestamptz' && zoneFact(statement, column).sound);
  if (literal) {
    const fits = literal.type === null || literal.type === 'date' || literal.type === family;
    return fits ? { kind: 'moment', literal } : null;
  }
  const cut = value.kind === 'call' ? truncationOf(value) : null;
  if (cut?.unit !== unit || constantFamily(statement, value) !== family || mayBeInfinite(cut.operand))
    return null;
  const start = source(statement, value);
  // text of the interval: a quarter is no unit of PostgreSQL's intervals
  const step = unit === 'quarter' ? '3 months' : `1 ${unit}`;
  return {
    kind: 'expression',
    start,
    next: sql`${start} + INTERVAL ${verbatim(`'${step}'`)}`,
    assumes: null,
  };
}

/** date_trunc of a date is a timestamptz at the session's midnight: bounds are dates, so the unit must be a day or more. */
function dateBoundary(statement: AnalyzedStatement, value: Expression, unit: Unit): Boundary | null {
  if (unit === 'second' || unit === 'minute' || unit === 'hour') return null;
  const literal = timeLiteral(value);
  const plain = literal !== null && literal.type !== 'timestamptz' && statement.dialect === 'postgresql';
  return plain ? { kind: 'moment', literal } : null;
}
