import { isOutputOf } from '../../sql/properties/keys.ts';
import { isLocked } from '../../sql/properties/locking.ts';
import { orderedOutput } from '../../sql/properties/order.ts';
import { typeOf } from '../../sql/properties/types.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import { editing } from '../../sql/writing/edits.ts';
import { allEngines } from '../engines.ts';
import { offer, offerToTest } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { isPlainlyGrouped } from './aggregates.ts';

/** `SELECT a, b … GROUP BY a, b` → `SELECT DISTINCT a, b`. */
export const groupByToDistinct: Pattern = {
  id: 'group-by-to-distinct',
  title: 'GROUP BY without an aggregate: DISTINCT',
  category: 'aggregation',
  engines: allEngines(
    'It says what is meant; other rules know more about DISTINCT than about GROUP BY without aggregates.',
  ),
  severity: 'hint',
  description:
    'Groups of which nothing is computed are distinct rows. DISTINCT says so, and is dropped or turned into EXISTS where keys allow it.',
  source: 'https://use-the-index-luke.com/sql/sorting-grouping/indexed-group-by',
  precondition:
    'Exactly the grouping expressions are selected, ORDER BY sorts by them only, and there is no aggregate, no HAVING and no window function.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, customer_id int, state text);',
    before: 'SELECT o.customer_id, o.state FROM orders o GROUP BY o.customer_id, o.state',
    after: 'SELECT DISTINCT o.customer_id, o.state FROM orders o',
  },
  rewrites: true,
  styleOnly: true,
  needs: ['groupBy'],
  *find(statement) {
    for (const block of statement.blocks) {
      if (!groupsOnly(statement, block)) continue;
      const { groupBy } = block.select.clauses;
      const edits = () => editing(statement).removeClause(groupBy).addDistinct(block).done();
      const message = 'Nothing is computed of the groups: these are distinct rows, and DISTINCT says so.';
      const range = groupBy ?? block.select;
      const why = 'Every grouping expression is selected, and nothing else.';
      // of values that are equal without being the same another one may be shown
      const same = block.groupBy.every((key) => typeOf(key, statement)?.deterministic);
      yield same ? offer(range, message, edits, why) : offerToTest(range, message, edits, why);
    }
  },
};

function groupsOnly(statement: AnalyzedStatement, block: Block): boolean {
  const { select } = block;
  if (!isPlainlyGrouped(block) || block.aggregates.length > 0 || block.windows.length > 0) return false;
  if (select.having || select.distinct !== null || select.qualify || select.into || !block.resolved)
    return false;
  if (select.items.some((item) => item.expression.kind === 'star') || isLocked(block)) return false;
  // with a plain set operation around it, ORDER BY is the union's own
  const ordered = block.setBranch || block.orderBy.every((item) => isSelected(statement, block, item));
  return (
    ordered &&
    block.groupBy.every((key) => isDeterministic(key, statement)) &&
    block.outputs.every((output) => block.groupBy.some((key) => isOutputOf(output, key, statement))) &&
    block.groupBy.every((key) => block.outputs.some((output) => isOutputOf(output, key, statement)))
  );
}

function isSelected(statement: AnalyzedStatement, block: Block, item: Block['orderBy'][number]): boolean {
  if (orderedOutput(item, block, statement)) return true;
  return block.outputs.some((output) => isOutputOf(output, item.expression, statement));
}
