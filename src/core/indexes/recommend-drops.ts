/** What the judgement of existing indexes recommends to run. */
import type { Catalog } from '../catalog/catalog.ts';
import { identifierText } from '../sql/writing/identifiers.ts';
import type { IndexRecommendation } from './advice.ts';
import type { DetailsByName } from './index-details.ts';
import type { IndexJudgement } from './judge-indexes.ts';

interface Judged {
  readonly schema: string;
  readonly table: string;
  readonly index: string;
  readonly columns: readonly string[];
  readonly bytes?: number | null;
  readonly reason: string;
}

/** One recommendation for each index that is offered to be dropped, or to be built anew. */
export function dropRecommendations(
  { duplicates, unused, invalid }: IndexJudgement,
  catalog: Catalog,
  details: DetailsByName,
): IndexRecommendation[] {
  const recommended = (
    action: IndexRecommendation['action'],
    one: Judged,
    run: { readonly ddl: string; readonly undo: string | null },
    confidence: IndexRecommendation['confidence'],
  ): IndexRecommendation => {
    const found = catalog.tables.find(({ schema, name }) => schema === one.schema && name === one.table);
    const index = found?.indexes.find(({ name }) => name === one.index);
    const bytes = index?.bytes ?? null;
    return {
      action,
      table:
        details.table(one.schema, one.table)?.qualified ??
        `${identifierText(one.schema, catalog.dialect)}.${identifierText(one.table, catalog.dialect)}`,
      of: { schema: one.schema, table: one.table },
      name: one.index,
      columns: (index?.columns ?? []).map(({ column, expression, descending }) => {
        const order = descending ? 'desc' : 'asc';
        return column === null ? { expression: expression ?? '', order } : { name: column, order };
      }),
      ...{ include: index?.include ?? [], where: index?.predicate ?? null, method: index?.method ?? 'btree' },
      ...{ ddl: run.ddl, undo: run.undo, lock: lockOf(run.ddl) },
      sizeBytes: bytes === null ? null : { low: bytes, high: bytes },
      ...{ benefit: null, writeCost: null, queries: [], validated: null, confidence, reason: one.reason },
    };
  };
  return [
    ...duplicates.flatMap((one) => (one.drop ? [recommended('drop', one, one.drop, 'high')] : [])),
    ...invalid.flatMap((one) => {
      if (one.drop) return [recommended('drop', one, one.drop, 'high')];
      return one.rebuild ? [recommended('rebuild', one, { ddl: one.rebuild, undo: null }, 'high')] : [];
    }),
    // a use that is rarer than the period is long is not seen
    ...unused.flatMap((one) => (one.drop ? [recommended('drop', one, one.drop, 'low')] : [])),
  ];
}

function lockOf(ddl: string): string | null {
  return / CONCURRENTLY /.test(ddl)
    ? 'CONCURRENTLY lets reads and writes go on, and cannot stand in a transaction'
    : null;
}
