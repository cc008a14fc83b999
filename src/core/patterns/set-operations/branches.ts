/** The branches of chains of set operations. */
import type { Query, QueryBody, SetOperation } from '../../sql/ast.ts';
import { once } from '../../sql/facts.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Source } from '../../sql/query-model.ts';
import type { TextRange } from '../../sql/text.ts';
import { tokensWithin } from '../../sql/writing/ranges.ts';
import { hasSubquery } from '../subquery-shape.ts';

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

/** A SELECT of one relation that neither groups nor removes duplicates, without subqueries. */
export function isPlainBranch(statement: AnalyzedStatement, block: Block): boolean {
  const { select } = block;
  return (
    !block.grouped &&
    block.windows.length === 0 &&
    block.children.length === 0 &&
    block.resolved &&
    block.outerReferences.length === 0 &&
    (select.distinct === null || select.distinct === 'all') &&
    select.top === null &&
    select.having === null &&
    block.sources.length === 1 &&
    select.items.every(
      (item) => isDeterministic(item.expression, statement) && !hasSubquery(item.expression),
    ) &&
    block.where.every((conjunct) => isDeterministic(conjunct.expression, statement))
  );
}

/** Both read one table under one name. */
export function sameSource(a: Block, b: Block): boolean {
  const of = ({ sources: [one] }: Block): readonly [Source['table'], string] => [
    one?.table ?? null,
    one?.alias ?? '',
  ];
  const [table, alias] = of(a);
  const [otherTable, otherAlias] = of(b);
  const [one, other] = [a.sources[0], b.sources[0]];
  if (table === null || table !== otherTable || alias !== otherAlias || !one || !other) return false;
  // a sample, a partition or an index hint makes it another scan
  return [one, other].every(
    ({ kind, node }) =>
      kind === 'table' && node.kind === 'table' && node.modifiers.length === 0 && !node.only,
  );
}

/** Text to compare: blanks do not matter. Branches read one table by one name, so equal text means equal columns. */
export function plainText(statement: AnalyzedStatement, range: TextRange): string {
  return plainTexts(range, statement);
}

/** Each branch is compared with each other one, by several rules. */
const plainTexts = once((range: TextRange, statement: AnalyzedStatement): string =>
  tokensWithin(statement.tokens, range)
    .filter((token) => token.kind !== 'whitespace')
    .map((token) => (token.kind === 'word' ? token.upper : token.text))
    .join(' '),
);

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
