import type { Index, Key } from '../../core/catalog/catalog.ts';
import type { IndexKeyRow, IndexRow } from './catalog-rows.ts';

/** Bits of pg_index.indoption */
const DESCENDING = 1;
const NULLS_FIRST = 2;

export function indexOf(row: IndexRow): Index {
  return {
    name: row.name,
    method: row.method,
    unique: row.unique,
    primary: row.primary,
    valid: row.valid,
    columns: row.keys.filter((key) => key.key).map(indexKeyOf),
    include: row.keys.flatMap((key) => (key.key || key.column === null ? [] : [key.column])),
    predicate: row.predicate,
    definition: row.definition,
    bytes: row.bytes,
  };
}

function indexKeyOf(row: IndexKeyRow): Index['columns'][number] {
  const option = row.option ?? 0;
  return {
    column: row.column,
    expression: row.expression,
    descending: (option & DESCENDING) !== 0,
    nullsFirst: (option & NULLS_FIRST) !== 0,
    operatorClass: row.operatorClass,
    collation: row.collation,
  };
}

/** The key that a unique index makes of plain columns, or null when it proves no uniqueness of rows. */
export function keyOf(row: IndexRow): Key | null {
  const keys = row.keys.filter((key) => key.key);
  const columns = keys.flatMap((key) => (key.column === null ? [] : [key.column]));
  const proves =
    row.unique &&
    row.valid &&
    !row.exclusion &&
    row.method === 'btree' &&
    row.predicate === null &&
    columns.length === keys.length &&
    keys.every((key) => key.comparable === true);
  if (!proves) return null;
  return {
    name: row.name,
    columns,
    primary: row.primary,
    nullsNotDistinct: row.primary || row.nullsNotDistinct,
    deferrable: row.deferrable || !row.immediate,
  };
}
