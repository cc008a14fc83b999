import type { ColumnRef, Expression } from '../../sql/ast.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { source, sql } from '../../sql/writing/fragment.ts';
import { blocked, offer } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { positivePredicates, quote, replacePredicate } from './positive.ts';

const PAYS =
  'always: a null-safe comparison of two columns is neither hashed, merged nor searched for in an index';

/** `a.x IS NOT DISTINCT FROM b.x` → `a.x = b.x` where one side cannot be NULL. */
export const notDistinctFromJoin: Pattern = {
  id: 'not-distinct-from-join',
  title: 'Null-safe comparison of a column that is NOT NULL',
  category: 'predicates',
  engines: [
    { dialect: 'postgresql', pays: PAYS },
    { dialect: 'mysql', pays: 'little: <=> can search an index, but not be hashed' },
    { dialect: 'mariadb', pays: 'little: <=> can search an index, but not be hashed' },
    { dialect: 'tsql', from: 16, pays: 'little: the planner knows the operator' },
  ],
  severity: 'warning',
  description:
    'IS NOT DISTINCT FROM is no operator that joins can hash or merge by: each row is compared with each. If one of the columns is never NULL, = finds the same rows.',
  source: 'PostgreSQL source, make_restrictinfo(): only hashable and mergeable operators can drive a join',
  precondition:
    'One of the two columns is declared NOT NULL and not on the null-supplied side of an outer join.',
  example: {
    schema:
      'CREATE TABLE customers (customer_id integer PRIMARY KEY);\nCREATE TABLE orders (order_id bigint PRIMARY KEY, customer_id integer);',
    before:
      'SELECT o.order_id FROM orders o JOIN customers c ON c.customer_id IS NOT DISTINCT FROM o.customer_id',
    after: 'SELECT o.order_id FROM orders o JOIN customers c ON c.customer_id = o.customer_id',
  },
  rewrites: true,
  needs: ['condition', ['is', 'operator <=>']],
  *find(statement) {
    for (const predicate of positivePredicates(statement)) {
      const sides = nullSafeSides(predicate.expression);
      if (!sides) continue;
      const [left, right] = sides;
      const known = sides.map((side) => statement.resolve(side));
      if (known.some((column) => !column?.sourceColumn?.type || column.sourceColumn.type.family === 'other'))
        continue;
      const text = quote(statement, predicate.expression);
      const message = `${text} compares null-safely, which no join can hash or merge by.`;
      const notNull = known.find((column) => column?.notNull);
      if (!notNull) {
        yield blocked(predicate.expression, message, 'Both columns may be NULL.');
        continue;
      }
      const condition = sql`${source(statement, left)} = ${source(statement, right)}`;
      const edits = () => replacePredicate(statement, predicate, [condition]);
      yield offer(
        predicate.expression,
        message,
        edits,
        `${describe(statement, notNull.reference)} is NOT NULL.`,
      );
    }
  },
};

function describe(statement: AnalyzedStatement, column: ColumnRef): string {
  return quote(statement, column);
}

/** The two columns of `a IS NOT DISTINCT FROM b` or MySQL's `a <=> b`. */
function nullSafeSides(expression: Expression): readonly [ColumnRef, ColumnRef] | null {
  const isTest = expression.kind === 'is' && expression.test === 'distinctFrom' && expression.negated;
  const pair =
    isTest && expression.other
      ? [expression.operand, expression.other]
      : expression.kind === 'binary' && expression.operator === '<=>'
        ? [expression.left, expression.right]
        : [];
  const [left, right] = pair.map(unwrapParens);
  return left?.kind === 'column' && right?.kind === 'column' ? [left, right] : null;
}
