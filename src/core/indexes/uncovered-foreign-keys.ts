/** Foreign keys that no index serves. */
import type { Catalog, ForeignKey, Table } from '../catalog/catalog.ts';
import { beginsWithAll, servesEquality } from './compare-indexes.ts';
import { createIndexDdl } from './index-ddl.ts';
import type { DetailsByName } from './index-details.ts';
import { LEAST_ROWS } from './small-tables.ts';

export interface UncoveredForeignKey {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly columns: readonly string[];
  readonly references: ForeignKey['references'];
  readonly ddl: string | null;
  readonly undo: string | null;
  readonly reason: string;
}

/** Foreign keys whose checks read the whole table for each row that is deleted or changed in the other one. */
export function uncoveredForeignKeys(
  table: Table,
  catalog: Catalog,
  details: DetailsByName,
): UncoveredForeignKey[] {
  if (table.kind !== 'table' || (table.rows !== null && table.rows < LEAST_ROWS)) return [];
  const { schema, name } = table;
  const seen = new Set<string>();
  return table.foreignKeys.flatMap((key): UncoveredForeignKey[] => {
    if (key.columns.length === 0 || seen.has(JSON.stringify(key.columns))) return [];
    seen.add(JSON.stringify(key.columns));
    if (table.indexes.some((index) => servesEquality(index) && beginsWithAll(index, key.columns))) return [];
    if (
      table.keys.some(({ columns }) =>
        key.columns.every((one) => columns.slice(0, key.columns.length).includes(one)),
      )
    )
      return [];
    const parent = details.table(key.references.schema, key.references.table)?.writes;
    const ddl = createIndexDdl(
      { table, keys: key.columns.map((column) => ({ column, expression: null, descending: false })) },
      catalog,
      details,
    );
    const rows = table.rows === null ? '' : ` of ${Math.round(table.rows).toLocaleString('en-US')} rows`;
    const deletes =
      parent === null || parent === undefined
        ? ''
        : parent.deletes === 0
          ? ` Nothing was deleted from ${key.references.table} since the counts began.`
          : ` ${parent.deletes.toLocaleString('en-US')} rows were deleted from ${key.references.table} since the counts began.`;
    return [
      {
        ...{ schema, table: name, name: key.name, columns: key.columns, references: key.references },
        ...{ ddl: ddl?.create ?? null, undo: ddl?.drop ?? null },
        reason: `No whole index begins with ${key.columns.join(', ')}: each row that is deleted from ${key.references.table}, or gets another key there, reads all of ${name}${rows}.${deletes}`,
      },
    ];
  });
}
