import type { Binary, Expression } from '../../sql/ast.ts';
import { isComparison, mirrored } from '../../sql/comparison-operators.ts';
import { nodesOfKind } from '../../sql/properties/nodes.ts';
import { isNotNull } from '../../sql/properties/not-null.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { sql, verbatim } from '../../sql/writing/fragment.ts';
import { QueryCopy } from '../../sql/writing/query-copy.ts';
import { postgresqlOnly } from '../engines.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { itemNamedBy, mayBeRepeated } from '../select-item.ts';
import { bareCount } from './count-comparison.ts';

/** `count >= n`, asked for or denied. */
interface Threshold {
  readonly least: number;
  readonly negated: boolean;
}

/**
 * Matches `(SELECT count(*) FROM …) >= 5` and its kin.
 *
 * All rows are counted, though the fifth decides. EXISTS over the rows behind the fourth stops there.
 */
export const countThreshold: Pattern = {
  id: 'count-threshold-to-exists',
  title: 'Counting rows to compare with a number: EXISTS behind an OFFSET',
  category: 'subqueries',
  engines: postgresqlOnly(
    'when far more rows match than the number asks for, and an index finds them; with few rows there is nothing to win',
  ),
  severity: 'hint',
  description:
    'The subquery counts every matching row, though the comparison is decided as soon as that many are found.',
  source:
    'SQL antipatterns; PostgreSQL manual, 7.6 LIMIT and OFFSET; measured from 35 s to 1 ms on PostgreSQL 15 where nearly all rows match',
  precondition:
    'The subquery is a bare count without GROUP BY, compared with a whole number of two or more; what is counted is not NULL.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY); CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL);',
    before:
      'SELECT c.id FROM customers c WHERE (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) >= 5;',
    after:
      'SELECT c.id FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id LIMIT 1 OFFSET 4);',
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
  const threshold = count ? thresholdOf(comparison, block.holder as Expression) : null;
  if (!count || !threshold) return null;
  const { least, negated } = threshold;
  const message = `All matching rows are counted, though row ${least} decides. EXISTS behind an OFFSET stops there.`;
  const [argument] = count.args;
  const stays = (why: string): Match => blocked(comparison, message, why);
  if (!isDeterministic(block.query, statement)) return stays('the subquery calls a volatile function');
  if (count.distinct) return stays('distinct values are counted');
  if (argument && !isNotNull(argument.value, block, statement)) return stays('what is counted may be NULL');
  if (mayBeRepeated(statement, comparison)) return stays('GROUP BY or ORDER BY may repeat the comparison');
  if (!negated && itemNamedBy(statement, comparison))
    return stays('the column of the result would get another name');
  const query = new QueryCopy(statement, block)
    .selectList(verbatim('1'))
    .append(sql` LIMIT 1 OFFSET ${String(least - 1)}`)
    .done();
  if (!query) return stays('a part of the subquery cannot be moved');
  const written = negated ? sql`NOT EXISTS (${query})` : sql`EXISTS (${query})`;
  const give = canRaise(block.query, statement) ? offerToTest : offer;
  return give(
    comparison,
    message,
    () => editing(statement).replace(comparison, written).done(),
    'a count without GROUP BY is never NULL and reaches a number exactly when that many rows exist',
  );
}

function thresholdOf(comparison: Binary, count: Expression): Threshold | null {
  const left = unwrapParens(comparison.left) === count;
  const number = unwrapParens(left ? comparison.right : comparison.left);
  if (!isComparison(comparison.operator)) return null;
  const operator = left ? comparison.operator : mirrored(comparison.operator);
  if (number.kind !== 'literal' || number.type !== 'number' || !/^\d{1,6}$/.test(number.value)) return null;
  const n = Number(number.value);
  const thresholds: Readonly<Record<string, Threshold>> = {
    '>=': { least: n, negated: false },
    '>': { least: n + 1, negated: false },
    '<': { least: n, negated: true },
    '<=': { least: n + 1, negated: true },
  };
  const threshold = thresholds[operator ?? ''];
  return threshold && threshold.least >= 2 ? threshold : null;
}
