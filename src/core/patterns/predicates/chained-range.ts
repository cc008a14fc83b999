import type { ColumnRef } from '../../sql/ast.ts';
import { filteringConjuncts } from '../../sql/properties/not-null.ts';
import { sameExpression } from '../../sql/properties/same-expression.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Conjunct, ResolvedColumn } from '../../sql/query-model.ts';
import { editing } from '../../sql/writing/edits.ts';
import { source, sql, verbatim } from '../../sql/writing/fragment.ts';
import { saysTheSameOf } from '../carried-filter.ts';
import { allEngines } from '../engines.ts';
import { offer } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { type Comparison, comparisonsOf } from './comparison.ts';
import { isRowConstant, searchableColumn, serving } from './indexed-column.ts';
import { MOST_COMPARED, quote } from './positive.ts';

/** `starts <= ends AND ends < c` → add `starts < c`. */
export const chainedRange: Pattern = {
  id: 'chained-range',
  title: 'Bound that follows from another column',
  category: 'predicates',
  industries: ['time-series', 'analytics'],
  engines: allEngines(
    'An index begins with the column that gets the bound, or partitions are by it, and few rows are within it.',
  ),
  severity: 'info',
  description:
    'Planners carry constants over equalities, but not over < and >: a column that is below another one, which is below a constant, is read without a bound.',
  source: 'PostgreSQL source, equivclass.c: only mergejoinable equalities form equivalence classes',
  precondition:
    'Both comparisons hold for every row of the block, both columns are numbers or points in time of one type, and the value is a literal or a parameter. The bound is added, nothing is taken away.',
  example: {
    schema:
      'CREATE TABLE bookings (booking_id bigint PRIMARY KEY, starts_on date NOT NULL, ends_on date NOT NULL);\nCREATE INDEX bookings_starts_on ON bookings (starts_on);',
    before: "SELECT * FROM bookings WHERE starts_on <= ends_on AND ends_on < '2024-02-01'",
    after:
      "SELECT * FROM bookings WHERE starts_on <= ends_on AND ends_on < '2024-02-01' AND starts_on < '2024-02-01'",
  },
  rewrites: true,
  needs: ['where', ['operator <', 'operator <=', 'operator >', 'operator >=']],
  *find(statement) {
    for (const block of statement.blocks) {
      const filters = filteringConjuncts(block);
      if (filters.length > MOST_COMPARED) continue;
      for (const range of block.where) {
        const bound = boundOf(statement, range);
        const middle = bound ? statement.resolve(bound.column) : null;
        if (!bound || !middle) continue;
        for (const other of filters) {
          const column = beyond(statement, other, bound);
          const resolved = column ? statement.resolve(column) : null;
          const searchable = column ? searchableColumn(statement, column) : null;
          if (!column || !resolved || !searchable || resolved.depth > 0) continue;
          if (!alike(statement, range, middle, resolved) || isBounded(statement, filters, column, bound))
            continue;
          const strict = bound.operator.length === 1 || isStrict(other);
          const operator = strict ? bound.operator.slice(0, 1) : bound.operator;
          const condition = sql`${source(statement, column)} ${verbatim(operator)} ${source(statement, bound.value)}`;
          const edits = () => editing(statement).addConjunct(block, condition).done();
          const message = `${quote(statement, other.expression)} and ${quote(statement, range.expression)} bound ${quote(statement, column)}, too: said so, it can use ${serving(searchable)}.`;
          yield offer(range.expression, message, edits, `Both columns are ${resolved.column?.type}.`);
        }
      }
    }
  },
};

interface Bound {
  readonly column: ColumnRef;
  readonly operator: Comparison['operator'];
  readonly value: Comparison['right'];
}

const FAMILIES = new Set(['integer', 'decimal', 'date', 'timestamp', 'timestamptz']);

/** `column < value`, `column > value` with a value that is the same for all rows. */
function boundOf(statement: AnalyzedStatement, { expression }: Conjunct): Bound | null {
  if (expression.kind !== 'binary') return null;
  const comparison = comparisonsOf(expression, (side) => side.kind === 'column')?.[0];
  if (comparison?.left.kind !== 'column' || !/^[<>]=?$/.test(comparison.operator)) return null;
  const fixed = isRowConstant(comparison.right) && isDeterministic(comparison.right, statement);
  return fixed ? { column: comparison.left, operator: comparison.operator, value: comparison.right } : null;
}

/** The column that is on the other side of the bounded one: `x < bounded` for an upper bound, `x > bounded` for a lower one. */
function beyond(statement: AnalyzedStatement, { expression }: Conjunct, bound: Bound): ColumnRef | null {
  if (expression.kind !== 'binary') return null;
  const comparison = comparisonsOf(expression, (side) => sameExpression(side, bound.column, statement))?.[0];
  if (comparison?.right.kind !== 'column' || !/^[<>]=?$/.test(comparison.operator)) return null;
  // read from the bounded column: bounded > x for an upper bound
  return comparison.operator[0] !== bound.operator[0] ? comparison.right : null;
}

function isStrict({ expression }: Conjunct): boolean {
  return expression.kind === 'binary' && expression.operator.length === 1;
}

function alike(
  statement: AnalyzedStatement,
  range: Conjunct,
  from: ResolvedColumn,
  to: ResolvedColumn,
): boolean {
  const [a, b] = [from.sourceColumn?.type, to.sourceColumn?.type];
  if (!a || !b || a.text === null || a.text !== b.text || !FAMILIES.has(a.family)) return false;
  // MySQL's TIMESTAMP is local time, in which an hour may be twice
  if (a.family === 'timestamptz' && statement.dialect !== 'postgresql') return false;
  return saysTheSameOf(statement, range.expression, from, to);
}

/** A bound in that direction, or an equality with a value, is there already. */
function isBounded(
  statement: AnalyzedStatement,
  filters: readonly Conjunct[],
  column: ColumnRef,
  bound: Bound,
): boolean {
  return filters.some(({ expression }) =>
    (comparisonsOf(expression, (side) => sameExpression(side, column, statement)) ?? []).some(
      ({ operator, right }) =>
        (operator === '=' || operator[0] === bound.operator[0]) && isRowConstant(right),
    ),
  );
}
