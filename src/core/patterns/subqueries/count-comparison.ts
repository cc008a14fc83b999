import type { Binary, Expression, FunctionCall } from '../../sql/ast.ts';
import { isComparison, mirrored } from '../../sql/comparison-operators.ts';
import { nodesOfKind } from '../../sql/properties/nodes.ts';
import { isNotNull } from '../../sql/properties/not-null.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { typeOf } from '../../sql/properties/types.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { source, sql, verbatim } from '../../sql/writing/fragment.ts';
import { QueryCopy } from '../../sql/writing/query-copy.ts';
import { allEngines } from '../engines.ts';
import { whenAsked } from '../offer.ts';
import type { Match, Pattern, Rewrite } from '../pattern.ts';
import { itemNamedBy, mayBeRepeated } from '../select-item.ts';

/** `count op number` with the count on the left, and whether it asks for a row or for none. */
const EXISTENCE: Readonly<Record<string, 'some' | 'none'>> = {
  '> 0': 'some',
  '>= 1': 'some',
  '<> 0': 'some',
  '= 0': 'none',
  '< 1': 'none',
  '<= 0': 'none',
};

/**
 * Matches `(SELECT count(*) FROM …) > 0` and its kin.
 *
 * All rows are counted to learn whether there is one. EXISTS stops at the first, and can become a semi-join.
 */
export const countToExists: Pattern = {
  id: 'count-to-exists',
  title: 'Counting rows to learn whether there is one: EXISTS',
  category: 'subqueries',
  engines: allEngines(
    'when many rows match: the count reads them all, EXISTS the first; with a few rows there is little to win',
  ),
  severity: 'warning',
  description:
    'The subquery counts every matching row, only to compare the count with zero. EXISTS stops at the first row.',
  source: 'SQL antipatterns; measured 283 times on PostgreSQL 15 with big groups',
  precondition:
    'The subquery is a bare count without GROUP BY; for count(x), x IS NOT NULL is added unless x cannot be NULL.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY); CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL);',
    before:
      'SELECT c.id FROM customers c WHERE (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) > 0;',
    after: 'SELECT c.id FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id);',
  },
  rewrites: true,
  needs: ['as scalar', 'calls count'],
  *find(statement) {
    const counts = statement.blocks.filter((block) => block.role === 'scalar' && bareCount(block));
    if (counts.length === 0) return;
    const comparisons = new Map<Expression, Binary>();
    for (const node of nodesOfKind(statement, 'binary')) {
      for (const side of [node.left, node.right]) comparisons.set(unwrapParens(side), node);
    }
    for (const block of counts) {
      const comparison = comparisons.get(block.holder as Expression);
      const match = comparison ? matchOf(statement, block, comparison) : null;
      if (match) yield match;
    }
  },
};

function matchOf(statement: AnalyzedStatement, block: Block, comparison: Binary): Match | null {
  const count = bareCount(block);
  const asks = count ? existence(comparison, block.holder as Expression) : null;
  if (!count || !asks) return null;
  const words = asks === 'some' ? 'EXISTS' : 'NOT EXISTS';
  return whenAsked(
    { start: comparison.start, end: comparison.end },
    `All matching rows are counted to learn whether there is one. ${words} stops at the first.`,
    () =>
      obstacle(statement, block, comparison, count, asks) ??
      asExistence(statement, block, comparison, count, asks),
  );
}

function asExistence(
  statement: AnalyzedStatement,
  block: Block,
  comparison: Binary,
  count: FunctionCall,
  asks: 'some' | 'none',
): Rewrite | string | null {
  const copy = new QueryCopy(statement, block).selectList(verbatim('1'));
  const [argument] = count.args;
  if (argument && !isNotNull(argument.value, block, statement))
    copy.addConjunct(sql`${source(statement, argument.value)} IS NOT NULL`);
  const query = copy.done();
  if (!query) return 'a part of the subquery cannot be moved';
  const edits = editing(statement)
    .replace(comparison, asks === 'some' ? sql`EXISTS (${query})` : sql`NOT EXISTS (${query})`)
    .done();
  return (
    edits && {
      edits,
      assumptions: ['a count without GROUP BY is never NULL and is above zero exactly when a row exists'],
      // EXISTS stops before the row that the count would have failed on
      soundness: canRaise(block.query, statement) ? 'likely' : 'proved',
    }
  );
}

function obstacle(
  statement: AnalyzedStatement,
  block: Block,
  comparison: Binary,
  count: FunctionCall,
  asks: 'some' | 'none',
): string | null {
  if (!isDeterministic(block.query, statement)) return 'the subquery calls a volatile function';
  // of a row, IS NOT NULL asks whether no field is NULL; the count asks whether there is a row
  const family = count.args[0] && typeOf(count.args[0].value, statement)?.family;
  if (count.args[0] && (family === undefined || family === 'other'))
    return 'the type of what is counted is not known';
  if (mayBeRepeated(statement, comparison)) return 'GROUP BY or ORDER BY may repeat the comparison';
  const unnamed = asks === 'none' && statement.dialect === 'postgresql';
  return !unnamed && itemNamedBy(statement, comparison)
    ? 'the column of the result would get another name'
    : null;
}

/** `SELECT count(…) FROM … WHERE …` and nothing else. */
export function bareCount(block: Block): FunctionCall | null {
  const { select, query } = block;
  const [item] = select.items;
  const call = item ? unwrapParens(item.expression) : null;
  const plain =
    query.body === select &&
    select.items.length === 1 &&
    select.from.length > 0 &&
    select.groupBy === null &&
    select.having === null &&
    select.distinct === null &&
    select.top === null &&
    query.with === null &&
    query.limit === null &&
    query.orderBy.length === 0 &&
    query.locking.length === 0;
  if (!plain || call?.kind !== 'call' || call.function !== 'count' || call.over || call.filter) return null;
  return call.args.length <= 1 ? call : null;
}

function existence(comparison: Binary, count: Expression): 'some' | 'none' | null {
  const left = unwrapParens(comparison.left) === count;
  const number = unwrapParens(left ? comparison.right : comparison.left);
  if (!isComparison(comparison.operator) || number.kind !== 'literal' || number.type !== 'number')
    return null;
  const operator = left ? comparison.operator : mirrored(comparison.operator);
  return EXISTENCE[`${operator} ${number.value}`] ?? null;
}
