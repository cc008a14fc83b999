/** Shapes of subqueries that rules ask for. */
import type { Expression } from '../sql/ast.ts';
import type { AnalyzedStatement, Block, Scope, Source, WriteBlock } from '../sql/query-model.ts';
import { walk } from '../sql/walk.ts';

/**
 * `SELECT [DISTINCT] … FROM … WHERE …` and nothing else: a row of FROM that passes WHERE is a row of the result (but for
 * DISTINCT), so a condition added to WHERE filters the result.
 */
export function isPlainSelect(block: Block): boolean {
  const { select, query } = block;
  return (
    query.body === select &&
    query.with === null &&
    query.limit === null &&
    query.locking.length === 0 &&
    query.orderBy.length === 0 &&
    query.trailing.length === 0 &&
    !block.grouped &&
    select.having === null &&
    select.top === null &&
    select.into === null &&
    select.qualify === null &&
    select.windows.length === 0 &&
    block.windows.length === 0 &&
    (select.distinct === null || typeof select.distinct === 'string')
  );
}

/**
 * Would a name of the expression mean something else inside the block, even when it is qualified by its source?
 * So it is when a relation inside goes by the same name, or when the source cannot be named at all.
 *
 * @param renamed relations inside that are given another name
 */
export function capturesNames(
  statement: AnalyzedStatement,
  expression: Expression,
  block: Block,
  renamed: readonly Source[] = [],
): boolean {
  const inside = new Set<string>();
  const collect = (at: Block): void => {
    for (const source of at.sources) if (!renamed.includes(source)) inside.add(source.alias);
    at.children.forEach(collect);
  };
  collect(block);
  let captured = false;
  walk(expression, (node) => {
    if (node.kind !== 'column') return;
    const column = statement.resolve(node);
    if (!column || column.source.alias === '' || inside.has(column.source.alias)) captured = true;
  });
  return captured;
}

/** A query stands somewhere in the expression. */
export function hasSubquery(expression: Expression): boolean {
  let found = false;
  walk(expression, (node) => {
    if (node.kind === 'query') found = true;
  });
  return found;
}

/** A comparison, IN with a list, BETWEEN or LIKE: what restricts one value; not a plain equality. */
export function isPlainFilter(expression: Expression): boolean {
  switch (expression.kind) {
    case 'binary':
      return ['<', '<=', '>', '>='].includes(expression.operator);
    case 'between':
      return !expression.negated;
    case 'in':
      return !expression.negated && expression.list !== null;
    case 'like':
      return !expression.negated;
    default:
      return false;
  }
}

/** The expression stands in a SELECT, or in the WHERE of an UPDATE or DELETE: there it is about the rows of the scope. */
export function standsInRows(scope: Scope, expression: Expression): boolean {
  if (scope.kind === 'select') return true;
  const { kind } = (scope as WriteBlock).statement;
  const isFilter = scope.where.some(
    ({ range }) => range.start <= expression.start && expression.end <= range.end,
  );
  return isFilter && (kind === 'update' || kind === 'delete');
}
