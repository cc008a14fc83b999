/** Facts that rule after rule asks for, found once. */
import type { Names } from './names.ts';

/**
 * A function of something that belongs to one statement, whose results are kept as long as that thing.
 *
 * While names are being resolved nothing is kept: what is not proved yet may be proved later.
 */
export function once<K extends object, T>(find: (of: K, names: Names) => T): (of: K, names: Names) => T {
  const results = new WeakMap<K, { readonly names: Names; readonly result: T }>();
  return (of, names) => {
    // only a statement that is resolved has its tree beside its names
    if (!('tree' in names)) return find(of, names);
    const known = results.get(of);
    if (known?.names === names) return known.result;
    const result = find(of, names);
    results.set(of, { names, result });
    return result;
  };
}
