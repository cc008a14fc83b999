/** Subqueries in MariaDB's EXPLAIN FORMAT=JSON: a list beside the tables; conditions refer to them by number. */
import { type Entries, entriesOf, numberOf, objectOf, textOf, textsOf, valueAt } from './repeated-keys.ts';

/** A subquery of a block; cached when its results are kept by the values that it is asked for. */
export interface Subquery {
  readonly block: Entries;
  readonly cached: boolean;
}

/** The subqueries that a block lists beside its tables. */
export function subqueriesOf(block: Entries): Subquery[] {
  const list = valueAt(block, 'subqueries');
  return (Array.isArray(list) ? list : []).flatMap((entry) => {
    const entries = entriesOf(entry) ?? [];
    const cache = objectOf(entries, 'expression_cache');
    const around = cache ?? entries;
    // the rows of an IN are stored once and looked up
    const inner = objectOf(objectOf(around, 'materialization') ?? around, 'query_block');
    return inner ? [{ block: inner, cached: cache !== null }] : [];
  });
}

/**
 * Rows on which a condition with the subquery is tried: those of the table that it is attached to.
 *
 * @param number of the subquery's SELECT
 * @returns null when no table's condition names it
 */
export function testedRows(around: Entries, number: number | null): number | null {
  let found: number | null = null;
  visitTables(around, (table) => {
    if ((textOf(table, 'attached_condition') ?? '').includes(`subquery#${number}`)) {
      found = numberOf(table, 'rows');
    }
  });
  return found;
}

/** Whether a block names tables that are not its own: it then runs for each row of the statement around it. */
export function refersOutside(block: Entries): boolean {
  const names = new Set<string>();
  const used = new Set<string>();
  visitTables(block, (table) => {
    const name = textOf(table, 'table_name');
    if (name !== null) names.add(name);
    for (const reference of textsOf(table, 'ref')) {
      const parts = reference.split('.');
      const owner = parts.at(-2);
      if (owner !== undefined) used.add(owner);
    }
    for (const [, owner] of (textOf(table, 'attached_condition') ?? '').matchAll(/`?([\w$]+)`?\.`?[\w$]+/g)) {
      if (owner !== undefined) used.add(owner);
    }
  });
  return [...used].some((name) => !names.has(name));
}

function visitTables(entries: Entries, see: (table: Entries) => void): void {
  for (const [key, value] of entries) {
    const inner = entriesOf(value);
    if (key === 'table' && inner) see(inner);
    if (inner) visitTables(inner, see);
    if (!Array.isArray(value)) continue;
    for (const entry of value) visitTables(entriesOf(entry) ?? [], see);
  }
}
