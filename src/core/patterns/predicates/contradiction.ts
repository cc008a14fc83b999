import type { Expression } from '../../sql/ast.ts';
import { sameExpression } from '../../sql/properties/same-expression.ts';
import { isEmptySet, valuesOf } from '../../sql/properties/value-sets.ts';
import type { AnalyzedStatement, Conjunct, Scope } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { allEngines } from '../engines.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { constantBounds, implies, orderedFamily } from './ordered-constants.ts';
import { MOST_COMPARED, positivePredicates, quote } from './positive.ts';

/** `x = 1 AND x = 2`: no row. */
export const contradictoryConjuncts: Pattern = {
  id: 'contradictory-conjuncts',
  title: 'Conditions that exclude each other',
  category: 'predicates',
  engines: allEngines('never: the statement finds nothing'),
  severity: 'warning',
  description:
    'No value meets all the conditions on the column, so the statement finds no row. OR or IN is often what was meant.',
  source: 'Date and Darwen, A Guide to the SQL Standard, 4th edition, chapter 12',
  precondition:
    'Two or more conditions of one WHERE compare one column with constants, and no value meets all of them.',
  example: {
    schema: 'CREATE TABLE orders (order_id bigint PRIMARY KEY, total decimal(10, 2));',
    before: 'SELECT * FROM orders WHERE total > 500 AND total < 100',
    after: null,
  },
  rewrites: false,
  needs: ['several conditions'],
  *find(statement) {
    const scopes: readonly Scope[] = [...statement.writes, ...statement.blocks];
    for (const { where } of scopes.filter((scope) => scope.where.length <= MOST_COMPARED)) {
      const seen: Expression[] = [];
      for (const conjunct of where) {
        const column = subjectOf(conjunct);
        if (!column || seen.some((one) => sameExpression(one, column, statement))) continue;
        seen.push(column);
        const own = where.filter((one) => {
          const subject = subjectOf(one);
          return subject !== null && sameExpression(subject, column, statement);
        });
        if (own.length < 2 || !isEmptySet(valuesOf(column, own, statement))) continue;
        if (own.some((one) => isEmptySet(valuesOf(column, [one], statement)))) continue;
        yield advice(
          conjunct.expression,
          `No value of ${quote(statement, column)} meets ${own.map((one) => quote(statement, one.expression)).join(' and ')}: no row is found.`,
        );
      }
    }
  },
};

function subjectOf({ expression }: Conjunct): Expression | null {
  const sides =
    expression.kind === 'binary'
      ? [expression.left, expression.right]
      : expression.kind === 'between' || expression.kind === 'in' || expression.kind === 'is'
        ? [expression.operand]
        : [];
  return sides.map(unwrapParens).find((side) => side.kind === 'column') ?? null;
}

/** `x BETWEEN 10 AND 1`: no row. */
export const reversedBetween: Pattern = {
  id: 'reversed-between',
  title: 'BETWEEN with its bounds the wrong way round',
  category: 'predicates',
  engines: allEngines('never: the condition is true for no row'),
  severity: 'error',
  description:
    'BETWEEN a AND b says x >= a AND x <= b. With the larger bound first no value is between them, and NOT BETWEEN lets every value pass.',
  source: 'https://www.postgresql.org/docs/current/functions-comparison.html',
  precondition: 'Both bounds are constants whose order is known, and the first one is larger.',
  example: {
    schema: 'CREATE TABLE orders (order_id bigint PRIMARY KEY, total decimal(10, 2));',
    before: 'SELECT * FROM orders WHERE total BETWEEN 500 AND 100',
    after: null,
  },
  rewrites: false,
  needs: ['condition', 'between'],
  *find(statement) {
    for (const { expression } of positivePredicates(statement)) {
      if (expression.kind !== 'between' || expression.symmetric || !isReversed(statement, expression))
        continue;
      yield advice(
        expression,
        `${quote(statement, expression)} is ${expression.negated ? 'true for every value' : 'never true'}: the first bound is larger than the second one.`,
      );
    }
  },
};

function isReversed(
  statement: AnalyzedStatement,
  between: Extract<Expression, { kind: 'between' }>,
): boolean {
  if (!orderedFamily(statement, unwrapParens(between.operand))) return false;
  const bounds = constantBounds(statement, { ...between, negated: false });
  const [low, high] = bounds ?? [];
  // from the lower bound follows that the value is above the upper one
  return (
    low !== undefined && high !== undefined && implies({ ...low, operator: '>=' }, { ...high, operator: '>' })
  );
}
