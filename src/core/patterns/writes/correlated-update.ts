import type { Assignment, Expression, FunctionCall } from '../../sql/ast.ts';
import { keyCoveredByEquality } from '../../sql/properties/keys.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { sameEqualitySemantics, typeOf } from '../../sql/properties/types.ts';
import { dependsOnRowOrder, isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Conjunct } from '../../sql/query-model.ts';
import { isTrivia } from '../../sql/tokens.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { type Fragment, joinFragments, source, sql } from '../../sql/writing/fragment.ts';
import { identifier, inventName } from '../../sql/writing/identifiers.ts';
import { QueryCopy } from '../../sql/writing/query-copy.ts';
import { tokensWithin } from '../../sql/writing/ranges.ts';
import { qualify } from '../../sql/writing/rebase.ts';
import { type Correlation, correlationOf } from '../correlation.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { isPlainSelect } from '../subquery-shape.ts';
import { addRelation, allOf, joinObstacle, type PlainWrite, plainWrite, readsTarget } from './plain-write.ts';

/** A value of SET that is a correlated subquery. */
interface Looked {
  readonly assignment: Assignment;
  readonly holder: Expression;
  readonly block: Block;
  readonly correlation: Correlation;
  /** rows of the subquery and how they hang on the target: equal for subqueries that see the same rows */
  readonly signature: string;
}

/**
 * `UPDATE t SET c = (SELECT agg(s.v) FROM s WHERE s.k = t.id) WHERE EXISTS (SELECT 1 FROM s WHERE s.k = t.id)`.
 *
 * Without the EXISTS, rows that meet nothing are set to NULL, which no join does: then there is no rewrite. With it,
 * exactly the rows that a grouped derived table has a row for are written, each with the value of its group.
 */
export const correlatedUpdateToJoin: Pattern = {
  id: 'correlated-update-to-join',
  title: 'UPDATE from a correlated subquery: join a derived table',
  category: 'writes',
  engines: allEngines(
    'When many rows are written: the subquery and its EXISTS run for each of them (measured 3.6 times on PostgreSQL 15, 5.6 times on MariaDB 10.11); few rows and an index on the key make them cheap.',
  ),
  severity: 'warning',
  description:
    'The subquery that gives the new value and the EXISTS that asks for the same rows run again for every row that is written. One pass over the other table gives all values, and a join picks the right one.',
  source:
    'https://www.postgresql.org/docs/current/sql-update.html; measured on PostgreSQL 15 and MariaDB 10.11',
  precondition:
    'WHERE has an EXISTS or IN over the same rows as the subquery (or a foreign key that is NOT NULL says that there is always one); the subquery gives one value per key (an aggregate, or a unique key), and keys compare alike on both sides.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY, spent numeric); CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total numeric);',
    before: `UPDATE customers c
SET spent = (SELECT sum(o.total) FROM orders o WHERE o.customer_id = c.id)
WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id);`,
    after: `UPDATE customers c
SET spent = matched.sum_total
FROM (SELECT o.customer_id, sum(o.total) AS sum_total FROM orders o GROUP BY o.customer_id) matched
WHERE matched.customer_id = c.id;`,
  },
  rewrites: true,
  needs: ['write', 'update'],
  *find(statement) {
    for (const write of statement.writes) {
      const plain = plainWrite(write);
      if (plain?.node.kind !== 'update') continue;
      const looked = plain.node.assignments.flatMap((one) => lookedUp(statement, one) ?? []);
      const [first] = looked;
      if (first) yield matchOf(statement, plain, first, looked);
    }
  },
};

function lookedUp(statement: AnalyzedStatement, assignment: Assignment): Looked | null {
  const holder = unwrapParens(assignment.value);
  if (holder.kind !== 'subquery' || assignment.targets.length !== 1) return null;
  const block = statement.blocks.find((one) => one.holder === holder);
  const correlation = block ? correlationOf(statement, block) : null;
  if (!block || !correlation || correlation.outer.kind !== 'write' || correlation.keys.length === 0)
    return null;
  if (correlation.other.length > 0 || block.select.items.length !== 1) return null;
  return { assignment, holder, block, correlation, signature: signatureOf(statement, block, correlation) };
}

function signatureOf(statement: AnalyzedStatement, block: Block, { keys, local }: Correlation): string {
  const pairs = keys.map((key) => `${nameOf(statement, key.inner)}=${nameOf(statement, key.outer)}`);
  return signature(statement, block, pairs, local);
}

function signature(
  statement: AnalyzedStatement,
  block: Block,
  pairs: readonly string[],
  local: readonly Conjunct[],
): string {
  const from = block.select.from.map((item) => wordsOf(statement, item)).join(',');
  const filters = local.map((one) => wordsOf(statement, one.expression)).sort();
  return JSON.stringify([from, [...pairs].sort(), filters]);
}

function wordsOf(statement: AnalyzedStatement, range: { start: number; end: number }): string {
  const tokens = tokensWithin(statement.tokens, range).filter((token) => !isTrivia(token));
  return tokens.map((token) => token.upper || token.text).join(' ');
}

/** A column by its source, whether it is written with it or not. */
function nameOf(statement: AnalyzedStatement, expression: Expression): string {
  const column = expression.kind === 'column' ? statement.resolve(expression) : null;
  return column ? `${column.source.alias}.${column.name}` : wordsOf(statement, expression);
}

/** The conjunct that is true for just the rows that the subquery has rows for. */
function guardOf(statement: AnalyzedStatement, { write }: PlainWrite, wanted: string): Conjunct | null {
  for (const conjunct of write.where) {
    const test = unwrapParens(conjunct.expression);
    if (test.kind !== 'exists' && !(test.kind === 'in' && test.query && !test.negated)) continue;
    const block = statement.blocks.find((one) => one.holder === test);
    if (!block || !isPlainSelect(block) || !isDeterministic(block.query, statement)) continue;
    const correlation = correlationOf(statement, block);
    if (!correlation || correlation.other.length > 0) continue;
    if (test.kind === 'exists') {
      if (signatureOf(statement, block, correlation) === wanted) return conjunct;
      continue;
    }
    const [item] = block.select.items;
    if (test.kind !== 'in' || !item || block.select.items.length > 1) continue;
    const pair = `${nameOf(statement, item.expression)}=${nameOf(statement, unwrapParens(test.operand))}`;
    if (correlation.keys.length === 0 && signature(statement, block, [pair], correlation.local) === wanted)
      return conjunct;
  }
  return null;
}

function matchOf(
  statement: AnalyzedStatement,
  plain: PlainWrite,
  first: Looked,
  looked: readonly Looked[],
): Match {
  const message = `The subquery runs again for every row of ${plain.target.alias} that is written. Compute its values once per key and join them.`;
  const guard = guardOf(statement, plain, first.signature);
  const always = guard === null && looked.every((one) => alwaysFinds(statement, plain, one));
  const obstacle =
    guard || always
      ? obstacleOf(statement, plain, first, looked)
      : 'rows that the subquery has no row for are set to NULL: without WHERE EXISTS (the same rows) a join would leave them alone';
  if (obstacle !== null) return blocked(first.holder, message, obstacle);
  const edits = () => editsOf(statement, plain, looked, guard);
  const assumption = guard
    ? 'EXISTS lets through just the rows that the derived table has one row for'
    : 'by its foreign key every row has just one row in the other table';
  return dependsOnEvaluation(statement, looked)
    ? offerToTest(first.holder, message, edits, assumption)
    : offer(first.holder, message, edits, assumption);
}

/** The correlation is a foreign key that cannot be NULL, and nothing else filters: there is a row for each. */
function alwaysFinds(
  statement: AnalyzedStatement,
  { target }: PlainWrite,
  { block, correlation }: Looked,
): boolean {
  const [key, ...more] = correlation.keys;
  if (!key || more.length > 0 || correlation.local.length > 0 || !isKeyed(statement, block)) return false;
  const [inner, outer] = [key.inner, key.outer].map((side) =>
    side.kind === 'column' ? statement.resolve(side) : null,
  );
  const parent = inner?.table;
  if (!parent || !inner.column || outer?.source !== target || !outer.notNull || !outer.column) return false;
  if (parent.rowSecurity || (parent.kind !== 'table' && parent.kind !== 'partitioned')) return false;
  const { node } = inner.source;
  if (node.kind !== 'table' || node.only || node.modifiers.length > 0) return false;
  const { column } = outer;
  return (target.table?.foreignKeys ?? []).some(
    ({ validated, deferrable, columns, references }) =>
      validated &&
      !deferrable &&
      columns.length === 1 &&
      columns[0] === column.name &&
      references.table === parent.name &&
      references.schema === parent.schema &&
      references.columns[0] === inner.column?.name,
  );
}

function obstacleOf(
  statement: AnalyzedStatement,
  plain: PlainWrite,
  first: Looked,
  looked: readonly Looked[],
): string | null {
  const obstacle = joinObstacle(statement, plain);
  if (obstacle !== null) return obstacle;
  if (looked.some((one) => one.signature !== first.signature)) return 'the subqueries read different rows';
  for (const { block, correlation } of looked) {
    if (!isDeterministic(block.query, statement)) return 'the subquery calls a volatile function';
    if (dependsOnRowOrder(block.query)) return 'what the subquery gives depends on the order of its rows';
    if (statement.dialect !== 'postgresql' && readsTarget(statement, block, plain.target))
      return 'the subquery reads the table that is written';
    if (block.sources.some((one) => one.kind !== 'table' || one.lateral))
      return 'a relation of the subquery is no table';
    for (const key of correlation.keys) {
      if (!sameEqualitySemantics(typeOf(key.inner, statement), typeOf(key.outer, statement)))
        return 'the two sides of the correlation compare by different rules';
    }
    if (!isGrouped(block) && !isKeyed(statement, block))
      return 'the subquery may have several rows for a key';
  }
  return new Set(looked.map((one) => isGrouped(one.block))).size > 1
    ? 'some of the subqueries aggregate and others do not'
    : null;
}

/** One aggregate over all rows of the key. */
function isGrouped(block: Block): boolean {
  const { select, query } = block;
  return (
    query.body === select &&
    block.aggregates.length > 0 &&
    block.windows.length === 0 &&
    select.groupBy === null &&
    select.having === null &&
    select.distinct === null &&
    select.top === null &&
    query.with === null &&
    query.orderBy.length === 0 &&
    query.limit === null
  );
}

/** A unique key of the only table is fixed by the correlation. */
function isKeyed(statement: AnalyzedStatement, block: Block): boolean {
  const [table, ...more] = block.sources;
  return (
    table !== undefined &&
    more.length === 0 &&
    isPlainSelect(block) &&
    block.select.distinct === null &&
    keyCoveredByEquality(table, block.where, statement) !== null
  );
}

/** What raises may raise for rows that are not written, and sums of floats depend on their order. */
function dependsOnEvaluation(statement: AnalyzedStatement, looked: readonly Looked[]): boolean {
  return looked.some(
    ({ block }) =>
      canRaise(block.query, statement) || block.aggregates.some((call) => isOfFloats(statement, call)),
  );
}

function isOfFloats(statement: AnalyzedStatement, call: FunctionCall): boolean {
  if (call.function !== 'sum' && call.function !== 'avg') return false;
  const family = call.args[0] && typeOf(call.args[0].value, statement)?.family;
  return family === undefined || family === 'float';
}

function editsOf(
  statement: AnalyzedStatement,
  plain: PlainWrite,
  looked: readonly Looked[],
  guard: Conjunct | null,
) {
  const [first] = looked;
  if (!first) return null;
  const { dialect } = statement;
  const { block, correlation } = first;
  const taken: string[] = [];
  const invent = (base: string): string => {
    const name = inventName(statement, base, taken);
    taken.push(name);
    return name;
  };
  const alias = identifier(invent('matched'), dialect);
  const keys = correlation.keys.map((key) => {
    const natural = key.inner.kind === 'column' ? (key.inner.parts.at(-1)?.name ?? 'key') : 'key';
    const isFree =
      plain.target.columns?.every((column) => column.name !== natural) && !taken.includes(natural);
    if (key.inner.kind === 'column' && isFree) taken.push(natural);
    const name = key.inner.kind === 'column' && isFree ? natural : invent(`${natural}_key`);
    return {
      key,
      name,
      item:
        name === natural
          ? source(statement, key.inner)
          : sql`${source(statement, key.inner)} AS ${identifier(name, dialect)}`,
    };
  });
  const values = looked.map((one) => {
    const [item] = one.block.select.items;
    const name = invent(valueBase(statement, one.block));
    return (
      item && {
        holder: one.holder,
        name,
        item: sql`${source(statement, item.expression)} AS ${identifier(name, dialect)}`,
      }
    );
  });
  const copy = new QueryCopy(statement, block)
    .selectList(joinFragments([...keys.map((one) => one.item), ...values.flatMap((one) => one?.item ?? [])]))
    .withoutConjuncts(correlation.keys.map((one) => one.conjunct));
  if (isGrouped(block)) {
    copy.append(sql` GROUP BY ${joinFragments(correlation.keys.map((key) => source(statement, key.inner)))}`);
  }
  const derived = copy.moved();
  const equalities = keys.map(({ key, name }): Fragment | null => {
    const outer = qualify(statement, key.outer);
    return outer && sql`${alias}.${identifier(name, dialect)} = ${outer}`;
  });
  const on = equalities.filter((one) => one !== null);
  if (!derived || on.length < equalities.length) return null;
  const edits = editing(statement);
  for (const value of values) {
    if (value) edits.replace(value.holder, sql`${alias}.${identifier(value.name, dialect)}`);
  }
  const relation = sql`(${derived}) ${alias}`;
  if (dialect === 'postgresql') {
    addRelation(statement, edits, plain, relation, null);
    if (guard) edits.replaceConjunct(guard, allOf(on));
    else edits.addConjunct(plain.write, allOf(on));
    return edits.done();
  }
  addRelation(statement, edits, plain, relation, allOf(on));
  if (guard) edits.removeConjunct(guard);
  return edits.done();
}

/** sum_total for sum(o.total), the column's own name for a plain one. */
function valueBase(statement: AnalyzedStatement, block: Block): string {
  const [item] = block.select.items;
  const inner = item ? unwrapParens(item.expression) : null;
  if (inner?.kind === 'column') return `${inner.parts.at(-1)?.name ?? 'value'}_value`;
  if (inner?.kind !== 'call') return 'value';
  const argument = inner.args[0] ? unwrapParens(inner.args[0].value) : null;
  if (inner.star || argument?.kind !== 'column') return `${inner.function}_${inner.star ? 'rows' : 'value'}`;
  return `${inner.function}_${statement.resolve(argument)?.name ?? 'value'}`;
}
