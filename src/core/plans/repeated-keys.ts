/**
 * JSON in which a key may stand more than once in an object, as in plans of MariaDB before 10.9: every table of a join
 * is one more "table". The order of the keys counts as well.
 */

/** An object as its keys and values in order. */
export type Entries = readonly (readonly [string, unknown])[];

const MARK = /#\d+$/;

/** @throws SyntaxError when it is not JSON, TypeError when it is no object */
export function parseRepeatedKeys(json: string): Entries {
  let count = 0;
  const unique = json.replace(
    /("(?:[^"\\]|\\.)*)"(\s*:)?/g,
    (whole, text: string, colon: string | undefined) =>
      colon === undefined ? whole : `${text}#${count++}"${colon}`,
  );
  const entries = entriesOf(JSON.parse(unique));
  if (!entries) throw new TypeError('EXPLAIN returned no plan');
  return entries;
}

/** The keys and values of a parsed object, null when it is none. */
export function entriesOf(value: unknown): Entries | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return Object.entries(value).map(([key, entry]) => [key.replace(MARK, ''), entry]);
}

/** The first value under a key, or undefined. */
export function valueAt(entries: Entries, key: string): unknown {
  return entries.find(([name]) => name === key)?.[1];
}

export function textOf(entries: Entries, key: string): string | null {
  const value = valueAt(entries, key);
  return typeof value === 'string' ? value : null;
}

export function textsOf(entries: Entries, key: string): string[] {
  const value = valueAt(entries, key);
  return Array.isArray(value) ? value.map(String) : [];
}

/** A number, also one that is written as a text, as MySQL does with costs. */
export function numberOf(entries: Entries, key: string): number | null {
  const value = valueAt(entries, key);
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^-?\d/.test(value) && Number.isFinite(Number(value))
    ? Number(value)
    : null;
}

export function objectOf(entries: Entries, key: string): Entries | null {
  return entriesOf(valueAt(entries, key));
}
