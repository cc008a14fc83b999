import type { Expression } from '../../sql/ast.ts';
import { sameExpression } from '../../sql/properties/same-expression.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Conjunct } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { source, sql, verbatim } from '../../sql/writing/fragment.ts';
import { offer } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { comparisonsOf } from './comparison.ts';
import { isRowConstant, searchableColumn, serving } from './indexed-column.ts';
import { positiveConjuncts, quote } from './positive.ts';

/** `(a, b) > (1, 2)` → `a >= 1 AND (a, b) > (1, 2)`. */
export const rowComparisonRange: Pattern = {
  id: 'row-comparison-range',
  title: 'Row comparison that is not searched as a range',
  category: 'pagination',
  industries: ['saas', 'e-commerce'],
  engines: (['mysql', 'mariadb'] as const).map((dialect) => ({
    dialect,
    pays: 'An index begins with the first column: measured 16 times on MariaDB 10.11 for the next page.',
  })),
  severity: 'warning',
  description:
    'MySQL and MariaDB do not search an index for (a, b) > (x, y): they read it from its beginning. The bound on the first column follows from it and is a place to start at.',
  source: 'https://dev.mysql.com/doc/refman/8.4/en/row-constructor-optimization.html',
  precondition:
    'The first column of the row is compared with a constant. The bound is added, nothing is taken away.',
  example: {
    schema:
      'CREATE TABLE orders (order_id int PRIMARY KEY, placed_at datetime NOT NULL);\nCREATE INDEX orders_placed_at ON orders (placed_at, order_id);',
    before: "SELECT order_id FROM orders WHERE (placed_at, order_id) > ('2024-01-10', 1650)",
    after:
      "SELECT order_id FROM orders WHERE placed_at >= '2024-01-10' AND (placed_at, order_id) > ('2024-01-10', 1650)",
  },
  rewrites: true,
  needs: ['condition', 'row'],
  *find(statement) {
    for (const conjunct of positiveConjuncts(statement)) {
      const bound = leadingBound(statement, conjunct);
      const column = bound ? searchableColumn(statement, bound.column) : null;
      if (!bound || !column || isBounded(statement, conjunct, bound)) continue;
      const implied = sql`${source(statement, bound.column)} ${verbatim(bound.operator)} ${source(statement, bound.value)}`;
      const edits = () =>
        editing(statement)
          .replaceConjunct(conjunct, sql`${implied} AND ${source(statement, conjunct.expression)}`)
          .done();
      const message = `${quote(statement, conjunct.expression)} is not searched for. With the bound on ${column.resolved.name} that follows from it, it can use ${serving(column)}.`;
      yield offer(
        conjunct.expression,
        message,
        edits,
        'The rows behind a place have a first column that is not before it.',
      );
    }
  },
};

interface LeadingBound {
  readonly column: Expression;
  readonly operator: '<=' | '>=';
  readonly value: Expression;
}

function leadingBound(statement: AnalyzedStatement, { expression }: Conjunct): LeadingBound | null {
  if (expression.kind !== 'binary' || !/^[<>]=?$/.test(expression.operator)) return null;
  const left = unwrapParens(expression.left);
  const right = unwrapParens(expression.right);
  if (left.kind !== 'row' || right.kind !== 'row' || left.items.length !== right.items.length) return null;
  const column = left.items[0] ? unwrapParens(left.items[0]) : null;
  const value = right.items[0] ? unwrapParens(right.items[0]) : null;
  if (column?.kind !== 'column' || !value || !isRowConstant(value) || !isDeterministic(value, statement))
    return null;
  return { column, operator: expression.operator.startsWith('<') ? '<=' : '>=', value };
}

function isBounded(statement: AnalyzedStatement, conjunct: Conjunct, bound: LeadingBound): boolean {
  return conjunct.block.where.some(({ expression }) =>
    (comparisonsOf(expression, (side) => sameExpression(side, bound.column, statement)) ?? []).some(
      ({ operator }) => operator === '=' || operator[0] === bound.operator[0],
    ),
  );
}
