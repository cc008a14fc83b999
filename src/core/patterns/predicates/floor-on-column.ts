import type { Expression } from '../../sql/ast.ts';
import type { ComparisonOperator } from '../../sql/comparison-operators.ts';
import { formatDecimal } from '../../sql/properties/constants.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { type Fragment, source, sql, verbatim } from '../../sql/writing/fragment.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { type Comparison, comparisonsOf } from './comparison.ts';
import { hasExpressionIndex, type SearchableColumn, searchableColumn, serving } from './indexed-column.ts';
import { positivePredicates, quote, replacePredicate } from './positive.ts';

/** `floor(x) = 5` → `x >= 5 AND x < 6`. */
export const floorOnColumn: Pattern = {
  id: 'floor-on-column',
  title: 'FLOOR, CEILING or TRUNC of an indexed column',
  category: 'predicates',
  industries: ['analytics', 'e-commerce'],
  engines: allEngines('An index begins with the column and the range holds a small part of the table.'),
  severity: 'warning',
  description:
    'Every value is rounded to be compared with a whole number. The values that round to it are a range of the column itself.',
  source: 'measured: 58 times on PostgreSQL 15, 151 times on MariaDB 10.11 for FLOOR as a range',
  precondition:
    'The column is a decimal or a floating-point number and the other side is a whole number with at most 15 digits. ROUND is left alone: engines differ in what they do with halves.',
  example: {
    schema:
      'CREATE TABLE payments (payment_id bigint PRIMARY KEY, amount decimal(12, 2));\nCREATE INDEX payments_amount ON payments (amount);',
    before: 'SELECT * FROM payments WHERE floor(amount) = 42',
    after: 'SELECT * FROM payments WHERE amount >= 42 AND amount < 43',
  },
  rewrites: true,
  needs: ['side call', ['calls floor', 'calls ceil', 'calls ceiling', 'calls round', 'calls trunc']],
  *find(statement) {
    for (const predicate of positivePredicates(statement)) {
      const comparisons = comparisonsOf(predicate.expression, (side) => roundedOf(side) !== null);
      const rounded = comparisons?.[0] ? roundedOf(comparisons[0].left) : null;
      const column = rounded ? searchableColumn(statement, rounded.column) : null;
      if (!comparisons || !rounded || !column || !isFractional(column)) continue;
      if (hasExpressionIndex(column, rounded.how)) continue;
      const message = `${quote(statement, predicate.expression)} rounds ${column.resolved.name} in every row. As a range it can use ${serving(column)}.`;
      if (rounded.how === 'round') {
        if (comparisons.every(({ right }) => wholeOf(right) !== null))
          yield blocked(
            predicate.expression,
            message,
            'What ROUND does with halves depends on the type and the engine.',
          );
        continue;
      }
      const conditions = comparisons.map((comparison) => boundsOf(statement, rounded, comparison));
      if (conditions.includes(null)) continue;
      const edits = () =>
        replacePredicate(
          statement,
          predicate,
          conditions.flatMap((one) => one ?? []),
        );
      yield offer(
        predicate.expression,
        message,
        edits,
        `${column.table.name}.${column.resolved.name} is ${column.resolved.column?.type}.`,
      );
    }
  },
};

interface Rounded {
  readonly column: Expression;
  readonly how: 'floor' | 'ceil' | 'trunc' | 'round';
}

const ROUNDING: Readonly<Record<string, Rounded['how']>> = {
  floor: 'floor',
  ceil: 'ceil',
  ceiling: 'ceil',
  round: 'round',
  trunc: 'trunc',
};

function roundedOf(side: Expression): Rounded | null {
  if (side.kind !== 'call' || side.name.length > 1 || side.args.length < 1 || side.over) return null;
  const how = Object.hasOwn(ROUNDING, side.function) ? ROUNDING[side.function] : undefined;
  const column = side.args[0] ? unwrapParens(side.args[0].value) : null;
  const places = side.args[1] ? unwrapParens(side.args[1].value) : null;
  if (!how || column?.kind !== 'column') return null;
  const whole = places === null || (how === 'round' && places.kind === 'literal' && places.value === '0');
  return whole && side.args.length <= 2 ? { column, how } : null;
}

/** Whole numbers have no fraction to round, and PostgreSQL's money has no floor. */
function isFractional({ resolved }: SearchableColumn): boolean {
  const family = resolved.column?.family;
  return family === 'float' || (family === 'decimal' && !/money/.test(resolved.column?.type ?? ''));
}

function wholeOf(expression: Expression): bigint | null {
  const inner = unwrapParens(expression);
  if (inner.kind === 'unary' && inner.operator === '-') {
    const positive = wholeOf(inner.operand);
    return positive === null ? null : -positive;
  }
  const isWhole = inner.kind === 'literal' && inner.type === 'number' && /^\d{1,15}$/.test(inner.value);
  return isWhole ? BigInt(inner.value) : null;
}

function boundsOf(
  statement: AnalyzedStatement,
  { column, how }: Rounded,
  { operator, right }: Comparison,
): readonly Fragment[] | null {
  const value = wholeOf(right);
  if (value === null) return null;
  const written = source(statement, column);
  const bound = (sign: string, whole: bigint): Fragment =>
    sql`${written} ${verbatim(sign)} ${verbatim(formatDecimal({ digits: whole, scale: 0 }))}`;
  const next = value + 1n;
  const last = value - 1n;
  if (how === 'trunc') return truncated(operator, value, bound);
  if (how === 'floor') {
    switch (operator) {
      case '=':
        return [bound('>=', value), bound('<', next)];
      case '>=':
        return [bound('>=', value)];
      case '>':
        return [bound('>=', next)];
      case '<':
        return [bound('<', value)];
      case '<=':
        return [bound('<', next)];
      case '<>':
        return null;
    }
  }
  switch (operator) {
    case '=':
      return [bound('>', last), bound('<=', value)];
    case '>=':
      return [bound('>', last)];
    case '>':
      return [bound('>', value)];
    case '<':
      return [bound('<=', last)];
    case '<=':
      return [bound('<=', value)];
    case '<>':
      return null;
  }
}

/** Towards zero: from above zero it is the floor, from below zero the ceiling, and zero is both. */
function truncated(
  operator: ComparisonOperator,
  value: bigint,
  bound: (sign: string, whole: bigint) => Fragment,
): readonly Fragment[] | null {
  const from = value > 0n ? bound('>=', value) : bound('>', value - 1n);
  const until = value < 0n ? bound('<=', value) : bound('<', value + 1n);
  switch (operator) {
    case '=':
      return [from, until];
    case '>=':
      return [from];
    case '<=':
      return [until];
    case '>':
      return [value < 0n ? bound('>', value) : bound('>=', value + 1n)];
    case '<':
      return [value > 0n ? bound('<', value) : bound('<=', value - 1n)];
    case '<>':
      return null;
  }
}
