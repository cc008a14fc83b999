/** Correlated aggregates that can be computed once per key: where they stand, and what forbids it. */

import type { TypeFamily } from '../../catalog/catalog.ts';
import type { Expression, SelectItem } from '../../sql/ast.ts';
import { once } from '../../sql/facts.ts';
import { isLocked } from '../../sql/properties/locking.ts';
import { isNullFrom, rejects } from '../../sql/properties/not-null.ts';
import { sameExpression } from '../../sql/properties/same-expression.ts';
import { sameEqualitySemantics, typeOf } from '../../sql/properties/types.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Conjunct } from '../../sql/query-model.ts';
import type { TextRange } from '../../sql/text.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { type Correlation, correlationOf } from '../correlation.ts';
import { itemNamedBy, mayBeRepeated } from '../select-item.ts';

/** Where the subquery stands: what follows for the join that replaces it. */
export type Place =
  | { readonly kind: 'where'; readonly conjunct: Conjunct }
  | { readonly kind: 'select' }
  /** in the select list or HAVING of a grouped block, by keys that it groups by: all rows of a group have one value */
  | { readonly kind: 'group' };

/** Families that max() takes on every engine. */
const MAX_TAKES: ReadonlySet<TypeFamily> = new Set<TypeFamily>([
  'integer',
  'decimal',
  'float',
  'date',
  'timestamp',
  'timestamptz',
]);

/** A correlated aggregate that can be computed once per key. */
export interface Candidate {
  readonly block: Block;
  readonly outer: Block;
  readonly holder: Expression;
  readonly item: SelectItem;
  readonly correlation: Correlation;
  readonly place: Place;
}

/** A correlated aggregate that a grouped derived table could give; {@link obstacle} says what forbids it. */
export function candidateOf(statement: AnalyzedStatement, block: Block): Candidate | null {
  return candidates(block, statement);
}

const candidates = once((block: Block, statement: AnalyzedStatement): Candidate | null => {
  if (block.role !== 'scalar' || !isPlainAggregate(block)) return null;
  const [item] = block.select.items;
  const holder = block.holder as Expression | null;
  const correlation = correlationOf(statement, block);
  if (!item || !holder || correlation?.outer.kind !== 'select' || correlation.keys.length === 0) return null;
  const outer = correlation.outer as Block;
  const place = placeOf(statement, outer, holder, correlation);
  return place && correlation.other.length === 0 ? { block, outer, holder, item, correlation, place } : null;
});

/** `SELECT agg(…) FROM … WHERE …` and nothing else. */
export function isPlainAggregate(block: Block): boolean {
  const { select, query } = block;
  return (
    query.body === select &&
    select.items.length === 1 &&
    block.aggregates.length > 0 &&
    select.groupBy === null &&
    select.having === null &&
    select.distinct === null &&
    select.top === null &&
    block.windows.length === 0 &&
    query.with === null &&
    query.orderBy.length === 0 &&
    query.limit === null &&
    query.locking.length === 0
  );
}

/** The clause of the outer block in which the subquery stands directly, when a join can serve it there. */
function placeOf(
  statement: AnalyzedStatement,
  outer: Block,
  holder: Expression,
  { keys, inner }: Correlation,
): Place | null {
  if (statement.scopeOf(holder) !== outer) return null;
  const holds = (range: TextRange): boolean => range.start <= holder.start && holder.end <= range.end;
  const conjunct = outer.where.find((c) => holds(c.range));
  if (conjunct) return { kind: 'where', conjunct };
  const inList = outer.select.items.some(holds);
  if (!outer.grouped) return inList ? { kind: 'select' } : null;
  if (!inList && !outer.having.some((c) => holds(c.range))) return null;
  const calls = [...outer.aggregates, ...outer.windows];
  if (outer.select.groupBy?.sets.length !== 0 || calls.some(holds)) return null;
  const grouped = keys.every((key) => outer.groupBy.some((by) => sameExpression(by, key.outer, statement)));
  const family = inner.outputs[0]?.type?.family;
  return grouped && family && MAX_TAKES.has(family) ? { kind: 'group' } : null;
}

/** Why the rewrite would not be sound, or null. */
export function obstacle(
  statement: AnalyzedStatement,
  { block, outer, holder, item, correlation }: Candidate,
): string | null {
  if (!isDeterministic(block.query, statement)) return 'the subquery calls a volatile function';
  if (isLocked(outer)) return 'the rows are locked with FOR UPDATE';
  if (!block.sources.every((s) => s.block === block && s.kind !== 'function' && s.kind !== 'unknown'))
    return 'a relation of the subquery is unknown';
  for (const key of correlation.keys) {
    const [inner, around] = [typeOf(key.inner, statement), typeOf(key.outer, statement)];
    if (!sameEqualitySemantics(inner, around))
      return 'the two sides of the correlation compare by different rules';
  }
  if (valueOnNoRows(item.expression) === 'unknown') return 'what the subquery gives for no rows is not plain';
  if (outer.joins.some((join) => join.node?.natural)) return 'a NATURAL JOIN would see the new columns';
  if (!holderIsWhole(holder)) return 'the subquery stands in an unusual place';
  if (mayBeRepeated(statement, holder)) return 'GROUP BY or ORDER BY may repeat the subquery';
  if (itemNamedBy(statement, holder) && !block.outputs[0]?.name)
    return 'the column of the result would get another name';
  return null;
}

function holderIsWhole(holder: Expression): boolean {
  return holder.kind === 'subquery';
}

/** What the item is when no row matches: NULL, 0 (a bare count), a constant (COALESCE), or not known. */
export function valueOnNoRows(
  expression: Expression,
): 'null' | 'zero' | { readonly value: Expression } | 'unknown' {
  const inner = unwrapParens(expression);
  if (inner.kind === 'call' && inner.function === 'count') return 'zero';
  if (inner.kind === 'call' && inner.function === 'coalesce' && inner.args.length === 2) {
    const [first, second] = inner.args;
    const constant = second ? unwrapParens(second.value) : null;
    if (first && constant?.kind === 'literal' && constant.type !== 'null' && isNullOnNoRows(first.value))
      return { value: constant };
  }
  return isNullOnNoRows(inner) ? 'null' : 'unknown';
}

/** Aggregates that are NULL for no rows. */
const NULL_ON_EMPTY = new Set([
  'sum',
  'avg',
  'min',
  'max',
  'bool_and',
  'bool_or',
  'every',
  'stddev',
  'variance',
  'stddev_pop',
  'stddev_samp',
  'var_pop',
  'var_samp',
  'any_value',
]);

/** The expression is NULL for no rows: an aggregate that is, and strict operators over it. */
function isNullOnNoRows(expression: Expression): boolean {
  const inner = unwrapParens(expression);
  if (inner.kind === 'call') return NULL_ON_EMPTY.has(inner.function) && inner.over === null;
  if (inner.kind === 'cast') return isNullOnNoRows(inner.operand);
  if (inner.kind === 'binary' && ['+', '-', '*', '/', '%'].includes(inner.operator)) {
    return isNullOnNoRows(inner.left) || isNullOnNoRows(inner.right);
  }
  if (inner.kind === 'unary' && inner.operator === '-') return isNullOnNoRows(inner.operand);
  return false;
}

/** The conjunct is not TRUE when the subquery is NULL. */
export function rejectsNullValue(
  statement: AnalyzedStatement,
  conjunct: Conjunct,
  holder: Expression,
): boolean {
  return rejects(conjunct.expression, statement, (e) =>
    isNullFrom(e, statement, (part) => unwrapParens(part) === holder),
  );
}
