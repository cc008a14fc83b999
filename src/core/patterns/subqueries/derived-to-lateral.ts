import type { Expression } from '../../sql/ast.ts';
import { isLocked } from '../../sql/properties/locking.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { sameEqualitySemantics, typeOf } from '../../sql/properties/types.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Conjunct, Source } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { type Fragment, joinFragments, source, sql } from '../../sql/writing/fragment.ts';
import { identifier } from '../../sql/writing/identifiers.ts';
import { QueryCopy } from '../../sql/writing/query-copy.ts';
import { qualify } from '../../sql/writing/rebase.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { EngineSupport, Pattern } from '../pattern.ts';
import { capturesNames } from '../subquery-shape.ts';
import { groupedBlock, groupingExpression } from './grouped-source.ts';
import { plainText } from './shared-shape.ts';

const PAYS =
  'when the filters around it leave few rows and an index begins with the grouping column: only the groups that are joined are computed';

const LATERAL_ENGINES: readonly EngineSupport[] = [
  { dialect: 'postgresql', pays: PAYS },
  { dialect: 'mysql', from: 8, pays: PAYS },
];

/** A grouped derived table that is joined by its grouping column. */
interface GroupedJoin {
  readonly outer: Block;
  readonly derived: Source;
  readonly inner: Block;
  readonly inside: Expression;
  readonly outside: Expression;
  /** the source of `outside` */
  readonly driver: Source;
  /** filters on the driver alone */
  readonly filters: readonly Conjunct[];
}

/**
 * Matches `o JOIN (SELECT k, sum(x) FROM items GROUP BY k) t ON t.k = o.id WHERE <filter on o>`.
 *
 * All groups are computed, and a few of them are joined. LATERAL computes the groups of the rows that are there.
 */
export const derivedToLateral: Pattern = {
  id: 'grouped-derived-to-lateral',
  title: 'Grouped derived table joined to a few rows: LATERAL',
  category: 'subqueries',
  engines: LATERAL_ENGINES,
  severity: 'info',
  description:
    'The derived table groups all of its rows before it is joined, though the filters of the query leave few rows to join it with. LATERAL computes only the groups of these.',
  source:
    'Seshadri et al., "Cost-based optimization for magic", SIGMOD 1996; measured 6.5 and 15.7 times on PostgreSQL 15',
  precondition:
    'An inner join (by ON or WHERE), or a left join to the derived table, by equality with the grouping column; types that compare alike, and a filter on the other side.',
  example: {
    schema:
      'CREATE TABLE orders (id int PRIMARY KEY, branch int NOT NULL); CREATE TABLE items (order_id int NOT NULL, quantity int NOT NULL);',
    before: `SELECT o.id, t.pieces
FROM orders o
JOIN (SELECT i.order_id, sum(i.quantity) AS pieces FROM items i GROUP BY i.order_id) t ON t.order_id = o.id
WHERE o.branch = 7;`,
    after: `SELECT o.id, t.pieces
FROM orders o
JOIN LATERAL (SELECT i.order_id, sum(i.quantity) AS pieces FROM items i WHERE i.order_id = o.id GROUP BY i.order_id) t ON t.order_id = o.id
WHERE o.branch = 7;`,
  },
  rewrites: true,
  needs: ['query in from', 'join step'],
  *find(statement) {
    for (const one of groupedJoins(statement)) {
      const { derived, inner, outside, inside, driver } = one;
      // LATERAL sees what stands before it
      if (driver.node.start > derived.node.start) continue;
      const message = `${derived.alias} groups all rows, but only the groups of a few rows of ${driver.alias} are joined. LATERAL computes just these.`;
      const why = obstacle(statement, one);
      if (why !== null) {
        yield blocked(derived.node, message, why);
        continue;
      }
      const condition = sql`${source(statement, inside)} = ${qualify(statement, outside) ?? source(statement, outside)}`;
      const edits = () =>
        editing(statement).insert(derived.node.start, sql`LATERAL `).addConjunct(inner, condition).done();
      const give = canRaise(inner.query, statement) ? offerToTest : offer;
      yield give(derived.node, message, edits, joinedByKey(statement, one));
    }
  },
};

/**
 * Matches the same join, and restricts the derived table by a semi-join with the filtered rows: what magic sets do, where there is no
 * LATERAL or where many groups are left.
 */
export const magicSetFilter: Pattern = {
  id: 'magic-set-filter',
  title: 'Grouped derived table: only the groups that the filtered rows ask for',
  category: 'subqueries',
  engines: allEngines(
    'when the filter leaves a small part of the keys and the derived table is large; the filtered table is read twice',
  ),
  severity: 'info',
  description:
    'The derived table groups all of its rows, though the filter of the query leaves few keys to join it by. A semi-join with the filtered rows inside leaves the other groups out before they are computed.',
  source:
    'Mumick, Finkelstein, Pirahesh and Ramakrishnan, "Magic is relevant", SIGMOD 1990; measured 32 times on PostgreSQL 15',
  precondition:
    'An inner join in any order (by ON or WHERE), or a left join to the derived table, by equality with the grouping column; types that compare alike, and a deterministic filter on the other table alone.',
  example: {
    schema:
      'CREATE TABLE orders (id int PRIMARY KEY, branch int NOT NULL); CREATE TABLE items (order_id int NOT NULL, quantity int NOT NULL);',
    before: `SELECT o.id, t.pieces
FROM orders o
JOIN (SELECT i.order_id, sum(i.quantity) AS pieces FROM items i GROUP BY i.order_id) t ON t.order_id = o.id
WHERE o.branch = 7;`,
    after: `SELECT o.id, t.pieces
FROM orders o
JOIN (SELECT i.order_id, sum(i.quantity) AS pieces FROM items i WHERE i.order_id IN (SELECT o.id FROM orders o WHERE o.branch = 7) GROUP BY i.order_id) t ON t.order_id = o.id
WHERE o.branch = 7;`,
  },
  rewrites: true,
  needs: ['query in from', 'join step'],
  *find(statement) {
    for (const one of groupedJoins(statement)) {
      const { derived, inner, driver } = one;
      const { node } = driver;
      const readable =
        (driver.kind === 'table' || driver.kind === 'cte') &&
        node.kind === 'table' &&
        node.modifiers.length === 0;
      if (!readable || one.filters.length === 0) continue;
      const message = `${derived.alias} groups all rows, but only the groups of the filtered rows of ${driver.alias} are joined. Ask for their keys inside.`;
      const condition = magicCondition(statement, one);
      if (!condition || isThere(statement, inner, condition)) continue;
      const why = obstacle(statement, one);
      if (why !== null) {
        yield blocked(derived.node, message, why);
        continue;
      }
      const raises = one.filters.some(({ expression }) => canRaise(expression, statement));
      const give = raises || canRaise(inner.query, statement) ? offerToTest : offer;
      yield give(
        derived.node,
        message,
        () => editing(statement).addConjunct(inner, condition).done(),
        joinedByKey(statement, one),
      );
    }
  },
};

function joinedByKey(statement: AnalyzedStatement, { inside, outside }: GroupedJoin): string {
  const text = (e: Expression): string => statement.text.slice(e.start, e.end);
  return `${text(inside)} is a grouping column and equals ${text(outside)} in every joined row`;
}

function* groupedJoins(statement: AnalyzedStatement): Generator<GroupedJoin> {
  for (const outer of statement.blocks) {
    for (const derived of outer.sources) {
      const inner = groupedBlock(statement, derived);
      if (!inner || inner.outerReferences.length > 0) continue;
      const found = joinOf(statement, outer, derived, inner);
      if (found) yield found;
    }
  }
}

/**
 * The conditions that every row of the derived table must meet with a row of another table to be seen: the ON that joins
 * it to what stands before it, and where it is not null-supplied, the ON of each inner join and WHERE.
 */
function conditionsOn(outer: Block, derived: Source): readonly Conjunct[] {
  const own = outer.joins.filter(
    ({ type, node, right }) =>
      (type === 'inner' || type === 'left') && node !== null && right.length === 1 && right[0] === derived,
  );
  if (derived.nullSupplied) return own.flatMap(({ on }) => on);
  const inner = outer.joins.filter((step) => step.type === 'inner' && !own.includes(step));
  return [...[...own, ...inner].flatMap(({ on }) => on), ...outer.where];
}

/** An equality with a grouping column, and the filters on the table of its other side. */
function joinOf(
  statement: AnalyzedStatement,
  outer: Block,
  derived: Source,
  inner: Block,
): GroupedJoin | null {
  for (const { expression } of conditionsOn(outer, derived)) {
    if (expression.kind !== 'binary' || expression.operator !== '=') continue;
    const left = unwrapParens(expression.left);
    const right = unwrapParens(expression.right);
    for (const [own, outside] of [
      [left, right],
      [right, left],
    ] as const) {
      const meant = outside.kind === 'column' ? statement.resolve(outside) : null;
      if (!meant || meant.source === derived || meant.source.block !== outer || meant.source.nullSupplied)
        continue;
      const inside = groupingExpression(statement, inner, derived, own);
      if (!inside) continue;
      const driver = meant.source;
      const filters = outer.where.filter((one) => isFilterOn(statement, one, driver));
      if (filters.length > 0) return { outer, derived, inner, inside, outside, driver, filters };
    }
  }
  return null;
}

function isFilterOn(statement: AnalyzedStatement, conjunct: Conjunct, driver: Source): boolean {
  return (
    conjunct.sources.length === 1 &&
    conjunct.sources[0] === driver &&
    conjunct.resolved &&
    !conjunct.correlated &&
    !conjunct.hasSubquery &&
    isDeterministic(conjunct.expression, statement)
  );
}

function obstacle(
  statement: AnalyzedStatement,
  { outer, inner, inside, outside }: GroupedJoin,
): string | null {
  if (!sameEqualitySemantics(typeOf(inside, statement), typeOf(outside, statement)))
    return 'the two sides of the join compare by different rules';
  if (!isDeterministic(inner.query, statement)) return 'the derived table calls a volatile function';
  if (inner.query.with !== null) return 'the derived table has a WITH of its own';
  if (isLocked(outer)) return 'the rows are locked with FOR UPDATE';
  return capturesNames(statement, outside, inner)
    ? 'a name of the other table means something else inside'
    : null;
}

/** `i.order_id IN (SELECT o.id FROM orders o WHERE o.branch = 7)`. */
function magicCondition(
  statement: AnalyzedStatement,
  { inside, outside, driver, filters }: GroupedJoin,
): Fragment | null {
  const conditions = filters.map(({ range }) => source(statement, range));
  const all = joinFragments(conditions, sql` AND `);
  const name = outside.kind === 'column' ? outside.parts.at(-1)?.name : undefined;
  if (name === undefined) return null;
  const key = qualify(statement, outside) ?? identifier(name, statement.dialect);
  return sql`${source(statement, inside)} IN (SELECT ${key} FROM ${source(statement, driver.node)} WHERE ${all})`;
}

function isThere(statement: AnalyzedStatement, inner: Block, condition: Fragment): boolean {
  const wanted = plainText(condition);
  const copy = new QueryCopy(statement, inner).done();
  return copy !== null && plainText(copy).includes(wanted);
}
