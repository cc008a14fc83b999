import type { Column } from '../../catalog/catalog.ts';
import type { Expression } from '../../sql/ast.ts';
import { type ComparisonOperator, mirrored } from '../../sql/comparison-operators.ts';
import type { Dialect } from '../../sql/dialect.ts';
import {
  addDecimals,
  type Decimal,
  divideDecimals,
  formatDecimal,
  isWhole,
  parseDecimal,
  reduced,
  subtractDecimals,
} from '../../sql/properties/constants.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { source, sql, verbatim } from '../../sql/writing/fragment.ts';
import { allEngines } from '../engines.ts';
import { offer } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { comparisonsOf } from './comparison.ts';
import { hasExpressionIndex, type SearchableColumn, searchableColumn, serving } from './indexed-column.ts';
import { positivePredicates, quote, replacePredicate } from './positive.ts';

/** `amount * 100 = 4198` → `amount = 41.98`. */
export const arithmeticOnColumn: Pattern = {
  id: 'arithmetic-on-column',
  title: 'Arithmetic on an indexed column',
  category: 'predicates',
  industries: ['e-commerce', 'analytics'],
  engines: allEngines('The comparison keeps a small part of the table, and an index begins with the column.'),
  severity: 'warning',
  description:
    'The column is calculated with in every row before it is compared, so that its index cannot be searched. The constant can be calculated once instead.',
  source: 'https://use-the-index-luke.com/sql/where-clause/obfuscation/math',
  precondition:
    'The column is an integer or numeric and the constants are literals, so that the arithmetic is exact (MySQL, MariaDB and SQL Server: signed, and a decimal of at most 18 digits); the column is multiplied by a number above zero, or a number is added or subtracted.',
  example: {
    schema:
      'CREATE TABLE payments (payment_id bigint PRIMARY KEY, amount numeric(12, 2));\nCREATE INDEX ON payments (amount);',
    before: 'SELECT * FROM payments WHERE amount * 100 = 4198',
    after: 'SELECT * FROM payments WHERE amount = 41.98',
  },
  rewrites: true,
  needs: ['side binary'],
  *find(statement) {
    for (const predicate of positivePredicates(statement)) {
      const comparisons = comparisonsOf(predicate.expression, (side) => termOf(statement, side) !== null);
      const term = comparisons?.[0] ? termOf(statement, comparisons[0].left) : null;
      if (!comparisons || !term || hasExpressionIndex(term.column, term.operator)) continue;
      const column = source(statement, term.written);
      const conditions = comparisons.map(({ operator, right }) => {
        const solved = solve(term, operator, right);
        return solved ? sql`${column} ${verbatim(solved.operator)} ${verbatim(solved.value)}` : null;
      });
      if (conditions.some((condition) => condition === null)) continue;
      const edits = () =>
        replacePredicate(
          statement,
          predicate,
          conditions.filter((condition) => condition !== null),
        );
      const { name, column: described } = term.column.resolved;
      const message = `${quote(statement, predicate.expression)} calculates with ${name} in every row. Solved for ${name} it can use ${serving(term.column)}.`;
      const fact = `${term.column.table.name}.${name} is ${described?.type}, where this arithmetic is exact.`;
      yield offer(predicate.expression, message, edits, fact);
    }
  },
};

interface Term {
  readonly column: SearchableColumn;
  readonly written: Expression;
  /** `column operator constant`; '-r' is `constant - column` */
  readonly operator: '+' | '-' | '-r' | '*';
  readonly constant: Decimal;
}

function termOf(statement: AnalyzedStatement, side: Expression): Term | null {
  if (side.kind !== 'binary') return null;
  const { operator } = side;
  if (operator !== '+' && operator !== '-' && operator !== '*') return null;
  const left = unwrapParens(side.left);
  const right = unwrapParens(side.right);
  const onLeft = numberColumn(statement, left);
  const rightNumber = numberOf(right);
  if (onLeft && rightNumber) return exact({ column: onLeft, written: left, operator, constant: rightNumber });
  const onRight = numberColumn(statement, right);
  const leftNumber = numberOf(left);
  if (!onRight || !leftNumber) return null;
  return exact({
    column: onRight,
    written: right,
    operator: operator === '-' ? '-r' : operator,
    constant: leftNumber,
  });
}

/** Integers stay integers only beside integers; multiplying by zero or less, and NaN beside a change of sign, lose order. */
function exact(term: Term): Term | null {
  const family = term.column.resolved.column?.family;
  if (family === 'integer' && !isWhole(term.constant)) return null;
  if (term.operator === '*' && term.constant.digits <= 0n) return null;
  if (term.operator === '-r' && family !== 'integer') return null;
  return term;
}

function numberColumn(statement: AnalyzedStatement, expression: Expression): SearchableColumn | null {
  const column = searchableColumn(statement, expression);
  const type = column?.resolved.column;
  if (!type || !isExact(statement.dialect, type)) return null;
  return column;
}

/** Arithmetic beside a literal neither rounds nor wraps: money rounds, unsigned numbers have nothing below zero. */
function isExact(dialect: Dialect, { family, type }: Column): boolean {
  if (dialect === 'postgresql')
    return family === 'integer' || (family === 'decimal' && type.startsWith('numeric'));
  if (/unsigned|zerofill|money|year/.test(type)) return false;
  if (family === 'integer') return true;
  const precision = /^(?:decimal|numeric)\((\d+)/.exec(type)?.[1];
  return family === 'decimal' && precision !== undefined && Number(precision) <= 18;
}

function numberOf(expression: Expression): Decimal | null {
  const inner = unwrapParens(expression);
  if (inner.kind === 'literal' && inner.type === 'number') {
    const number = parseDecimal(inner.value);
    return number && reduced(number);
  }
  if (inner.kind !== 'unary' || inner.operator !== '-') return null;
  const number = numberOf(inner.operand);
  return number && { digits: -number.digits, scale: number.scale };
}

function solve(
  term: Term,
  operator: ComparisonOperator,
  right: Expression,
): { readonly operator: ComparisonOperator; readonly value: string } | null {
  const value = numberOf(right);
  if (!value) return null;
  switch (term.operator) {
    case '+':
      return { operator, value: written(subtractDecimals(value, term.constant)) };
    case '-':
      return { operator, value: written(addDecimals(value, term.constant)) };
    case '-r':
      return { operator: mirrored(operator), value: written(subtractDecimals(term.constant, value)) };
    case '*':
      return quotient(term, operator, value);
  }
}

function quotient(
  term: Term,
  operator: ComparisonOperator,
  value: Decimal,
): { readonly operator: ComparisonOperator; readonly value: string } | null {
  const exactQuotient = divideDecimals(value, term.constant);
  const whole = exactQuotient !== null && isWhole(exactQuotient);
  const isInteger = term.column.resolved.column?.family === 'integer';
  if (exactQuotient && (whole || !isInteger)) return { operator, value: written(exactQuotient) };
  // between two whole numbers: x > 3.5 says x > 3, x < 3.5 says x < 4
  if (!isInteger || !isWhole(value)) return null;
  const below = flooredQuotient(value.digits, term.constant.digits);
  if (operator === '>' || operator === '>=') return { operator: '>', value: String(below) };
  if (operator === '<' || operator === '<=') return { operator: '<=', value: String(below) };
  return null;
}

function written(value: Decimal): string {
  return formatDecimal(reduced(value));
}

/** The largest whole number that is not above a / b, for b above zero. */
function flooredQuotient(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a < 0n && quotient * b !== a ? quotient - 1n : quotient;
}
