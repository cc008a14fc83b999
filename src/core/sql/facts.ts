/**
 * What rule after rule asks of a statement: found once and kept with the statement itself.
 *
 * A WeakMap would do the same, but what its entries lead to outlives the statement until V8's next full collection, and
 * the statements of a long file would be copied from one generation of the heap to the next.
 */

/** Results by the function that finds them; each statement has its own. */
export type Facts = Map<unknown, unknown>;

/** A function of a statement whose result is kept. */
export function oncePerStatement<S extends { readonly facts: Facts }, T extends object>(
  find: (statement: S) => T,
): (statement: S) => T {
  return (statement) => {
    const known = statement.facts.get(find);
    if (known !== undefined) return known as T;
    const found = find(statement);
    statement.facts.set(find, found);
    return found;
  };
}

/**
 * A function of something that belongs to a statement (a block, a source, an expression), whose results are kept.
 *
 * While names are being resolved nothing is kept: what is not proved yet may be proved later.
 */
export function once<
  K extends object,
  N extends { readonly facts?: Facts },
  T extends object | string | null,
>(find: (of: K, names: N) => T): (of: K, names: N) => T {
  return (of, names) => {
    const { facts } = names;
    if (!facts) return find(of, names);
    let results = facts.get(find) as Map<K, T> | undefined;
    if (!results) {
      results = new Map();
      facts.set(find, results);
    }
    const known = results.get(of);
    if (known !== undefined) return known;
    const found = find(of, names);
    results.set(of, found);
    return found;
  };
}
