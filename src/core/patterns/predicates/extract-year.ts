import type { Expression } from '../../sql/ast.ts';
import { unwrapParens } from '../../sql/walk.ts';
import type { Pattern } from '../pattern.ts';
import { parseMoment } from './calendar.ts';
import { type Floored, findFloored } from './floored-column.ts';
import type { Boundary } from './time-range.ts';

/** `EXTRACT(YEAR FROM x) = 2022` → `x >= '2022-01-01' AND x < '2023-01-01'`. */
export const extractYearOnColumn: Pattern = {
  id: 'extract-year-on-column',
  title: 'EXTRACT(YEAR) of an indexed column',
  category: 'predicates',
  industries: ['analytics', 'e-commerce'],
  engines: [
    { dialect: 'postgresql', pays: 'The year is a small part of the table, or an index alone can answer.' },
  ],
  severity: 'warning',
  description:
    'EXTRACT(YEAR FROM column) is computed for every row. The year as a half-open range is a search in the index.',
  source: 'https://use-the-index-luke.com/sql/where-clause/obfuscation/dates',
  precondition:
    'The column is a date or timestamp, or a timestamp with time zone in a session whose time zone is UTC; the year is a whole number from 1 to 9998, written with four digits.',
  example: {
    schema:
      'CREATE TABLE orders (order_id bigint PRIMARY KEY, placed_at timestamp);\nCREATE INDEX ON orders (placed_at);',
    before: 'SELECT count(*) FROM orders WHERE EXTRACT(YEAR FROM placed_at) = 2022',
    after: "SELECT count(*) FROM orders WHERE placed_at >= '2022-01-01' AND placed_at < '2023-01-01'",
  },
  rewrites: true,
  find: (statement) =>
    findFloored(statement, {
      floored: yearOf,
      boundary: (value) => yearBoundary(value),
      families: ['date', 'timestamp', 'timestamptz'],
    }),
};

function yearOf(side: Expression): Floored | null {
  if (side.kind === 'cast' && ['integer', 'int', 'int4'].includes(side.type.name))
    return yearOf(unwrapParens(side.operand));
  if (side.kind !== 'call') return null;
  const operand = yearOperand(side);
  const column = operand ? unwrapParens(operand) : null;
  return column?.kind === 'column' ? { column, unit: 'year', indexedAs: 'year' } : null;
}

function yearOperand(call: Expression & { kind: 'call' }): Expression | null {
  if (call.function === 'extract' && call.field === 'year') return call.args.at(-1)?.value ?? null;
  if (call.function !== 'date_part' || call.args.length !== 2) return null;
  const field = call.args[0] ? unwrapParens(call.args[0].value) : null;
  const isYear = field?.kind === 'literal' && field.type === 'string' && field.value.toLowerCase() === 'year';
  return isYear ? (call.args[1]?.value ?? null) : null;
}

function yearBoundary(value: Expression): Boundary | null {
  if (value.kind !== 'literal' || value.type !== 'number' || !/^\d{4}$/.test(value.value)) return null;
  const moment = parseMoment(`${value.value}-01-01`);
  return moment === null ? null : { kind: 'moment', literal: { moment, type: null } };
}
