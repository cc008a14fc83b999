import type { Expression } from '../../sql/ast.ts';
import { filteringConjuncts } from '../../sql/properties/not-null.ts';
import { sameExpression } from '../../sql/properties/same-expression.ts';
import { sameEqualitySemantics } from '../../sql/properties/types.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement, Block, Conjunct, ResolvedColumn } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { source, sql } from '../../sql/writing/fragment.ts';
import { saysTheSameOf } from '../carried-filter.ts';
import { allEngines } from '../engines.ts';
import { offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { comparisonsOf } from './comparison.ts';
import { isRowConstant, searchableColumn } from './indexed-column.ts';
import { quote } from './positive.ts';

/** `a.x = b.x AND a.x > c` → add `b.x > c`. */
export const transitiveRange: Pattern = {
  id: 'transitive-range',
  title: 'Range on one side of a join only',
  category: 'predicates',
  industries: ['analytics', 'e-commerce', 'time-series'],
  engines: allEngines(
    'The other side is aggregated, partitioned or large, and the range leaves most of it out.',
  ),
  severity: 'info',
  description:
    'Planners carry constants over a join (a.x = b.x AND a.x = 5), but not ranges. The other side is then read, and grouped, as a whole before the join throws most of it away.',
  source:
    'https://www.postgresql.org/docs/current/planner-optimizer.html (equivalence classes hold equalities only)',
  precondition:
    'An inner join equates two columns of the same type, one of them has a range by literals or parameters, and the other is a column of a derived table or CTE, or one that an index or a partition key begins with.',
  example: {
    schema:
      'CREATE TABLE orders (order_id bigint PRIMARY KEY, total numeric);\nCREATE TABLE items (order_id bigint NOT NULL REFERENCES orders, price numeric);',
    before:
      'SELECT o.total, i.lines FROM orders o JOIN (SELECT order_id, count(*) AS lines FROM items GROUP BY order_id) i ON i.order_id = o.order_id WHERE o.order_id > 24700',
    after:
      'SELECT o.total, i.lines FROM orders o JOIN (SELECT order_id, count(*) AS lines FROM items GROUP BY order_id) i ON i.order_id = o.order_id WHERE o.order_id > 24700 AND i.order_id > 24700',
  },
  rewrites: true,
  needs: ['where', 'both column', 'operator ='],
  *find(statement) {
    for (const block of statement.blocks) {
      const filters = filteringConjuncts(block);
      const equal = filters.flatMap((conjunct) => equalColumns(statement, conjunct));
      if (equal.length === 0) continue;
      for (const range of block.where) {
        const subject = rangeSubject(statement, range);
        if (!subject) continue;
        for (const [from, to] of equal) {
          if (!sameColumn(from, subject) || !pays(statement, to) || isBounded(statement, filters, to))
            continue;
          if (!saysTheSameOf(statement, range.expression, from, to)) continue;
          yield matchOf(statement, block, range, from, to);
        }
      }
    }
  },
};

function matchOf(
  statement: AnalyzedStatement,
  block: Block,
  range: Conjunct,
  from: ResolvedColumn,
  to: ResolvedColumn,
): Match {
  const written = source(statement, to.reference);
  const edits = () =>
    editing(statement)
      .addConjunct(block, withSubject(statement, range.expression, written))
      .done();
  const message = `${quote(statement, range.expression)} holds for ${quote(statement, to.reference)} too, which is joined with it, but the planner does not carry ranges over a join.`;
  return offer(
    range.expression,
    message,
    edits,
    `${quote(statement, from.reference)} = ${quote(statement, to.reference)} in every row of the join, and both are ${from.sourceColumn?.type?.family}.`,
  );
}

/** The pairs of columns of this block that a conjunct equates, both ways. */
function equalColumns(statement: AnalyzedStatement, conjunct: Conjunct): [ResolvedColumn, ResolvedColumn][] {
  const e = conjunct.expression;
  if (e.kind !== 'binary' || e.operator !== '=') return [];
  const [left, right] = [unwrapParens(e.left), unwrapParens(e.right)].map((side) =>
    side.kind === 'column' ? statement.resolve(side) : null,
  );
  if (!left || !right || left.source === right.source || left.depth > 0 || right.depth > 0) return [];
  if (!sameEqualitySemantics(left.sourceColumn?.type ?? null, right.sourceColumn?.type ?? null)) return [];
  // what orders before a bound must be the same on both sides: texts may be collated differently
  if (left.sourceColumn?.type?.family === 'text' || left.sourceColumn?.type?.family === 'char') return [];
  return [
    [left, right],
    [right, left],
  ];
}

function rangeSubject(statement: AnalyzedStatement, { expression }: Conjunct): ResolvedColumn | null {
  if (expression.kind === 'in') {
    const operand = unwrapParens(expression.operand);
    const listed = !expression.negated && expression.list?.every((item) => isFixed(statement, item));
    return listed && operand.kind === 'column' ? statement.resolve(operand) : null;
  }
  const comparisons = comparisonsOf(expression, (side) => side.kind === 'column');
  const first = comparisons?.[0];
  if (!comparisons || first?.left.kind !== 'column') return null;
  const ranges = comparisons.every(
    ({ operator, right }) => /^[<>]=?$/.test(operator) && isFixed(statement, right),
  );
  return ranges ? statement.resolve(first.left) : null;
}

function isFixed(statement: AnalyzedStatement, expression: Expression): boolean {
  return isRowConstant(expression) && isDeterministic(expression, statement);
}

function sameColumn(a: ResolvedColumn, b: ResolvedColumn): boolean {
  return a.source === b.source && a.name === b.name;
}

function pays(statement: AnalyzedStatement, to: ResolvedColumn): boolean {
  if (to.source.kind === 'derived' || to.source.kind === 'cte') return true;
  return searchableColumn(statement, to.reference) !== null;
}

/** A conjunct beside an equality already bounds the column, or fixes it. */
function isBounded(
  statement: AnalyzedStatement,
  filters: readonly Conjunct[],
  column: ResolvedColumn,
): boolean {
  return filters.some(({ expression }) => {
    if (expression.kind === 'in') return sameExpression(expression.operand, column.reference, statement);
    const comparison = comparisonsOf(expression, (side) =>
      sameExpression(side, column.reference, statement),
    )?.[0];
    return comparison !== undefined && isRowConstant(comparison.right);
  });
}

/** The range with another column in the place of its own. */
function withSubject(
  statement: AnalyzedStatement,
  expression: Expression,
  column: ReturnType<typeof source>,
) {
  const subject =
    expression.kind === 'in' || expression.kind === 'between'
      ? expression.operand
      : expression.kind === 'binary' && unwrapParens(expression.left).kind === 'column'
        ? expression.left
        : expression.kind === 'binary'
          ? expression.right
          : expression;
  const before = source(statement, { start: expression.start, end: subject.start });
  const after = source(statement, { start: subject.end, end: expression.end });
  return sql`${before}${column}${after}`;
}
