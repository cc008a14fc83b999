import type { Expression, Values } from '../../sql/ast.ts';
import { typeOf } from '../../sql/properties/types.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { joinFragments, source, sql } from '../../sql/writing/fragment.ts';
import { postgresqlOnly } from '../engines.ts';
import { offer } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { searchableColumn, serving } from './indexed-column.ts';
import { positivePredicates, quote, replacePredicate } from './positive.ts';

/** `x IN (VALUES (1), (2))` → `x IN (1, 2)`. */
export const valuesInList: Pattern = {
  id: 'values-in-list',
  title: 'IN over VALUES of literals',
  category: 'predicates',
  engines: postgresqlOnly(
    'The list is short and an index begins with the column: a list is searched in one index scan. Since version 18 the planner makes a list of it itself.',
    undefined,
    17,
  ),
  severity: 'hint',
  description:
    'VALUES is a relation that must be made unique and joined. A list of literals is one condition, whose selectivity is known from the statistics.',
  source: 'https://www.postgresql.org/docs/18/release-18.html (IN (VALUES …) is converted to = ANY)',
  precondition:
    'All rows of VALUES are one literal, not NULL: whole numbers beside a column of numbers, or strings beside text or varchar (not char(n), whose blanks count in one form only).',
  example: {
    schema: 'CREATE TABLE orders (order_id bigint PRIMARY KEY, total numeric);',
    before: 'SELECT * FROM orders WHERE order_id IN (VALUES (17), (18))',
    after: 'SELECT * FROM orders WHERE order_id IN (17, 18)',
  },
  rewrites: true,
  needs: ['condition', 'in', 'values'],
  *find(statement) {
    for (const predicate of positivePredicates(statement)) {
      const { expression } = predicate;
      if (expression.kind !== 'in' || expression.negated || expression.query?.body.kind !== 'values')
        continue;
      const { query } = expression;
      if (query.with || query.limit || query.locking.length > 0 || query.trailing.length > 0) continue;
      const column = searchableColumn(statement, expression.operand);
      const values = column ? literalsOf(statement, expression.operand, expression.query.body) : null;
      if (!column || !values) continue;
      const list = joinFragments(values.map((value) => source(statement, value)));
      const condition = sql`${source(statement, expression.operand)} IN (${list})`;
      const message = `${quote(statement, expression)} joins a relation of literals. As a list it can use ${serving(column)}.`;
      const edits = () => replacePredicate(statement, predicate, [condition]);
      yield offer(expression, message, edits, `${column.resolved.name} is ${column.resolved.column?.type}.`);
    }
  },
};

function literalsOf(
  statement: AnalyzedStatement,
  operand: Expression,
  body: Values,
): readonly Expression[] | null {
  const type = typeOf(operand, statement);
  const wanted =
    type?.family === 'integer' || type?.family === 'decimal'
      ? 'number'
      : type?.family === 'text'
        ? 'string'
        : null;
  if (type?.text === 'money' || type?.text === 'name') return null;
  const values = body.rows.map((row) =>
    row.items.length === 1 && row.items[0] ? unwrapParens(row.items[0]) : null,
  );
  const fits = values.every(
    (value) =>
      value?.kind === 'literal' &&
      value.type === wanted &&
      (wanted === 'string' || /^\d{1,18}$/.test(value.value)),
  );
  return fits && wanted ? values.flatMap((value) => value ?? []) : null;
}
