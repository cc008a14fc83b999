import type { Expression, FunctionCall, SelectItem, Star } from '../../sql/ast.ts';
import { isNullFrom, rejects } from '../../sql/properties/not-null.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { sameEqualitySemantics, typeOf } from '../../sql/properties/types.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Conjunct } from '../../sql/query-model.ts';
import { unwrapParens, walk } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import {
  type Fragment,
  joinFragments,
  lineBreak,
  source,
  sql,
  verbatim,
} from '../../sql/writing/fragment.ts';
import { aliasOf, identifier, inventName } from '../../sql/writing/identifiers.ts';
import { QueryCopy } from '../../sql/writing/query-copy.ts';
import { qualify } from '../../sql/writing/rebase.ts';
import { type Correlation, correlationOf, isWithin } from '../correlation.ts';
import { allEngines } from '../engines.ts';
import type { Match, Pattern, Rewrite } from '../pattern.ts';
import { itemNamedBy, mayBeRepeated } from '../select-item.ts';

/** Where the subquery stands: what follows for the join that replaces it. */
type Place = { readonly kind: 'where'; readonly conjunct: Conjunct } | { readonly kind: 'select' };

/** A correlated aggregate that can be computed once per key. */
interface Candidate {
  readonly block: Block;
  readonly outer: Block;
  readonly holder: Expression;
  readonly item: SelectItem;
  readonly correlation: Correlation;
  readonly place: Place;
}

/**
 * Matches `x op (SELECT agg(y) FROM t WHERE t.k = outer.k AND …)` in WHERE or in the select list.
 *
 * The subquery runs once for each outer row. The same values come from one grouped derived table, joined on the key.
 * An outer row without a group gives NULL, which is what the aggregate of no rows is, except for COUNT, which is 0: it
 * gets COALESCE ("the count bug" [Kim, "On optimizing an SQL-like nested query", ACM TODS 1982; Ganski and Wong,
 * SIGMOD 1987]). Grouping makes the key unique, so the join adds no rows, whatever duplicates the outer side has.
 */
export const correlatedAggregateToJoin: Pattern = {
  id: 'correlated-aggregate-to-join',
  title: 'Correlated aggregate: compute it once per key and join',
  category: 'subqueries',
  engines: allEngines(
    'when many outer rows remain and the subquery has no index on its key, or keys repeat; an index and few outer rows make the subquery cheap',
  ),
  severity: 'warning',
  description:
    'A subquery that aggregates the rows of the current outer row runs again for every outer row. One grouped pass over the table gives all values at once, and a join picks the right one.',
  source: 'Galindo-Legaria and Joshi, "Orthogonal optimization of subqueries and aggregation", SIGMOD 2001',
  precondition:
    'The subquery is one aggregate over equality-correlated rows, key types compare equal in the same way on both sides, and nothing in it is volatile or depends on order.',
  example: {
    schema:
      'CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, total numeric(10,2) NOT NULL);',
    before: `SELECT o.id
FROM orders o
WHERE o.total > (SELECT avg(o2.total) FROM orders o2 WHERE o2.customer_id = o.customer_id);`,
    after: `SELECT o.id
FROM orders o
JOIN (
  SELECT o2.customer_id, avg(o2.total) AS avg_total FROM orders o2 GROUP BY o2.customer_id
) avg_by_customer_id ON avg_by_customer_id.customer_id = o.customer_id
WHERE o.total > avg_by_customer_id.avg_total;`,
  },
  rewrites: true,
  *find(statement) {
    for (const block of statement.blocks) {
      const candidate = candidateOf(statement, block);
      if (candidate) yield matchOf(statement, candidate);
    }
  },
};

function candidateOf(statement: AnalyzedStatement, block: Block): Candidate | null {
  if (block.role !== 'scalar' || !isPlainAggregate(block)) return null;
  const [item] = block.select.items;
  const holder = block.holder as Expression | null;
  const correlation = correlationOf(statement, block);
  if (!item || !holder || correlation?.outer.kind !== 'select' || correlation.keys.length === 0) return null;
  const outer = correlation.outer as Block;
  const place = placeOf(statement, outer, holder);
  return place && correlation.other.length === 0 ? { block, outer, holder, item, correlation, place } : null;
}

/** `SELECT agg(…) FROM … WHERE …` and nothing else. */
function isPlainAggregate(block: Block): boolean {
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
function placeOf(statement: AnalyzedStatement, outer: Block, holder: Expression): Place | null {
  if (statement.scopeOf(holder) !== outer) return null;
  const conjunct = outer.where.find((c) => c.range.start <= holder.start && holder.end <= c.range.end);
  if (conjunct) return { kind: 'where', conjunct };
  const inList = outer.select.items.some((item) => item.start <= holder.start && holder.end <= item.end);
  return inList && !outer.grouped ? { kind: 'select' } : null;
}

function matchOf(statement: AnalyzedStatement, candidate: Candidate): Match {
  const { holder, item, correlation } = candidate;
  const keys = correlation.keys.map((key) => statement.text.slice(key.inner.start, key.inner.end)).join(', ');
  const value = statement.text.slice(item.expression.start, item.expression.end);
  const blockedBy = obstacle(statement, candidate);
  return {
    range: { start: holder.start, end: holder.end },
    message: `${value} is computed again for every outer row. Compute it once for each ${keys} in a grouped derived table and join that.`,
    rewrite: blockedBy === null ? rewriteOf(statement, candidate) : null,
    ...(blockedBy === null ? {} : { blockedBy }),
  };
}

/** Why the rewrite would not be sound, or null. */
function obstacle(
  statement: AnalyzedStatement,
  { block, outer, holder, item, correlation }: Candidate,
): string | null {
  if (!isDeterministic(block.query, statement)) return 'the subquery calls a volatile function';
  if (outer.query.locking.length > 0) return 'the rows are locked with FOR UPDATE';
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

function rewriteOf(statement: AnalyzedStatement, candidate: Candidate): Rewrite | null {
  const { block, outer, holder, item, correlation, place } = candidate;
  const { dialect } = statement;
  const aggregate = block.aggregates[0];
  const valueName = inventName(statement, valueBase(statement, aggregate));
  const keyNames = namesOfKeys(statement, candidate, [valueName]);
  const first = correlation.keys[0];
  const alias = inventName(
    statement,
    `${aggregate?.function ?? 'value'}_by_${first ? lastName(first.inner) : 'key'}`,
    [valueName, ...keyNames],
  );

  const list = joinFragments([
    ...correlation.keys.map((key, i) => keyItem(statement, key.inner, keyNames[i] ?? 'key')),
    sql`${source(statement, item.expression)} AS ${identifier(valueName, dialect)}`,
  ]);
  const groupBy = joinFragments(correlation.keys.map((key) => source(statement, key.inner)));
  const derived = new QueryCopy(statement, block)
    .selectList(list)
    .withoutConjuncts(correlation.keys.map((key) => key.conjunct))
    .append(
      startsOwnLine(statement, block) ? sql`${lineBreak()}GROUP BY ${groupBy}` : sql` GROUP BY ${groupBy}`,
    )
    .moved();
  if (!derived) return null;

  const on = joinFragments(
    correlation.keys.map(
      (key, i) =>
        sql`${identifier(alias, dialect)}.${identifier(keyNames[i] ?? 'key', dialect)} = ${qualify(statement, key.outer) ?? source(statement, key.outer)}`,
    ),
    sql` AND `,
  );
  const onNoRows = valueOnNoRows(item.expression);
  const column = sql`${identifier(alias, dialect)}.${identifier(valueName, dialect)}`;
  const value =
    onNoRows === 'null'
      ? column
      : sql`coalesce(${column}, ${typeof onNoRows === 'object' ? source(statement, onNoRows.value) : verbatim('0')})`;
  const dropsRows =
    onNoRows === 'null' && place.kind === 'where' && rejectsNullValue(statement, place.conjunct, holder);
  const edits = editing(statement);
  edits.addJoin(
    outer,
    outer.sources.filter((s) => correlation.keys.some((key) => mentions(statement, key.outer, s))),
    dropsRows
      ? sql`JOIN (
        ${derived}
      ) ${identifier(alias, dialect)} ON ${on}`
      : sql`LEFT JOIN (
        ${derived}
      ) ${identifier(alias, dialect)} ON ${on}`,
  );
  edits.replace(holder, value);
  const unnamed = itemNamedBy(statement, holder);
  const name = block.outputs[0]?.name;
  if (unnamed && name) edits.insert(unnamed.end, sql` AS ${identifier(name, dialect)}`);
  expandStars(statement, outer, edits);
  const done = edits.done();
  if (!done) return null;
  const raising = canRaise(block.query, statement);
  return {
    edits: done,
    assumptions: [
      `${correlation.keys.map((key) => statement.text.slice(key.inner.start, key.inner.end)).join(', ')} is the grouping key, so each outer row meets at most one group`,
    ],
    soundness: raising ? 'likely' : 'proved',
  };
}

/** What the item is when no row matches: NULL, 0 (a bare count), a constant (COALESCE), or not known. */
function valueOnNoRows(expression: Expression): 'null' | 'zero' | { readonly value: Expression } | 'unknown' {
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
function rejectsNullValue(statement: AnalyzedStatement, conjunct: Conjunct, holder: Expression): boolean {
  return rejects(conjunct.expression, statement, (e) =>
    isNullFrom(e, statement, (part) => unwrapParens(part) === holder),
  );
}

/** `o.customer_id`, with an alias only where the plain name would be ambiguous outside. */
function keyItem(statement: AnalyzedStatement, key: Expression, name: string): Fragment {
  return key.kind === 'column' && lastName(key) === name
    ? source(statement, key)
    : sql`${source(statement, key)} AS ${identifier(name, statement.dialect)}`;
}

/** The keys' own column names where nobody outside uses them without qualification, else new ones. */
function namesOfKeys(
  statement: AnalyzedStatement,
  { correlation, block }: Candidate,
  taken: readonly string[],
): string[] {
  const names: string[] = [];
  for (const key of correlation.keys) {
    const natural = lastName(key.inner);
    const free =
      key.inner.kind === 'column' && !names.includes(natural) && !usedBare(statement, natural, block);
    names.push(free ? natural : inventName(statement, `${natural}_key`, [...taken, ...names]));
  }
  return names;
}

/** An unqualified reference of that name stands outside of the subquery. */
function usedBare(statement: AnalyzedStatement, name: string, block: Block): boolean {
  let used = false;
  walk(statement.tree, (node) => {
    if (node.kind !== 'column' || node.parts.length > 1 || node.parts[0].name !== name) return;
    const column = statement.resolve(node);
    if (!column || !isWithin(column.source.block, block)) used = true;
  });
  return used;
}

function lastName(expression: Expression): string {
  const inner = unwrapParens(expression);
  return inner.kind === 'column' ? (inner.parts.at(-1)?.name ?? 'key') : 'key';
}

/** avg_total for avg(o.total). */
function valueBase(statement: AnalyzedStatement, aggregate: FunctionCall | undefined): string {
  if (!aggregate) return 'value';
  const [argument] = aggregate.args;
  if (aggregate.star || !argument) return `${aggregate.function}_rows`;
  const inner = unwrapParens(argument.value);
  const text = inner.kind === 'column' ? lastName(inner) : statement.text.slice(inner.start, inner.end);
  return text.length <= 24 ? `${aggregate.function}_${text}` : `${aggregate.function}_value`;
}

function startsOwnLine(statement: AnalyzedStatement, block: Block): boolean {
  return statement.text.slice(block.select.start, block.select.end).includes('\n');
}

function mentions(
  statement: AnalyzedStatement,
  expression: Expression,
  of: Block['sources'][number],
): boolean {
  let found = false;
  walk(expression, (node) => {
    if (node.kind === 'column' && statement.resolve(node)?.source === of) found = true;
  });
  return found;
}

/** `SELECT *` must not show the joined columns: it becomes `a.*, b.*`. */
function expandStars(statement: AnalyzedStatement, outer: Block, edits: ReturnType<typeof editing>): void {
  for (const item of outer.select.items) {
    if (item.expression.kind !== 'star' || (item.expression as Star).qualifier.length > 0) continue;
    if (outer.joins.some((join) => join.using !== null)) {
      edits.fail();
      return;
    }
    edits.replace(
      item.expression,
      joinFragments(outer.sources.map((s) => sql`${aliasOf(s, statement.dialect)}.*`)),
    );
  }
}
