/** What the body of a function must be to stand in the place of its call. */
import type { FunctionDefinition, FunctionInfo } from '../../../catalog/catalog.ts';
import type { Expression, FunctionCall, Limit, Node, Query } from '../../../sql/ast.ts';
import { calledFunctions, type FunctionBody, functionBody } from '../../../sql/function-body.ts';
import {
  aggregateResult,
  catalogFunctions,
  isOrderSensitiveAggregate,
} from '../../../sql/properties/functions.ts';
import { determinesRow, isAtMostOneRow } from '../../../sql/properties/keys.ts';
import { filteringConjuncts, isNullFrom, rejects } from '../../../sql/properties/not-null.ts';
import { isTotalOrder } from '../../../sql/properties/order.ts';
import { volatilityOf } from '../../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block } from '../../../sql/query-model.ts';
import { unwrapParens, walk } from '../../../sql/walk.ts';

/** The body reads tables, itself or in a subquery: then PostgreSQL runs it as a query of its own. */
export function readsTables(body: FunctionBody): boolean {
  return isSubqueryBody(body) || body.statement.blocks.length > 1;
}

/** In the place of the call the body is a subquery. Otherwise it is an expression. */
export function isSubqueryBody({ statement, query }: FunctionBody): boolean {
  const block = blockOf(statement, query);
  if (!block || query.limit !== null || query.orderBy.length > 0) return true;
  return block.select.from.length > 0 || block.select.where !== null || block.grouped;
}

/** The one SELECT of a body; null for a set operation and the like. */
export function blockOf(statement: AnalyzedStatement, query: Query): Block | null {
  return query.body.kind === 'select' ? (statement.blocksOfQuery(query)[0] ?? null) : null;
}

/** Why a body cannot be written in the place of a call, whatever the call; null when it can. */
export function obstacleOfBody(
  info: FunctionInfo,
  definition: FunctionDefinition,
  body: FunctionBody,
): string | null {
  const { statement, query } = body;
  const block = blockOf(statement, query);
  if (!block || query.with || query.locking.length > 0 || query.trailing.length > 0) {
    return 'its body is not one plain SELECT';
  }
  const { select } = block;
  if (select.into || select.qualify || select.windows.length > 0 || select.rest.length > 0) {
    return 'its body is not one plain SELECT';
  }
  if (select.items.length !== 1 || select.items[0]?.expression.kind === 'star') {
    return 'its body does not select one expression';
  }
  if (callsItself(info, statement)) return 'its body calls the function itself';
  return (
    obstacleOfNames(statement) ??
    obstacleOfVolatility(info, body) ??
    obstacleOfParameters(body) ??
    obstacleOfRows(statement, query, block) ??
    (definition.returns === 'void' ? 'it returns nothing' : null)
  );
}

function obstacleOfNames(statement: AnalyzedStatement): string | null {
  for (const block of statement.blocks) {
    if (!block.resolved) return 'a name in its body is not known';
    for (const { kind, table, alias, columns } of block.sources) {
      const known = kind === 'derived' || (kind === 'table' && table !== null);
      if (!known || columns === null) return `its body reads ${alias}, which is not known`;
      if (table?.rowSecurity) return `${alias} has row security or rules`;
    }
    if (block.joins.some((join) => join.node?.natural)) return 'its body has a NATURAL JOIN';
  }
  return obstacleOfCollation(statement);
}

/** What a function gives has the collation of its arguments, a subquery that of its column. */
function obstacleOfCollation(statement: AnalyzedStatement): string | null {
  let own = false;
  walk(statement.tree, (node) => {
    if (node.kind === 'collate') own = true;
    if (node.kind === 'column' && (statement.resolve(node)?.column?.collation ?? null) !== null) own = true;
    return !own;
  });
  return own ? 'its body has texts with a collation of their own' : null;
}

/**
 * A VOLATILE function sees what others committed since the statement began, a subquery does not. What is IMMUTABLE may
 * be in an index, with what it gave when the row was written.
 */
function obstacleOfVolatility(info: FunctionInfo, body: FunctionBody): string | null {
  const own = volatilityOf(body.query, body.statement);
  if (own === 'volatile') return 'its body calls a volatile function';
  const reads = readsTables(body);
  if (reads && info.volatility === 'volatile') {
    return 'it is VOLATILE (declare it STABLE if it only reads): each call sees the newest data';
  }
  const kept = body.statement.catalog.tables.some((table) =>
    table.indexes.some(({ columns, predicate }) =>
      [predicate, ...columns.map(({ expression }) => expression)].some((text) => text?.includes(info.name)),
    ),
  );
  if (kept && info.volatility === 'immutable') return 'an index holds what it gives';
  return null;
}

/** Where a parameter may stand for a column of the statement around: not as an ordinal, nor as an aggregate's whole argument. */
function obstacleOfParameters({ statement, uses }: FunctionBody): string | null {
  const within = (node: Node): boolean =>
    uses.some(({ cast }) => node.start <= cast.start && cast.end <= node.end);
  for (const block of statement.blocks) {
    const { distinct, groupBy } = block.select;
    const places: (Node | null)[] = [groupBy, ...block.query.orderBy, block.query.limit];
    if (typeof distinct === 'object' && distinct !== null) places.push(...distinct.on);
    if (places.some((place) => place !== null && within(place))) {
      return 'a parameter stands in GROUP BY, ORDER BY or LIMIT';
    }
    // an aggregate of nothing but columns of the statement around would belong to that
    for (const call of block.aggregates) {
      if (within(call) && !mentions(call, block, statement)) {
        return 'an aggregate in its body is of parameters alone';
      }
    }
  }
  return null;
}

function mentions(call: FunctionCall, block: Block, statement: AnalyzedStatement): boolean {
  let found = false;
  walk(call, (node) => {
    if (node.kind === 'query') return false;
    if (node.kind === 'column' && statement.resolve(node)?.source.block === block) found = true;
    return !found;
  });
  return found;
}

/** A function gives the first row that its query finds; a subquery with two is an error, and with an order left open is chance. */
function obstacleOfRows(statement: AnalyzedStatement, query: Query, block: Block): string | null {
  if (!isAtMostOneRow(query, statement))
    return 'its body may find several rows, of which the function gives the first';
  const { limit } = query;
  if (limit && (limit.offset || limit.withTies)) return 'its body skips rows';
  const single = block.grouped && block.select.groupBy === null;
  if (limit && !single && !determinesRow(block, [], statement) && !isTotalOrder(block, statement)) {
    return 'which of several rows its body finds is left to chance (ties)';
  }
  let chance: string | null = null;
  walk(query, (node) => {
    if (node.kind === 'limit' && node !== limit && !takesFixedRows(node, statement)) {
      chance = 'a subquery of its body takes some of the rows';
    }
    if (node.kind === 'select' && typeof node.distinct === 'object' && node.distinct !== null) {
      chance = 'its body takes the first row of each group';
    }
    if (node.kind !== 'call') return;
    if (node.over) chance = 'its body has a window function';
    const own = catalogFunctions(node, statement.catalog).some(({ kind }) => kind !== 'function');
    const ordered = aggregateResult(node) !== undefined && isOrderSensitiveAggregate(node);
    if (own || (ordered && node.orderBy.length === 0))
      chance = 'what its body gives depends on the order of rows';
  });
  return chance;
}

/** A LIMIT inside of the body leaves no choice. */
function takesFixedRows(limit: Limit, statement: AnalyzedStatement): boolean {
  const block = statement.blocks.find(({ query }) => query.limit === limit);
  return block !== undefined && !limit.withTies && isTotalOrder(block, statement);
}

/** Through other functions too. */
function callsItself(info: FunctionInfo, body: AnalyzedStatement): boolean {
  const seen = new Set<FunctionInfo>();
  const open = calledFunctions(body);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === info || next.name === info.name) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    const read = next.definition?.body ? functionBody(next, body.catalog) : null;
    if (read && typeof read !== 'string') open.push(...calledFunctions(read.statement));
  }
  return false;
}

// ------------------------------------------------------------ NULL for NULL

const NULL_WITHOUT_ROWS = new Set(['sum', 'avg', 'min', 'max', 'bool_and', 'bool_or', 'every']);

/** The body gives NULL whenever a parameter is NULL, whatever the others are. */
export function givesNullFor({ statement, query }: FunctionBody, parameter: number): boolean {
  const block = blockOf(statement, query);
  const item = block?.select.items[0]?.expression;
  if (!block || !item) return false;
  const isIt = (e: Expression): boolean => e.kind === 'placeholder' && e.text === `$${parameter + 1}`;
  const isNull = (e: Expression): boolean => isNullFrom(e, statement, isIt);
  if (block.select.from.length === 0) return !block.grouped && block.select.where === null && isNull(item);
  if (!filteringConjuncts(block).some(({ expression }) => rejects(expression, statement, isNull)))
    return false;
  // no row: nothing is found, or an aggregate of nothing
  if (!block.grouped) return true;
  return block.select.groupBy === null && block.select.having === null && isNullWithoutRows(item);
}

function isNullWithoutRows(expression: Expression): boolean {
  let e = unwrapParens(expression);
  while (e.kind === 'cast') e = unwrapParens(e.operand);
  return e.kind === 'call' && e.over === null && NULL_WITHOUT_ROWS.has(e.function);
}
