/** Query expressions: WITH, set operations, VALUES, and the SELECT cores inside. */
import type {
  Cte,
  Expression,
  FromItem,
  Identifier,
  OrderItem,
  Query,
  QueryBody,
  SetOperation,
  TableRef,
  Values,
} from '../ast.ts';
import { isNotNullExpression } from '../properties/not-null.ts';
import { commonType, typeOf } from '../properties/types.ts';
import type { BlockRole, Output, SourceColumn, SqlType } from '../query-model.ts';
import { markUnresolved, visit } from './expressions.ts';
import { relationColumns } from './from.ts';
import {
  type CteScope,
  EMPTY_SIGHT,
  type Frame,
  type OpenCte,
  type OpenScope,
  type Resolution,
} from './open.ts';
import { resolveSelect } from './select.ts';
import { resolveWriteInWith } from './writes.ts';

/** Where a query stands. */
export interface QueryPlace {
  /** the frame that its free names are looked up in */
  readonly outer: Frame | null;
  readonly ctes: CteScope | null;
  readonly parent: OpenScope | null;
  readonly role: BlockRole;
  readonly holder: Expression | FromItem | Cte | null;
}

/** Columns of a query; null when they are not all known. */
export type QueryColumns = readonly SourceColumn[] | null;

/** Resolve a query and everything in it. */
export function resolveQuery(query: Query, place: QueryPlace, resolution: Resolution): QueryColumns {
  resolution.queryBlocks.set(query, []);
  const inner = { ...place, ctes: resolveWith(query, place, resolution) };
  if (place.parent && query.trailing.length > 0) markUnresolved(place.parent);
  if (query.body.kind === 'select') {
    return resolveSelect(query.body, query, inner, false, resolution);
  }
  const columns = resolveBody(query.body, query, inner, resolution);
  resolveOrderByOutputs(query.orderBy, query, inner, resolution);
  return columns;
}

/** The CTEs in scope inside of a query (or a write) with WITH. */
export function resolveWith(
  holder: { readonly with: Query['with'] },
  place: QueryPlace,
  resolution: Resolution,
): CteScope | null {
  if (!holder.with) return place.ctes;
  const scope: CteScope = { byName: new Map(), outer: place.ctes };
  const seesItself = holder.with.recursive || resolution.dialect === 'tsql';
  for (const node of holder.with.ctes) {
    const cte: OpenCte = {
      node,
      name: node.name.name,
      recursive: false,
      query: node.statement.kind === 'queryStatement' ? node.statement.query : null,
      uses: [],
      columns: null,
    };
    resolution.ctes.push(cte);
    if (seesItself) scope.byName.set(cte.name, cte);
    resolveCte(cte, { ...place, ctes: scope, role: 'cte', holder: node }, resolution);
    scope.byName.set(cte.name, cte);
  }
  return scope;
}

function resolveCte(cte: OpenCte, place: QueryPlace, resolution: Resolution): void {
  const { node } = cte;
  const uses = cte.uses.length;
  if (cte.query) {
    const columns = resolveRecursive(cte, cte.query, place, resolution);
    cte.columns = named(columns, node.columns);
  } else {
    cte.columns = named(resolveWriteInWith(node.statement, place, resolution), node.columns);
  }
  cte.columns = withAddedColumns(cte.columns, node);
  cte.recursive = cte.uses.length > uses;
}

/** The columns that SEARCH and CYCLE add. */
function withAddedColumns(columns: QueryColumns, node: Cte): QueryColumns {
  if (!columns || node.clauses.length === 0) return columns;
  const added = node.clauses.flatMap((clause) => clause.sets);
  return [
    ...columns,
    ...added.map(({ name }) => ({ name, notNull: false, column: null, table: null, type: null })),
  ];
}

/** The first branch of a recursive CTE gives names and types; NULL comes from either. */
function resolveRecursive(
  cte: OpenCte,
  query: Query,
  place: QueryPlace,
  resolution: Resolution,
): QueryColumns {
  const body = query.body;
  const mayRecurse = place.ctes?.byName.get(cte.name) === cte && body.kind === 'setOperation';
  if (!mayRecurse || body.kind !== 'setOperation') return resolveQuery(query, place, resolution);
  resolution.queryBlocks.set(query, []);
  const inner = { ...place, ctes: resolveWith(query, place, resolution) };
  const base = resolveBody(body.left, query, inner, resolution);
  cte.columns = named(
    base?.map((column) => ({ ...column, notNull: false, column: null, table: null })) ?? null,
    cte.node.columns,
  );
  const step = resolveBody(body.right, query, inner, resolution);
  resolveOrderByOutputs(query.orderBy, query, inner, resolution);
  return combined(body, base, step);
}

function named(columns: QueryColumns, names: readonly Identifier[]): QueryColumns {
  if (names.length === 0) return columns;
  if (!columns || names.length > columns.length) return null;
  return columns.map((column, i) => ({ ...column, name: names[i]?.name ?? column.name }));
}

function resolveBody(body: QueryBody, query: Query, place: QueryPlace, resolution: Resolution): QueryColumns {
  switch (body.kind) {
    case 'select':
      return resolveSelect(body, query, place, query.body !== body, resolution);
    case 'setOperation': {
      const left = resolveBody(body.left, query, place, resolution);
      const right = resolveBody(body.right, query, place, resolution);
      return combined(body, left, right);
    }
    case 'values':
      return resolveValues(body, place, resolution);
    case 'tableQuery':
      return tableQueryColumns(body.table, place, resolution);
    case 'parenQuery': {
      const columns = resolveQuery(body.query, place, resolution);
      const blocks = resolution.blocksOfQuery(body.query);
      resolution.queryBlocks.get(query)?.push(...blocks);
      if (query.body !== body) for (const block of blocks) markBranch(block);
      return columns;
    }
    case 'opaque':
      if (place.parent) markUnresolved(place.parent);
      return null;
  }
}

/** TABLE t: no block, so that no rule looks into it; its columns are the table's. */
function tableQueryColumns(item: TableRef, place: QueryPlace, resolution: Resolution): QueryColumns {
  if (place.parent) markUnresolved(place.parent);
  return relationColumns(item, place.ctes, resolution);
}

function markBranch(block: { setBranch: boolean } | { readonly setBranch: boolean }): void {
  (block as { setBranch: boolean }).setBranch = true;
}

/** Columns of a set operation: names of the first branch. */
function combined(node: SetOperation, left: QueryColumns, right: QueryColumns): QueryColumns {
  if (!left) return null;
  return left.map((column, i): SourceColumn => {
    const other = right?.[i];
    return {
      name: column.name,
      notNull: combinedNotNull(node.operator, column.notNull, other?.notNull ?? false),
      column: null,
      table: null,
      type: combinedType(column.type, other?.type ?? null),
    };
  });
}

function combinedNotNull(operator: SetOperation['operator'], left: boolean, right: boolean): boolean {
  switch (operator) {
    case 'UNION':
      return left && right;
    case 'INTERSECT':
      return left || right;
    case 'EXCEPT':
      return left;
  }
}

function combinedType(left: SqlType | null, right: SqlType | null): SqlType | null {
  return left && right ? commonType([left, right]) : null;
}

function resolveValues(values: Values, place: QueryPlace, resolution: Resolution): QueryColumns {
  const frame = freeFrame(place);
  if (frame) {
    for (const row of values.rows) visit(row, frame, resolution);
  }
  const width = values.rows[0]?.items.length ?? 0;
  return Array.from({ length: width }, (_, i): SourceColumn => {
    const cells = values.rows.map((row) => row.items[i]);
    const types = cells.map((cell) => (cell ? typeOf(cell, resolution) : null));
    return {
      name: resolution.dialect === 'mysql' ? `column_${i}` : `column${i + 1}`,
      notNull: cells.every((cell) => cell !== undefined && isNotNullExpression(cell, resolution)),
      column: null,
      table: null,
      type: commonType(types),
    };
  });
}

/** ORDER BY above a set operation, VALUES or a parenthesized query: its names are the outputs' names. */
function resolveOrderByOutputs(
  items: readonly OrderItem[],
  query: Query,
  place: QueryPlace,
  resolution: Resolution,
): void {
  const outputs: readonly Output[] = resolution.blocksOfQuery(query)[0]?.outputs ?? [];
  const frame = freeFrame(place);
  for (const { expression } of items) {
    if (expression.kind === 'column' && expression.parts.length === 1) {
      const name = expression.parts[0].name;
      const output = outputs.find((o) => o.name === name);
      if (output) resolution.outputNames.set(expression, output);
    } else if (frame) {
      visit(expression, frame, resolution);
    }
  }
}

/** A frame with nothing of its own in sight: only what is around the query. Null at the top. */
function freeFrame(place: QueryPlace): Frame | null {
  if (!place.parent) return null;
  return {
    scope: place.parent,
    sight: EMPTY_SIGHT,
    outer: place.outer,
    ctes: place.ctes,
    groupingSets: false,
  };
}
