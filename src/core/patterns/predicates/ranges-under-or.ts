import type { ColumnRef, Expression } from '../../sql/ast.ts';
import { compareConstants } from '../../sql/properties/constant-values.ts';
import { isWhole } from '../../sql/properties/constants.ts';
import { sameExpression } from '../../sql/properties/same-expression.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { conjunctsOf, disjunctsOf } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { type Fragment, source, sql, verbatim } from '../../sql/writing/fragment.ts';
import { allEngines } from '../engines.ts';
import { offer } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { type ConstantBound, constantBounds, orderedFamily } from './ordered-constants.ts';
import { positiveConjuncts, quote } from './positive.ts';

/** `x BETWEEN 1 AND 5 OR x BETWEEN 6 AND 9` → `x >= 1 AND x <= 9`. */
export const rangesUnderOr: Pattern = {
  id: 'ranges-under-or',
  title: 'Ranges of one column that touch each other',
  category: 'predicates',
  engines: allEngines(
    'The column is indexed: one scan of one range, without putting the rows of several together.',
  ),
  severity: 'info',
  description:
    'Each range under OR is searched on its own, and rows that are in several must be found only once. Together they are one range.',
  source: 'https://www.postgresql.org/docs/current/indexes-bitmap-scans.html',
  precondition:
    'Every side of the OR bounds the same column from below and above by constants whose order is known, and each range overlaps or touches the next one (whole numbers: follows it).',
  example: {
    schema: 'CREATE TABLE orders (order_id bigint PRIMARY KEY, total decimal(10, 2));',
    before: 'SELECT * FROM orders WHERE order_id BETWEEN 1 AND 500 OR order_id BETWEEN 501 AND 900',
    after: 'SELECT * FROM orders WHERE order_id >= 1 AND order_id <= 900',
  },
  rewrites: true,
  needs: ['condition', 'operator OR'],
  *find(statement) {
    for (const conjunct of positiveConjuncts(statement)) {
      const ranges = rangesOf(statement, conjunct.expression);
      const first = ranges?.[0];
      const whole = ranges
        ? joined(ranges, first !== undefined && isInteger(statement, first.low.column))
        : null;
      if (!whole) continue;
      const column = source(statement, whole.low.column);
      const side = ({ operator, written }: ConstantBound): Fragment =>
        sql`${column} ${verbatim(operator)} ${source(statement, written)}`;
      const edits = () =>
        editing(statement)
          .replaceConjunct(conjunct, sql`${side(whole.low)} AND ${side(whole.high)}`)
          .done();
      const name = quote(statement, whole.low.column);
      const message = `The ranges of ${name} touch each other: they are one range.`;
      yield offer(conjunct.expression, message, edits, `No value of ${name} is between the ranges.`);
    }
  },
};

interface Range {
  readonly low: ConstantBound;
  readonly high: ConstantBound;
}

function rangesOf(statement: AnalyzedStatement, expression: Expression): readonly Range[] | null {
  if (expression.kind !== 'binary' || expression.operator !== 'OR') return null;
  const ranges: Range[] = [];
  for (const part of disjunctsOf(expression)) {
    const range = rangeOf(statement, part);
    const column = ranges[0]?.low.column;
    if (!range || (column && !sameExpression(column, range.low.column, statement))) return null;
    ranges.push(range);
  }
  return ranges;
}

/** A lower and an upper bound of one column, the lower one not above the upper one. */
function rangeOf(statement: AnalyzedStatement, expression: Expression): Range | null {
  const bounds = conjunctsOf(expression).map((part) => constantBounds(statement, part));
  const [low, high, ...more] = bounds
    .flatMap((one) => one ?? [])
    .sort((a, b) => (a.operator < b.operator ? 1 : -1));
  if (bounds.includes(null) || !low || !high || more.length > 0) return null;
  if (!low.operator.startsWith('>') || !high.operator.startsWith('<')) return null;
  if (!sameExpression(low.column, high.column, statement)) return null;
  const order = compareConstants(low.value, high.value);
  return order !== null && order <= 0 ? { low, high } : null;
}

/** One range for all of them, null when something is between two of them. */
function joined(ranges: readonly Range[], integer: boolean): Range | null {
  const sorted = [...ranges].sort((a, b) => compareConstants(a.low.value, b.low.value) ?? 0);
  const [first, ...rest] = sorted;
  if (!first || rest.length === 0) return null;
  let { low, high } = first;
  for (const next of rest) {
    if (!touches(high, next.low, integer)) return null;
    const lows = compareConstants(next.low.value, low.value);
    if (lows === 0 && next.low.operator === '>=') low = next.low;
    const highs = compareConstants(next.high.value, high.value);
    if (highs === null || lows === null) return null;
    if (highs > 0 || (highs === 0 && next.high.operator === '<=')) high = next.high;
  }
  return { low, high };
}

/** No value lies between an upper bound and the lower bound of the range that follows. */
function touches(high: ConstantBound, low: ConstantBound, integer: boolean): boolean {
  const order = compareConstants(low.value, high.value);
  if (order === null) return false;
  if (order < 0) return true;
  if (order === 0) return low.operator === '>=' || high.operator === '<=';
  if (!integer || high.operator !== '<=' || low.operator !== '>=') return false;
  const [a, b] = [high.value, low.value];
  if (a.kind !== 'number' || b.kind !== 'number' || !isWhole(a.value) || !isWhole(b.value)) return false;
  return a.value.scale === 0 && b.value.scale === 0 && b.value.digits - a.value.digits === 1n;
}

function isInteger(statement: AnalyzedStatement, column: ColumnRef): boolean {
  return orderedFamily(statement, column) === 'integer';
}
