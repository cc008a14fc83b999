import type { Expression } from '../../sql/ast.ts';
import { typeOf } from '../../sql/properties/types.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { parenthesized, source, sql } from '../../sql/writing/fragment.ts';
import { allEngines } from '../engines.ts';
import { offer } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { comparisonsOf } from './comparison.ts';
import { hasExpressionIndex, type SearchableColumn, searchableColumn, serving } from './indexed-column.ts';
import { positivePredicates, quote, replacePredicate } from './positive.ts';

/** `COALESCE(a, b) = v` → `(a = v OR (a IS NULL AND b = v))`. */
export const coalesceOfColumns: Pattern = {
  id: 'coalesce-of-columns',
  title: 'COALESCE of two columns compared with a value',
  category: 'predicates',
  industries: ['e-commerce', 'saas'],
  engines: allEngines(
    'Indexes begin with both columns (or with the first one and another condition serves the rest), and few rows have the value.',
  ),
  severity: 'info',
  description:
    'No index holds COALESCE(a, b), so every row is read. Said of the columns themselves, each side of the OR can be searched.',
  source: 'https://use-the-index-luke.com/sql/where-clause/null',
  precondition:
    'COALESCE has two columns of the same type, an index begins with each of them, and the value is a literal or a parameter. Only in WHERE and ON, where NULL counts as no match.',
  example: {
    schema:
      'CREATE TABLE orders (order_id bigint PRIMARY KEY, shipped_to integer, billed_to integer);\nCREATE INDEX orders_shipped_to ON orders (shipped_to);\nCREATE INDEX orders_billed_to ON orders (billed_to);',
    before: 'SELECT * FROM orders WHERE COALESCE(shipped_to, billed_to) = 42',
    after: 'SELECT * FROM orders WHERE (shipped_to = 42 OR (shipped_to IS NULL AND billed_to = 42))',
  },
  rewrites: true,
  needs: ['side call', ['calls coalesce', 'calls ifnull', 'calls isnull']],
  *find(statement) {
    for (const predicate of positivePredicates(statement)) {
      const { expression } = predicate;
      if (expression.kind !== 'binary') continue;
      const comparison = comparisonsOf(expression, (side) => columnsOf(side) !== null)?.[0];
      const columns = comparison ? columnsOf(comparison.left) : null;
      if (comparison?.operator !== '=' || !columns || !isValue(comparison.right, statement)) continue;
      const [first, second] = columns.map((column) => searchableColumn(statement, column));
      if (!first || !second || first.resolved.source !== second.resolved.source) continue;
      const [a, b] = columns.map((column) => typeOf(column, statement));
      if (!a || a.text === null || a.text !== b?.text || hasExpressionIndex(first, 'coalesce')) continue;
      if (!oneCollation(statement, first, second)) continue;
      const [x, y] = columns.map((column) => source(statement, column));
      if (!x || !y) continue;
      const value = source(statement, comparison.right);
      const condition = parenthesized(sql`${x} = ${value} OR (${x} IS NULL AND ${y} = ${value})`);
      const message = `${quote(statement, expression)} hides both columns from ${serving(first)} and ${serving(second)}.`;
      const edits = () => replacePredicate(statement, predicate, [condition]);
      yield offer(
        expression,
        message,
        edits,
        `${first.resolved.name} and ${second.resolved.name} are both ${a.text}.`,
      );
    }
  },
};

/** Outside of PostgreSQL columns without a COLLATE may have different character sets. */
function oneCollation(
  { dialect }: AnalyzedStatement,
  { resolved: a }: SearchableColumn,
  { resolved: b }: SearchableColumn,
): boolean {
  const [own, other] = [a.column?.collation ?? null, b.column?.collation ?? null];
  if (own !== other) return false;
  const isText = a.column?.family === 'text' || a.column?.family === 'char';
  return !isText || dialect === 'postgresql' || own !== null;
}

function columnsOf(side: Expression): readonly Expression[] | null {
  // of two columns of one type IFNULL and SQL Server's ISNULL give the same
  const known =
    side.kind === 'call' &&
    ['coalesce', 'ifnull', 'isnull'].includes(side.function) &&
    side.name.length === 1;
  if (!known || side.args.length !== 2) return null;
  const columns = side.args.map((argument) => unwrapParens(argument.value));
  return columns.every((column) => column.kind === 'column') ? columns : null;
}

function isValue(expression: Expression, statement: AnalyzedStatement): boolean {
  if (expression.kind === 'literal') return expression.type !== 'null';
  return expression.kind === 'placeholder' && isDeterministic(expression, statement);
}
