import type { Catalog } from '../../catalog/catalog.ts';
import type { ColumnRef, Query } from '../ast.ts';
import type { Dialect } from '../dialect.ts';
import type { Block, ResolvedColumn } from '../query-model.ts';

/** What a fact about an expression may ask: any AnalyzedStatement, or one whose names are just being resolved. */
export interface Names {
  readonly dialect: Dialect;
  readonly catalog: Catalog;
  resolve(reference: ColumnRef): ResolvedColumn | null;
  blocksOfQuery(query: Query): readonly Block[];
}
