/** Whether evaluating something again, or another number of times, could show. */

import { findTable, type Table } from '../../catalog/catalog.ts';
import type { Expression, FunctionCall, Node, Query, TableRef } from '../ast.ts';
import { once } from '../facts.ts';
import { parseStatement } from '../parse.ts';
import { walk } from '../walk.ts';
import {
  aggregateResult,
  catalogFunctions,
  isOrderSensitiveAggregate,
  knownFunction,
  type Volatility,
} from './functions.ts';
import type { Names } from './names.ts';

/** What the volatility of an expression depends on beside the expression. */
type CatalogNames = Pick<Names, 'dialect' | 'catalog' | 'facts'>;

const RANK: Readonly<Record<Volatility, number>> = { immutable: 0, stable: 1, volatile: 2 };

/** Window functions that are no aggregates: what they return depends on the order of the rows alone. */
const WINDOW_FUNCTIONS = new Set(
  'row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value'.split(
    ' ',
  ),
);

/**
 * The volatility of an expression or query, everything inside included.
 *
 * 'stable' is the same all through one statement: now(), current_date, reading a table. A function that is neither one
 * of the engine's own nor in the catalog is volatile; so are sequences, locking clauses, data-modifying CTEs,
 * TABLESAMPLE, MySQL's user variables, views over any of these, and what the parser did not understand.
 */
export function volatilityOf(node: Expression | Query, names: CatalogNames): Volatility {
  return volatility(node, names);
}

/** Rule after rule asks for the same subqueries. */
const volatility = once((node: Expression | Query, names: CatalogNames): Volatility => {
  let worst: Volatility = 'immutable';
  walk(node, (part) => {
    const own = ownVolatility(part, names);
    if (RANK[own] > RANK[worst]) worst = own;
    return worst !== 'volatile';
  });
  return worst;
});

/** Evaluated any number of times within a statement it gives the same and leaves nothing behind. */
export function isDeterministic(node: Expression | Query, names: CatalogNames): boolean {
  return volatilityOf(node, names) !== 'volatile';
}

function ownVolatility(node: Node, names: CatalogNames): Volatility {
  switch (node.kind) {
    case 'call':
      return callVolatility(node, names);
    case 'opaque':
    case 'locking':
    case 'insert':
    case 'update':
    case 'delete':
    case 'merge':
    case 'tableSample':
    case 'into':
      return 'volatile';
    case 'tablePeriod':
    case 'examinedLimit':
    case 'hints':
    case 'resultFormat':
      return 'volatile';
    case 'variable':
      return names.dialect === 'tsql' ? 'stable' : 'volatile';
    case 'table':
      return relationVolatility(node, names);
    case 'query':
      return 'stable';
    case 'cast':
      return 'stable';
    default:
      return 'immutable';
  }
}

/** A view may call anything: its definition decides, and one that cannot be read is volatile. */
function relationVolatility(node: TableRef, names: CatalogNames): Volatility {
  const table = findTable(
    names.catalog,
    node.name.map((part) => part.name),
  );
  if (table?.kind !== 'view') return 'stable';
  const known = VIEWS.get(table);
  if (known) return known;
  const { tree } = parseStatement(table.definition ?? '', names.dialect);
  const own = tree.kind === 'queryStatement' ? volatilityOf(tree.query, names) : 'volatile';
  VIEWS.set(table, own);
  return own;
}

/** Of views that were asked for before. */
const VIEWS = new WeakMap<Table, Volatility>();

function callVolatility(call: FunctionCall, names: CatalogNames): Volatility {
  // the session's zone and date style decide casts; UNIX_TIMESTAMP() without an argument is now()
  if (aggregateResult(call) !== undefined || (call.over && WINDOW_FUNCTIONS.has(call.function)))
    return 'immutable';
  const own = catalogFunctions(call, names.catalog);
  const known = knownFunction(call, names.dialect);
  if (own.length === 0) return known?.volatility ?? 'volatile';
  const all: Volatility[] = own.map((f) => f.volatility);
  if (known) all.push(known.volatility);
  return all.reduce((a, b) => (RANK[a] >= RANK[b] ? a : b));
}

/**
 * Two executions on the same data give the same: deterministic, and nothing depends on an order that is not given
 * (array_agg without ORDER BY, window functions and LIMIT, whose ties the caller must look at).
 */
export function dependsOnRowOrder(node: Expression | Query): boolean {
  let depends = false;
  walk(node, (part) => {
    if (part.kind === 'limit' || part.kind === 'top') depends = true;
    if (part.kind === 'select' && typeof part.distinct === 'object' && part.distinct !== null) depends = true;
    if (part.kind === 'call') {
      if (part.over) depends = true;
      else if (
        aggregateResult(part) !== undefined &&
        isOrderSensitiveAggregate(part) &&
        part.orderBy.length === 0
      ) {
        depends = true;
      }
    }
    return !depends;
  });
  return depends;
}
