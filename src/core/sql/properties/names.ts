import type { Catalog } from '../../catalog/catalog.ts';
import type { ColumnRef, Query } from '../ast.ts';
import type { Dialect } from '../dialect.ts';
import type { Facts } from '../facts.ts';
import type { Block, ResolvedColumn } from '../query-model.ts';

/** What a fact about an expression may ask: any AnalyzedStatement, or one whose names are just being resolved. */
export interface Names {
  readonly dialect: Dialect;
  readonly catalog: Catalog;
  /** where results are kept; none while names are being resolved */
  readonly facts?: Facts;
  resolve(reference: ColumnRef): ResolvedColumn | null;
  blocksOfQuery(query: Query): readonly Block[];
}
