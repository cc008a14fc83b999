import type { Expression, Query, Select } from '../../sql/ast.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { source, sql } from '../../sql/writing/fragment.ts';
import { postgresqlOnly } from '../engines.ts';
import { offer } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { positivePredicates, quote, replacePredicate } from './positive.ts';

/** `x IN (SELECT unnest($1))` → `x = ANY ($1)`. */
export const unnestInList: Pattern = {
  id: 'unnest-in-list',
  title: 'IN over the elements of an array',
  category: 'predicates',
  industries: ['saas', 'e-commerce'],
  engines: postgresqlOnly(
    'The array is short and an index begins with the column. With thousands of elements and no index the join that IN makes may be better.',
  ),
  severity: 'info',
  description:
    'unnest() is estimated without a look at the array and has to be made unique and joined. = ANY (array) is one condition of an index scan, and is hashed when the array is long and known.',
  source: 'https://www.postgresql.org/docs/current/functions-comparisons.html#FUNCTIONS-COMPARISONS-ANY-SOME',
  precondition:
    'The subquery is SELECT unnest(array) and nothing else; the array is a parameter, a cast of one or an ARRAY of literals. Only in WHERE and ON, where NULL counts as no match.',
  example: {
    schema: 'CREATE TABLE orders (order_id bigint PRIMARY KEY, total numeric);',
    before: 'SELECT * FROM orders WHERE order_id IN (SELECT unnest($1::bigint[]))',
    after: 'SELECT * FROM orders WHERE order_id = ANY ($1::bigint[])',
  },
  rewrites: true,
  needs: ['condition', 'in'],
  *find(statement) {
    for (const predicate of positivePredicates(statement)) {
      const { expression } = predicate;
      if (expression.kind !== 'in' || expression.negated || !expression.query) continue;
      const array = unnested(expression.query);
      if (!array || unwrapParens(expression.operand).kind !== 'column' || !isDeterministic(array, statement))
        continue;
      const condition = sql`${source(statement, expression.operand)} = ANY (${source(statement, array)})`;
      const message = `${quote(statement, expression)} joins the elements of an array. = ANY asks for them in one search.`;
      const edits = () => replacePredicate(statement, predicate, [condition]);
      yield offer(expression, message, edits, 'No array, and a NULL in it, find no row in both forms.');
    }
  },
};

/** The array of `SELECT unnest(array)` when there is nothing else. */
function unnested({ body, limit, locking, orderBy, trailing, with: ctes }: Query): Expression | null {
  if (body.kind !== 'select' || limit || ctes || locking.length + orderBy.length + trailing.length > 0)
    return null;
  const call = onlyItem(body);
  if (call?.kind !== 'call' || call.function !== 'unnest' || call.name.length > 1 || call.args.length !== 1)
    return null;
  const array = call.args[0] ? unwrapParens(call.args[0].value) : null;
  return array && isArray(array) ? array : null;
}

function onlyItem(select: Select): Expression | null {
  const more =
    select.where ||
    select.groupBy ||
    select.having ||
    select.distinct ||
    select.top ||
    select.into ||
    select.qualify;
  if (more || select.from.length > 0 || select.items.length !== 1 || select.rest.length > 0) return null;
  return select.items[0]?.expression ?? null;
}

/** Of a type that is certain: a cast to an array, or an ARRAY of whole numbers. */
function isArray(array: Expression): boolean {
  if (array.kind === 'cast')
    return (
      array.type.arrayDimensions > 0 && ['placeholder', 'literal'].includes(unwrapParens(array.operand).kind)
    );
  return array.kind === 'array' && !array.query && array.items.length > 0 && array.items.every(isWhole);
}

function isWhole(expression: Expression): boolean {
  const inner = unwrapParens(expression);
  return inner.kind === 'literal' && inner.type === 'number' && /^\d{1,9}$/.test(inner.value);
}
