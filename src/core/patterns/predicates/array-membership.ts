import type { Quantified } from '../../sql/ast.ts';
import { typeOf } from '../../sql/properties/types.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, ResolvedColumn } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { source, sql, verbatim } from '../../sql/writing/fragment.ts';
import { postgresqlOnly } from '../engines.ts';
import { offer, offerToTest } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { positivePredicates, quote, replacePredicate } from './positive.ts';

/** `'x' = ANY (tags)` → `tags @> ARRAY['x']::text[]`. */
export const arrayAnyToContains: Pattern = {
  id: 'array-any-to-contains',
  title: '= ANY over an array column that has a GIN index',
  category: 'predicates',
  industries: ['saas', 'e-commerce'],
  engines: postgresqlOnly('The value is in few of the arrays, and a GIN index is on the array column.'),
  severity: 'warning',
  description:
    'A GIN index over arrays serves @>, <@, && and =, but not value = ANY (array): every row is read and its array searched.',
  source: 'https://www.postgresql.org/docs/current/gin.html#GIN-BUILTIN-OPCLASSES',
  precondition:
    'The array is a column of text, varchar, integers or uuids with a GIN index, and the value is a literal of that type or a parameter. The extension intarray has an operator of its own for integer[], so that candidate is compared on data. Only in WHERE and ON, where NULL counts as no match.',
  example: {
    schema:
      'CREATE TABLE products (product_id integer PRIMARY KEY, tags text[]);\nCREATE INDEX ON products USING gin (tags);',
    before: "SELECT * FROM products WHERE 'sale' = ANY (tags)",
    after: "SELECT * FROM products WHERE tags @> ARRAY['sale']::text[]",
  },
  rewrites: true,
  needs: ['condition', 'quantified'],
  *find(statement) {
    for (const predicate of positivePredicates(statement)) {
      const { expression } = predicate;
      if (expression.kind !== 'quantified' || !isMembership(expression) || !expression.array) continue;
      const array = unwrapParens(expression.array);
      const column = array.kind === 'column' ? statement.resolve(array) : null;
      const index = column ? ginIndexOf(column) : null;
      const type = column?.column?.type;
      if (!column || !index || !type || !fitsElements(statement, expression, type)) continue;
      const value = source(statement, expression.operand);
      const condition = sql`${source(statement, array)} @> ARRAY[${value}]::${verbatim(type)}`;
      const message = `${quote(statement, expression)} reads every array: the GIN index ${index} serves @>, not = ANY.`;
      const edits = () => replacePredicate(statement, predicate, [condition]);
      const fact = `${column.name} is ${type}.`;
      // its operator for integer[] is another one, which raises an error at a NULL element
      yield type === 'integer[]'
        ? offerToTest(expression, message, edits, fact, 'The extension intarray is not installed.')
        : offer(expression, message, edits, fact);
    }
  },
};

function isMembership(expression: Quantified): boolean {
  return expression.operator === '=' && expression.quantifier === 'ANY';
}

function ginIndexOf(column: ResolvedColumn): string | null {
  const index = column.table?.indexes.find(
    (one) =>
      one.valid &&
      one.method === 'gin' &&
      one.predicate === null &&
      one.columns.some(
        (key) => key.column === column.name && (key.operatorClass ?? 'array_ops') === 'array_ops',
      ),
  );
  return index?.name ?? null;
}

/** The value is read in the type of the elements, so that both forms compare with the same operator. */
function fitsElements(statement: AnalyzedStatement, { operand }: Quantified, type: string): boolean {
  const value = unwrapParens(operand);
  if (value.kind === 'placeholder') return /^(text|character varying|integer|bigint|uuid)\[\]$/.test(type);
  if (value.kind !== 'literal') return false;
  switch (type) {
    case 'text[]':
    case 'character varying[]':
      return value.type === 'string';
    case 'smallint[]':
      return value.type === 'number' && /^\d{1,4}$/.test(value.value);
    case 'integer[]':
    case 'bigint[]':
      return value.type === 'number' && /^\d{1,9}$/.test(value.value);
    case 'uuid[]':
      return value.type === 'string' && isDeterministic(value, statement);
    default:
      return false;
  }
}

/** `x = ANY (ARRAY(SELECT …))` → `x IN (SELECT …)`. */
export const anyArraySubquery: Pattern = {
  id: 'any-array-subquery',
  title: '= ANY over an array made by a subquery',
  category: 'subqueries',
  engines: postgresqlOnly(
    'The subquery finds many values: a semi-join hashes them, where the array is searched from its beginning for each row.',
    undefined,
  ),
  severity: 'warning',
  description:
    'The subquery is run once and its values are put into an array, which is searched for each row. As IN it becomes a semi-join that can be hashed, merged or driven from the other side.',
  source: 'https://www.postgresql.org/docs/current/functions-subquery.html#FUNCTIONS-SUBQUERY-IN',
  precondition:
    'The subquery is deterministic and its column is no array itself, and both sides are of one type. Only in WHERE and ON, where NULL counts as no match.',
  example: {
    schema:
      'CREATE TABLE customers (customer_id integer PRIMARY KEY, region integer NOT NULL);\nCREATE TABLE orders (order_id bigint PRIMARY KEY, customer_id integer NOT NULL);',
    before:
      'SELECT * FROM orders WHERE customer_id = ANY (ARRAY(SELECT customer_id FROM customers WHERE region = 3))',
    after: 'SELECT * FROM orders WHERE customer_id IN (SELECT customer_id FROM customers WHERE region = 3)',
  },
  rewrites: true,
  needs: ['condition', 'quantified', 'array'],
  *find(statement) {
    for (const predicate of positivePredicates(statement)) {
      const { expression } = predicate;
      if (expression.kind !== 'quantified' || !isMembership(expression) || !expression.array) continue;
      const array = unwrapParens(expression.array);
      if (array.kind !== 'array' || !array.query || !isDeterministic(array.query, statement)) continue;
      const outputs = statement.blocksOfQuery(array.query).map((block) => block.outputs[0]?.type ?? null);
      const own = typeOf(expression.operand, statement);
      const alike = own !== null && own.family !== 'array' && own.family !== 'other' && outputs.length > 0;
      if (!alike || outputs.some((type) => type === null || type.text === null || type.text !== own.text))
        continue;
      const condition = sql`${source(statement, expression.operand)} IN (${source(statement, array.query)})`;
      const message = `${quote(statement, expression)} searches an array for each row. IN can be a semi-join.`;
      const edits = () => replacePredicate(statement, predicate, [condition]);
      yield offer(
        expression,
        message,
        edits,
        'An array of no value, and one with NULLs, finds the same rows as the subquery.',
      );
    }
  },
};
