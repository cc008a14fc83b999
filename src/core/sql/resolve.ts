/** What the names of a statement mean: the query model from a tree and a catalog. */
import type { Catalog } from '../catalog/catalog.ts';
import type { ColumnRef, Expression, Query, Statement } from './ast.ts';
import type { OpaqueRange } from './parser/cursor.ts';
import type { AnalyzedStatement, Block, Output, ResolvedColumn, Scope } from './query-model.ts';
import type { Resolution } from './resolve/open.ts';
import { type QueryPlace, resolveQuery } from './resolve/query.ts';
import { resolveWrite } from './resolve/writes.ts';
import type { Token } from './tokens.ts';

/** A parsed statement: what {@link resolveStatement} needs. */
export interface ParsedText {
  readonly text: string;
  readonly tree: Statement;
  readonly tokens: readonly Token[];
  /** what the parser did not understand */
  readonly opaque: readonly OpaqueRange[];
}

/**
 * Resolve every name of a statement.
 *
 * Names that are unknown or ambiguous stay unresolved, and the scopes that they stand in say so: nothing is
 * guessed. The rules are PostgreSQL's (parse_clause.c, parse_relation.c), with the other dialects' where they differ.
 *
 * @param parsed the statement's text, tree and tokens
 * @param catalog tables and functions to resolve with; its dialect is the statement's
 */
export function resolveStatement(parsed: ParsedText, catalog: Catalog): AnalyzedStatement {
  const resolution = newResolution(catalog);
  resolveTree(parsed.tree, resolution);
  const root = rootOf(parsed.tree, resolution);
  const { resolved, outputNames, scopes } = resolution;
  return {
    text: parsed.text,
    dialect: catalog.dialect,
    catalog,
    tree: parsed.tree,
    tokens: parsed.tokens,
    blocks: resolution.blocks,
    writes: resolution.writes,
    root,
    ctes: resolution.ctes,
    opaque: parsed.opaque,
    facts: new Map(),
    resolve: (reference: ColumnRef): ResolvedColumn | null => resolved.get(reference) ?? null,
    outputOf: (reference: ColumnRef): Output | null => outputNames.get(reference) ?? null,
    blockOf: (expression: Expression): Block | null => {
      const scope = scopes.get(expression);
      return scope?.kind === 'select' ? (scope as Block) : null;
    },
    scopeOf: (expression: Expression): Scope | null => scopes.get(expression) ?? null,
    blocksOfQuery: resolution.blocksOfQuery,
  };
}

function newResolution(catalog: Catalog): Resolution {
  const resolved = new Map<ColumnRef, ResolvedColumn>();
  const queryBlocks = new Map<Query, Block[]>();
  return {
    dialect: catalog.dialect,
    catalog,
    resolved,
    outputNames: new Map(),
    scopes: new Map(),
    blocks: [],
    writes: [],
    ctes: [],
    queryBlocks,
    resolve: (reference) => resolved.get(reference) ?? null,
    blocksOfQuery: (query) => queryBlocks.get(query) ?? [],
  };
}

const TOP: QueryPlace = { outer: null, ctes: null, parent: null, role: 'statement', holder: null };

function resolveTree(statement: Statement, resolution: Resolution): void {
  switch (statement.kind) {
    case 'queryStatement':
      resolveQuery(statement.query, TOP, resolution);
      return;
    case 'insert':
    case 'update':
    case 'delete':
    case 'merge':
      resolveWrite(statement, TOP, resolution);
      return;
    case 'createView':
      resolveQuery(statement.query, { ...TOP, role: 'source' }, resolution);
      return;
    case 'createTable':
      if (statement.query) resolveQuery(statement.query, { ...TOP, role: 'source' }, resolution);
      return;
    case 'explain':
      resolveTree(statement.statement, resolution);
      return;
    default:
      return;
  }
}

/** The block that is the statement: through EXPLAIN and through parentheses that nothing stands behind. */
function rootOf(statement: Statement, resolution: Resolution): Block | null {
  if (statement.kind === 'explain') return rootOf(statement.statement, resolution);
  if (statement.kind !== 'queryStatement') return null;
  let query = statement.query;
  while (query.body.kind === 'parenQuery') {
    if (query.with || query.orderBy.length > 0 || query.limit || query.locking.length > 0) return null;
    query = query.body.query;
  }
  if (query.body.kind !== 'select') return null;
  return resolution.blocksOfQuery(query)[0] ?? null;
}
