import { isNotNullExpression } from '../../sql/properties/not-null.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { source, sql } from '../../sql/writing/fragment.ts';
import { postgresqlOnly } from '../engines.ts';
import { offer } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { searchableColumn, serving } from './indexed-column.ts';
import { positivePredicates, quote, replacePredicate } from './positive.ts';

/** `x IS NOT DISTINCT FROM 'v'` → `x = 'v'`. */
export const notDistinctFromConstant: Pattern = {
  id: 'not-distinct-from-constant',
  title: 'IS NOT DISTINCT FROM a constant',
  category: 'predicates',
  engines: postgresqlOnly(
    'An index begins with the column: PostgreSQL searches it for = but not for IS NOT DISTINCT FROM.',
  ),
  severity: 'warning',
  description:
    'PostgreSQL has no index search for IS NOT DISTINCT FROM. Beside a constant that is not NULL it says the same as =.',
  source:
    'measured: 70 times on PostgreSQL 15; https://www.postgresql.org/docs/current/functions-comparison.html',
  precondition:
    'The other side is a constant that is not NULL. Only in WHERE and ON, where NULL counts as no match.',
  example: {
    schema:
      'CREATE TABLE orders (order_id bigint PRIMARY KEY, coupon_code text);\nCREATE INDEX ON orders (coupon_code);',
    before: "SELECT * FROM orders WHERE coupon_code IS NOT DISTINCT FROM 'SUMMER24'",
    after: "SELECT * FROM orders WHERE coupon_code = 'SUMMER24'",
  },
  rewrites: true,
  needs: ['condition', 'is'],
  *find(statement) {
    for (const predicate of positivePredicates(statement)) {
      const { expression } = predicate;
      if (
        expression.kind !== 'is' ||
        expression.test !== 'distinctFrom' ||
        !expression.negated ||
        !expression.other
      )
        continue;
      const left = unwrapParens(expression.operand);
      const right = unwrapParens(expression.other);
      const onLeft = searchableColumn(statement, left);
      const column = onLeft ?? searchableColumn(statement, right);
      const value = onLeft ? right : left;
      const constant = value.kind === 'literal' || value.kind === 'typedLiteral';
      if (!column || !constant || !isNotNullExpression(value, statement)) continue;
      const condition = sql`${source(statement, left)} = ${source(statement, right)}`;
      const message = `${quote(statement, expression)} cannot use ${serving(column)}. ${quote(statement, value)} is not NULL, so = says the same.`;
      const edits = () => replacePredicate(statement, predicate, [condition]);
      yield offer(expression, message, edits, `${quote(statement, value)} is not NULL.`);
    }
  },
};
