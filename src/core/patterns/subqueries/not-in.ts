import type { Expression, In } from '../../sql/ast.ts';
import { isNotNull } from '../../sql/properties/not-null.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Scope } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import {
  type Fragment,
  joinFragments,
  parenthesized,
  source,
  sql,
  verbatim,
} from '../../sql/writing/fragment.ts';
import { QueryCopy } from '../../sql/writing/query-copy.ts';
import { qualify } from '../../sql/writing/rebase.ts';
import { allEngines } from '../engines.ts';
import { blocked, whenAsked } from '../offer.ts';
import type { Match, Pattern, Rewrite } from '../pattern.ts';
import { mayBeRepeated } from '../select-item.ts';
import { capturesNames, hasSubquery, isPlainSelect, standsInRows } from '../subquery-shape.ts';

/**
 * Matches `x NOT IN (SELECT y …)`.
 *
 * One NULL among the y makes NOT IN never true, so engines cannot use an anti-join for it unless they know that there is
 * none: PostgreSQL scans the whole list for each row as soon as its hash table does not fit into work_mem. Without NULLs
 * on both sides NOT EXISTS says the same, and it is an anti-join.
 */
export const notInToNotExists: Pattern = {
  id: 'not-in-to-not-exists',
  title: 'NOT IN over a subquery: NOT EXISTS where NULL cannot occur',
  category: 'subqueries',
  engines: [
    ...allEngines(
      'when the list is large: PostgreSQL gets an anti-join instead of a list that is searched row by row',
    ).filter(({ dialect }) => dialect !== 'mariadb'),
    {
      dialect: 'mariadb',
      pays: 'hardly: MariaDB stores the list once with an index (0.9 times with 400,000 rows in it)',
    },
  ],
  severity: 'warning',
  description:
    'NOT IN must answer "unknown" when the list holds a NULL, so the planner cannot use an anti-join. When the list does not fit into memory, it is searched from the start for every row.',
  source: 'PostgreSQL wiki, "Don\'t do this": NOT IN; measured 2,007 times on PostgreSQL 15',
  precondition: 'Neither the left side nor a value of the subquery can be NULL.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY); CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL);',
    before: 'SELECT c.id FROM customers c WHERE c.id NOT IN (SELECT o.customer_id FROM orders o);',
    after:
      'SELECT c.id FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id);',
  },
  rewrites: true,
  needs: ['as in'],
  *find(statement) {
    for (const block of statement.blocks) {
      const found = block.role === 'in' ? negatedIn(block) : null;
      if (found) yield matchOf(statement, block, found);
    }
  },
};

function negatedIn(block: Block): In | null {
  const holder = block.holder;
  return holder?.kind === 'in' && holder.negated && block.query.body === block.select ? holder : null;
}

function matchOf(statement: AnalyzedStatement, block: Block, node: In): Match {
  const operand = statement.text.slice(node.operand.start, node.operand.end);
  const blockedBy = obstacle(statement, block, node);
  const message =
    blockedBy === null
      ? `NOT IN searches the subquery's whole result for ${operand}. NOT EXISTS returns the same here, because no NULL can occur, and can be an anti-join.`
      : `NOT IN returns no row at all as soon as the subquery yields one NULL, and cannot be an anti-join. Use NOT EXISTS if that is what you mean.`;
  const range = { start: node.start, end: node.end };
  if (blockedBy !== null) return blocked(range, message, blockedBy);
  return whenAsked(range, message, () => rewriteOf(statement, block, node));
}

function obstacle(statement: AnalyzedStatement, block: Block, node: In): string | null {
  const outer = statement.scopeOf(node);
  if (!outer || !standsInRows(outer, node)) return 'it stands in a clause that is not looked into';
  if (!isPlainSelect(block) || !block.resolved) return 'the subquery groups, limits or holds an unknown name';
  if (!isDeterministic(block.query, statement) || !isDeterministic(node.operand, statement))
    return 'a volatile function is called';
  const pairs = pairsOf(block, node);
  if (!pairs) return 'the two sides have different numbers of columns';
  for (const { left, right } of pairs) {
    if (!isNotNull(left, outer, statement))
      return `${statement.text.slice(left.start, left.end)} may be NULL`;
    if (!isNotNull(right, block, statement))
      return `${statement.text.slice(right.start, right.end)} may be NULL`;
  }
  if (hasSubquery(node.operand)) return 'the left side holds a subquery';
  if (isComputedLater(outer, node.operand)) return 'the left side is an aggregate or a window function';
  if (mayBeRepeated(statement, node)) return 'GROUP BY or ORDER BY may repeat the condition';
  if (capturesNames(statement, node.operand, block))
    return 'a name of the left side means something else inside the subquery';
  return null;
}

/** An aggregate or a window function of the outer block cannot stand in the subquery's WHERE. */
function isComputedLater(outer: Scope, operand: Expression): boolean {
  if (outer.kind !== 'select') return false;
  const { aggregates, windows } = outer as Block;
  const later = [...aggregates, ...windows];
  return later.some((call) => operand.start <= call.start && call.end <= operand.end);
}

/** The compared expressions: one pair, or those of a row. */
function pairsOf(block: Block, node: In): { left: Expression; right: Expression }[] | null {
  const operand = unwrapParens(node.operand);
  const lefts = operand.kind === 'row' ? operand.items : [operand];
  const rights = block.select.items.map((item) => item.expression);
  if (lefts.length !== rights.length || rights.some((right) => right.kind === 'star')) return null;
  return lefts.map((left, i) => ({ left, right: rights[i] ?? left }));
}

function rewriteOf(statement: AnalyzedStatement, block: Block, node: In): Rewrite | null {
  const pairs = pairsOf(block, node) ?? [];
  const copy = new QueryCopy(statement, block).selectList(verbatim('1'));
  for (const { left, right } of pairs) {
    const outside = qualify(statement, left);
    if (!outside) return null;
    copy.addConjunct(sql`${operand(source(statement, right), right)} = ${operand(outside, left)}`);
  }
  const query = copy.done();
  if (!query) return null;
  const edits = editing(statement).replace(node, sql`NOT EXISTS (${query})`).done();
  if (!edits) return null;
  const names = pairs
    .flatMap(({ left, right }) => [left, right])
    .map((e) => statement.text.slice(e.start, e.end));
  // in WHERE of the subquery, either side may be computed for rows that it was not computed for before
  const raises = pairs.some(({ left, right }) => canRaise(left, statement) || canRaise(right, statement));
  return {
    edits,
    assumptions: [`${[...new Set(names)].join(' and ')} cannot be NULL`],
    soundness: raises ? 'likely' : 'proved',
  };
}

/** An operand of `=`: in parentheses unless it is a name, a literal or a call. */
function operand(fragment: Fragment, expression: Expression): Fragment {
  const simple = ['column', 'literal', 'call', 'paren', 'placeholder', 'cast', 'typedLiteral'].includes(
    expression.kind,
  );
  return simple ? joinFragments([fragment]) : parenthesized(fragment);
}
