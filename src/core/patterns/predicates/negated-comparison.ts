import { TOTALLY_ORDERED } from '../../catalog/type-family.ts';
import type { Binary, Expression } from '../../sql/ast.ts';
import { typeOf } from '../../sql/properties/types.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { source, sql, verbatim } from '../../sql/writing/fragment.ts';
import { allEngines } from '../engines.ts';
import { offer } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { positivePredicates, quote, replacePredicate } from './positive.ts';

const OPPOSITE: Readonly<Record<string, string>> = {
  '=': '<>',
  '<>': '=',
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
};

/** `NOT (x > 5)` → `x <= 5`. */
export const negatedComparison: Pattern = {
  id: 'negated-comparison',
  title: 'NOT around a comparison',
  category: 'predicates',
  engines: allEngines(
    'An index begins with the column and the engine does not turn the operator round itself (MySQL before 8.0).',
  ),
  severity: 'hint',
  description:
    'A condition under NOT is not read as a range by every planner, and is harder to read than the opposite operator.',
  source: 'https://dev.mysql.com/doc/refman/8.4/en/range-optimization.html',
  precondition:
    'Both sides are single values of types whose comparison is a total order, so that one of two opposite operators is true unless a side is NULL.',
  example: {
    schema: 'CREATE TABLE orders (order_id bigint PRIMARY KEY, total decimal(10, 2));',
    before: 'SELECT * FROM orders WHERE NOT (total > 500)',
    after: 'SELECT * FROM orders WHERE total <= 500',
  },
  rewrites: true,
  styleOnly: true,
  needs: ['condition', 'unary'],
  *find(statement) {
    for (const predicate of positivePredicates(statement)) {
      const { expression } = predicate;
      if (expression.kind !== 'unary' || expression.operator !== 'NOT') continue;
      // MySQL's HIGH_NOT_PRECEDENCE reads NOT a > b as (NOT a) > b
      const mysql = statement.dialect === 'mysql' || statement.dialect === 'mariadb';
      if (mysql && expression.operand.kind !== 'paren') continue;
      const compared = unwrapParens(expression.operand);
      if (compared.kind !== 'binary' || !isOrdered(statement, compared)) continue;
      const opposite = OPPOSITE[compared.operator];
      if (!opposite) continue;
      const condition = sql`${source(statement, compared.left)} ${verbatim(opposite)} ${source(statement, compared.right)}`;
      const message = `${quote(statement, expression)} says the same as the operator ${opposite}, which is read as a range.`;
      const edits = () => replacePredicate(statement, predicate, [condition]);
      yield offer(
        expression,
        message,
        edits,
        'One of two opposite comparisons is true unless a side is NULL.',
      );
    }
  },
};

/** The comparison is made between single values of totally ordered types; at least one side's type is known. */
function isOrdered(statement: AnalyzedStatement, { left, right }: Binary): boolean {
  const kinds = [left, right].map((side) => orderOf(statement, unwrapParens(side)));
  return kinds.every((kind) => kind !== 'unknown') && kinds.includes('total');
}

function orderOf(statement: AnalyzedStatement, side: Expression): 'total' | 'untyped' | 'unknown' {
  const type = typeOf(side, statement);
  if (type) return TOTALLY_ORDERED.has(type.family) ? 'total' : 'unknown';
  const untyped = side.kind === 'placeholder' || (side.kind === 'literal' && side.type === 'string');
  return untyped ? 'untyped' : 'unknown';
}
