/** Walks the expressions of a clause: resolves references, descends into subqueries, collects aggregates. */
import type { ColumnRef, FunctionCall, Node } from '../ast.ts';
import { isAggregateCall } from '../properties/functions.ts';
import type { BlockRole } from '../query-model.ts';
import { walk } from '../walk.ts';
import type { Frame, OpenScope, Resolution } from './open.ts';
import { resolveQuery } from './query.ts';
import { type Found, lookUpName, lookUpQualified, sourcesNamed } from './sight.ts';

const ROLES: Readonly<Record<string, BlockRole>> = {
  exists: 'exists',
  in: 'in',
  quantified: 'quantified',
  subquery: 'scalar',
  array: 'array',
};

/** Resolve everything in an expression (or a clause's node with expressions inside). */
export function visit(node: Node, frame: Frame, resolution: Resolution): void {
  const calls: FunctionCall[] = [];
  walk(node, (part) => {
    if (part.kind === 'query') return false;
    resolution.scopes.set(part, frame.scope);
    return enter(part, frame, calls, resolution);
  });
  // an aggregate's place depends on what its arguments mean
  for (const call of calls) collectCall(call, frame, resolution);
}

/** @returns false when the node's children are nothing to look at */
function enter(node: Node, frame: Frame, calls: FunctionCall[], resolution: Resolution): boolean {
  switch (node.kind) {
    case 'identifier':
    case 'type':
      return false;
    case 'opaque':
      // its text may hold references that nobody sees
      markUnresolved(frame.scope);
      return false;
    case 'column':
      resolveReference(node, frame, resolution);
      return false;
    case 'star':
      // count(t.*), row_to_json(t.*): all columns of a source at once
      if (node.qualifier.length > 0) markUnresolved(frame.scope);
      return false;
    case 'exists':
    case 'in':
    case 'quantified':
    case 'subquery':
    case 'array':
      if (node.query) {
        const role = ROLES[node.kind] ?? 'scalar';
        const place = { outer: frame, ctes: frame.ctes, parent: frame.scope, role, holder: node };
        resolveQuery(node.query, place, resolution);
      }
      return true;
    case 'call':
      calls.push(node);
      // what a method is called of may be a column, and MATCH names whole tables
      if (resolution.dialect === 'tsql' && (node.function === 'match' || mayBeMethod(node, frame)))
        markUnresolved(frame.scope);
      return true;
    default:
      return true;
  }
}

/** T-SQL: `t.node.GetAncestor(1)` is a method of a column where `t` is a source: its name is no schema then. */
function mayBeMethod({ name }: FunctionCall, frame: Frame): boolean {
  if (name.length < 2) return false;
  const first = name[0].name;
  for (let at: Frame | null = frame; at; at = at.outer) {
    const { sources, columns } = at.sight;
    if (sources.some(({ alias }) => alias === first)) return true;
    if (columns.some((column) => !column.unknown && column.name === first)) return true;
  }
  return false;
}

/** Look a reference up from the inside out and record what it means. */
export function resolveReference(reference: ColumnRef, frame: Frame, resolution: Resolution): boolean {
  frame.scope.references.push(reference);
  for (let at: Frame | null = frame; at; at = at.outer) {
    const found = lookUp(reference, at);
    if (found === 'ambiguous') break;
    if (found === 'none') {
      const output = at.outputNamed?.(reference);
      if (!output) continue;
      resolution.outputNames.set(reference, output);
      return true;
    }
    record(reference, found, frame, at, resolution);
    return true;
  }
  markUnresolved(frame.scope);
  return false;
}

/** Whether the frame itself (not those around it) has a column of that name. */
export function isInputColumn(reference: ColumnRef, frame: Frame): boolean {
  return lookUp(reference, frame) !== 'none';
}

function lookUp(reference: ColumnRef, frame: Frame): Found | 'ambiguous' | 'none' {
  return reference.parts.length === 1
    ? lookUpName(frame.sight, reference.parts[0].name, frame.outer === null)
    : lookUpQualified(frame.sight, reference.parts);
}

function record(reference: ColumnRef, found: Found, frame: Frame, at: Frame, resolution: Resolution): void {
  const { source, column } = found;
  let depth = 0;
  const passed: OpenScope[] = [];
  for (let scope: OpenScope | null = frame.scope; scope && scope !== source.block; scope = scope.parent) {
    passed.push(scope);
    depth++;
  }
  const meaning = {
    reference,
    source,
    name: reference.parts.at(-1)?.name ?? '',
    sourceColumn: column,
    column: column?.column ?? null,
    table: column?.table ?? source.table,
    notNull: (column?.notNull ?? false) && !source.nullSupplied && !at.groupingSets,
    depth,
  };
  resolution.resolved.set(reference, meaning);
  for (const scope of passed) scope.outerReferences.push(meaning);
}

/** The scope and all around it hold something that may mean any column. */
export function markUnresolved(scope: OpenScope): void {
  for (let at: OpenScope | null = scope; at; at = at.parent) at.resolved = false;
}

function collectCall(call: FunctionCall, frame: Frame, resolution: Resolution): void {
  if (call.over) {
    if (frame.scope.kind === 'select') frame.scope.windows.push(call);
    return;
  }
  if (!isAggregateCall(call, resolution.catalog)) return;
  const owner = aggregatingScope(call, frame.scope, resolution);
  if (owner.kind === 'select') owner.aggregates.push(call);
}

/** An aggregate over outer references alone belongs to the innermost block that these come from. */
function aggregatingScope(call: FunctionCall, scope: OpenScope, resolution: Resolution): OpenScope {
  const scopes: OpenScope[] = [];
  for (let at: OpenScope | null = scope; at; at = at.parent) scopes.push(at);
  let nearest = Number.POSITIVE_INFINITY;
  walk(call, (node) => {
    if (node.kind === 'query' || node === call.filter) return false;
    if (node.kind !== 'column') return true;
    const block = resolution.resolve(node)?.source.block;
    const at = block ? scopes.indexOf(block as OpenScope) : -1;
    nearest = Math.min(nearest, at < 0 ? 0 : at);
    return false;
  });
  return scopes[nearest] ?? scope;
}

/** The sources that `alias.*` means in a frame or in one around it. */
export function starSources(qualifier: Parameters<typeof sourcesNamed>[1], frame: Frame) {
  for (let at: Frame | null = frame; at; at = at.outer) {
    const sources = sourcesNamed(at.sight, qualifier);
    if (sources.length > 0) return sources;
  }
  return [];
}
