/** What an index can do that another one does as well. */
import type { Index, IndexKey, Table } from '../catalog/catalog.ts';
import type { Dialect } from '../sql/dialect.ts';

/** How one index makes another needless. */
export type Redundancy = 'duplicate' | 'prefix';

/**
 * Does `other` serve every search, order and guarantee of `index`?
 *
 * Conservative: a key is the same only with the same column or expression, direction, place of NULLs, operator class and
 * collation. An index that keeps values unique is replaced only by one that keeps the same values unique. Prefixes count
 * for b-trees alone; all other methods have to agree in everything.
 *
 * @returns null when it does not, or when that is not certain
 */
export function redundancy(index: Index, other: Index, dialect: Dialect): Redundancy | null {
  if (index.method !== other.method || !other.valid || index.primary) return null;
  if (index.columns.length === 0 || index.columns.length > other.columns.length) return null;
  // a full index serves what a partial one serves too, but is another size: that is a choice, no redundancy
  if (index.predicate !== other.predicate) return null;
  if (!index.columns.every((key, place) => sameKey(key, other.columns[place]))) return null;
  if (!holdsIncluded(index, other) || !sayTheSame(index, other)) return null;
  if (index.columns.length === other.columns.length) {
    if (index.unique && !other.unique) return null;
    if (index.method === 'btree' && (!index.unique || dialect !== 'postgresql')) return 'duplicate';
    // texts of PostgreSQL tell what the catalog has no field for: NULLS NOT DISTINCT, storage parameters
    return sameTail(index, other) ? 'duplicate' : null;
  }
  if (index.unique || index.method !== 'btree') return null;
  // behind a part of a text (MySQL) nothing is in the order of the whole
  return index.columns.every((key) => !isPart(key)) ? 'prefix' : null;
}

/** Only the beginning of the column's value is indexed (MySQL). */
function isPart({ operatorClass }: IndexKey): boolean {
  return /^prefix\(/.test(operatorClass ?? '');
}

export function sameKey(a: IndexKey, b: IndexKey | undefined): boolean {
  return (
    b !== undefined &&
    a.column === b.column &&
    a.expression === b.expression &&
    a.descending === b.descending &&
    a.nullsFirst === b.nullsFirst &&
    a.operatorClass === b.operatorClass &&
    a.collation === b.collation
  );
}

/** Columns that are only read from the index are in the other one too. */
function holdsIncluded(index: Index, other: Index): boolean {
  const held = new Set([...other.include, ...other.columns.flatMap(({ column }) => column ?? [])]);
  return index.include.every((column) => held.has(column));
}

/**
 * The server's own words for the keys agree too, where there are any (PostgreSQL): they tell what the catalog does not, such
 * as COLLATE "default" on a column with another collation, or operator classes of the same name in two schemas.
 */
function sayTheSame(index: Index, other: Index): boolean {
  const [keys, others] = [keyTexts(index.definition), keyTexts(other.definition)];
  if (keys === null || others === null) return true;
  return others === keys || (index.columns.length < other.columns.length && others.startsWith(`${keys}, `));
}

/** What stands in the parentheses behind USING; null when there are none. */
function keyTexts(definition: string | null): string | null {
  const begin = / USING \w+ \(/.exec(definition ?? '');
  if (definition === null || !begin) return null;
  const start = begin.index + begin[0].length;
  let depth = 1;
  // names and texts in quotes may hold parentheses
  for (const { 0: part, index } of definition.matchAll(/"[^"]*"|'[^']*'|[()]/g)) {
    if (index < start) continue;
    if (part === '(') depth++;
    if (part === ')' && --depth === 0) return definition.slice(start, index);
  }
  return null;
}

/** The definitions are known and say the same behind the name. */
function sameTail(a: Index, b: Index): boolean {
  const tail = ({ definition }: Index) => (definition === null ? null : / USING .*$/is.exec(definition)?.[0]);
  const text = tail(a);
  return text !== null && text !== undefined && text === tail(b);
}

/** Are the columns the first ones of the index, in whatever order? Then a search by all of them can use it. */
export function beginsWithAll(index: Index, columns: readonly string[]): boolean {
  const first = index.columns.slice(0, columns.length);
  return (
    first.length === columns.length &&
    columns.every((column) => first.some((key) => key.column === column && !isPart(key)))
  );
}

/** A whole index that searches by equality can use. */
export function servesEquality(index: Index): boolean {
  return index.valid && index.predicate === null && (index.method === 'btree' || index.method === 'hash');
}

/** Does a foreign key of its table rest on the index: does a search by its columns find it? */
export function servesForeignKey(table: Table, index: Index): boolean {
  return table.foreignKeys.some(({ columns }) =>
    columns.every((column) => index.columns.slice(0, columns.length).some((key) => key.column === column)),
  );
}
