import type { Expression } from '../../sql/ast.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { source } from '../../sql/writing/fragment.ts';
import { allEngines } from '../engines.ts';
import { offer } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { hasExpressionIndex, type SearchableColumn, searchableColumn, serving } from './indexed-column.ts';
import { positivePredicates, quote } from './positive.ts';

/** `x || '' = 'v'` → `x = 'v'`. */
export const emptyConcatenation: Pattern = {
  id: 'empty-concatenation',
  title: 'Empty text added to an indexed column',
  category: 'predicates',
  engines: allEngines('An index begins with the column and the comparison keeps a small part of the table.'),
  severity: 'warning',
  description:
    'Adding an empty text was once a way to keep an index from being used. It still is: the index holds the column, not the sum.',
  source: 'https://use-the-index-luke.com/sql/where-clause/obfuscation/smart-logic',
  precondition:
    "The column is text or varchar (not char(n), whose blanks the sum would cut off), and the other part is the literal ''.",
  example: {
    schema:
      'CREATE TABLE orders (order_id bigint PRIMARY KEY, coupon_code text);\nCREATE INDEX ON orders (coupon_code);',
    before: "SELECT * FROM orders WHERE coupon_code || '' = 'FRIENDS'",
    after: "SELECT * FROM orders WHERE coupon_code = 'FRIENDS'",
  },
  rewrites: true,
  needs: ['condition', 'literal string', ['operator ||', 'operator +', 'calls concat']],
  *find(statement) {
    for (const { expression } of positivePredicates(statement)) {
      for (const operand of operandsOf(expression)) {
        const sum = sumOf(statement, operand);
        if (!sum || hasExpressionIndex(sum, "''") || !besideText(expression, operand)) continue;
        const edits = () => editing(statement).replace(operand, source(statement, sum.reference)).done();
        const { name, column } = sum.resolved;
        const message = `${quote(statement, operand)} is ${name}, but hides it from ${serving(sum)}.`;
        yield offer(expression, message, edits, `${name} is ${column?.type}.`);
      }
    }
  },
};

function operandsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'binary':
      return ['=', '<>', '<', '<=', '>', '>='].includes(expression.operator)
        ? [expression.left, expression.right]
        : [];
    case 'between':
    case 'like':
      return [expression.operand];
    case 'in':
      return [expression.operand];
    default:
      return [];
  }
}

/** What the sum is compared with takes its type: literals and parameters. */
function besideText(expression: Expression, sum: Expression): boolean {
  const others =
    expression.kind === 'binary'
      ? [expression.left, expression.right]
      : expression.kind === 'between'
        ? [expression.low, expression.high]
        : expression.kind === 'like'
          ? [expression.pattern]
          : expression.kind === 'in'
            ? (expression.list ?? [expression])
            : [];
  return others
    .filter((other) => other !== sum)
    .map(unwrapParens)
    .every((other) => other.kind === 'placeholder' || (other.kind === 'literal' && other.type === 'string'));
}

/** The column that is made longer by nothing. */
function sumOf(statement: AnalyzedStatement, operand: Expression): SearchableColumn | null {
  const parts = partsOf(statement, unwrapParens(operand));
  if (parts?.length !== 2) return null;
  const column = parts.map((part) => searchableColumn(statement, part)).find((one) => one !== null);
  const empty = parts.some((part) => part.kind === 'literal' && part.type === 'string' && part.value === '');
  const described = column?.resolved.column;
  // PostgreSQL orders names by bytes, but their sums by the database's collation
  return described?.family === 'text' && described.type !== 'name' && empty ? (column ?? null) : null;
}

/** The operands of the engine's concatenation for which NULL stays NULL. */
function partsOf({ dialect }: AnalyzedStatement, sum: Expression): readonly Expression[] | null {
  const mysql = dialect === 'mysql' || dialect === 'mariadb';
  if (sum.kind === 'binary' && sum.operator === (dialect === 'tsql' ? '+' : '||') && !mysql) {
    return [unwrapParens(sum.left), unwrapParens(sum.right)];
  }
  const isConcat = mysql && sum.kind === 'call' && sum.function === 'concat' && sum.name.length === 1;
  return isConcat ? sum.args.map((argument) => unwrapParens(argument.value)) : null;
}
