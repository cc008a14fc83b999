/** The query model while it is being built: the same objects, still writable. */
import type { Catalog } from '../../catalog/catalog.ts';
import type { ColumnRef, Expression, FunctionCall, Node, Query } from '../ast.ts';
import type { Dialect } from '../dialect.ts';
import type {
  Block,
  Conjunct,
  CteDefinition,
  JoinStep,
  Output,
  ResolvedColumn,
  Scope,
  Source,
  SourceColumn,
  WriteBlock,
} from '../query-model.ts';

type Open<T> = { -readonly [K in keyof T]: T[K] };

interface OpenParts {
  children: Block[];
  sources: Source[];
  joins: JoinStep[];
  where: Conjunct[];
  outerReferences: ResolvedColumn[];
  references: ColumnRef[];
  resolved: boolean;
}

export interface OpenBlock extends Omit<Open<Block>, keyof OpenParts | 'parent'>, OpenParts {
  parent: OpenScope | null;
  having: Conjunct[];
  groupBy: Expression[];
  aggregates: FunctionCall[];
  windows: FunctionCall[];
  outputs: Output[];
}

export interface OpenWrite extends Omit<Open<WriteBlock>, keyof OpenParts | 'parent'>, OpenParts {
  parent: OpenScope | null;
}

export type OpenScope = OpenBlock | OpenWrite;

export interface OpenSource extends Omit<Open<Source>, 'columns'> {
  columns: readonly SourceColumn[] | null;
}

export interface OpenCte extends Omit<Open<CteDefinition>, 'uses'> {
  uses: Source[];
  /** null until it is resolved, and where its columns are unknown */
  columns: readonly SourceColumn[] | null;
}

/** The names of WITH that are in scope, innermost first. */
export interface CteScope {
  readonly byName: Map<string, OpenCte>;
  readonly outer: CteScope | null;
}

/** A column as an unqualified name finds it: of one source, or merged by USING. */
export interface VisibleColumn {
  readonly name: string;
  /** null for a column that a FULL JOIN … USING merges, and where the side's source is not known */
  readonly source: OpenSource | null;
  /** null when the source's columns are unknown */
  readonly column: SourceColumn | null;
  /** a placeholder for all columns of a source with unknown columns; has no name of its own */
  readonly unknown: boolean;
}

/** What a FROM item, or a list of them, brings into sight. */
export interface Sight {
  readonly sources: readonly OpenSource[];
  /** in the order in which `*` lists them */
  readonly columns: readonly VisibleColumn[];
}

/** Where names are looked up: a sight, and the frames around it. */
export interface Frame {
  readonly scope: OpenScope;
  readonly sight: Sight;
  readonly outer: Frame | null;
  readonly ctes: CteScope | null;
  /** grouping sets make any grouped column NULL in the clauses after grouping */
  readonly groupingSets: boolean;
  /** where names of outputs may stand inside expressions: the output of a name that no input column has */
  readonly outputNamed?: (reference: ColumnRef) => Output | null;
}

/** What is collected over the whole statement. */
export interface Resolution {
  readonly dialect: Dialect;
  readonly catalog: Catalog;
  readonly resolved: Map<ColumnRef, ResolvedColumn>;
  readonly outputNames: Map<ColumnRef, Output>;
  readonly scopes: Map<Node, Scope>;
  readonly blocks: Block[];
  readonly writes: WriteBlock[];
  readonly ctes: OpenCte[];
  readonly queryBlocks: Map<Query, Block[]>;
  resolve(reference: ColumnRef): ResolvedColumn | null;
  blocksOfQuery(query: Query): readonly Block[];
}

export const EMPTY_SIGHT: Sight = { sources: [], columns: [] };

/** The CTE of that name, looked up from the inside out. */
export function findCte(scope: CteScope | null, name: string): OpenCte | null {
  for (let at = scope; at; at = at.outer) {
    const found = at.byName.get(name);
    if (found) return found;
  }
  return null;
}
