import type { Column, ColumnStatistics, TypeFamily } from '../../core/catalog/catalog.ts';
import { typeFamily } from '../../core/catalog/type-family.ts';
import type { Row } from '../catalog-rows.ts';

/**
 * Types whose values are equal only when their bytes are. Texts are not among them in any collation: 'a' = 'a ' even by
 * BIN2; nor are bytes (0x61 = 0x6100) and moments with an offset.
 */
const BYTEWISE: ReadonlySet<TypeFamily> = new Set([
  'boolean',
  'integer',
  'decimal',
  'date',
  'time',
  'timestamp',
  'uuid',
]);

/**
 * @param row as COLUMNS gives it, without schema and table: name, type, max_length, precision, scale, is_nullable,
 *   is_identity, is_computed, is_persisted, has_default, collation_name, is_hidden
 */
export function columnOf(row: Row, statistics: ColumnStatistics | null): Column {
  const [name, typeName, length, precision, scale, nullable, identity, computed, persisted, value] = row;
  const type = typeText(typeName ?? '', Number(length), precision ?? '', scale ?? '');
  const family = typeFamily(type, 'tsql');
  const generated = computed === '1' ? (persisted === '1' ? 'stored' : 'virtual') : null;
  return {
    name: (name ?? '').toLowerCase(),
    type,
    family,
    notNull: nullable === '0',
    hasDefault: value === '1' || identity === '1' || generated !== null || typeName === 'timestamp',
    generated: identity === '1' ? 'identity' : generated,
    collation: row[10] ?? null,
    deterministicCollation: BYTEWISE.has(family),
    statistics,
    ...(row[11] === '1' ? { invisible: true } : {}),
  };
}

/** As DDL writes it. Lengths are bytes in the catalog, characters in DDL; -1 is max. */
function typeText(name: string, length: number, precision: string, scale: string): string {
  switch (name) {
    case 'nvarchar':
    case 'nchar':
      return `${name}(${length === -1 ? 'max' : length / 2})`;
    case 'varchar':
    case 'char':
    case 'varbinary':
    case 'binary':
      return `${name}(${length === -1 ? 'max' : length})`;
    case 'decimal':
    case 'numeric':
      return `${name}(${precision},${scale})`;
    case 'datetime2':
    case 'datetimeoffset':
    case 'time':
      return `${name}(${scale})`;
    case 'float':
      return precision === '24' ? 'real' : 'float';
    // the catalog's old name
    case 'timestamp':
      return 'rowversion';
    default:
      return name;
  }
}
