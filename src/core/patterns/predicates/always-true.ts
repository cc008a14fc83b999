import type { Expression } from '../../sql/ast.ts';
import { compareConstants, constantOf } from '../../sql/properties/constant-values.ts';
import { sameExpression } from '../../sql/properties/same-expression.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { source, sql } from '../../sql/writing/fragment.ts';
import { allEngines } from '../engines.ts';
import { offer } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { quote } from './positive.ts';

/** `WHERE 1 = 1 AND …` → `WHERE …`; `x = x` → `x IS NOT NULL`. */
export const alwaysTrueCondition: Pattern = {
  id: 'always-true-condition',
  title: 'Condition that is always true',
  category: 'predicates',
  engines: allEngines(
    'hardly: planners drop constants themselves, but count x = x as a filter that few rows pass',
  ),
  severity: 'hint',
  description:
    'The condition filters nothing (1 = 1), or only NULLs (x = x), which IS NOT NULL says plainly. Planners take x = x for an equality that few rows meet.',
  source: 'PostgreSQL source, eqsel() in selfuncs.c: x = x is estimated like any equality',
  precondition:
    'Two equal literals are compared, or a column with itself; the column is not null, or only NULLs are filtered out. Only in WHERE, where NULL counts as no match.',
  example: {
    schema: 'CREATE TABLE orders (order_id bigint PRIMARY KEY, total decimal(10, 2));',
    before: 'SELECT * FROM orders WHERE 1 = 1 AND total > 500',
    after: 'SELECT * FROM orders WHERE total > 500',
  },
  rewrites: true,
  needs: ['where', ['both column', 'both literal', 'test literal']],
  *find(statement) {
    for (const block of statement.blocks) {
      for (const conjunct of block.where) {
        const { expression } = conjunct;
        const column = comparedWithItself(statement, expression);
        if (!column && !isTrueLiteral(statement, expression)) continue;
        const nullable = column !== null && statement.resolve(column)?.notNull !== true;
        const edits = () =>
          nullable
            ? editing(statement)
                .replaceConjunct(conjunct, sql`${source(statement, column)} IS NOT NULL`)
                .done()
            : editing(statement).removeConjunct(conjunct).done();
        const text = quote(statement, expression);
        const message = nullable
          ? `${text} is true for every value but NULL, which IS NOT NULL says plainly.`
          : `${text} is true for every row.`;
        yield offer(
          expression,
          message,
          edits,
          column
            ? `${quote(statement, column)} is ${nullable ? 'equal to itself unless it is NULL' : 'declared NOT NULL'}.`
            : null,
        );
      }
    }
  },
};

function comparedWithItself(statement: AnalyzedStatement, expression: Expression) {
  if (expression.kind !== 'binary' || expression.operator !== '=') return null;
  const left = unwrapParens(expression.left);
  const right = unwrapParens(expression.right);
  if (left.kind !== 'column' || right.kind !== 'column') return null;
  const family = statement.resolve(left)?.sourceColumn?.type?.family ?? 'other';
  return family !== 'other' && sameExpression(left, right, statement) ? left : null;
}

function isTrueLiteral(statement: AnalyzedStatement, expression: Expression): boolean {
  if (expression.kind === 'literal') {
    if (expression.type === 'boolean') return /^t/i.test(expression.value);
    const numeric = statement.dialect === 'mysql' || statement.dialect === 'mariadb';
    return numeric && expression.type === 'number' && /^[1-9]\d{0,8}$/.test(expression.value);
  }
  if (expression.kind !== 'binary' || !['=', '<>'].includes(expression.operator)) return false;
  const left = unwrapParens(expression.left);
  const right = unwrapParens(expression.right);
  if (left.kind !== 'literal' || right.kind !== 'literal' || left.type !== right.type) return false;
  if (left.type === 'string') return expression.operator === '=' && left.value === right.value;
  const a = constantOf(left, 'decimal', statement);
  const b = constantOf(right, 'decimal', statement);
  const order = a && b ? compareConstants(a, b) : null;
  return order !== null && (order === 0) === (expression.operator === '=');
}
