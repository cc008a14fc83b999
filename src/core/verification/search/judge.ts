/** What the outcomes of a pair on one small database say. */
import type { Cell, QueryResult, ResultColumn } from '../../database.ts';
import {
  compareMultisets,
  compareOrdered,
  groupEnds,
  type OrderedOriginal,
  type Row,
} from '../compare-results.ts';
import { keyRows } from '../live-comparison.ts';
import type { RawOutcome } from './harness.ts';
import type { PairColumns, Side } from './pair.ts';
import { parseRecordText } from './record-text.ts';

export type Judgement =
  | { readonly verdict: 'equal'; readonly rows: number; readonly deterministic: boolean }
  | {
      readonly verdict: 'different';
      readonly what: 'count' | 'rows' | 'order' | 'error' | 'table';
      /** rows that the candidate may return as well, when only those show the difference */
      readonly alternative?: readonly Row[];
    }
  /** the database says nothing: the original raises an error there, or returns too much */
  | { readonly verdict: 'skipped'; readonly why: 'error' | 'large' };

/** The outcomes of one side: of its statement, and of the statement without LIMIT when it has one. */
export interface SideOutcome {
  readonly run: RawOutcome;
  readonly all: RawOutcome | null;
}

/**
 * Judge a pair of reads.
 *
 * The candidate's rows must be rows that the original may return. Where the candidate itself leaves something open
 * (ties in its ORDER BY, at its LIMIT), the other way to resolve it must be admissible too.
 */
export function judgeReads(
  columns: PairColumns,
  sides: { readonly original: Side; readonly candidate: Side },
  original: SideOutcome,
  candidate: SideOutcome,
): Judgement {
  if (original.run.error !== undefined) return { verdict: 'skipped', why: 'error' };
  if (original.run.over || original.all?.over) return { verdict: 'skipped', why: 'large' };
  if (candidate.run.error !== undefined) return { verdict: 'different', what: 'error' };
  if (candidate.run.over) return { verdict: 'different', what: 'count' };
  const { visible } = columns;
  const rows = visibleRows(candidate.run, visible.length);
  const open = openResult(sides.original, columns.original, original, visible.length);
  if (!open) return compareMultisets(visibleRows(original.run, visible.length), rows, visible);
  // without ORDER BY the rows of a statement have no order that could be wrong
  const first = compareOrdered(open, rows, visible);
  if (first.verdict === 'different') return first;
  const own = openResult(sides.candidate, columns.candidate, candidate, visible.length);
  const other = own ? otherResolution(own) : null;
  if (!other || candidate.all?.over || candidate.all?.error !== undefined) return first;
  const second = compareOrdered(open, other, visible);
  return second.verdict === 'different' ? { ...second, alternative: other } : first;
}

/** True when a second run of the original returned what the first one leaves open. */
export function isStable(columns: PairColumns, side: Side, first: SideOutcome, second: SideOutcome): boolean {
  const judgement = judgeReads(
    { ...columns, candidate: columns.original },
    { original: side, candidate: { ...side, sorted: null } },
    first,
    second,
  );
  return judgement.verdict === 'equal';
}

/** Judge a pair of writes by what they return, how many rows they touch and the tables afterwards. */
export function judgeWrites(
  returned: readonly ResultColumn[],
  tables: readonly (readonly ResultColumn[])[],
  original: RawOutcome,
  candidate: RawOutcome,
): Judgement {
  if (original.error !== undefined) return { verdict: 'skipped', why: 'error' };
  if (original.over) return { verdict: 'skipped', why: 'large' };
  if (candidate.error !== undefined) return { verdict: 'different', what: 'error' };
  for (const [index, columns] of tables.entries()) {
    const before = (original.tables?.[index] ?? []).map(parseRecordText);
    const after = (candidate.tables?.[index] ?? []).map(parseRecordText);
    if (compareMultisets(before, after, columns).verdict === 'different')
      return { verdict: 'different', what: 'table' };
  }
  if (original.count !== candidate.count) return { verdict: 'different', what: 'count' };
  const width = returned.length;
  const rows = compareMultisets(visibleRows(original, width), visibleRows(candidate, width), returned);
  return rows.verdict === 'different' ? rows : { ...rows, rows: original.count ?? rows.rows };
}

/** The rows of an outcome, without appended sort keys. */
export function visibleRows(outcome: RawOutcome, width: number): Row[] {
  return (outcome.rows ?? []).map((text) => cells(text, width).slice(0, width));
}

/** A row of no columns and a row of one NULL have the same text. */
function cells(text: string, width: number): Cell[] {
  return width === 0 ? [] : parseRecordText(text);
}

function openResult(
  side: Side,
  columns: readonly ResultColumn[],
  outcome: SideOutcome,
  width: number,
): OrderedOriginal | null {
  const { sorted } = side;
  if (!sorted) return null;
  const source = sorted.unlimited === null ? outcome.run : outcome.all;
  if (!source || source.error !== undefined || source.over) return null;
  const result: Pick<QueryResult, 'columns' | 'rows'> = {
    columns,
    rows: (source.rows ?? []).map((text) => cells(text, columns.length)),
  };
  const keys = sorted.keys ? keyRows(sorted.keys, result, width) : null;
  if (sorted.keys && !keys) return null;
  return {
    rows: result.rows.map((row) => row.slice(0, width)),
    keys: keys?.rows ?? null,
    keyTypes: keys?.types ?? [],
    offset: sorted.offset,
    limit: sorted.limit,
  };
}

/** The rows that a statement returns when every group of peers comes the other way round. */
function otherResolution(open: OrderedOriginal): Row[] | null {
  if (open.keys === null && open.limit === null && open.offset === 0) return null;
  const reversed: Row[] = [];
  let start = 0;
  for (const end of groupEnds(open)) {
    reversed.push(...open.rows.slice(start, end).reverse());
    start = end;
  }
  const to = open.limit === null ? reversed.length : open.offset + open.limit;
  return reversed.slice(open.offset, to);
}
