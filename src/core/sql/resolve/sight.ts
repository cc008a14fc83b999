/** What is in sight in FROM, and how a name is looked up in it. */
import type { Identifier, Join } from '../ast.ts';
import type { SourceColumn } from '../query-model.ts';
import type { OpenSource, Sight, VisibleColumn } from './open.ts';

/** A name found: its source, and its column where the source's columns are known. */
export interface Found {
  readonly source: OpenSource;
  readonly column: SourceColumn | null;
}

/** 'ambiguous': several fit, or one may that is not known. 'none': certainly not here. */
export type Lookup = Found | 'ambiguous' | 'none';

/** Columns that every table of PostgreSQL has and no `*` lists. */
const SYSTEM_COLUMNS = new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid', 'oid']);

/** A sight whose columns are listed when somebody asks for them: to look `alias.name` up, its sources are enough. */
class ListedWhenAsked implements Sight {
  readonly sources: readonly OpenSource[];
  private readonly list: () => readonly VisibleColumn[];
  private listed: readonly VisibleColumn[] | null = null;

  constructor(sources: readonly OpenSource[], list: () => readonly VisibleColumn[]) {
    this.sources = sources;
    this.list = list;
  }

  get columns(): readonly VisibleColumn[] {
    this.listed ??= this.list();
    return this.listed;
  }
}

/** What a source brings into sight; its columns are known by now. */
export function sightOf(source: OpenSource): Sight {
  return new ListedWhenAsked([source], () => visibleColumns(source));
}

function visibleColumns(source: OpenSource): VisibleColumn[] {
  if (!source.columns) return [{ name: '', source, column: null, unknown: true }];
  return source.columns.map((column) => ({ name: column.name, source, column, unknown: false }));
}

/** Both sights beside each other, as a comma or a join without USING has them. */
export function besides(left: Sight, right: Sight): Sight {
  if (left.sources.length === 0 && left.columns.length === 0) return right;
  const sources = [...left.sources, ...right.sources];
  return new ListedWhenAsked(sources, () => [...left.columns, ...right.columns]);
}

/**
 * Both sights with the columns of USING merged: these come first, once, then the rest of both sides.
 * The merged column is the preserved side's; of a FULL JOIN it belongs to no side.
 */
export function merged(left: Sight, right: Sight, names: readonly string[], type: Join['type']): Sight {
  const mergedColumns = names.map((name): VisibleColumn => {
    const side = type === 'right' ? right : left;
    const found = type === 'full' ? null : only(side, name);
    return { name, source: found?.source ?? null, column: found?.column ?? null, unknown: false };
  });
  const rest = [...left.columns, ...right.columns].filter((c) => c.unknown || !names.includes(c.name));
  return { sources: [...left.sources, ...right.sources], columns: [...mergedColumns, ...rest] };
}

function only(sight: Sight, name: string): Found | null {
  const found = lookUpName(sight, name, true);
  return typeof found === 'string' ? null : found;
}

/** The names that a NATURAL join merges, null when a side's columns are unknown. */
export function commonNames(left: Sight, right: Sight): string[] | null {
  if ([...left.columns, ...right.columns].some((c) => c.unknown)) return null;
  const names = new Set(right.columns.map((c) => c.name));
  return [...new Set(left.columns.map((c) => c.name))].filter((name) => names.has(name));
}

/**
 * Look an unqualified name up.
 *
 * @param last no other scope could have the name: a single source with unknown columns then must have it
 */
export function lookUpName(sight: Sight, name: string, last: boolean): Lookup {
  const known = sight.columns.filter((c) => !c.unknown && c.name === name);
  if (known.length > 1) return 'ambiguous';
  const hit = known[0];
  if (hit) return hit.source ? { source: hit.source, column: hit.column } : 'ambiguous';
  if (SYSTEM_COLUMNS.has(name) && sight.sources.length > 0) return 'ambiguous';
  // a table's name alone is its whole row
  if (sight.sources.some((source) => source.alias === name)) return 'ambiguous';
  const unknown = sight.columns.filter((c) => c.unknown);
  if (unknown.length === 0) return 'none';
  const candidate = unknown[0]?.source;
  if (unknown.length === 1 && last && candidate && candidate.kind === 'table') {
    return { source: candidate, column: null };
  }
  return 'ambiguous';
}

/** Look up `alias.name`, `schema.table.name`. */
export function lookUpQualified(sight: Sight, parts: readonly Identifier[]): Lookup {
  const name = parts.at(-1)?.name ?? '';
  const [alias, schema] = [parts.at(-2)?.name, parts.at(-3)?.name];
  let source: OpenSource | null = null;
  for (const one of sight.sources) {
    if (!isNamed(one, alias, schema)) continue;
    if (source) return 'ambiguous';
    source = one;
  }
  if (!source) return 'none';
  if (!source.columns) return { source, column: null };
  let column: SourceColumn | null = null;
  for (const one of source.columns) {
    if (one.name !== name) continue;
    if (column) return 'ambiguous';
    column = one;
  }
  return column ? { source, column } : 'ambiguous';
}

/** The sources that a qualifier (`alias`, `table`, `schema.table`) means; more than one is an ambiguity. */
export function sourcesNamed(sight: Sight, qualifier: readonly Identifier[]): OpenSource[] {
  const alias = qualifier.at(-1)?.name;
  const schema = qualifier.at(-2)?.name;
  return sight.sources.filter((source) => isNamed(source, alias, schema));
}

function isNamed(source: OpenSource, alias: string | undefined, schema: string | undefined): boolean {
  if (source.alias !== alias) return false;
  if (schema === undefined) return true;
  if (source.node.kind !== 'table' || source.node.alias) return false;
  const written = source.node.name.at(-2)?.name ?? source.table?.schema;
  return written === schema;
}
