/** The branches of chains of set operations. */
import type { Query, QueryBody, SetOperation } from '../../sql/ast.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';

/** The SELECTs that a query joins by UNION ALL only, without parentheses around them; null for another query. */
export function unionAllBranches(statement: AnalyzedStatement, query: Query): readonly Block[] | null {
  return branchesOf(statement, query, (operation) => operation.operator === 'UNION' && operation.all);
}

/** The SELECTs that a query joins by UNION (without ALL) only; null for another query. */
export function unionBranches(statement: AnalyzedStatement, query: Query): readonly Block[] | null {
  return branchesOf(statement, query, (operation) => operation.operator === 'UNION' && !operation.all);
}

/** The operations of a chain, in the order of the text. */
export function operationsOf(query: Query): SetOperation[] {
  const found: SetOperation[] = [];
  const open: QueryBody[] = [query.body];
  for (let body = open.pop(); body; body = open.pop()) {
    if (body.kind !== 'setOperation') continue;
    found.push(body);
    open.push(body.right, body.left);
  }
  return found.sort((a, b) => a.operatorRange.start - b.operatorRange.start);
}

function branchesOf(
  statement: AnalyzedStatement,
  query: Query,
  accepts: (operation: SetOperation) => boolean,
): readonly Block[] | null {
  if (query.body.kind !== 'setOperation' || query.locking.length > 0 || query.trailing.length > 0)
    return null;
  const operations = operationsOf(query);
  const leaves = operations
    .flatMap(({ left, right }) => [left, right])
    .filter((body) => body.kind !== 'setOperation');
  if (!operations.every(accepts) || leaves.some((leaf) => leaf.kind !== 'select')) return null;
  const blocks = statement.blocksOfQuery(query);
  return blocks.length === leaves.length && blocks.every((block) => block.select.into === null)
    ? blocks
    : null;
}
