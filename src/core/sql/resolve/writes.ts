/** INSERT, UPDATE, DELETE and MERGE as scopes. */
import type { Delete, FromItem, Insert, Merge, Node, Statement, Update } from '../ast.ts';
import { isNotNullExpression } from '../properties/not-null.ts';
import { typeOf } from '../properties/types.ts';
import type { SourceColumn } from '../query-model.ts';
import { conjunctsOf } from './conjuncts.ts';
import { markUnresolved, visit } from './expressions.ts';
import { type FromSurroundings, resolveFrom, resolveItem } from './from.ts';
import {
  EMPTY_SIGHT,
  type Frame,
  type OpenSource,
  type OpenWrite,
  type Resolution,
  type Sight,
} from './open.ts';
import { outputName } from './output-name.ts';
import { type QueryColumns, type QueryPlace, resolveQuery, resolveWith } from './query.ts';
import { besides } from './sight.ts';

type Write = Insert | Update | Delete | Merge;

/** A data-modifying statement in WITH: the columns of its RETURNING. */
export function resolveWriteInWith(
  statement: Statement,
  place: QueryPlace,
  resolution: Resolution,
): QueryColumns {
  switch (statement.kind) {
    case 'insert':
    case 'update':
    case 'delete':
    case 'merge':
      return resolveWrite(statement, place, resolution);
    default:
      return null;
  }
}

/** Resolve a write and everything in it; the columns of its RETURNING. */
export function resolveWrite(statement: Write, place: QueryPlace, resolution: Resolution): QueryColumns {
  const scope: OpenWrite = {
    kind: 'write',
    statement,
    target: null,
    parent: place.parent,
    children: [],
    sources: [],
    joins: [],
    where: [],
    outerReferences: [],
    references: [],
    resolved: true,
  };
  resolution.writes.push(scope);
  const ctes = resolveWith(statement, place, resolution);
  const around: FromSurroundings = { scope, outer: place.outer, ctes };
  const frame = resolveClauses(statement, scope, around, place, resolution);
  return resolveReturning(statement, scope, frame, resolution);
}

function resolveClauses(
  statement: Write,
  scope: OpenWrite,
  around: FromSurroundings,
  place: QueryPlace,
  resolution: Resolution,
): Frame {
  switch (statement.kind) {
    case 'insert': {
      if (statement.source) {
        // subqueries between the VALUES belong to the write; a query that gives the rows stands for itself
        const parent = statement.source.body.kind === 'values' ? scope : null;
        const inner = { ...place, ctes: around.ctes, parent, role: 'source' as const, holder: null };
        resolveQuery(statement.source, inner, resolution);
      }
      const frame = frameOf(around, resolveItem(statement.target, EMPTY_SIGHT, around, resolution));
      scope.target = scope.sources[0] ?? null;
      resolveConflict(statement, frame, resolution);
      return frame;
    }
    case 'update':
      return resolveUpdate(statement, scope, around, resolution);
    case 'delete': {
      const frame = frameOf(
        around,
        targetAndRest(statement.target, statement.using, scope, around, resolution),
      );
      resolveFilter(statement, scope, frame, resolution);
      return frame;
    }
    case 'merge':
      return resolveMerge(statement, scope, around, resolution);
  }
}

/** ON CONFLICT sees the target and `excluded`, the row that was to be inserted. */
function resolveConflict(statement: Insert, frame: Frame, resolution: Resolution): void {
  const { conflict } = statement;
  const inside =
    resolution.dialect === 'postgresql'
      ? { ...frame, sight: withRows(frame.sight, frame.sight.sources[0] ?? null, ['excluded']) }
      : frame;
  for (const { value } of [...statement.assignments, ...(conflict?.assignments ?? [])]) {
    visit(value, inside, resolution);
  }
  const assigned = [...statement.assignments, ...(conflict?.assignments ?? [])];
  for (const target of assigned.flatMap((one) => one.targets)) visit(target, frame, resolution);
  for (const column of conflict?.target ?? []) visit(column.expression, frame, resolution);
  if (conflict?.targetWhere) visit(conflict.targetWhere, frame, resolution);
  if (conflict?.where) visit(conflict.where, inside, resolution);
  // MySQL's VALUES(x) and row aliases are not looked into
  if (conflict && resolution.dialect !== 'postgresql') markUnresolved(frame.scope);
}

/** The sight with further rows of the target under names that only qualified references see. */
function withRows(sight: Sight, target: OpenSource | null, aliases: readonly string[]): Sight {
  if (!target) return sight;
  const rows = aliases
    .filter((alias) => !sight.sources.some((source) => source.alias === alias))
    .map((alias): OpenSource => ({ ...target, alias, nullSupplied: true }));
  return { sources: [...sight.sources, ...rows], columns: sight.columns };
}

function resolveUpdate(
  statement: Update,
  scope: OpenWrite,
  around: FromSurroundings,
  resolution: Resolution,
): Frame {
  const frame = frameOf(around, targetAndRest(statement.target, statement.from, scope, around, resolution));
  const targets: Frame = scope.target
    ? { ...frame, sight: onlySource(frame.sight, scope.target as OpenSource) }
    : frame;
  for (const assignment of statement.assignments) {
    for (const target of assignment.targets) visit(target, targets, resolution);
    for (const part of [...assignment.indexes, assignment.value]) visit(part, frame, resolution);
  }
  resolveFilter(statement, scope, frame, resolution);
  return frame;
}

function resolveMerge(
  statement: Merge,
  scope: OpenWrite,
  around: FromSurroundings,
  resolution: Resolution,
): Frame {
  const target = resolveItem(statement.target, EMPTY_SIGHT, around, resolution);
  scope.target = scope.sources[0] ?? null;
  const source = resolveItem(statement.source, EMPTY_SIGHT, around, resolution);
  const frame = frameOf(around, besides(target, source));
  visit(statement.on, frame, resolution);
  scope.where = conjunctsOf(statement.on, 'on', frame, null, resolution);
  for (const branch of statement.branches) {
    const parts: Node[] = [...branch.values, ...branch.assignments.map((assignment) => assignment.value)];
    if (branch.condition) parts.push(branch.condition);
    for (const part of parts) visit(part, frame, resolution);
    for (const assignment of branch.assignments) {
      for (const column of assignment.targets) visit(column, frameOf(around, target), resolution);
    }
  }
  return frame;
}

function frameOf(around: FromSurroundings, sight: Sight): Frame {
  return { ...around, sight, groupingSets: false };
}

/** The target, then FROM or USING, which do not see the target. */
function targetAndRest(
  target: FromItem,
  rest: readonly FromItem[],
  scope: OpenWrite,
  around: FromSurroundings,
  resolution: Resolution,
): Sight {
  // SQL Server and MySQL name the target by the alias that FROM gives it
  if (resolution.dialect !== 'postgresql' && target.kind === 'table' && rest.length > 0) {
    const sight = resolveFrom(rest, around, EMPTY_SIGHT, resolution);
    const named = sight.sources.filter((s) => s.alias === target.name.at(-1)?.name);
    scope.target = named.length === 1 ? (named[0] ?? null) : null;
    if (scope.target) return sight;
    const own = resolveItem(target, EMPTY_SIGHT, around, resolution);
    scope.target = own.sources[0] ?? null;
    return besides(own, sight);
  }
  const own = resolveItem(target, EMPTY_SIGHT, around, resolution);
  scope.target = own.sources.length === 1 ? (own.sources[0] ?? null) : null;
  const sight = resolveFrom(rest, around, EMPTY_SIGHT, resolution);
  if (rest.length > 0) {
    scope.joins.push({
      node: null,
      type: 'comma',
      left: own.sources,
      right: sight.sources,
      on: [],
      using: null,
    });
  }
  return besides(own, sight);
}

function onlySource(sight: Sight, source: OpenSource): Sight {
  return { sources: [source], columns: sight.columns.filter((column) => column.source === source) };
}

function resolveFilter(
  statement: Update | Delete,
  scope: OpenWrite,
  frame: Frame,
  resolution: Resolution,
): void {
  if (statement.where) visit(statement.where, frame, resolution);
  scope.where = conjunctsOf(statement.where, 'where', frame, null, resolution);
  for (const item of statement.orderBy) visit(item.expression, frame, resolution);
  for (const bound of [statement.limit?.count, statement.limit?.offset]) {
    if (bound) visit(bound, frame, resolution);
  }
}

function resolveReturning(
  statement: Write,
  scope: OpenWrite,
  frame: Frame,
  resolution: Resolution,
): QueryColumns {
  const transact = resolution.dialect === 'tsql';
  const given = statement.returningAliases.map((one) => one.alias.name);
  const aliases = transact ? ['inserted', 'deleted'] : ['old', 'new', ...given];
  const target = transact ? (scope.target as OpenSource | null) : (frame.sight.sources[0] ?? null);
  const inside = { ...frame, sight: withRows(frame.sight, target, aliases) };
  let complete = true;
  const columns: SourceColumn[] = [];
  for (const part of statement.rest) {
    if (part.kind !== 'outputInto') continue;
    for (const { expression } of part.items)
      if (expression.kind !== 'star') visit(expression, inside, resolution);
  }
  for (const { expression, alias } of statement.returning) {
    const row = transact && expression.kind === 'star' ? expression.qualifier.at(-1)?.name : undefined;
    if (expression.kind === 'star' && (row === 'inserted' || row === 'deleted')) {
      complete &&= target?.columns != null;
      for (const column of target?.columns ?? []) columns.push({ ...column, notNull: false });
      continue;
    }
    if (expression.kind === 'star') {
      complete &&= frame.sight.columns.every((column) => !column.unknown && column.column !== null);
      if (expression.qualifier.length > 0) complete = false;
      for (const { column } of frame.sight.columns) if (column) columns.push({ ...column, notNull: false });
      continue;
    }
    visit(expression, inside, resolution);
    const meaning = expression.kind === 'column' ? resolution.resolve(expression) : null;
    columns.push({
      name: alias?.name ?? outputName(expression, resolution) ?? '',
      notNull: isNotNullExpression(expression, resolution),
      column: meaning?.column ?? null,
      table: meaning?.column ? meaning.table : null,
      type: typeOf(expression, resolution),
    });
  }
  return complete ? columns : null;
}
