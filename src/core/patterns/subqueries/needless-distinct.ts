import { canRaise } from '../../sql/properties/raising.ts';
import { sameExpression } from '../../sql/properties/same-expression.ts';
import { typeOf } from '../../sql/properties/types.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import { editing } from '../../sql/writing/edits.ts';
import { tokensWithin } from '../../sql/writing/ranges.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { EngineSupport, Match, Pattern } from '../pattern.ts';

const ENGINES: readonly EngineSupport[] = [
  {
    dialect: 'postgresql',
    pays: 'in a correlated IN or ANY, where the planner sorts or hashes for each row',
  },
  { dialect: 'mysql', pays: 'when GROUP BY keeps the subquery from becoming a semi-join' },
  { dialect: 'mariadb', pays: 'when GROUP BY keeps the subquery from becoming a semi-join' },
  { dialect: 'tsql', pays: 'hardly: the optimizer drops it' },
];

/**
 * Matches DISTINCT, or GROUP BY without aggregates, in the subquery of IN, EXISTS, ANY or ALL.
 *
 * Whether a value is among the rows does not depend on how often it is there.
 */
export const distinctInSubquery: Pattern = {
  id: 'distinct-in-subquery',
  title: 'DISTINCT in the subquery of IN or EXISTS: leave it out',
  category: 'subqueries',
  engines: ENGINES,
  severity: 'hint',
  description:
    'The subquery removes duplicates, though IN and EXISTS only ask whether a row is there. The sort or hash table is work for nothing, and a grouped subquery cannot become a semi-join.',
  source: 'Paulley and Larson, "Exploiting uniqueness in query optimization", ICDE 1994',
  precondition:
    'No LIMIT takes from the distinct rows, GROUP BY comes without aggregates and HAVING, and equal values are the same value.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY); CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL);',
    before: 'SELECT c.id FROM customers c WHERE c.id IN (SELECT DISTINCT o.customer_id FROM orders o);',
    after: 'SELECT c.id FROM customers c WHERE c.id IN (SELECT o.customer_id FROM orders o);',
  },
  rewrites: true,
  needs: [['as in', 'as exists', 'as quantified']],
  *find(statement) {
    for (const block of statement.blocks) {
      if (!['in', 'exists', 'quantified'].includes(block.role) || block.query.body !== block.select) continue;
      const match = matchOf(statement, block);
      if (match) yield match;
    }
  },
};

function matchOf(statement: AnalyzedStatement, block: Block): Match | null {
  const { select } = block;
  const distinct = select.distinct === 'distinct';
  const grouped = select.groupBy !== null && block.aggregates.length === 0 && select.having === null;
  if (distinct === grouped) return null;
  const range = distinct
    ? tokensWithin(statement.tokens, select.clauses.select).find((token) =>
        token.upper.startsWith('DISTINCT'),
      )
    : select.clauses.groupBy;
  if (!range) return null;
  const words = distinct ? 'DISTINCT' : 'GROUP BY';
  const message = `${words} removes duplicates, but the subquery is only asked whether a row is there. Leave it out.`;
  const blockedBy = obstacle(statement, block, grouped);
  if (blockedBy !== null) return blocked(range, message, blockedBy);
  const edits = editing(statement);
  if (distinct) edits.removeDistinct(block);
  else edits.removeClause(range);
  const give = canRaise(block.query, statement) ? offerToTest : offer;
  return give(range, message, () => edits.done(), 'membership does not depend on how often a row is there');
}

function obstacle(statement: AnalyzedStatement, block: Block, grouped: boolean): string | null {
  const { query, select } = block;
  if (query.limit !== null || select.top !== null) return 'LIMIT takes from the distinct rows';
  if (query.orderBy.length > 0 || query.trailing.length > 0) return 'the subquery is sorted';
  if (!isDeterministic(query, statement)) return 'a volatile function is called';
  if (grouped) {
    if (block.windows.length > 0) return 'a window function sees the groups';
    if (select.distinct !== null && select.distinct !== 'all') return 'DISTINCT ON picks rows';
    if ((select.groupBy?.sets.length ?? 0) > 0) return 'grouping sets add rows';
    if (select.groupBy?.items.length === 0) return 'GROUP BY () gives one row';
  }
  if (block.role === 'exists') return null;
  if (!block.outputsComplete) return 'a column is not known';
  if (grouped && !selectsKeys(statement, block)) return 'a column is not grouped by';
  const sameValues = block.outputs.every((output) => output.type?.deterministic === true);
  return sameValues ? null : 'which of several equal texts is kept may matter';
}

/** MySQL lets columns be selected that are not grouped by: which value it takes is left to chance. */
function selectsKeys(statement: AnalyzedStatement, block: Block): boolean {
  return block.outputs.every(({ expression }) => {
    if (expression === null || !typeOf(expression, statement)) return false;
    return block.groupBy.some((key) => sameExpression(key, expression, statement));
  });
}
