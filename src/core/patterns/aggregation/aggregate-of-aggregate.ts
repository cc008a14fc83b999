import type { ColumnRef, Expression, FunctionCall } from '../../sql/ast.ts';
import { isLocked } from '../../sql/properties/locking.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { typeOf } from '../../sql/properties/types.ts';
import { referencesTo } from '../../sql/properties/usage.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Output, Source } from '../../sql/query-model.ts';
import { contains } from '../../sql/text.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { joinFragments, lineBreak, source, sql } from '../../sql/writing/fragment.ts';
import { identifier } from '../../sql/writing/identifiers.ts';
import { startsLine } from '../../sql/writing/ranges.ts';
import { qualify } from '../../sql/writing/rebase.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { itemNamedBy } from '../select-item.ts';
import { isPlainlyGrouped, soleArgument } from './aggregates.ts';

/** `SELECT max(m) FROM (SELECT k, max(x) AS m FROM t GROUP BY k) d` → `SELECT max(x) FROM t`. */
export const aggregateOfAggregate: Pattern = {
  id: 'aggregate-of-aggregate',
  title: 'An aggregate of the same aggregate of smaller groups: aggregate once',
  category: 'aggregation',
  industries: ['analytics'],
  engines: allEngines('There are many small groups inside: they are built only to be put together again.'),
  severity: 'info',
  description:
    'The rows are put into small groups, each is aggregated, and the results are aggregated again. The largest of the largest is the largest, and a sum of sums is the sum: one step is enough.',
  source: 'Apache Calcite, AggregateMergeRule',
  precondition:
    'Around a derived table that groups plainly, every aggregate is max of max, min of min or sum of sum, or max or min of a grouping column; sums only of exact decimals, whose type stays the same. Nothing else is read but grouping columns.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, region int, city int, total numeric);',
    before:
      'SELECT d.region, sum(d.total) AS total FROM (SELECT o.region, o.city, sum(o.total) AS total FROM orders o GROUP BY o.region, o.city) d GROUP BY d.region',
    after: 'SELECT o.region, sum(o.total) AS total FROM orders o GROUP BY o.region',
  },
  rewrites: true,
  needs: ['aggregate', 'derived'],
  *find(statement) {
    for (const block of statement.blocks) {
      const match = matchOf(statement, block);
      if (match) yield match;
    }
  },
};

function matchOf(statement: AnalyzedStatement, outer: Block): Match | null {
  const [derived, ...more] = outer.sources;
  if (!derived?.query || derived.kind !== 'derived' || derived.lateral || more.length > 0 || !outer.grouped)
    return null;
  if (derived.node.kind !== 'derived' || derived.node.alias?.columns.length) return null;
  const [inner, ...others] = statement.blocksOfQuery(derived.query);
  if (!inner || others.length > 0 || !isPlainInside(inner) || !isPlainAround(outer, inner)) return null;
  const merges = outer.aggregates.map((call) => mergedBy(statement, call, derived, inner));
  if (merges.length === 0 || !merges.some((one) => one?.aggregate)) return null;
  const message = 'Small groups are aggregated only to be aggregated again: one step gives the same.';
  const range = outer.aggregates[0] ?? outer.select.clauses.select;
  if (merges.includes(null))
    return blocked(range, message, 'Another aggregate needs the smaller groups, or its type would change.');
  if (namesOutputs(statement, outer))
    return blocked(range, message, 'GROUP BY or HAVING names a column of the select list.');
  if (!isDeterministic(outer.query, statement))
    return blocked(range, message, 'A volatile function is called.');
  const edits = merged(statement, outer, inner, derived);
  if (!edits) return blocked(range, message, 'The derived table is read in another way, too.');
  const why = 'The smaller groups make up the larger ones.';
  // of values that are equal without being the same another one may be the largest
  const same = outer.aggregates.every(
    (call) =>
      call.function === 'sum' || call.args.every((one) => typeOf(one.value, statement)?.deterministic),
  );
  return canRaise(derived.query, statement) || !same
    ? offerToTest(range, message, () => edits.done(), why)
    : offer(range, message, () => edits.done(), why);
}

/** In GROUP BY a column of the tables inside would come before an output of that name. */
function namesOutputs(statement: AnalyzedStatement, outer: Block): boolean {
  const { groupBy, clauses } = outer.select;
  const renamed =
    groupBy?.items.some((item, at) => item.kind === 'column' && item !== outer.groupBy[at]) ?? false;
  const inHaving = (ref: ColumnRef): boolean => clauses.having !== null && contains(clauses.having, ref);
  return renamed || outer.references.some((ref) => inHaving(ref) && statement.outputOf(ref) !== null);
}

function isPlainInside(inner: Block): boolean {
  const { select, query } = inner;
  return (
    isPlainlyGrouped(inner) &&
    query.body === select &&
    query.with === null &&
    query.orderBy.length === 0 &&
    query.limit === null &&
    query.trailing.length === 0 &&
    select.having === null &&
    select.distinct === null &&
    select.top === null &&
    select.qualify === null &&
    inner.windows.length === 0 &&
    inner.resolved &&
    inner.outerReferences.length === 0 &&
    inner.children.length === 0
  );
}

function isPlainAround(outer: Block, inner: Block): boolean {
  const { select } = outer;
  return (
    outer.resolved &&
    outer.where.length === 0 &&
    outer.windows.length === 0 &&
    (select.groupBy === null || isPlainlyGrouped(outer)) &&
    select.items.every((item) => item.expression.kind !== 'star') &&
    outer.children.every((child) => child === inner) &&
    !isLocked(outer)
  );
}

interface Merge {
  /** the aggregate inside, null where a grouping column is aggregated */
  readonly aggregate: FunctionCall | null;
}

/** How an aggregate of the outer block is one of the rows inside, or null. */
function mergedBy(
  statement: AnalyzedStatement,
  call: FunctionCall,
  derived: Source,
  inner: Block,
): Merge | null {
  const argument = call.distinct || call.filter || call.over ? null : soleArgument(call);
  const output = argument && outputRead(statement, unwrapParens(argument), derived, inner);
  if (!output?.expression) return null;
  const own = unwrapParens(output.expression);
  if (own.kind !== 'call' || !inner.aggregates.includes(own)) {
    return ['min', 'max'].includes(call.function) ? { aggregate: null } : null;
  }
  const value = own.distinct || own.filter || own.over ? null : soleArgument(own);
  if (!value || own.function !== call.function) return null;
  if (call.function === 'min' || call.function === 'max') return { aggregate: own };
  const type = typeOf(value, statement);
  const exact = type?.family === 'decimal' && type.text !== 'money';
  // the sum of a bigint is a numeric, and MySQL's sum of a sum is wider
  const keepsType = statement.dialect === 'postgresql' || statement.dialect === 'tsql';
  return call.function === 'sum' && exact && keepsType ? { aggregate: own } : null;
}

function outputRead(
  statement: AnalyzedStatement,
  expression: Expression,
  derived: Source,
  inner: Block,
): Output | null {
  const column = expression.kind === 'column' ? statement.resolve(expression) : null;
  if (column?.source !== derived) return null;
  const outputs = inner.outputs.filter((output) => output.name === column.name);
  return outputs.length === 1 ? (outputs[0] ?? null) : null;
}

function merged(statement: AnalyzedStatement, outer: Block, inner: Block, derived: Source) {
  const references = referencesTo(derived, statement);
  const { from, where } = inner.select.clauses;
  const around = outer.select.clauses.from;
  if (!references || !from || !around) return null;
  const edits = editing(statement);
  const onNewLine = startsLine(statement.text, around.start);
  const parts = [source(statement, from), ...(where ? [source(statement, where)] : [])];
  edits.replace(around, joinFragments(parts, onNewLine ? lineBreak() : sql` `));
  for (const ref of references) {
    const output = outputRead(statement, ref, derived, inner);
    const own = output?.expression ? unwrapParens(output.expression) : null;
    if (!own) return null;
    const aggregate = own.kind === 'call' && inner.aggregates.includes(own) ? own : null;
    const aggregated = outer.aggregates.some((call) => call.start <= ref.start && ref.end <= call.end);
    if (aggregate && !aggregated) return null;
    const value = aggregate ? soleArgument(aggregate) : own;
    if (!value || (!aggregated && value.kind !== 'column')) return null;
    const text = qualify(statement, value);
    if (!text) return null;
    edits.replace(ref, text);
    nameAfter(statement, ref, value, edits);
  }
  for (const call of outer.aggregates) {
    const unnamed = itemNamedBy(statement, call);
    if (unnamed && (statement.dialect === 'mysql' || statement.dialect === 'mariadb')) edits.fail();
  }
  return edits;
}

/** The column of the result keeps the name that the derived table gave it. */
function nameAfter(
  statement: AnalyzedStatement,
  ref: ColumnRef,
  value: Expression,
  edits: ReturnType<typeof editing>,
): void {
  const item = itemNamedBy(statement, ref);
  const name = ref.parts.at(-1)?.name ?? '';
  if (!item || unwrapParens(item.expression) !== ref) return;
  if (value.kind === 'column' && value.parts.at(-1)?.name === name) return;
  edits.insert(item.end, sql` AS ${identifier(name, statement.dialect)}`);
}
