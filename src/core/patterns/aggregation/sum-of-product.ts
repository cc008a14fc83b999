import type { Binary, Expression, FunctionCall } from '../../sql/ast.ts';
import { typeOf } from '../../sql/properties/types.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { parenthesized, source, sql } from '../../sql/writing/fragment.ts';
import { postgresqlOnly } from '../engines.ts';
import { blocked, offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { keepName, mustRepeatItems, soleArgument } from './aggregates.ts';

/** `sum(x * 1.19)` → `1.19 * sum(x)`. */
export const sumOfProduct: Pattern = {
  id: 'sum-of-product-with-constant',
  title: 'sum(constant * x): multiply once',
  category: 'aggregation',
  industries: ['e-commerce', 'analytics'],
  engines: postgresqlOnly('Groups are large: one multiplication of exact decimals for each row is spared.'),
  severity: 'hint',
  description:
    'Every row’s value is multiplied by the same constant before it is added. Exact decimals are slow to multiply, and the sum can be multiplied once.',
  source: 'Distributivity of exact arithmetic',
  precondition:
    'The column is an exact decimal (numeric) and the constant a literal: no rounding, no overflow, no change of type or scale.',
  example: {
    schema: 'CREATE TABLE order_lines (id int PRIMARY KEY, order_id int NOT NULL, price numeric(10, 2));',
    before: 'SELECT l.order_id, sum(l.price * 1.19) AS gross FROM order_lines l GROUP BY l.order_id',
    after: 'SELECT l.order_id, 1.19 * sum(l.price) AS gross FROM order_lines l GROUP BY l.order_id',
  },
  rewrites: true,
  needs: ['aggregate', 'operator *'],
  *find(statement) {
    for (const block of statement.blocks) {
      for (const call of block.aggregates) {
        const match = matchOf(statement, block, call);
        if (match) yield match;
      }
    }
  },
};

function matchOf(statement: AnalyzedStatement, block: Block, call: FunctionCall): Match | null {
  const argument =
    call.function === 'sum' && !call.distinct && !call.over && !call.filter ? soleArgument(call) : null;
  const product = argument ? unwrapParens(argument) : null;
  if (product?.kind !== 'binary' || product.operator !== '*' || statement.blockOf(call) !== block)
    return null;
  const factors = factorsOf(product);
  if (!factors) return null;
  const [constant, value] = factors;
  const message = `Every value is multiplied by ${statement.text.slice(constant.start, constant.end)} before it is added. The sum can be multiplied once.`;
  const type = typeOf(value, statement);
  if (type?.family === 'integer')
    return blocked(call, message, 'Whole numbers may overflow in one form and not in the other.');
  if (type?.family !== 'decimal' || type.text === 'money') return null;
  if (mustRepeatItems(block)) return blocked(call, message, 'ORDER BY of DISTINCT repeats the select list.');
  const multiplied = sql`${source(statement, constant)} * sum(${source(statement, value)})`;
  const alone = block.select.items.some((item) => item.expression === call);
  const edits = editing(statement).replace(call, alone ? multiplied : parenthesized(multiplied));
  const facts = `${statement.text.slice(value.start, value.end)} is an exact decimal.`;
  return offer(call, message, () => keepName(statement, call, '?column?', edits).done(), facts);
}

/** The constant and the other factor of a product. */
function factorsOf(product: Binary): readonly [Expression, Expression] | null {
  if (isNumber(product.left) && !isNumber(product.right)) return [product.left, product.right];
  return isNumber(product.right) && !isNumber(product.left) ? [product.right, product.left] : null;
}

function isNumber(expression: Expression): boolean {
  return (
    expression.kind === 'literal' && expression.type === 'number' && /^\d+(\.\d+)?$/.test(expression.value)
  );
}
