import type { Expression } from '../../sql/ast.ts';
import { keysOf } from '../../sql/properties/keys.ts';
import { isLocked } from '../../sql/properties/locking.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { sameEqualitySemantics, typeOf } from '../../sql/properties/types.ts';
import { referencesTo } from '../../sql/properties/usage.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, JoinStep, ResolvedColumn, Source } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { sql, verbatim } from '../../sql/writing/fragment.ts';
import { QueryCopy } from '../../sql/writing/query-copy.ts';
import { tokensWithin } from '../../sql/writing/ranges.ts';
import { qualify } from '../../sql/writing/rebase.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';

/** A derived table of one distinct column that is joined by it and used for nothing else. */
interface KeyFilter {
  readonly outer: Block;
  readonly derived: Source;
  readonly inner: Block;
  readonly step: JoinStep;
  readonly outside: Expression;
  readonly own: ResolvedColumn;
}

/**
 * Matches `JOIN (SELECT DISTINCT k FROM t …) d ON d.k = o.k` where nothing else of d is used.
 *
 * The join only asks whether the key is there. IN says so, and the planner may choose a semi-join: without computing all distinct
 * keys first.
 */
export const distinctDerivedToIn: Pattern = {
  id: 'distinct-derived-to-in',
  title: 'Join with distinct keys as a filter: IN',
  category: 'subqueries',
  engines: allEngines(
    'when few outer rows remain, or the keys are many: a semi-join stops at the first match',
  ),
  severity: 'hint',
  description:
    'All distinct keys are computed, sorted or hashed, only to ask whether one is among them. IN over the same rows says what is meant, and may be answered by a semi-join.',
  source:
    'Galindo-Legaria, Pellenkoft and Kersten, "Fast, randomized join-order selection"; MySQL manual, semi-join strategies; measured 26 times on PostgreSQL 15 with 40 outer rows',
  precondition:
    'An inner join by equality with the one column of the derived table, which is unique in it; nothing else refers to it; the types compare alike.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY, name text); CREATE TABLE orders (id int PRIMARY KEY, customer_id int);',
    before:
      'SELECT c.name FROM customers c JOIN (SELECT DISTINCT o.customer_id FROM orders o) d ON d.customer_id = c.id;',
    after: 'SELECT c.name FROM customers c WHERE c.id IN (SELECT o.customer_id FROM orders o);',
  },
  rewrites: true,
  needs: ['derived', 'join step'],
  *find(statement) {
    for (const outer of statement.blocks) {
      for (const step of outer.joins) {
        const found = keyFilter(statement, outer, step);
        if (found) yield matchOf(statement, found);
      }
    }
  },
};

function keyFilter(statement: AnalyzedStatement, outer: Block, step: JoinStep): KeyFilter | null {
  const [derived, ...others] = step.right;
  const [on, ...more] = step.on;
  if (
    step.type !== 'inner' ||
    !step.node ||
    !derived?.query ||
    derived.kind !== 'derived' ||
    others.length > 0
  )
    return null;
  if (derived.lateral || derived.nullSupplied || !on || more.length > 0 || derived.columns?.length !== 1)
    return null;
  const [inner, ...blocks] = statement.blocksOfQuery(derived.query);
  if (!inner || blocks.length > 0 || inner.query.body !== inner.select) return null;
  const e = on.expression;
  if (e.kind !== 'binary' || e.operator !== '=') return null;
  const sides = [unwrapParens(e.left), unwrapParens(e.right)] as const;
  for (const [a, b] of [sides, [sides[1], sides[0]] as const]) {
    const own = a.kind === 'column' ? statement.resolve(a) : null;
    const other = b.kind === 'column' ? statement.resolve(b) : null;
    if (own?.source !== derived || !other || !step.left.includes(other.source)) continue;
    const used = referencesTo(derived, statement, [on.range]);
    return used?.length === 0 ? { outer, derived, inner, step, outside: b, own } : null;
  }
  return null;
}

function matchOf(statement: AnalyzedStatement, filter: KeyFilter): Match {
  const { outer, derived, inner, outside } = filter;
  const message = `${derived.alias} is joined only to ask whether the key is in it. IN says so, and can be a semi-join.`;
  const why = obstacle(statement, filter);
  if (why !== null) return blocked(derived.node, message, why);
  const copy = new QueryCopy(statement, inner, inner.query);
  // in IN, DISTINCT would keep the planner from a semi-join
  const distinct = tokensWithin(statement.tokens, inner.select.clauses.select).find(
    (token) => token.upper === 'DISTINCT' || token.upper === 'DISTINCTROW',
  );
  const [item] = inner.select.items;
  if (distinct && item) copy.replace({ start: distinct.start, end: item.start }, verbatim(''));
  const query = copy.moved();
  const left = qualify(statement, outside);
  const edits =
    query && left
      ? editing(statement).removeSource(derived).addConjunct(outer, sql`${left} IN (${query})`).done()
      : null;
  const give = canRaise(inner.query, statement) ? offerToTest : offer;
  return give(derived.node, message, edits, `the one column of ${derived.alias} is unique in it`);
}

function obstacle(
  statement: AnalyzedStatement,
  { outer, derived, inner, step, outside, own }: KeyFilter,
): string | null {
  if (!keysOf(derived, statement).some((key) => key.columns.length === 1 && key.columns[0] === own.name))
    return 'the same key may be there several times';
  if (!sameEqualitySemantics(own.sourceColumn?.type ?? null, typeOf(outside, statement)))
    return 'the two sides of the join compare by different rules';
  if (!inner.resolved || inner.outerReferences.length > 0) return 'a name in it is looked up further out';
  if (!isDeterministic(inner.query, statement)) return 'the derived table calls a volatile function';
  if (inner.query.limit !== null || inner.query.orderBy.length > 0 || inner.select.top !== null)
    return 'the derived table is sorted or limited';
  if (isLocked(outer)) return 'the rows are locked with FOR UPDATE';
  if (outer.joins.some((other) => other.node?.natural || other.using !== null))
    return 'USING or NATURAL sees its columns';
  // a condition of WHERE is tested after outer joins that stand around the join
  const inside = outer.joins.some((other) => other !== step && suppliesNulls(other, derived));
  return inside ? 'it stands on the outer side of a join' : null;
}

function suppliesNulls(step: JoinStep, derived: Source): boolean {
  const within = (side: readonly Source[]): boolean => side.includes(derived);
  if (step.type === 'left' || step.type === 'outerApply') return within(step.right);
  if (step.type === 'right') return within(step.left);
  return step.type === 'full';
}
