/** Derived tables that number their rows for the query around them to keep the first ones. */
import type { Expression, FunctionCall, OrderItem, SelectItem, Window } from '../../sql/ast.ts';
import { determinesRow, mayReturnSets } from '../../sql/properties/keys.ts';
import { referencesTo } from '../../sql/properties/usage.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Conjunct, Source } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import type { RewriteEdits } from '../../sql/writing/edits.ts';
import { removeListItems } from '../list-items.ts';
import { columnIn, directReferences } from './aggregates.ts';

/** A derived table with `row_number() OVER (…) AS rn`, filtered by rn outside. */
export interface NumberedRows {
  readonly outer: Block;
  readonly derived: Source;
  readonly inner: Block;
  readonly call: FunctionCall;
  readonly window: Window;
  readonly item: SelectItem;
  /** the conditions on the number */
  readonly filters: readonly Conjunct[];
  /** the first and the last number that pass */
  readonly first: bigint;
  readonly last: bigint;
  /** an item of the outer ORDER BY that is the number, when nothing else reads it */
  readonly orderedBy: OrderItem | null;
  /** the number is read by something else than the filters and ORDER BY */
  readonly shown: boolean;
}

/** The numbered rows of a block's FROM. */
export function* numberedRows(statement: AnalyzedStatement, outer: Block): Generator<NumberedRows> {
  for (const derived of outer.sources) {
    const found = numberedRowsIn(statement, outer, derived);
    if (found) yield found;
  }
}

function numberedRowsIn(statement: AnalyzedStatement, outer: Block, derived: Source): NumberedRows | null {
  if (derived.kind !== 'derived' || !derived.query || derived.nullSupplied || !outer.resolved) return null;
  if (derived.node.kind !== 'derived' || derived.node.alias?.columns.length) return null;
  const [inner, ...more] = statement.blocksOfQuery(derived.query);
  if (!inner || more.length > 0 || !isPlainInside(inner)) return null;
  const output = inner.outputs.find((one) => one.item && isNumber(one.item.expression));
  const call = output?.expression ? unwrapParens(output.expression) : null;
  if (!output?.item || !output.name || call?.kind !== 'call' || call.over?.kind !== 'window') return null;
  const bounds = boundsOf(statement, outer, derived, output.name);
  if (!bounds) return null;
  const uses = referencesTo(
    derived,
    statement,
    bounds.filters.map((conjunct) => conjunct.range),
  );
  if (!uses) return null;
  const reads = uses.filter((ref) => ref.parts.at(-1)?.name === output.name);
  const orderedBy =
    outer.orderBy.find((one) => reads.includes(unwrapParens(one.expression) as never)) ?? null;
  return {
    outer,
    derived,
    inner,
    call,
    window: call.over,
    item: output.item,
    ...bounds,
    orderedBy,
    shown: reads.length > (orderedBy ? 1 : 0),
  };
}

function isPlainInside(block: Block): boolean {
  const { select, query } = block;
  return (
    query.body === select &&
    query.with === null &&
    query.orderBy.length === 0 &&
    query.limit === null &&
    query.locking.length === 0 &&
    query.trailing.length === 0 &&
    !block.grouped &&
    block.resolved &&
    block.windows.length === 1 &&
    block.sources.length > 0 &&
    select.distinct === null &&
    select.top === null &&
    select.into === null &&
    select.qualify === null &&
    select.windows.length === 0 &&
    select.items.length > 1
  );
}

function isNumber(expression: Expression): boolean {
  const call = unwrapParens(expression);
  return (
    call.kind === 'call' &&
    call.function === 'row_number' &&
    call.args.length === 0 &&
    call.filter === null &&
    call.over?.kind === 'window' &&
    call.over.base === null &&
    call.over.frame === null &&
    call.over.orderBy.length > 0
  );
}

/** The bounds that conjuncts of WHERE set: `rn = 1`, `rn <= 3`, `rn > 20`, `rn BETWEEN 21 AND 40`. */
function boundsOf(statement: AnalyzedStatement, outer: Block, derived: Source, name: string) {
  let first = 1n;
  let last: bigint | null = null;
  const filters: Conjunct[] = [];
  const atMost = (n: bigint): void => {
    last = last === null || n < last ? n : last;
  };
  for (const conjunct of outer.where) {
    const range = rangeOf(statement, conjunct.expression, derived, name);
    if (!range) continue;
    filters.push(conjunct);
    if (range.from > first) first = range.from;
    if (range.to !== null) atMost(range.to);
  }
  const to = last as bigint | null;
  return to !== null && to >= first ? { filters, first, last: to } : null;
}

function rangeOf(
  statement: AnalyzedStatement,
  e: Expression,
  derived: Source,
  name: string,
): { readonly from: bigint; readonly to: bigint | null } | null {
  const isIt = (operand: Expression): boolean => {
    const column = columnIn(statement, operand);
    return column?.source === derived && column.name === name;
  };
  if (e.kind === 'between' && !e.negated && !e.symmetric && isIt(e.operand)) {
    const [low, high] = [wholeOf(e.low), wholeOf(e.high)];
    return low !== null && high !== null ? { from: low, to: high } : null;
  }
  if (e.kind !== 'binary') return null;
  const value = isIt(e.left) ? wholeOf(e.right) : null;
  if (value === null) return null;
  switch (e.operator) {
    case '=':
      return { from: value, to: value };
    case '<=':
      return { from: 1n, to: value };
    case '<':
      return { from: 1n, to: value - 1n };
    case '>':
      return { from: value + 1n, to: null };
    case '>=':
      return { from: value, to: null };
    default:
      return null;
  }
}

function wholeOf(expression: Expression): bigint | null {
  const e = unwrapParens(expression);
  return e.kind === 'literal' && e.type === 'number' && /^\d{1,9}$/.test(e.value) ? BigInt(e.value) : null;
}

/** Why the order of the window cannot become the order of the subquery, or null. */
export function orderObstacle(statement: AnalyzedStatement, { inner, window }: NumberedRows): string | null {
  if (!isDeterministic(inner.query, statement)) return 'A volatile function is called.';
  if (mayReturnSets(inner, statement)) return 'The subquery selects a function that returns several rows.';
  const expressions = [...window.partitionBy, ...window.orderBy.map((item) => item.expression)];
  return expressions.every((expression) => meansTheSame(statement, inner, expression))
    ? null
    : 'ORDER BY of the window would mean something else as ORDER BY of the query.';
}

/** In ORDER BY of a query a number is a position, and a bare name may be that of a column of the result. */
function meansTheSame(statement: AnalyzedStatement, inner: Block, expression: Expression): boolean {
  const e = unwrapParens(expression);
  if (e.kind === 'literal' || e.kind === 'typedLiteral' || e.kind === 'placeholder' || e.kind === 'subquery')
    return false;
  const references = directReferences(e);
  if (references.length === 0) return false;
  return references.every((ref) => {
    if (ref.parts.length > 1) return true;
    const meant = statement.resolve(ref);
    return inner.outputs.every(
      (output) =>
        output.name !== ref.parts[0].name ||
        (output.source === meant?.source && output.column?.name === meant?.name),
    );
  });
}

/** No two rows of a partition tie, so that their numbers are fixed. */
export function leavesNoTies(
  statement: AnalyzedStatement,
  { inner, window }: Pick<NumberedRows, 'inner' | 'window'>,
): boolean {
  const fields = [...window.partitionBy, ...window.orderBy.map((item) => item.expression)].flatMap((one) => {
    const column = columnIn(statement, one);
    return column?.source.block === inner ? [{ source: column.source, column: column.name }] : [];
  });
  return determinesRow(inner, fields, statement);
}

/** Take the number and the conditions on it away. */
export function withoutNumber(edits: RewriteEdits, { inner, item, filters }: NumberedRows): RewriteEdits {
  removeListItems(edits, inner.select.items, new Set([item]));
  for (const filter of filters) edits.removeConjunct(filter);
  return edits;
}
