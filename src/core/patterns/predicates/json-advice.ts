import type { Expression } from '../../sql/ast.ts';
import { unwrapParens, walk } from '../../sql/walk.ts';
import { predicateAdvice } from '../advice-patterns.ts';
import { postgresqlOnly } from '../engines.ts';
import { comparisonsOf } from './comparison.ts';
import { quote } from './positive.ts';

/** `EXISTS (SELECT 1 FROM jsonb_array_elements(data -> 'items') …)` */
export const expandedJsonArray = predicateAdvice(
  {
    id: 'expanded-json-array',
    needs: ['tableFunction'],
    title: 'JSON array expanded to look for an element',
    category: 'predicates',
    industries: ['saas', 'e-commerce'],
    engines: postgresqlOnly('Few documents have the element, and a GIN index is on the column.'),
    severity: 'info',
    description: `Every document's array is made into rows. data @> '{"items": [{"sku": "x"}]}' or data @? '$.items[*] ? (@.sku == "x")' ask for the same element and are served by a GIN index (they do not raise an error when there is no array).`,
    source: 'https://www.postgresql.org/docs/current/datatype-json.html#JSON-INDEXING',
    precondition: 'EXISTS or IN reads jsonb_array_elements() or its kind of a column of the outer query.',
    example: {
      schema: 'CREATE TABLE orders (order_id bigint PRIMARY KEY, data jsonb);',
      before:
        "SELECT order_id FROM orders WHERE EXISTS (SELECT 1 FROM jsonb_array_elements(data -> 'items') AS e WHERE e ->> 'sku' = 'x')",
    },
  },
  (expression, statement) => {
    const query =
      expression.kind === 'exists' ? expression.query : expression.kind === 'in' ? expression.query : null;
    if (!query) return null;
    let expands = false;
    walk(query, (node) => {
      if (
        node.kind === 'tableFunction' &&
        node.calls.some(
          (call) => call.kind === 'call' && /^jsonb?_array_elements(_text)?$/.test(call.function),
        )
      )
        expands = true;
      return !expands;
    });
    return expands
      ? `${quote(statement, expression)} expands the array of every row: @> or @? can search a GIN index.`
      : null;
  },
);

/** `JSON_EXTRACT(doc, '$.a') = 5` */
export const jsonExtractPredicate = predicateAdvice(
  {
    id: 'json-extract-in-condition',
    title: 'Part of a JSON document compared',
    category: 'predicates',
    industries: ['saas', 'e-commerce'],
    engines: (['mysql', 'mariadb', 'tsql'] as const).map((dialect) => ({
      dialect,
      pays: 'Few rows have the value.',
    })),
    severity: 'info',
    description:
      'Every document is parsed. A generated (computed) column of the part with an index, or in MySQL 8 an index on the expression or a multi-valued index, holds it.',
    source:
      'https://dev.mysql.com/doc/refman/8.4/en/create-table-secondary-indexes.html#json-column-indirect-index',
    precondition: 'JSON_EXTRACT, JSON_VALUE, -> or ->> of a column is compared with a value.',
    example: {
      schema: 'CREATE TABLE events (event_id int PRIMARY KEY, doc json);',
      before: "SELECT event_id FROM events WHERE JSON_EXTRACT(doc, '$.kind') = 'signup'",
    },
  },
  (expression, statement) => {
    const part = comparisonsOf(expression, isJsonPart)?.[0]?.left;
    return part
      ? `${quote(statement, part)} is read out of every document: a ${statement.dialect === 'tsql' ? 'computed' : 'generated'} column with an index holds it.`
      : null;
  },
);

function isJsonPart(side: Expression): boolean {
  if (side.kind === 'binary')
    return ['->', '->>'].includes(side.operator) && unwrapParens(side.left).kind === 'column';
  if (
    side.kind !== 'call' ||
    !['json_extract', 'json_value', 'json_unquote', 'json_query'].includes(side.function)
  )
    return false;
  const first = side.args[0] ? unwrapParens(side.args[0].value) : null;
  return first?.kind === 'column' || (first !== null && isJsonPart(first));
}
