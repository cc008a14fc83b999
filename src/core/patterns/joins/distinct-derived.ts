import { referencesTo } from '../../sql/properties/usage.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Conjunct, Source } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { parenthesized, source, sql } from '../../sql/writing/fragment.ts';
import { QueryCopy } from '../../sql/writing/query-copy.ts';
import { enginesOf } from '../engines.ts';
import { blocked, offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { isInner, stepOf } from './join-shape.ts';

/** `a JOIN (SELECT DISTINCT k FROM b) d ON d.k = a.k` with no other use of d → `a.k IN (SELECT k FROM b)`. */
export const distinctDerivedToIn: Pattern = {
  id: 'distinct-derived-to-in',
  title: 'Join to a derived table of distinct keys that only filters: IN',
  category: 'joins',
  engines: [
    {
      dialect: 'postgresql',
      pays: 'when the outer rows are few and the subquery has an index: else both hash the same rows',
    },
    ...enginesOf(
      ['mysql', 'mariadb', 'tsql'],
      'when the derived table has many rows for each key: they are made distinct first, while IN is a semi-join that can start from either side',
    ),
  ],
  severity: 'info',
  description:
    'The derived table is made distinct only so that the join does not multiply rows, and then nothing of it is used. IN says just that, and leaves open how.',
  source:
    'https://dev.mysql.com/doc/refman/8.4/en/semijoins-antijoins.html; measured 0.9 times on embedded PostgreSQL 18, 200,000 rows',
  precondition:
    'An inner join by one equality to a derived table of one column that is DISTINCT or grouped by itself, and no other use of it.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY, name text); CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total int);',
    before:
      'SELECT c.name FROM customers c JOIN (SELECT DISTINCT o.customer_id FROM orders o WHERE o.total > 100) d ON d.customer_id = c.id;',
    after:
      'SELECT c.name FROM customers c WHERE c.id IN (SELECT o.customer_id FROM orders o WHERE o.total > 100);',
  },
  rewrites: true,
  *find(statement) {
    for (const block of statement.blocks) {
      for (const derived of block.sources) {
        const inner = distinctColumn(statement, derived);
        const equal = inner && onlyCondition(statement, block, derived);
        if (inner && equal) yield matchOf(statement, block, derived, inner, equal);
      }
    }
  },
};

/** The SELECT of a derived table of one column, without duplicates only by its own doing. */
function distinctColumn(statement: AnalyzedStatement, derived: Source): Block | null {
  if (derived.kind !== 'derived' || !derived.query || derived.lateral || derived.nullSupplied) return null;
  const [inner, ...more] = statement.blocksOfQuery(derived.query);
  if (!inner || more.length > 0 || inner.query.body !== inner.select || inner.outputs.length !== 1)
    return null;
  const { query, select } = inner;
  const plain =
    inner.resolved &&
    inner.outerReferences.length === 0 &&
    inner.aggregates.length === 0 &&
    inner.windows.length === 0 &&
    select.having === null &&
    select.top === null &&
    select.qualify === null &&
    query.limit === null &&
    query.with === null &&
    query.orderBy.length === 0 &&
    query.locking.length === 0 &&
    isDeterministic(query, statement);
  if (!plain) return null;
  if (select.distinct === 'distinct') return inner.grouped ? null : inner;
  if (select.distinct !== null || inner.groupBy.length !== 1 || (select.groupBy?.sets.length ?? 1) > 0)
    return null;
  const [key] = inner.groupBy;
  const [item] = select.items;
  const same =
    key &&
    item &&
    statement.text.slice(key.start, key.end) ===
      statement.text.slice(item.expression.start, item.expression.end);
  return same ? inner : null;
}

/** `derived.k = x`, when that is all that mentions the derived table and all of its ON. */
function onlyCondition(statement: AnalyzedStatement, block: Block, derived: Source): Conjunct | null {
  const step = stepOf(block, derived);
  if (!step || !isInner(step) || step.using || !block.resolved || block.query.locking.length > 0) return null;
  const all = [...step.on, ...block.where.filter(({ sources }) => sources.includes(derived))];
  const [equal, ...more] = all;
  if (!equal || more.length > 0 || equal.expression.kind !== 'binary' || equal.expression.operator !== '=')
    return null;
  return referencesTo(derived, statement, [equal.range])?.length === 0 ? equal : null;
}

function matchOf(
  statement: AnalyzedStatement,
  block: Block,
  derived: Source,
  inner: Block,
  equal: Conjunct,
): Match {
  const range = { start: derived.node.start, end: derived.node.end };
  const message = `${derived.alias} is made distinct so that the join does not multiply rows, and only filters. IN says the same and need not make it distinct.`;
  const { expression } = equal;
  const sides = expression.kind === 'binary' ? [expression.left, expression.right].map(unwrapParens) : [];
  const isOwn = (e: (typeof sides)[number]): boolean =>
    e.kind === 'column' && statement.resolve(e)?.source === derived;
  const value = sides.find((side) => !isOwn(side));
  if (!value || !sides.some(isOwn) || equal.sources.length !== 2)
    return blocked(range, message, 'the condition does not compare its column with another table’s');
  if (!isDeterministic(value, statement)) return blocked(range, message, 'a volatile function is called');
  const copy = new QueryCopy(statement, inner);
  const { clauses } = inner.select;
  if (inner.select.distinct === 'distinct') copy.replace(clauses.select, sql`SELECT`);
  else if (clauses.groupBy)
    copy.replace(
      { start: (clauses.where ?? clauses.from ?? clauses.groupBy).end, end: clauses.groupBy.end },
      sql``,
    );
  const text = copy.moved();
  const edits = editing(statement).removeSource(derived);
  if (equal.place === 'where') edits.removeConjunct(equal);
  const operand = source(statement, value);
  const plain = value.kind === 'column' || value.kind === 'call' ? operand : parenthesized(operand);
  if (text) edits.addConjunct(block, sql`${plain} IN (${text})`);
  else edits.fail();
  return offer(
    range,
    message,
    edits.done(),
    `${derived.alias} has each value once, so the join adds no rows`,
  );
}
