/** Sums of products of one table's values with values of others: `sum(i.quantity * p.price)`. */
import type { Expression, FunctionCall } from '../../sql/ast.ts';
import { typeOf } from '../../sql/properties/types.ts';
import type { AnalyzedStatement, Source } from '../../sql/query-model.ts';
import { unwrapParens, walk } from '../../sql/walk.ts';
import { type Fragment, joinFragments, source, sql } from '../../sql/writing/fragment.ts';

/** A sum whose argument is a product of factors of one table and of factors of others. */
export interface SumOfProduct {
  readonly call: FunctionCall;
  /** factors of the table, each with parentheses where it has them */
  readonly own: readonly Expression[];
  readonly others: readonly Expression[];
}

/**
 * The sum as one of a product, when it may be put together from `sum(own) * others`: exact numbers, since floats are
 * rounded at each step, and one of them a decimal, since a product of integers may not fit.
 */
export function sumOfProduct(
  statement: AnalyzedStatement,
  call: FunctionCall,
  of: Source,
): SumOfProduct | null {
  const [argument] = call.args;
  if (call.function !== 'sum' || call.distinct || call.filter || call.over || !argument) return null;
  if (call.name.length > 1 || call.args.length > 1) return null;
  const factors = factorsOf(argument.value);
  const own: Expression[] = [];
  const others: Expression[] = [];
  for (const factor of factors) {
    const side = sideOf(statement, factor, of);
    if (side === null) return null;
    (side === 'own' ? own : others).push(factor);
  }
  if (own.length === 0 || others.length === 0) return null;
  // MySQL rounds long products to 30 digits behind the point: the order of the factors may show
  if (factors.length > 2 && statement.dialect !== 'postgresql') return null;
  const families = factors.map((factor) => {
    const type = typeOf(factor, statement);
    return type?.text === 'money' ? undefined : type?.family;
  });
  const exact = families.every((family) => family === 'decimal' || family === 'integer');
  return exact && families.includes('decimal') ? { call, own, others } : null;
}

/** The factors as a product of the statement's own text. */
export function product(statement: AnalyzedStatement, factors: readonly Expression[]): Fragment {
  return joinFragments(
    factors.map((factor) => source(statement, factor)),
    sql` * `,
  );
}

/** sum_quantity for the quantity of `sum(i.quantity * p.price)`. */
export function productName(own: readonly Expression[]): string {
  const [first, ...more] = own;
  const e = first && unwrapParens(first);
  return e?.kind === 'column' && more.length === 0 ? `sum_${e.parts.at(-1)?.name ?? 'value'}` : 'sum_product';
}

/** `a * b * (1 - c)` gives a, b and (1 - c). */
function factorsOf(expression: Expression): Expression[] {
  return expression.kind === 'binary' && expression.operator === '*'
    ? [...factorsOf(expression.left), ...factorsOf(expression.right)]
    : [expression];
}

/** Whose values a factor is made of; a literal goes with the others. Null for a mixture, and for a subquery. */
function sideOf(statement: AnalyzedStatement, factor: Expression, of: Source): 'own' | 'others' | null {
  let own = 0;
  let others = 0;
  let plain = true;
  walk(factor, (node) => {
    if (node.kind === 'query' || node.kind === 'opaque') plain = false;
    if (node.kind !== 'column') return plain;
    const column = statement.resolve(node);
    if (!column) plain = false;
    else if (column.source === of) own++;
    else others++;
    return plain;
  });
  if (!plain || (own > 0 && others > 0)) return null;
  return own > 0 ? 'own' : 'others';
}
