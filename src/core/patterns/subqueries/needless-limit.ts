import type { Expression, Query } from '../../sql/ast.ts';
import { nodesOfKind } from '../../sql/properties/nodes.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import type { TextRange } from '../../sql/text.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { EngineSupport, Match, Pattern } from '../pattern.ts';

const ENGINES: readonly EngineSupport[] = [
  {
    dialect: 'postgresql',
    pays: 'with a parameter as LIMIT, which keeps it from a semi-join; a constant is dropped by the planner',
  },
  { dialect: 'mysql', pays: 'when the subquery could be a semi-join: LIMIT inside forbids that' },
  { dialect: 'mariadb', pays: 'when the subquery could be a semi-join: LIMIT inside forbids that' },
  { dialect: 'tsql', pays: 'hardly: the optimizer drops TOP there' },
];

/**
 * Matches `EXISTS (SELECT … LIMIT 1)` and `EXISTS (SELECT TOP 1 …)`.
 *
 * EXISTS stops at the first row by itself. LIMIT says it again, and keeps MySQL and MariaDB from a semi-join.
 */
export const limitInExists: Pattern = {
  id: 'limit-in-exists',
  title: 'LIMIT inside EXISTS: leave it out',
  category: 'subqueries',
  engines: ENGINES,
  severity: 'info',
  description:
    'EXISTS ends with the first row anyway. With LIMIT in it, the subquery is no longer turned into a semi-join and runs for each row.',
  source:
    'MySQL manual, "Optimizing IN and EXISTS Subquery Predicates with Semijoin Transformations": no LIMIT',
  precondition: 'LIMIT is a number of one or more, without OFFSET.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY); CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL);',
    before:
      'SELECT c.id FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id LIMIT 1);',
    after: 'SELECT c.id FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id);',
  },
  rewrites: true,
  needs: ['exists'],
  *find(statement) {
    for (const node of nodesOfKind(statement, 'exists')) {
      const match = matchOf(statement, node.query);
      if (match) yield match;
    }
  },
};

function matchOf(statement: AnalyzedStatement, query: Query): Match | null {
  const bound = boundOf(query);
  if (!bound) return null;
  const message =
    'EXISTS ends with the first row by itself: the limit inside says nothing and can be left out.';
  if (bound.offset) return blocked(bound.range, message, 'OFFSET asks for more than one row');
  if (!isPositive(bound.count)) return blocked(bound.range, message, 'the limit may be zero');
  if (!isDeterministic(query, statement))
    return blocked(bound.range, message, 'a volatile function is called');
  const edits = () => editing(statement).removeClause(bound.range).done();
  const give = canRaise(query, statement) ? offerToTest : offer;
  return give(bound.range, message, edits, 'EXISTS asks for one row, and the limit lets one through');
}

function boundOf(
  query: Query,
): { readonly range: TextRange; readonly count: Expression | null; readonly offset: boolean } | null {
  if (query.limit) {
    const { count, offset } = query.limit;
    return { range: query.limit, count, offset: offset !== null && !isZero(offset) };
  }
  const top = query.body.kind === 'select' ? query.body.top : null;
  // T-SQL has ORDER BY in a subquery only together with TOP
  if (!top || top.percent || query.orderBy.length > 0) return null;
  return { range: top, count: top.count, offset: false };
}

function isPositive(count: Expression | null): boolean {
  const e = count && unwrapParens(count);
  return e?.kind === 'literal' && e.type === 'number' && /^\d+$/.test(e.value) && Number(e.value) >= 1;
}

function isZero(offset: Expression): boolean {
  const e = unwrapParens(offset);
  return e.kind === 'literal' && e.type === 'number' && Number(e.value) === 0;
}
