import { rejectsNullOf } from '../../sql/properties/not-null.ts';
import { sameExpression } from '../../sql/properties/same-expression.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Conjunct, Scope } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { allEngines } from '../engines.ts';
import { offer } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { constantBounds, implies } from './ordered-constants.ts';
import { MOST_COMPARED, quote } from './positive.ts';

/** `x > 5 AND x > 3` → `x > 5`; `p AND p` → `p`. */
export const impliedConjunct: Pattern = {
  id: 'implied-conjunct',
  title: 'Condition that follows from another one',
  category: 'predicates',
  engines: allEngines(
    'hardly by itself: estimates multiply both conditions, and without the weaker one they are nearer to the truth',
  ),
  severity: 'hint',
  description:
    'The condition is true for every row that the other one lets pass. The planner does not know that: it multiplies both selectivities and expects too few rows.',
  source: 'https://www.postgresql.org/docs/current/row-estimation-examples.html',
  precondition:
    'Both conditions are in one AND and compare one column with constants whose order is known (numbers, dates, timestamps without zone), or are the same deterministic expression, or one is IS NOT NULL and the other a comparison that no NULL meets.',
  example: {
    schema: 'CREATE TABLE orders (order_id bigint PRIMARY KEY, total decimal(10, 2));',
    before: 'SELECT * FROM orders WHERE total > 100 AND total > 500',
    after: 'SELECT * FROM orders WHERE total > 500',
  },
  rewrites: true,
  needs: ['several conditions'],
  *find(statement) {
    const scopes: readonly Scope[] = [...statement.writes, ...statement.blocks];
    for (const { where } of scopes.filter((scope) => scope.where.length <= MOST_COMPARED)) {
      for (const [at, conjunct] of where.entries()) {
        const stronger = where.find((other, i) => follows(statement, conjunct, other, at < i));
        if (!stronger) continue;
        const message = `${quote(statement, conjunct.expression)} follows from ${quote(statement, stronger.expression)}.`;
        const edits = () => editing(statement).removeConjunct(conjunct).done();
        yield offer(
          conjunct.expression,
          message,
          edits,
          'Both must hold, and the one is true whenever the other is.',
        );
      }
    }
  },
};

/**
 * The first conjunct is true whenever the second one is.
 *
 * @param isFirst the first conjunct stands before the second one: of two that say the same, the later one goes
 */
function follows(statement: AnalyzedStatement, weak: Conjunct, strong: Conjunct, isFirst: boolean): boolean {
  if (weak === strong || !weak.resolved || !strong.resolved) return false;
  if (sameExpression(weak.expression, strong.expression, statement)) {
    return !isFirst && isDeterministic(weak.expression, statement);
  }
  if (isNullTestOf(statement, weak, strong)) return true;
  return boundsFollow(statement, weak, strong) && !(isFirst && boundsFollow(statement, strong, weak));
}

function boundsFollow(statement: AnalyzedStatement, weak: Conjunct, strong: Conjunct): boolean {
  const weaker = constantBounds(statement, weak.expression);
  const stronger = weaker ? constantBounds(statement, strong.expression) : null;
  if (!weaker || !stronger) return false;
  return weaker.every((bound) =>
    stronger.some((other) => sameExpression(bound.column, other.column, statement) && implies(other, bound)),
  );
}

/** `x IS NOT NULL` beside a condition that no NULL meets. */
function isNullTestOf(statement: AnalyzedStatement, weak: Conjunct, strong: Conjunct): boolean {
  const test = weak.expression;
  if (test.kind !== 'is' || test.test !== 'null' || !test.negated) return false;
  const column = unwrapParens(test.operand);
  const family = column.kind === 'column' ? statement.resolve(column)?.sourceColumn?.type?.family : undefined;
  const other = strong.expression;
  // a plain comparison: that one test is implied by another one may not be said of both at once
  const plain =
    other.kind === 'binary' || other.kind === 'between' || other.kind === 'in' || other.kind === 'like';
  return family !== undefined && family !== 'other' && plain && rejectsNullOf(other, column, statement);
}
