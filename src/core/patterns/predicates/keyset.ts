import type { Expression } from '../../sql/ast.ts';
import { sameExpression } from '../../sql/properties/same-expression.ts';
import { typeOf } from '../../sql/properties/types.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { conjunctsOf, disjunctsOf } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import {
  type Fragment,
  joinFragments,
  parenthesized,
  source,
  sql,
  verbatim,
} from '../../sql/writing/fragment.ts';
import { allEngines } from '../engines.ts';
import { offer } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { type Comparison, comparisonsOf } from './comparison.ts';
import { searchableColumn } from './indexed-column.ts';
import { positiveConjuncts, quote } from './positive.ts';

/** `a > x OR (a = x AND b > y)` → `(a, b) > (x, y)`. */
export const keysetOrToRowComparison: Pattern = {
  id: 'keyset-or-to-row-comparison',
  title: 'Next page written with OR',
  category: 'pagination',
  industries: ['saas', 'e-commerce'],
  engines: allEngines('An index begins with the columns in the order of the comparison.'),
  severity: 'warning',
  description:
    'The OR hides that all rows lie behind one place of the index: the index is read from its beginning or not at all. A row comparison (or the implied condition on the first column) is the place to start at.',
  source: 'https://use-the-index-luke.com/no-offset',
  precondition:
    'Each column is compared with the same deterministic value at both places. It holds for NULLs too.',
  example: {
    schema:
      'CREATE TABLE orders (order_id bigint PRIMARY KEY, placed_at timestamp NOT NULL);\nCREATE INDEX ON orders (placed_at, order_id);',
    before:
      "SELECT * FROM orders WHERE placed_at < '2024-01-10' OR (placed_at = '2024-01-10' AND order_id < 1650) ORDER BY placed_at DESC, order_id DESC LIMIT 20",
    after:
      "SELECT * FROM orders WHERE (placed_at, order_id) < ('2024-01-10', 1650) ORDER BY placed_at DESC, order_id DESC LIMIT 20",
  },
  rewrites: true,
  needs: ['condition', 'operator OR'],
  *find(statement) {
    for (const conjunct of positiveConjuncts(statement)) {
      const steps = stepsOf(statement, conjunct.expression);
      const first = steps?.[0];
      if (!steps || !first || steps.length < 2 || !searchableColumn(statement, first.left)) continue;
      const oneWay = steps.every((step) => strict(step.operator) === strict(first.operator));
      const asRow = oneWay && statement.dialect === 'postgresql' && steps.slice(0, -1).every(isStrict);
      if (
        !asRow &&
        alreadyImplied(
          statement,
          conjunct.block.where.map((c) => c.expression),
          first,
        )
      )
        continue;
      const implied = sql`${source(statement, first.left)} ${verbatim(`${strict(first.operator)}=`)} ${source(statement, first.right)}`;
      const whole = source(statement, conjunct.expression);
      const condition = asRow ? rowComparison(statement, steps) : sql`${implied} AND ${parenthesized(whole)}`;
      const edits = () => editing(statement).replaceConjunct(conjunct, condition).done();
      const message = `${quote(statement, conjunct.expression)} asks for the rows behind one place of an order. ${
        asRow
          ? 'A row comparison says so'
          : `${quote(statement, first.left)} has a bound that follows from it`
      }, and the index can start there.`;
      yield offer(
        conjunct.expression,
        message,
        edits,
        'Both forms are true for the same rows, those with NULLs too.',
      );
    }
  },
};

/** The comparisons by which the rows are behind a place, the first column's first; null for another expression. */
function stepsOf(statement: AnalyzedStatement, expression: Expression): readonly Comparison[] | null {
  if (expression.kind !== 'binary' || expression.operator !== 'OR') return null;
  const branches = disjunctsOf(expression);
  const steps: Comparison[] = [];
  for (const [index, branch] of branches.entries()) {
    const parts = conjunctsOf(branch).map(
      (part) => comparisonsOf(part, (side) => side.kind === 'column')?.[0],
    );
    const last = parts.at(-1);
    if (parts.length !== index + 1 || !last || parts.includes(undefined)) return null;
    const equal = parts
      .slice(0, -1)
      .every((part, at) => part?.operator === '=' && samePair(statement, part, steps[at]));
    const lastBranch = index === branches.length - 1;
    const ordered =
      last.operator === '<' || last.operator === '>' || (lastBranch && /^[<>]=$/.test(last.operator));
    if (!equal || !ordered || !isPlainValue(statement, last)) return null;
    steps.push(last);
  }
  return steps;
}

function samePair(statement: AnalyzedStatement, a: Comparison, b: Comparison | undefined): boolean {
  return (
    b !== undefined &&
    sameExpression(a.left, b.left, statement) &&
    sameExpression(a.right, b.right, statement)
  );
}

/** The value is compared by the operators of the column's own type, so that a row comparison uses the same ones. */
function isPlainValue(statement: AnalyzedStatement, { left, right }: Comparison): boolean {
  if (!isDeterministic(right, statement)) return false;
  if (right.kind === 'literal') return right.type !== 'null';
  if (right.kind === 'placeholder') return true;
  const own = typeOf(left, statement);
  const other = typeOf(right, statement);
  return own !== null && own.family === other?.family;
}

function strict(operator: string): string {
  return operator.slice(0, 1);
}

function isStrict(step: Comparison): boolean {
  return step.operator.length === 1;
}

function alreadyImplied(
  statement: AnalyzedStatement,
  where: readonly Expression[],
  first: Comparison,
): boolean {
  return where.some((expression) => {
    const comparison = comparisonsOf(expression, (side) => side.kind === 'column')?.[0];
    return (
      comparison?.operator === `${strict(first.operator)}=` &&
      sameExpression(comparison.left, first.left, statement)
    );
  });
}

function rowComparison(statement: AnalyzedStatement, steps: readonly Comparison[]): Fragment {
  const columns = joinFragments(steps.map((step) => source(statement, step.left)));
  const values = joinFragments(steps.map((step) => source(statement, step.right)));
  return sql`(${columns}) ${verbatim(steps.at(-1)?.operator ?? '>')} (${values})`;
}
