import type { Column } from '../../core/catalog/catalog.ts';
import { typeFamily } from '../../core/catalog/type-family.ts';
import type { Cell } from '../../core/database.ts';
import type { Dialect } from '../../core/sql/dialect.ts';

/**
 * Collations under which two texts are equal only when their bytes are. The other ones that end in `_bin` are not
 * among them: they pad with blanks, so 'a' = 'a ' there.
 */
const BYTEWISE = /^binary$|_nopad_bin$|_0900_bin$/;

/** @param row as COLUMNS of the catalog queries gives it, without schema and table */
export function columnOf(
  [name, type, nullable, value, extra, collation]: readonly (Cell | undefined)[],
  dialect: Dialect,
  distinct: number | null,
): Column {
  const words = (extra ?? '').toUpperCase();
  const notNull = nullable === 'NO';
  const columnType = type ?? '';
  return {
    name: (name ?? '').toLowerCase(),
    type: columnType,
    family: typeFamily(columnType, dialect),
    notNull,
    // MariaDB writes NULL out as a text
    hasDefault: (value !== null && value !== undefined && value !== 'NULL') || generatedOf(words) !== null,
    generated: generatedOf(words),
    collation: collation ?? null,
    deterministicCollation: collation === null || collation === undefined || BYTEWISE.test(collation),
    ...(words.includes('INVISIBLE') ? { invisible: true } : {}),
    // the share of NULLs is known only where there can be none
    statistics:
      distinct === null || !notNull
        ? null
        : {
            nullFraction: 0,
            distinct,
            correlation: null,
            averageWidth: null,
            mostCommon: [],
            histogram: [],
          },
  };
}

function generatedOf(extra: string): Column['generated'] {
  if (extra.includes('VIRTUAL GENERATED')) return 'virtual';
  if (/STORED GENERATED|PERSISTENT/.test(extra)) return 'stored';
  return extra.includes('AUTO_INCREMENT') ? 'identity' : null;
}
