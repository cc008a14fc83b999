/** FROM: relations as sources, joins as steps, and what is in sight where. */
import { findTable, type Table } from '../../catalog/catalog.ts';
import type {
  DerivedTable,
  FromItem,
  FunctionCall,
  Join,
  ParenJoin,
  Pivot,
  TableAlias,
  TableFunction,
  TableModifier,
  TableRef,
} from '../ast.ts';
import { childrenOf } from '../children.ts';
import { setReturningColumns, transactTableColumns } from '../properties/functions.ts';
import { namedType } from '../properties/types.ts';
import type { Block, JoinStep, SourceColumn } from '../query-model.ts';
import { walk } from '../walk.ts';
import { conjunctsOf } from './conjuncts.ts';
import { visit } from './expressions.ts';
import {
  type CteScope,
  EMPTY_SIGHT,
  type Frame,
  findCte,
  type OpenScope,
  type OpenSource,
  type Resolution,
  type Sight,
} from './open.ts';
import { resolveQuery } from './query.ts';
import { besides, commonNames, merged, sightOf } from './sight.ts';
import { resolveWriteInWith } from './writes.ts';

/** What FROM items need to know of their surroundings. */
export interface FromSurroundings {
  readonly scope: OpenScope;
  /** the frame around the scope, for what is not lateral */
  readonly outer: Frame | null;
  readonly ctes: CteScope | null;
}

/** Resolve a FROM list; its sources and joins are added to the scope. */
export function resolveFrom(
  items: readonly FromItem[],
  around: FromSurroundings,
  before: Sight,
  resolution: Resolution,
): Sight {
  let sight = before;
  for (const item of items) {
    const next = resolveItem(item, sight, around, resolution);
    if (sight.sources.length > 0) {
      around.scope.joins.push({
        node: null,
        type: 'comma',
        left: sight.sources,
        right: next.sources,
        on: [],
        using: null,
      });
    }
    sight = besides(sight, next);
  }
  return sight;
}

/** Resolve one FROM item; `lateral` is what LATERAL sees at its place. */
export function resolveItem(
  item: FromItem,
  lateral: Sight,
  around: FromSurroundings,
  resolution: Resolution,
): Sight {
  switch (item.kind) {
    case 'table': {
      const source = tableSource(item, around, resolution);
      for (const modifier of item.modifiers) {
        // the points in time and the share of a sample; the table's own columns are not in sight there
        if (modifier.kind === 'tablePeriod' || modifier.kind === 'tableSample')
          for (const child of childrenOf(modifier)) {
            if (child.kind !== 'identifier') visit(child, lateralFrame(EMPTY_SIGHT, around), resolution);
          }
      }
      return added(source, around);
    }
    case 'derived':
      return added(derivedSource(item, item.lateral, lateral, around, resolution), around);
    case 'tableFunction':
      return added(functionSource(item, lateral, around, resolution), around);
    case 'join':
      return resolveJoin(item, lateral, around, resolution);
    case 'parenJoin':
      return resolveParenthesized(item, lateral, around, resolution);
    case 'writtenRows': {
      const source = newSource('unknown', item.alias?.name.name ?? '', item, around);
      const place = {
        outer: around.outer,
        ctes: around.ctes,
        parent: around.scope,
        role: 'derived' as const,
      };
      const columns = resolveWriteInWith(item.statement, { ...place, holder: item }, resolution);
      source.columns = renamed(columns, item.alias);
      return added(source, around);
    }
    case 'pivot':
      return resolvePivot(item, lateral, around, resolution);
    case 'opaque':
      return added(newSource('unknown', '', item, around), around);
  }
}

function added(source: OpenSource, around: FromSurroundings): Sight {
  around.scope.sources.push(source);
  return sightOf(source);
}

function newSource(
  kind: OpenSource['kind'],
  alias: string,
  node: FromItem,
  around: FromSurroundings,
): OpenSource {
  return {
    kind,
    alias,
    node,
    block: around.scope as Block,
    table: null,
    query: null,
    cte: null,
    columns: null,
    nullSupplied: false,
    lateral: false,
  };
}

function tableSource(item: TableRef, around: FromSurroundings, resolution: Resolution): OpenSource {
  const alias = item.alias?.name.name ?? item.name.at(-1)?.name ?? '';
  const cte = item.name.length === 1 ? findCte(around.ctes, item.name[0].name) : null;
  if (cte) {
    const source = newSource('cte', alias, item, around);
    source.cte = cte;
    source.query = cte.query;
    source.columns = renamed(cte.columns, item.alias);
    cte.uses.push(source);
    return source;
  }
  const source = newSource('table', alias, item, around);
  const table = findTable(
    resolution.catalog,
    item.name.map((part) => part.name),
  );
  const rows = otherRows(item);
  if (table !== null && rows !== null) {
    // Its columns are the table's, but no key, foreign key or row count of the catalog holds for these rows.
    const columns = tableColumns(table).map((column) => ({ ...column, table: null }));
    // a column may have become NOT NULL since
    const past = columns.map((column) => ({ ...column, column: null, notNull: false }));
    source.columns = renamed(rows === 'past' ? past : columns, item.alias);
    return source;
  }
  source.table = table;
  source.columns = renamed(table ? tableColumns(table) : null, item.alias);
  return source;
}

/** Rows of the past, or those along the paths of a graph. */
function isOfOtherRows(modifier: TableModifier): boolean {
  return modifier.kind === 'tablePeriod' || (modifier.kind === 'hints' && modifier.hints[0] === 'FOR PATH');
}

/** Rows of a table that are not all its rows as they are now: of some partitions, of the past; null for all rows. */
function otherRows(item: TableRef): 'partitions' | 'past' | null {
  if (item.modifiers.some(isOfOtherRows)) return 'past';
  return item.modifiers.some(({ kind }) => kind === 'tablePartitions') ? 'partitions' : null;
}

/** The columns of what a name means: of a CTE or of a table; null when they are unknown. */
export function relationColumns(item: TableRef, ctes: CteScope | null, resolution: Resolution) {
  const cte = item.name.length === 1 ? findCte(ctes, item.name[0].name) : null;
  if (cte) return cte.columns;
  const table = findTable(
    resolution.catalog,
    item.name.map((part) => part.name),
  );
  return table ? tableColumns(table) : null;
}

/** The columns of a catalog's table as a source has them, the same for every source of the table. */
function tableColumns(table: Table): readonly SourceColumn[] {
  const known = TABLE_COLUMNS.get(table);
  // while DDL is read, tables still get and lose columns
  if (known?.of === table.columns && known.columns.length === table.columns.length) return known.columns;
  const columns = table.columns.map((column) => ({
    name: column.name,
    notNull: column.notNull,
    column,
    table,
    type: { family: column.family, text: column.type, deterministic: column.deterministicCollation },
  }));
  TABLE_COLUMNS.set(table, { of: table.columns, columns });
  return columns;
}

const TABLE_COLUMNS = new WeakMap<
  Table,
  { readonly of: Table['columns']; readonly columns: readonly SourceColumn[] }
>();

function derivedSource(
  item: DerivedTable,
  isLateral: boolean,
  lateral: Sight,
  around: FromSurroundings,
  resolution: Resolution,
): OpenSource {
  const source = newSource('derived', item.alias?.name.name ?? '', item, around);
  source.query = item.query;
  source.lateral = isLateral;
  const columns = resolveQuery(
    item.query,
    {
      outer: isLateral ? lateralFrame(lateral, around) : around.outer,
      ctes: around.ctes,
      parent: around.scope,
      role: isLateral ? 'lateral' : 'derived',
      holder: item,
    },
    resolution,
  );
  source.columns = renamed(columns, item.alias);
  return source;
}

function lateralFrame(lateral: Sight, around: FromSurroundings): Frame {
  return { scope: around.scope, sight: lateral, outer: around.outer, ctes: around.ctes, groupingSets: false };
}

function functionSource(
  item: TableFunction,
  lateral: Sight,
  around: FromSurroundings,
  resolution: Resolution,
): OpenSource {
  const first = item.calls[0];
  const call = item.calls.length === 1 && first?.kind === 'call' ? first : null;
  const alias = item.alias?.name.name ?? call?.function ?? '';
  const source = newSource('function', alias, item, around);
  source.lateral = true;
  for (const each of item.calls) visit(each, lateralFrame(lateral, around), resolution);
  const names = functionColumns(call, item, alias, resolution);
  if (names && item.ordinality) names.push('ordinality');
  const columns = names?.map((name) => ({ name, notNull: false, column: null, table: null, type: null }));
  source.columns =
    item.definitions.length > 0 ? definedColumns(item, resolution) : renamed(columns ?? null, item.alias);
  return source;
}

/** The names of a function's columns; null when they are not known. */
function functionColumns(
  call: FunctionCall | null,
  { alias }: TableFunction,
  name: string,
  { dialect }: Resolution,
): string[] | null {
  if (dialect === 'postgresql') {
    const own = call ? setReturningColumns(call) : null;
    return own?.map((column) => column ?? name) ?? null;
  }
  if (dialect !== 'tsql') return null;
  // an alias with columns has to name all of them there
  const named = alias?.columns.map((column) => column.name) ?? [];
  if (named.length > 0) return named;
  const own = call ? transactTableColumns(call) : null;
  return own ? [...own] : null;
}

/** `f() AS t(a int, b text)` */
function definedColumns(item: TableFunction, resolution: Resolution): SourceColumn[] {
  return item.definitions.map(({ name, type }) => ({
    name: name.name,
    notNull: false,
    column: null,
    table: null,
    type: type ? namedType(type, resolution) : null,
  }));
}

/** Columns under the names of an alias's column list; a list longer than the columns leaves them unknown. */
function renamed(columns: readonly SourceColumn[] | null, alias: TableAlias | null) {
  const names = alias?.columns ?? [];
  if (!columns || names.length === 0) return columns;
  if (names.length > columns.length) return null;
  return columns.map((column, i) => ({ ...column, name: names[i]?.name ?? column.name }));
}

function resolveJoin(item: Join, lateral: Sight, around: FromSurroundings, resolution: Resolution): Sight {
  const left = resolveItem(item.left, lateral, around, resolution);
  const besideLeft = besides(lateral, left);
  const applies = item.type === 'crossApply' || item.type === 'outerApply';
  const right =
    applies && item.right.kind === 'derived'
      ? added(derivedSource(item.right, true, besideLeft, around, resolution), around)
      : resolveItem(item.right, besideLeft, around, resolution);
  const using = usingOf(item, left, right);
  const sight = using && using.length > 0 ? merged(left, right, using, item.type) : besides(left, right);
  const frame: Frame = {
    scope: around.scope,
    sight,
    outer: around.outer,
    ctes: around.ctes,
    groupingSets: false,
  };
  if (item.on) visit(item.on, frame, resolution);
  const step: { -readonly [K in keyof JoinStep]: JoinStep[K] } = {
    node: item,
    type: item.type,
    left: left.sources,
    right: right.sources,
    on: [],
    using,
  };
  step.on = conjunctsOf(item.on, 'on', frame, step, resolution);
  around.scope.joins.push(step);
  supplyNulls(item.type, left, right);
  return sight;
}

function usingOf(item: Join, left: Sight, right: Sight): string[] | null {
  if (item.natural) return commonNames(left, right) ?? [];
  return item.using?.map((name) => name.name) ?? null;
}

function supplyNulls(type: Join['type'], left: Sight, right: Sight): void {
  const supplied: readonly OpenSource[] =
    type === 'left' || type === 'outerApply'
      ? right.sources
      : type === 'right'
        ? left.sources
        : type === 'full'
          ? [...left.sources, ...right.sources]
          : [];
  for (const source of supplied) source.nullSupplied = true;
}

/**
 * PIVOT and UNPIVOT: what goes in is out of sight outside, and is no source of the scope, for all of its columns count
 * though nobody names them. PIVOT groups by every column but the two that it uses up; UNPIVOT makes two columns of several.
 */
function resolvePivot(item: Pivot, lateral: Sight, around: FromSurroundings, resolution: Resolution): Sight {
  const { scope } = around;
  const [sources, joins] = [scope.sources.length, scope.joins.length];
  const inner = resolveItem(item.item, lateral, around, resolution);
  scope.sources.length = sources;
  scope.joins.length = joins;
  const used = new Set<string>(item.names.map(({ name }) => name));
  if (item.type === 'pivot') used.clear();
  for (const part of [item.value, item.column]) {
    if (part.kind === 'identifier') continue;
    visit(part, lateralFrame(inner, around), resolution);
    walk(part, (node) => {
      if (node.kind === 'column') used.add(node.parts.at(-1)?.name ?? '');
    });
  }
  const added = item.type === 'pivot' ? item.names : [item.value, item.column];
  const names = added.flatMap((part) => (part.kind === 'identifier' ? [part.name] : []));
  const source = newSource('unknown', item.alias?.name.name ?? '', item, around);
  const known = inner.columns.every((column) => !column.unknown);
  const kept = inner.columns.filter(({ name }) => !used.has(name)).map(({ name }) => name);
  const columns = [...kept, ...names].map(
    (name): SourceColumn => ({ name, notNull: false, column: null, table: null, type: null }),
  );
  source.columns = known ? renamed(columns, item.alias) : null;
  scope.sources.push(source);
  return sightOf(source);
}

/** `(a JOIN b) AS j` hides the names inside: only j's columns are in sight. */
function resolveParenthesized(
  item: ParenJoin,
  lateral: Sight,
  around: FromSurroundings,
  resolution: Resolution,
): Sight {
  const inner = resolveItem(item.item, lateral, around, resolution);
  if (!item.alias) return inner;
  const source = newSource('unknown', item.alias.name.name, item, around);
  const known = inner.columns.every((c) => !c.unknown);
  const columns = inner.columns.map((c) => ({
    name: c.name,
    notNull: (c.column?.notNull ?? false) && c.source?.nullSupplied === false,
    column: c.column?.column ?? null,
    table: c.column?.table ?? null,
    type: c.column?.type ?? null,
  }));
  source.columns = known ? renamed(columns, item.alias) : null;
  around.scope.sources.push(source);
  return sightOf(source);
}
