/** Texts that differ although their collation takes capitals and accents as the same letters. */
import type { Column } from '../../catalog/catalog.ts';
import type { Dialect } from '../dialect.ts';
import { type Constant, certainlyDifferent } from './constant-values.ts';

/**
 * Collations of MySQL and MariaDB that follow no language: every ASCII letter and digit has a weight of its own but for
 * case. Those of languages are not among them: i = y in Lithuanian, u = v in Roman, ccs = cscs in Hungarian.
 */
const OF_NO_LANGUAGE =
  /^(?:(?:utf8|utf8mb3|utf8mb4|latin1|ascii|ucs2)_(?:general|unicode|unicode_520)(?:_nopad)?_c[is]|(?:utf8|utf8mb3|utf8mb4)_uca1400(?:_nopad)?_a[is]_c[is]|uca1400(?:_nopad)?_a[is]_c[is]|utf8mb4_0900_a[is]_c[is]|latin1_swedish_ci|[a-z0-9]+(?:_nopad)?_bin)$/i;

/** How texts of a column differ: by their bytes, at least by their letters, or in a way that is not known. */
export function textEqualityOf(column: Column, dialect: Dialect): 'bytes' | 'letters' | null {
  if (column.deterministicCollation) return 'bytes';
  const mysql = dialect === 'mysql' || dialect === 'mariadb';
  return mysql && column.collation !== null && OF_NO_LANGUAGE.test(column.collation) ? 'letters' : null;
}

/**
 * The two values are certainly not equal in that column.
 *
 * Punctuation and blanks may have no weight, so only letters and digits are looked at: where those differ, the texts do.
 */
export function differentIn(column: Column, dialect: Dialect, a: Constant, b: Constant): boolean {
  if (a.kind !== 'text' || b.kind !== 'text' || column.family !== 'text') return certainlyDifferent(a, b);
  switch (textEqualityOf(column, dialect)) {
    case 'bytes':
      return certainlyDifferent(a, b);
    case 'letters':
      return isAscii(a.value) && isAscii(b.value) && letters(a.value) !== letters(b.value);
    case null:
      return false;
  }
}

function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

function letters(text: string): string {
  return text.replace(/[^A-Za-z0-9]/g, '').toLowerCase();
}
