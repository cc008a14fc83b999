import type { TypeFamily } from '../../catalog/catalog.ts';
import type { Quantified } from '../../sql/ast.ts';
import { isNotNull } from '../../sql/properties/not-null.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { typeOf } from '../../sql/properties/types.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block } from '../../sql/query-model.ts';
import { contains } from '../../sql/text.ts';
import { editing } from '../../sql/writing/edits.ts';
import { type Fragment, source, sql } from '../../sql/writing/fragment.ts';
import { QueryCopy } from '../../sql/writing/query-copy.ts';
import { allEngines } from '../engines.ts';
import { whenAsked } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { itemNamedBy, mayBeRepeated } from '../select-item.ts';
import { isPlainSelect, standsInRows } from '../subquery-shape.ts';

/** Types with a total order that max() and min() agree with. */
const ORDERED: ReadonlySet<TypeFamily> = new Set([
  'integer',
  'decimal',
  'float',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'interval',
]);

const ENGINES = allEngines(
  'when the subquery returns many rows: one extreme is computed (of a correlated subquery: for each group, in a join) instead of comparing with each row',
);

/** `> ALL` asks for the largest, `< ALL` for the smallest; ANY the other way round. */
const EXTREME: Readonly<Record<string, { ALL: 'max' | 'min'; ANY: 'max' | 'min' }>> = {
  '>': { ALL: 'max', ANY: 'min' },
  '>=': { ALL: 'max', ANY: 'min' },
  '<': { ALL: 'min', ANY: 'max' },
  '<=': { ALL: 'min', ANY: 'max' },
};

/**
 * Matches `x > ALL (SELECT y …)` and `x > ANY (SELECT y …)` over a subquery, correlated or not.
 *
 * Each outer row is compared with the rows of the subquery one by one. Comparing with the largest (or smallest) says the
 * same. ALL over no row is true, while max() of no row is NULL, so ALL gets COALESCE(…, TRUE); that is sound only where
 * NULL cannot come from elsewhere. ANY over no row is false and NULL counts as false in WHERE, so it needs nothing.
 */
export const quantifiedToExtreme: Pattern = {
  id: 'quantified-to-extreme',
  title: 'Comparison with ALL or ANY of a subquery: compare with its extreme',
  category: 'subqueries',
  engines: ENGINES,
  severity: 'warning',
  description:
    'Every outer row is compared with the rows of the subquery one after the other. Its maximum or minimum decides alone, and is computed once.',
  source: 'Kim, "On optimizing an SQL-like nested query", ACM TODS 1982; measured 597 times on PostgreSQL 15',
  precondition:
    'What the subquery selects is its own and its type has a total order; for ALL, neither side can be NULL; for ANY, the comparison is a condition of WHERE of its own.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, total numeric NOT NULL, channel text NOT NULL);',
    before:
      "SELECT o.id FROM orders o WHERE o.total > ALL (SELECT s.total FROM orders s WHERE s.channel = 'store');",
    after:
      "SELECT o.id FROM orders o WHERE COALESCE(o.total > (SELECT MAX(s.total) FROM orders s WHERE s.channel = 'store'), TRUE);",
  },
  rewrites: true,
  needs: ['as quantified'],
  *find(statement) {
    for (const block of statement.blocks) {
      const holder = block.holder;
      if (block.role !== 'quantified' || holder?.kind !== 'quantified' || !(holder.operator in EXTREME))
        continue;
      if (!isPlainSelect(block) || block.select.items.length !== 1) continue;
      yield matchOf(statement, block, holder);
    }
  },
};

function matchOf(statement: AnalyzedStatement, block: Block, node: Quantified): Match {
  const extreme = EXTREME[node.operator]?.[node.quantifier] ?? 'max';
  return whenAsked(
    { start: node.start, end: node.end },
    `Every row is compared with all rows of the subquery; its ${extreme === 'max' ? 'largest' : 'smallest'} value decides alone.`,
    () => obstacle(statement, block, node) ?? rewriteOf(statement, block, node, extreme),
  );
}

function obstacle(statement: AnalyzedStatement, block: Block, node: Quantified): string | null {
  const outer = statement.scopeOf(node);
  const value = block.select.items[0]?.expression;
  if (!outer || !value || !standsInRows(outer, node)) return 'it stands in a clause that is not looked into';
  if (!block.resolved || !isDeterministic(block.query, statement))
    return 'the subquery is volatile or holds an unknown name';
  const [left, right] = [typeOf(node.operand, statement), typeOf(value, statement)];
  if (!left || !right || !ORDERED.has(left.family) || left.family !== right.family)
    return 'the types have no common total order';
  // an aggregate of columns of the outer query alone would belong to the outer query
  if (block.outerReferences.some(({ reference }) => contains(value, reference)))
    return 'what the subquery selects depends on the outer row';
  if (node.quantifier === 'ANY') {
    return outer.where.some((conjunct) => conjunct.expression === node)
      ? null
      : 'NULL and FALSE are not the same where it stands';
  }
  if (statement.dialect === 'tsql') return 'T-SQL has no truth values that COALESCE could take';
  if (mayBeRepeated(statement, node)) return 'GROUP BY or ORDER BY may repeat the comparison';
  if (itemNamedBy(statement, node)) return 'the column of the result would get another name';
  if (!isNotNull(node.operand, outer, statement)) return 'the left side may be NULL';
  return isNotNull(value, block, statement) ? null : 'a value of the subquery may be NULL';
}

function rewriteOf(statement: AnalyzedStatement, block: Block, node: Quantified, extreme: 'max' | 'min') {
  const value = block.select.items[0]?.expression;
  if (!value) return null;
  const aggregate: Fragment =
    extreme === 'max' ? sql`max(${source(statement, value)})` : sql`min(${source(statement, value)})`;
  const query = new QueryCopy(statement, block).selectList(aggregate).done();
  if (!query) return null;
  const comparison = sql`${source(statement, node.operand)} ${node.operator} (${query})`;
  const edits = editing(statement)
    .replace(node, node.quantifier === 'ALL' ? sql`coalesce(${comparison}, TRUE)` : comparison)
    .done();
  return (
    edits && {
      edits,
      assumptions:
        node.quantifier === 'ALL'
          ? ['both sides of the comparison are NOT NULL, so only an empty subquery gives NULL']
          : ['NULL and FALSE are the same in WHERE'],
      // one by one, the comparison may end before the row that fails; without rows, the left side is not computed
      soundness:
        canRaise(block.query, statement) || canRaise(node.operand, statement)
          ? ('likely' as const)
          : ('proved' as const),
    }
  );
}
