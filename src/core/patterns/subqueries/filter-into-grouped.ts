import type { Expression } from '../../sql/ast.ts';
import { isConstantFor } from '../../sql/properties/equalities.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import { sameEqualitySemantics, typeOf } from '../../sql/properties/types.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Conjunct, Source } from '../../sql/query-model.ts';
import { unwrapParens, walk } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { type Fragment, source } from '../../sql/writing/fragment.ts';
import { rebase } from '../../sql/writing/rebase.ts';
import { saysTheSameOf } from '../carried-filter.ts';
import { allEngines } from '../engines.ts';
import { whenAsked } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { isPlainFilter } from '../subquery-shape.ts';
import { groupedBlock, groupingExpression } from './grouped-source.ts';

/** A filter outside that can be stated of the derived table's grouping column inside. */
interface Push {
  readonly derived: Source;
  readonly inner: Block;
  /** the filter on the joined column, as it stands outside */
  readonly filter: Conjunct;
  /** the joined column outside, and the grouping expression inside that equals it */
  readonly outside: Expression;
  readonly inside: Expression;
}

/**
 * Matches a filter on a column that is joined to the grouping column of a derived table.
 *
 * The planner derives `d.k = 7` from `o.k = 7 AND d.k = o.k`, but not `d.k > 7`, IN or BETWEEN: the derived table is
 * grouped as a whole. Groups that the filter would drop after the join can be left out before.
 */
export const filterIntoGrouped: Pattern = {
  id: 'filter-into-grouped',
  title: 'Filter on a joined column: apply it inside the grouped derived table too',
  category: 'subqueries',
  engines: allEngines(
    'when the filter is selective and the derived table reads much more than is left of it',
  ),
  severity: 'warning',
  description:
    'The derived table groups all its rows, though only a few of its groups meet a row of the other side. The filter of the joined column holds for the grouping column as well.',
  source:
    'Levy, Mumick and Sagiv, "Query optimization by predicate move-around", VLDB 1994; measured 10 times on PostgreSQL 15',
  precondition:
    'An inner join (or the right side of a left join) by equality with the grouping column, types that compare alike, and a deterministic filter with constants.',
  example: {
    schema:
      'CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE items (order_id int NOT NULL, quantity int NOT NULL);',
    before: `SELECT o.id, t.pieces
FROM orders o
JOIN (SELECT i.order_id, sum(i.quantity) AS pieces FROM items i GROUP BY i.order_id) t ON t.order_id = o.id
WHERE o.id > 990;`,
    after: `SELECT o.id, t.pieces
FROM orders o
JOIN (SELECT i.order_id, sum(i.quantity) AS pieces FROM items i WHERE i.order_id > 990 GROUP BY i.order_id) t ON t.order_id = o.id
WHERE o.id > 990;`,
  },
  rewrites: true,
  needs: ['query in from'],
  *find(statement) {
    for (const block of statement.blocks) {
      for (const derived of block.sources) {
        const inner = groupedBlock(statement, derived);
        if (!inner) continue;
        for (const push of pushesOf(statement, block, derived, inner)) yield matchOf(statement, push);
      }
    }
  },
};

function* pushesOf(
  statement: AnalyzedStatement,
  block: Block,
  derived: Source,
  inner: Block,
): Generator<Push> {
  for (const equality of equalitiesWith(statement, block, derived)) {
    const inside = groupingExpression(statement, inner, derived, equality.own);
    const types = inside && [typeOf(inside, statement), typeOf(equality.outside, statement)];
    if (!inside || !types || !sameEqualitySemantics(types[0] ?? null, types[1] ?? null)) continue;
    for (const filter of block.where) {
      if (isFilterOf(statement, block, filter, equality.outside)) {
        const push = { derived, inner, filter, outside: equality.outside, inside };
        if (isCarried(statement, push) && !alreadyInside(statement, push)) yield push;
      }
    }
  }
}

function isCarried(statement: AnalyzedStatement, { filter, outside, inside }: Push): boolean {
  const from = outside.kind === 'column' ? statement.resolve(outside) : null;
  const to = inside.kind === 'column' ? statement.resolve(inside) : null;
  return from !== null && to !== null && saysTheSameOf(statement, filter.expression, from, to);
}

/** `derived.k = other.c` in WHERE or in the ON that joins the derived table. */
function equalitiesWith(statement: AnalyzedStatement, block: Block, derived: Source) {
  const steps = block.joins.filter(
    (step) =>
      ['inner', 'comma', 'cross'].includes(step.type) ||
      (step.type === 'left' && step.right.includes(derived) && step.right.length === 1),
  );
  const conjuncts = [...(derived.nullSupplied ? [] : block.where), ...steps.flatMap((step) => step.on)];
  return conjuncts.flatMap(({ expression }) => {
    if (expression.kind !== 'binary' || expression.operator !== '=') return [];
    const sides = [unwrapParens(expression.left), unwrapParens(expression.right)] as const;
    return [sides, [sides[1], sides[0]] as const].flatMap(([own, outside]) => {
      if (own.kind !== 'column' || outside.kind !== 'column') return [];
      const [a, b] = [statement.resolve(own), statement.resolve(outside)];
      const fits =
        a?.source === derived &&
        b &&
        b.source.block === block &&
        b.source !== derived &&
        !b.source.nullSupplied;
      return fits ? [{ own, outside }] : [];
    });
  });
}

/** A range, IN or BETWEEN with constants on exactly that column; a plain equality the planner moves by itself. */
function isFilterOf(
  statement: AnalyzedStatement,
  block: Block,
  filter: Conjunct,
  column: Expression,
): boolean {
  const { expression } = filter;
  const wanted = column.kind === 'column' ? statement.resolve(column) : null;
  if (!wanted || !isDeterministic(expression, statement) || !isPlainFilter(expression)) return false;
  let others = false;
  let own = 0;
  walk(expression, (node) => {
    if (node.kind === 'query' || node.kind === 'placeholder') others = true;
    if (node.kind !== 'column') return;
    const meant = statement.resolve(node);
    if (meant?.source === wanted.source && meant.name === wanted.name) own++;
    else if (!isConstantFor(node, block, statement) || filter.correlated) others = true;
  });
  return own > 0 && !others;
}

/** The filter stands inside already, in the same words. */
function alreadyInside(statement: AnalyzedStatement, push: Push): boolean {
  const written = rebased(statement, push);
  const text = written?.pieces
    .map((piece) => (piece.kind === 'break' ? ' ' : piece.text))
    .join('')
    .replace(/\s+/g, ' ');
  return push.inner.where.some(
    ({ expression }) => statement.text.slice(expression.start, expression.end).replace(/\s+/g, ' ') === text,
  );
}

function rebased(statement: AnalyzedStatement, { filter, inside }: Push): Fragment | null {
  return rebase(statement, filter.expression, () => source(statement, inside));
}

function matchOf(statement: AnalyzedStatement, push: Push): Match {
  const { derived, filter, inner, inside } = push;
  const key = statement.text.slice(inside.start, inside.end);
  return whenAsked(
    { start: derived.node.start, end: derived.node.end },
    `${derived.alias} groups all rows, but only groups whose ${key} passes the filter "${statement.text.slice(filter.expression.start, filter.expression.end)}" can be joined. Apply the filter inside as well.`,
    () => {
      const written = rebased(statement, push);
      const edits = written && editing(statement).addConjunct(inner, written).done();
      if (!edits) return 'the filter cannot be written inside';
      return {
        edits,
        assumptions: [`${key} equals the filtered column in every joined row`],
        soundness: canRaise(filter.expression, statement) ? 'likely' : 'proved',
      };
    },
  );
}
