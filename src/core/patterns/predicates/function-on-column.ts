import type { Expression, FunctionCall } from '../../sql/ast.ts';
import type { Dialect } from '../../sql/dialect.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { allEngines } from '../engines.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { comparisonsOf } from './comparison.ts';
import { hasExpressionIndex, type SearchableColumn, searchableColumn } from './indexed-column.ts';
import { positivePredicates, quote } from './positive.ts';

/** Functions that no comparison of the column itself can stand for. */
const FUNCTIONS = new Set(
  'lower upper trim btrim ltrim rtrim replace translate abs round mod length char_length md5 reverse split_part regexp_replace extract date_part month day hour dayofweek dayofyear weekday quarter'.split(
    ' ',
  ),
);

/** `lower(email) = 'x'`: advice on an index for the expression. */
export const functionOnColumn: Pattern = {
  id: 'function-on-column',
  title: 'Function of an indexed column',
  category: 'predicates',
  industries: ['saas', 'e-commerce', 'analytics'],
  engines: allEngines('The comparison keeps a small part of a large table.'),
  severity: 'info',
  description:
    'The index holds the column, not what the function makes of it, so every row is read and computed. An index on the expression holds just that.',
  source: 'https://use-the-index-luke.com/sql/where-clause/functions/case-insensitive-search',
  precondition:
    'A function of a column that an index begins with is compared with a value, there is no index on that expression, and no range on the column says the same.',
  example: {
    schema: 'CREATE TABLE customers (customer_id integer PRIMARY KEY, email text UNIQUE);',
    before: "SELECT * FROM customers WHERE lower(email) = 'ana@example.com'",
    after: null,
  },
  rewrites: false,
  needs: ['condition', [...FUNCTIONS].map((name) => `calls ${name}` as const)],
  *find(statement) {
    for (const { expression } of positivePredicates(statement)) {
      const call = callIn(expression);
      const column = call ? columnOf(statement, call) : null;
      if (!call || !column || hasExpressionIndex(column, call.function) || ignoresCase(column, call))
        continue;
      yield advice(
        expression,
        `${quote(statement, expression)} computes ${call.function}() for every row: the index on ${column.resolved.name} does not hold that. ${indexAdvice(statement, call, column)}`,
      );
    }
  },
};

function callIn(expression: Expression): FunctionCall | null {
  const isCall = (side: Expression): boolean => side.kind === 'call' && isSuspect(side);
  const operand =
    expression.kind === 'in' && !expression.negated
      ? unwrapParens(expression.operand)
      : expression.kind === 'like' && !expression.negated
        ? unwrapParens(expression.operand)
        : comparisonsOf(expression, isCall)?.[0]?.left;
  return operand?.kind === 'call' && isSuspect(operand) ? operand : null;
}

function isSuspect(call: FunctionCall): boolean {
  // a year and seconds since 1970 are ranges of the column: other rules write them
  return (
    FUNCTIONS.has(call.function) &&
    call.over === null &&
    !['year', 'epoch'].includes(call.field ?? '') &&
    call.name.length === 1
  );
}

/** Another rule takes the function away. */
function ignoresCase({ resolved }: SearchableColumn, call: FunctionCall): boolean {
  return ['lower', 'upper'].includes(call.function) && /_ci(_|$)/i.test(resolved.column?.collation ?? '');
}

function columnOf(statement: AnalyzedStatement, call: FunctionCall): SearchableColumn | null {
  for (const { value } of call.args) {
    const column = searchableColumn(statement, value);
    if (column) return column;
  }
  return null;
}

/** What to create; a function of a timestamp with time zone depends on the session and cannot be indexed. */
function indexAdvice(
  statement: AnalyzedStatement,
  call: FunctionCall,
  { resolved, table }: SearchableColumn,
): string {
  if (resolved.column?.family === 'timestamptz') {
    return 'It depends on the time zone of the session: index it AT TIME ZONE a fixed zone, and ask with the same words.';
  }
  const text = quote(statement, call).replace(/\b\w+\./g, '');
  const indexes: Readonly<Record<Dialect, string>> = {
    postgresql: `CREATE INDEX ON ${table.name} (${call.syntax === 'plain' ? text : `(${text})`}) holds it.`,
    mysql: `CREATE INDEX … ON ${table.name} ((${text})) holds it.`,
    mariadb: 'A generated column with an index holds it.',
    tsql: 'A persisted computed column with an index holds it.',
  };
  return indexes[statement.dialect];
}
