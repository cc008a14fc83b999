/** Blocks whose result does not show how often a row occurs: what every rule that changes multiplicities asks first. */
import { typeOf } from '../sql/properties/types.ts';
import { isDeterministic } from '../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block } from '../sql/query-model.ts';

/** Aggregates that give the same when a value comes in twice. */
const IDEMPOTENT: ReadonlySet<string> = new Set([
  'min',
  'max',
  'bool_and',
  'bool_or',
  'every',
  'bit_and',
  'bit_or',
]);

/** Aggregates that do so when they are told to with DISTINCT. */
const WITH_DISTINCT: ReadonlySet<string> = new Set(['count', 'sum', 'avg']);

/**
 * Why copies of a row of FROM do not show in the result of a block, or null when they may: a plain SELECT DISTINCT, or
 * groups of which only such aggregates are asked as MIN, MAX and COUNT(DISTINCT).
 */
export function removesDuplicates(block: Block, statement: AnalyzedStatement): string | null {
  const { select, query } = block;
  if (block.windows.length > 0 || query.locking.length > 0 || query.trailing.length > 0) return null;
  if (typeof select.distinct === 'object' && select.distinct !== null) return null;
  // what is volatile is computed once for each copy: copies may differ, and be kept
  if (select.into !== null || select.qualify !== null || !isDeterministic(query, statement)) return null;
  if (!block.grouped)
    return select.distinct === 'distinct' ? 'DISTINCT removes the copies that the join makes' : null;
  const blind = block.aggregates.every(
    (call) =>
      call.over === null &&
      call.withinGroup.length === 0 &&
      (IDEMPOTENT.has(call.function) ||
        (call.distinct &&
          WITH_DISTINCT.has(call.function) &&
          call.args.every(({ value }) => isExact(value)))),
  );
  if (!blind) return null;
  return block.aggregates.length === 0
    ? 'GROUP BY without aggregates removes the copies that the join makes'
    : 'the aggregates give the same for copies of a row';

  // the last digits of a sum of floats depend on the order of the rows
  function isExact(value: Parameters<typeof typeOf>[0]): boolean {
    const family = typeOf(value, statement)?.family;
    return family !== undefined && family !== 'float' && family !== 'other';
  }
}

/** The block is only asked whether it has such a row: IN, EXISTS or ANY, with all of its rows. */
export function isMembership(block: Block, statement: AnalyzedStatement): boolean {
  const { select, query } = block;
  return (
    (block.role === 'in' || block.role === 'exists' || block.role === 'quantified') &&
    query.body === select &&
    query.limit === null &&
    query.locking.length === 0 &&
    query.trailing.length === 0 &&
    select.top === null &&
    !block.grouped &&
    block.windows.length === 0 &&
    (select.distinct === null || typeof select.distinct === 'string') &&
    isDeterministic(query, statement)
  );
}
