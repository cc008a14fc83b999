import type { ColumnRef, Expression } from '../../sql/ast.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { source, sql } from '../../sql/writing/fragment.ts';
import { postgresqlOnly } from '../engines.ts';
import { offer } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { comparisonsOf } from './comparison.ts';
import { positivePredicates, quote, replacePredicate } from './positive.ts';

/** `active = true` → `active`. */
export const booleanEqualsLiteral: Pattern = {
  id: 'boolean-equals-literal',
  title: 'Boolean column compared with true or false',
  category: 'predicates',
  engines: postgresqlOnly('A partial index has the plain column as its predicate (WHERE active).'),
  severity: 'hint',
  description:
    'The column is the condition already. Written plainly it is what the predicate of a partial index and its statistics are about.',
  source: 'https://www.postgresql.org/docs/current/indexes-partial.html',
  precondition:
    'The column is a boolean and is compared by = or <> with TRUE or FALSE. NULL stays NULL in both forms.',
  example: {
    schema: 'CREATE TABLE users (user_id integer PRIMARY KEY, active boolean);',
    before: 'SELECT * FROM users WHERE active = true',
    after: 'SELECT * FROM users WHERE active',
  },
  rewrites: true,
  needs: ['condition', 'literal boolean'],
  *find(statement) {
    for (const predicate of positivePredicates(statement)) {
      const { expression } = predicate;
      const found = expression.kind === 'binary' ? comparedBoolean(statement, expression) : null;
      if (!found) continue;
      const column = source(statement, found.column);
      const edits = () =>
        replacePredicate(statement, predicate, [found.wanted ? column : sql`NOT ${column}`]);
      const message = `${quote(statement, expression)} is ${found.wanted ? '' : 'NOT '}${quote(statement, found.column)}.`;
      yield offer(expression, message, edits, `${quote(statement, found.column)} is boolean.`);
    }
  },
};

function comparedBoolean(
  statement: AnalyzedStatement,
  expression: Expression,
): { readonly column: ColumnRef; readonly wanted: boolean } | null {
  const comparison = comparisonsOf(expression, (side) => side.kind === 'column')?.[0];
  if (comparison?.left.kind !== 'column') return null;
  const { operator, left, right } = comparison;
  if (operator !== '=' && operator !== '<>') return null;
  if (right.kind !== 'literal' || right.type !== 'boolean') return null;
  if (statement.resolve(left)?.sourceColumn?.type?.family !== 'boolean') return null;
  return { column: left, wanted: /^t/i.test(right.value) === (operator === '=') };
}
