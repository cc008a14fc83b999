/** The words of MySQL's and MariaDB's JSON plans, under the names that MySQL's own tree form gives them. */

/**
 * How a table is read, by `access_type`.
 * https://dev.mysql.com/doc/refman/8.4/en/explain-output.html#explain-join-types
 */
const ACCESS: Readonly<Record<string, string>> = {
  all: 'Table scan',
  index: 'Index scan',
  range: 'Index range scan',
  ref: 'Index lookup',
  ref_or_null: 'Index lookup',
  eq_ref: 'Single-row index lookup',
  const: 'Constant row',
  system: 'Constant row',
  index_merge: 'Index merge',
  fulltext: 'Full-text lookup',
  unique_subquery: 'Single-row index lookup',
  index_subquery: 'Index lookup',
  hash: 'Table scan',
  hash_all: 'Table scan',
};

/** The operation's name for an `access_type`; one that is not known keeps its own. */
export function accessName(type: string): string {
  return ACCESS[type.toLowerCase()] ?? type;
}

/** `<derived2>`, `<subquery3>`, `<union1,2>`: a result that was stored, not a table. */
export function isStoredResult(name: string): boolean {
  return name.startsWith('<');
}

/** `d.id = c.id` for the columns of a lookup: what `used_key_parts` and `ref` say together. */
export function lookupCondition(columns: readonly string[], values: readonly string[]): string | null {
  const parts = columns.slice(0, values.length).map((column, index) => `${column} = ${values[index] ?? '?'}`);
  return parts.length === 0 ? null : parts.join(' AND ');
}
