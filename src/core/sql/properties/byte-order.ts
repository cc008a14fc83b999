/** Which collations order texts by their bytes, so that texts with one beginning are next to each other. */
import type { Catalog } from '../../catalog/catalog.ts';

/**
 * How a collation of PostgreSQL orders: 'bytes' where the planner knows it and searches an index for LIKE; 'code points'
 * where it is so by the operating system's word, which the planner does not rely on (C.UTF-8 of libc).
 *
 * @param collation of an index or a column; null is the database's own
 */
export function orderOf(collation: string | null, { settings }: Catalog): 'bytes' | 'code points' | null {
  if (collation === null && settings['default_collation_order'] === 'bytes') return 'bytes';
  const name =
    collation ?? (settings['default_collation_order'] === 'icu' ? '' : (settings['lc_collate'] ?? ''));
  if (/^(?:c|posix|ucs_basic|pg_c_utf8|pg_unicode_fast)$/i.test(name)) return 'bytes';
  return /^c\.utf-?8$/i.test(name) ? 'code points' : null;
}
