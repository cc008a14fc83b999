/** Aggregates of one table under several filters, written for one scan: FILTER in PostgreSQL, CASE elsewhere. */
import type { FunctionCall, SelectItem } from '../../sql/ast.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { typeOf } from '../../sql/properties/types.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Conjunct, Source } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { type Fragment, joinFragments, parenthesized, source, sql } from '../../sql/writing/fragment.ts';
import { aliasOf } from '../../sql/writing/identifiers.ts';
import { type Mapping, rebase, withAlias } from '../../sql/writing/rebase.ts';
import { hasSubquery } from '../subquery-shape.ts';
import { soleArgument } from './aggregates.ts';

const AGGREGATES = new Set(['count', 'sum', 'min', 'max', 'avg']);

/** A query of one row: aggregates (and literals) of one table, perhaps filtered. */
export interface FilteredTotals {
  readonly block: Block;
  readonly table: Source;
}

/** `SELECT aggregates FROM t WHERE …` and nothing else; literals may stand among the aggregates where that is asked for. */
export function filteredTotals(
  statement: AnalyzedStatement,
  block: Block,
  literals: boolean,
): FilteredTotals | null {
  const [table, ...more] = block.sources;
  const { select } = block;
  if (!table?.table || table.kind !== 'table' || more.length > 0 || !block.grouped || select.groupBy)
    return null;
  const plain =
    select.having === null &&
    select.distinct === null &&
    select.top === null &&
    select.into === null &&
    select.qualify === null &&
    block.windows.length === 0 &&
    block.children.length === 0 &&
    block.resolved &&
    block.outerReferences.length === 0 &&
    table.node.kind === 'table' &&
    table.node.modifiers.length === 0;
  const items = select.items.every(
    (item) =>
      isAggregate(statement, item, block) || (literals && unwrapParens(item.expression).kind === 'literal'),
  );
  const filters = block.where.every(
    ({ expression }) => isDeterministic(expression, statement) && !hasSubquery(expression),
  );
  return plain && items && filters ? { block, table } : null;
}

function isAggregate(statement: AnalyzedStatement, item: SelectItem, block: Block): boolean {
  const e = unwrapParens(item.expression);
  return (
    e.kind === 'call' &&
    block.aggregates.includes(e) &&
    AGGREGATES.has(e.function) &&
    !e.over &&
    e.filter === null &&
    (e.star || soleArgument(e) !== null) &&
    isDeterministic(e, statement)
  );
}

/** What the totals of one table have in common, and what each filters by itself. */
export interface SplitFilters {
  readonly common: readonly Conjunct[];
  readonly own: ReadonlyMap<FilteredTotals, readonly Conjunct[]>;
}

/** Conditions that read alike in all of them go to WHERE; the others filter the aggregates. */
export function splitFilters(statement: AnalyzedStatement, all: readonly FilteredTotals[]): SplitFilters {
  const [first] = all;
  const texts = all.map(
    (totals) => new Set(totals.block.where.map((one) => textOf(statement, one, totals, first))),
  );
  const shared = (text: string): boolean => text !== '' && texts.every((set) => set.has(text));
  const own = new Map<FilteredTotals, readonly Conjunct[]>();
  for (const totals of all)
    own.set(
      totals,
      totals.block.where.filter((one) => !shared(textOf(statement, one, totals, first))),
    );
  const common = (first?.block.where ?? []).filter((one) => shared(textOf(statement, one, first, first)));
  return { common, own };
}

/** The text of a condition with its columns named as in the first query; '' when it cannot be written so. */
function textOf(
  statement: AnalyzedStatement,
  conjunct: Conjunct,
  totals: FilteredTotals | undefined,
  first: FilteredTotals | undefined,
): string {
  const fragment =
    totals && first && rebase(statement, conjunct.expression, renaming(statement, totals, first));
  if (!fragment) return '';
  return fragment.pieces.map((piece) => (piece.kind === 'break' ? ' ' : piece.text)).join('');
}

/** Columns of one query's table as those of the first query's. */
function renaming(statement: AnalyzedStatement, totals: FilteredTotals, first: FilteredTotals): Mapping {
  return withAlias(statement, totals.table, aliasOf(first.table, statement.dialect));
}

/** An aggregate that counts only the rows that pass its query's own filter. Null where it cannot be written. */
export function filteredCall(
  statement: AnalyzedStatement,
  call: FunctionCall,
  totals: FilteredTotals,
  first: FilteredTotals,
  filters: readonly Conjunct[],
): Fragment | null {
  const mapping = renaming(statement, totals, first);
  const conditions = filters.map((conjunct) => {
    const fragment = rebase(statement, conjunct.expression, mapping);
    const { expression } = conjunct;
    return fragment && expression.kind === 'binary' && expression.operator === 'OR'
      ? parenthesized(fragment)
      : fragment;
  });
  const whole = rebase(statement, call, mapping);
  if (!whole || conditions.includes(null)) return null;
  if (conditions.length === 0) return whole;
  const condition = joinFragments(
    conditions.filter((one) => one !== null),
    sql` AND `,
  );
  if (statement.dialect === 'postgresql') return sql`${whole} FILTER (WHERE ${condition})`;
  const argument = soleArgument(call);
  const value = argument ? rebase(statement, argument, mapping) : sql`1`;
  const name = source(statement, { start: call.start, end: call.name[0].end });
  if (!value) return null;
  const distinct = call.distinct ? sql`DISTINCT ` : sql``;
  return sql`${name}(${distinct}CASE WHEN ${condition} THEN ${value} END)`;
}

/** What may end in an error, or add floats in another order: then the rewrite is to be tested. */
export function isDelicate(statement: AnalyzedStatement, { block }: FilteredTotals): boolean {
  return (
    block.where.some(({ expression }) => canRaise(expression, statement)) ||
    block.aggregates.some((call) => {
      const argument = soleArgument(call);
      const family = argument && typeOf(argument, statement)?.family;
      const adds = call.function === 'sum' || call.function === 'avg';
      return canRaise(call, statement) || (adds && family !== 'integer' && family !== 'decimal');
    })
  );
}
