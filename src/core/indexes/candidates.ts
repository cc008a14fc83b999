/**
 * Indexes that could serve a statement: columns compared by equality first, the most selective one at the beginning, then
 * one range, or the order that is wanted.
 * https://use-the-index-luke.com/sql/where-clause/the-equals-operator/concatenated-keys
 */
import { type Column, findColumn, type Index, type IndexKey, type Table } from '../catalog/catalog.ts';
import type { AnalyzedStatement } from '../sql/query-model.ts';
import { servesEquality } from './compare-indexes.ts';
import type { NewIndex, NewKey } from './index-ddl.ts';
import { type Search, searchesOf } from './searches.ts';
import { LEAST_ROWS } from './small-tables.ts';

export interface Candidate extends NewIndex {
  /** how many of its first keys are compared by equality: among those the order does not matter to a search */
  readonly equal: number;
}

/** A value is rare that at most this share of the rows has. */
const RARE = 0.1;
/** Columns of an index at most. */
const MOST_KEYS = 4;

export interface Candidates {
  readonly candidates: readonly Candidate[];
  /** what was left out before anything was priced */
  readonly left: readonly { readonly candidate: Candidate; readonly reason: string }[];
  /** existing indexes that serve what was looked for: they are in use */
  readonly serving: readonly { readonly table: Table; readonly index: Index }[];
}

/** The indexes that could serve the statements, each once, without those that would add nothing. */
export function candidatesOf(statements: readonly AnalyzedStatement[]): Candidates {
  const candidates = new Map<string, Candidate>();
  const left = new Map<string, Candidates['left'][number]>();
  const serving: { table: Table; index: Index }[] = [];
  for (const search of statements.flatMap(searchesOf)) {
    for (const candidate of ofSearch(search)) {
      const id = candidateId(candidate);
      const index = servingIndex(candidate);
      if (index) serving.push({ table: search.table, index });
      const reason = index ? null : needless(candidate, search);
      if (reason !== null) left.set(id, { candidate, reason });
      else if (!index && !candidates.has(id)) candidates.set(id, candidate);
    }
  }
  for (const id of candidates.keys()) left.delete(id);
  return { candidates: [...candidates.values()], left: [...left.values()], serving };
}

/** The same for the same columns in the same order of the same table. */
export function candidateId({ table, keys }: NewIndex): string {
  return JSON.stringify([
    table.schema,
    table.name,
    ...keys.map(({ column, expression, descending }) => [column, expression, descending]),
  ]);
}

function ofSearch(search: Search): Candidate[] {
  const { table } = search;
  const equal = bySelectivity(search.equal.map(({ column }) => column));
  const lists = bySelectivity(search.lists.map(({ column }) => column));
  const [range] = search.ranges.map(({ column }) => column);
  const made: Candidate[] = [];
  const add = (columns: readonly Column[], rest: readonly NewKey[] = []): void => {
    const names = [...new Set(columns.map(({ name }) => name))].slice(0, MOST_KEYS);
    const more = rest.filter(({ column }) => column === null || !names.includes(column));
    const keys = [...names.map(plain), ...more].slice(0, MOST_KEYS);
    if (keys.length > 0) made.push({ table, keys, equal: Math.min(names.length, keys.length) });
  };
  const ranged = range ? [plain(range.name)] : [];
  add([...equal, ...lists], ranged);
  if (equal.length + lists.length > 1 || range) add([...equal, ...lists].slice(0, 1));
  if (range && equal.length > 0) add([], ranged);
  if (search.order.length > 0 && (equal.length > 0 || search.limited)) {
    // what is equal to one value needs no order
    const order = search.order.filter(({ column }) => !equal.some(({ name }) => name === column));
    if (order.length > 0) add(equal, upright(order));
  }
  for (const expression of search.expressions) {
    made.push({ table, keys: [{ column: null, expression, descending: false }], equal: 1 });
  }
  for (const partner of new Set(search.joins.map((join) => join.partner))) {
    const joined = search.joins.filter((join) => join.partner === partner).map(({ column }) => column);
    add(bySelectivity(joined));
    if (equal.length > 0) add(bySelectivity([...joined, ...equal]), ranged);
    else if (range) add(bySelectivity(joined), ranged);
  }
  return made;
}

function plain(column: string): NewKey {
  return { column, expression: null, descending: false };
}

/** An index is read in both directions: one whose columns all go down is one whose columns all go up. */
function upright(order: readonly NewKey[]): readonly NewKey[] {
  return order.every(({ descending }) => descending)
    ? order.map((key) => ({ ...key, descending: false }))
    : order;
}

/** Those with the most different values first; unknown ones last, in the order of the text. */
function bySelectivity(columns: readonly Column[]): Column[] {
  const distinct = ({ statistics }: Column) => statistics?.distinct ?? 0;
  return [...columns].sort((a, b) => distinct(b) - distinct(a));
}

/** The same column, or the same expression as the server prints it: lower((email)::text) */
function isSame(own: NewKey, { column, expression }: IndexKey): boolean {
  if (own.column !== null) return own.column === column;
  const bare = (text: string | null) => (text ?? '').replace(/::[a-z ]+|[\s()]/gi, '').toLowerCase();
  return column === null && bare(own.expression) === bare(expression);
}

/** An index that is there and serves the same. */
function servingIndex({ table, keys, equal }: Candidate, inUse = true): Index | null {
  const found = table.indexes.find((index) => {
    if (
      !servesEquality({ ...index, valid: index.valid === inUse }) ||
      index.method !== 'btree' ||
      index.columns.length < keys.length
    )
      return false;
    const first = index.columns.slice(0, equal);
    const wanted = keys.slice(0, equal);
    if (!wanted.every((own) => first.some((key) => isSame(own, key) && key.operatorClass === null)))
      return false;
    const rest = index.columns.slice(equal, keys.length);
    const matches = (flip: boolean) =>
      rest.every((key, place) => {
        const own = keys[equal + place];
        return (
          own !== undefined &&
          isSame(own, key) &&
          key.operatorClass === null &&
          key.descending === (own.descending !== flip)
        );
      });
    return matches(false) || matches(true);
  });
  return found ?? null;
}

/** Why an index of the table, or this one, could gain nothing. */
function needless(candidate: Candidate, search: Search): string | null {
  const { table, keys, equal } = candidate;
  const unused = servingIndex(candidate, false);
  if (unused)
    return `${unused.name} has these columns, but is not in use: it is invalid, ignored or disabled.`;
  if (table.rows === null) {
    return `How many rows ${table.name} has is not known: let the server analyze it.`;
  }
  if (table.rows < LEAST_ROWS) {
    return `${table.name} has ${Math.round(table.rows)} rows: it is read whole about as fast.`;
  }
  const names = keys.slice(0, equal).map(({ column }) => column);
  const fixed = search.equal.map(({ column }) => column.name);
  const key = table.keys.find(({ columns }) =>
    [fixed, names].some((compared) => columns.every((one) => compared.includes(one))),
  );
  if (key) return `${key.name} finds the one row already.`;
  const one = findColumn(table, keys[0]?.column ?? '');
  if (keys.length === 1 && one && (one.family === 'boolean' || (one.statistics?.distinct ?? 9) <= 2)) {
    const common = one.statistics?.mostCommon.map(({ frequency }) => frequency) ?? [];
    // a rare value is worth an index of its own rows, which is another kind of advice
    if (common.length < 2 || Math.min(...common) > RARE) {
      return `${one.name} has about two values: such an index finds half of the table.`;
    }
  }
  return null;
}
