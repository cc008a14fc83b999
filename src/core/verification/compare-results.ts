/** Are two results the same? As multisets, or in order where the original orders its rows. */
import type { Cell, ResultColumn } from '../database.ts';
import { type CellComparison, canonicalCell, cellComparison, floatsEqual } from './cell-values.ts';

export type Row = readonly Cell[];

/** A result as far as comparing needs it. */
export interface ComparedResult {
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly Row[];
}

/**
 * What the original's ORDER BY and LIMIT leave open.
 * Rows whose sort keys are equal may come in any order; with a limit, any of them may be the ones that are cut off.
 */
export interface OrderedOriginal {
  /**
   * All rows that the original could return, in its order, without its LIMIT and OFFSET: only their visible
   * columns. The same as its rows when it has no limit.
   */
  readonly rows: readonly Row[];
  /** sort keys of `rows`; rows with equal keys are peers. Null: the original has no ORDER BY, all are peers. */
  readonly keys: readonly Row[] | null;
  readonly keyTypes: readonly string[];
  /** rows skipped by OFFSET and returned by LIMIT; null without a limit */
  readonly offset: number;
  readonly limit: number | null;
}

export type RowsComparison =
  | {
      readonly verdict: 'equal';
      readonly rows: number;
      /** false when the original itself may return other rows (ties at its LIMIT) */
      readonly deterministic: boolean;
    }
  | { readonly verdict: 'different'; readonly what: 'count' | 'rows' | 'order' };

/**
 * Why the columns of two results differ, as the original's and the candidate's side of a counterexample.
 *
 * @returns null when number, names and types agree. Length limits of text and scales of numbers may differ:
 *   the values are compared anyway.
 */
export function compareColumns(
  before: readonly ResultColumn[],
  after: readonly ResultColumn[],
): { readonly before: string; readonly after: string } | null {
  const same =
    before.length === after.length &&
    before.every((column, i) => {
      const other = after[i];
      return other !== undefined && column.name === other.name && sameType(column.type, other.type);
    });
  if (same) return null;
  return { before: `columns: ${describeColumns(before)}`, after: `columns: ${describeColumns(after)}` };
}

function sameType(left: string, right: string): boolean {
  return typeWithoutModifiers(left) === typeWithoutModifiers(right);
}

/**
 * varchar and text carry the same values and print the same; so do MySQL's enum and char, which a UNION or a derived
 * table turns into varchar.
 */
function typeWithoutModifiers(type: string): string {
  const name = type
    .toLowerCase()
    .replace(/\([^)]*\)/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  return name.replace(/^(character varying|varchar|unknown|enum|char)(?=$|\[)/, 'text');
}

function describeColumns(columns: readonly ResultColumn[]): string {
  return columns.map((column) => `${column.name} ${column.type}`).join(', ');
}

/** Compare rows as multisets: the same rows equally often, whatever their order. */
export function compareMultisets(
  before: readonly Row[],
  after: readonly Row[],
  columns: readonly ResultColumn[],
): RowsComparison {
  if (before.length !== after.length) return { verdict: 'different', what: 'count' };
  const difference = multisetDifference(before, after, columns);
  return difference.onlyBefore.length === 0
    ? { verdict: 'equal', rows: before.length, deterministic: true }
    : { verdict: 'different', what: 'rows' };
}

/**
 * May the original have returned these rows in this order? Its rows fall into groups of peers (equal sort keys);
 * a candidate's rows must fill the same groups in the same order. A group that the limit cuts through may be filled
 * with any of its rows.
 *
 * @param original what the original leaves open, see {@link OrderedOriginal}
 * @param after the candidate's rows
 * @param columns the visible columns
 */
export function compareOrdered(
  original: OrderedOriginal,
  after: readonly Row[],
  columns: readonly ResultColumn[],
): RowsComparison {
  const { offset, limit } = original;
  const from = Math.min(offset, original.rows.length);
  const to = limit === null ? original.rows.length : Math.min(from + limit, original.rows.length);
  if (after.length !== to - from) return { verdict: 'different', what: 'count' };
  let deterministic = true;
  let start = 0;
  for (const end of groupEnds(original)) {
    const first = Math.max(start, from);
    const last = Math.min(end, to);
    if (first < last) {
      const group = original.rows.slice(start, end);
      const got = after.slice(first - from, last - from);
      const { onlyBefore, onlyAfter } = multisetDifference(group, got, columns);
      if (onlyAfter.length > 0) {
        const whole = compareMultisets(original.rows.slice(from, to), after, columns);
        return { verdict: 'different', what: whole.verdict === 'equal' ? 'order' : 'rows' };
      }
      const cut = last - first < end - start;
      if (cut && onlyBefore.length > 0 && hasDistinctRows(group, columns)) deterministic = false;
    }
    start = end;
  }
  return { verdict: 'equal', rows: after.length, deterministic };
}

/** Where each group of peers ends (exclusive), in order. */
export function groupEnds(original: Pick<OrderedOriginal, 'rows' | 'keys' | 'keyTypes'>): number[] {
  const { rows, keys } = original;
  if (rows.length === 0) return [];
  if (keys === null) return [rows.length];
  const comparisons = original.keyTypes.map(cellComparison);
  const ends: number[] = [];
  for (let i = 1; i < rows.length; i++) {
    if (!rowsEqual(keys[i - 1] ?? [], keys[i] ?? [], comparisons)) ends.push(i);
  }
  ends.push(rows.length);
  return ends;
}

function hasDistinctRows(rows: readonly Row[], columns: readonly ResultColumn[]): boolean {
  const comparisons = columns.map((column) => cellComparison(column.type));
  const [first] = rows;
  return first !== undefined && rows.some((row) => !rowsEqual(first, row, comparisons));
}

/** True when two rows hold the same values. */
export function rowsEqual(left: Row, right: Row, comparisons: readonly CellComparison[]): boolean {
  return comparisons.every((comparison, i) => {
    const a = left[i] ?? null;
    const b = right[i] ?? null;
    if (isFloat(comparison)) return floatsEqual(a, b);
    return canonicalCell(a, comparison) === canonicalCell(b, comparison);
  });
}

/**
 * The rows that one side has and the other has not, each as often as it is in excess.
 *
 * @returns rows as they were given
 */
export function multisetDifference(
  before: readonly Row[],
  after: readonly Row[],
  columns: readonly ResultColumn[],
): { readonly onlyBefore: readonly Row[]; readonly onlyAfter: readonly Row[] } {
  const comparisons = columns.map((column) => cellComparison(column.type));
  const open = new Map<string, Row[]>();
  for (const row of before) {
    const key = exactKey(row, comparisons);
    const rows = open.get(key);
    if (rows) rows.push(row);
    else open.set(key, [row]);
  }
  const onlyAfter: Row[] = [];
  for (const row of after) {
    const rows = open.get(exactKey(row, comparisons));
    const index = rows ? closest(rows, row, comparisons) : -1;
    if (rows && index >= 0) rows.splice(index, 1);
    else onlyAfter.push(row);
  }
  return { onlyBefore: [...open.values()].flat(), onlyAfter };
}

/** The last of the rows that is equal to `row`; -1 when none is. All agree in what is not a float. */
function closest(rows: readonly Row[], row: Row, comparisons: readonly CellComparison[]): number {
  if (!comparisons.some(isFloat)) return rows.length - 1;
  return rows.findLastIndex((candidate) => rowsEqual(candidate, row, comparisons));
}

/** All cells but the floats, in a form that no cell's text can imitate. */
function exactKey(row: Row, comparisons: readonly CellComparison[]): string {
  return JSON.stringify(comparisons.map((c, i) => (isFloat(c) ? 0 : canonicalCell(row[i] ?? null, c))));
}

function isFloat(comparison: CellComparison): boolean {
  return comparison === 'float' || comparison === 'floatArray';
}

/** Rows shown of a long result. */
const ROWS_SHOWN = 8;
const CELL_SHOWN = 60;

/**
 * Rows as short, readable text: a heading and a line per row.
 *
 * @param rows may be none: '(no rows)' says so
 */
export function rowsText(columns: readonly ResultColumn[], rows: readonly Row[]): string {
  const head = columns.map((column) => column.name).join(' | ');
  if (rows.length === 0) return `${head}\n(no rows)`;
  const lines = rows.slice(0, ROWS_SHOWN).map((row) => row.map(cellText).join(' | '));
  const rest = rows.length - lines.length;
  return [head, ...lines, ...(rest > 0 ? [`… and ${rest} more`] : [])].join('\n');
}

function cellText(cell: Cell): string {
  if (cell === null) return 'NULL';
  const text = cell.length > CELL_SHOWN ? `${cell.slice(0, CELL_SHOWN)}…` : cell;
  // blanks at the ends and empty texts are what differs all too often
  return text === '' || text !== text.trim() || text === 'NULL' ? JSON.stringify(text) : text;
}
