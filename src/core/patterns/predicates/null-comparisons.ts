import type { Expression } from '../../sql/ast.ts';
import { unwrapParens, walk } from '../../sql/walk.ts';
import { joinFragments, source, sql } from '../../sql/writing/fragment.ts';
import { allEngines } from '../engines.ts';
import { advice, offer } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { positiveConjuncts, positivePredicates, quote, replacePredicate } from './positive.ts';

/** `x IN (1, NULL)` → `x IN (1)`. */
export const nullInList: Pattern = {
  id: 'null-in-list',
  title: 'NULL in the list of IN',
  category: 'predicates',
  engines: allEngines('hardly: the list is one value shorter, and says what it does'),
  severity: 'warning',
  description:
    'Nothing is equal to NULL, so the NULL in the list finds no row. If rows with NULL are wanted, OR x IS NULL finds them.',
  source:
    'https://www.postgresql.org/docs/current/functions-comparisons.html#FUNCTIONS-COMPARISONS-IN-SCALAR',
  precondition:
    'IN without NOT, in WHERE or ON, where NULL counts as no match; the list has another value than NULL.',
  example: {
    schema: 'CREATE TABLE orders (order_id bigint PRIMARY KEY, status varchar(20));',
    before: "SELECT * FROM orders WHERE status IN ('paid', NULL)",
    after: "SELECT * FROM orders WHERE status IN ('paid')",
  },
  rewrites: true,
  styleOnly: true,
  needs: ['condition', 'in'],
  *find(statement) {
    for (const predicate of positivePredicates(statement)) {
      const { expression } = predicate;
      if (expression.kind !== 'in' || expression.negated || !expression.list) continue;
      const rest = expression.list.filter((value) => !isNull(value));
      if (rest.length === expression.list.length || rest.length === 0) continue;
      const values = joinFragments(rest.map((value) => source(statement, value)));
      const condition = sql`${source(statement, expression.operand)} IN (${values})`;
      const message = `NULL in the list of ${quote(statement, expression)} finds no row. Rows with NULL need IS NULL.`;
      const edits = () => replacePredicate(statement, predicate, [condition]);
      yield offer(expression, message, edits, 'Nothing is equal to NULL.');
    }
  },
};

/** `x NOT IN (1, NULL)`: no row. */
export const nullInNotInList: Pattern = {
  id: 'null-in-not-in-list',
  title: 'NULL in the list of NOT IN',
  category: 'predicates',
  engines: allEngines('never: the condition is true for no row'),
  severity: 'error',
  description:
    'Whether a value differs from NULL is unknown, so NOT IN with a NULL in its list is never true and the statement finds no row.',
  source:
    'https://www.postgresql.org/docs/current/functions-comparisons.html#FUNCTIONS-COMPARISONS-NOT-IN-SCALAR',
  precondition: 'NULL stands in the list of NOT IN.',
  example: {
    schema: 'CREATE TABLE orders (order_id bigint PRIMARY KEY, status varchar(20));',
    before: "SELECT * FROM orders WHERE status NOT IN ('paid', NULL)",
    after: null,
  },
  rewrites: false,
  needs: ['condition', 'in'],
  *find(statement) {
    for (const { expression } of positivePredicates(statement)) {
      const negated = expression.kind === 'unary' && expression.operator === 'NOT';
      const inner = negated ? unwrapParens(expression.operand) : expression;
      if (inner.kind !== 'in' || inner.negated === negated || !inner.list?.some(isNull)) continue;
      yield advice(
        expression,
        `${quote(statement, expression)} is never true because of the NULL in its list: no row is found.`,
      );
    }
  },
};

/** `x = NULL`: no row. */
export const equalsNull: Pattern = {
  id: 'equals-null',
  title: 'Comparison with NULL',
  category: 'predicates',
  engines: allEngines('never: the condition is true for no row'),
  severity: 'error',
  description:
    'A comparison with NULL is unknown for every row, also for those with NULL. IS NULL finds them.',
  source: 'https://www.postgresql.org/docs/current/functions-comparison.html',
  precondition: 'The literal NULL stands beside a comparison operator in WHERE or ON.',
  example: {
    schema: 'CREATE TABLE orders (order_id bigint PRIMARY KEY, shipped_at date);',
    before: 'SELECT * FROM orders WHERE shipped_at = NULL',
    after: null,
  },
  rewrites: false,
  needs: ['condition', 'literal null'],
  *find(statement) {
    for (const conjunct of positiveConjuncts(statement)) {
      const found: Expression[] = [];
      walk(conjunct.expression, (node) => {
        if (node.kind === 'binary' && ['=', '<>', '<', '<=', '>', '>='].includes(node.operator)) {
          if (isNull(node.left) || isNull(node.right)) found.push(node);
        }
        return node.kind !== 'query';
      });
      for (const expression of found) {
        const test = expression.kind === 'binary' && expression.operator === '<>' ? 'IS NOT NULL' : 'IS NULL';
        yield advice(
          expression,
          `${quote(statement, expression)} is true for no row. ${test} is the test for NULL.`,
        );
      }
    }
  },
};

function isNull(expression: Expression): boolean {
  const inner = unwrapParens(expression);
  return inner.kind === 'literal' && inner.type === 'null';
}
