/** Literals of another type than the column that they are compared with. */
import type { Expression, Literal } from '../../sql/ast.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { stringLiteral } from '../../sql/writing/fragment.ts';
import { offerToTest } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { type SearchableColumn, searchableColumn, serving } from './indexed-column.ts';
import { positivePredicates, quote } from './positive.ts';

/** `varchar_column = 123` → `varchar_column = '123'`. */
export const numberBesideText: Pattern = {
  id: 'number-beside-text',
  title: 'Indexed text column compared with a number',
  category: 'predicates',
  industries: ['e-commerce', 'saas'],
  engines: (['mysql', 'mariadb', 'tsql'] as const).map((dialect) => ({
    dialect,
    pays: 'An index begins with the column and few rows have the value.',
  })),
  severity: 'warning',
  description:
    'Text beside a number is converted to a number in every row, so that the index, which is ordered as text, is of no use. SQL Server raises an error at the first text that is no number.',
  source: 'https://dev.mysql.com/doc/refman/8.4/en/type-conversion.html',
  precondition:
    "The number is whole. The text '0123' is equal to the number 123 but not to the text '123', so the candidate is compared on data: no value may have leading zeros, blanks, a sign or a fraction.",
  example: {
    schema:
      'CREATE TABLE orders (order_id int PRIMARY KEY, number varchar(20));\nCREATE INDEX orders_number ON orders (number);',
    before: 'SELECT order_id FROM orders WHERE number = 20417',
    after: "SELECT order_id FROM orders WHERE number = '20417'",
  },
  rewrites: true,
  needs: ['condition', 'literal'],
  *find(statement) {
    for (const { expression } of positivePredicates(statement)) {
      const found = comparedLiterals(statement, expression, ['=']);
      const family = found?.column.resolved.column?.family;
      if (!found || (family !== 'text' && family !== 'char')) continue;
      if (!found.literals.every((one) => one.type === 'number' && /^(0|[1-9]\d{0,17})$/.test(one.value)))
        continue;
      const edits = found.literals.reduce(
        (all, literal) => all.replace(literal, stringLiteral(literal.value)),
        editing(statement),
      );
      const { name } = found.column.resolved;
      const message = `${quote(statement, expression)} makes a number of every ${name}. Compared as text it can use ${serving(found.column)}.`;
      yield offerToTest(
        expression,
        message,
        () => edits.done(),
        `${name} holds numbers only as they are usually written.`,
      );
    }
  },
};

/** `varchar_column = N'abc'` → `varchar_column = 'abc'`. */
export const nationalLiteral: Pattern = {
  id: 'national-literal-beside-varchar',
  title: "N'…' compared with an indexed varchar column",
  category: 'predicates',
  industries: ['saas', 'e-commerce'],
  engines: [
    {
      dialect: 'tsql',
      pays: 'The column has a SQL collation (SQL_Latin1_General_CP1_CI_AS and its kind), where the index cannot be searched by nvarchar at all.',
    },
  ],
  severity: 'warning',
  description:
    'nvarchar goes before varchar, so the column is converted in every row: a scan under SQL collations, and a costlier search under Windows collations. The same holds for nvarchar parameters of an application.',
  source: 'https://learn.microsoft.com/sql/t-sql/data-types/data-type-precedence-transact-sql',
  precondition:
    'The literal is plain ASCII. Under a SQL collation nvarchar is compared by other rules than varchar (for letters beyond ASCII), so the candidate is compared on data.',
  example: {
    schema:
      'CREATE TABLE customers (customer_id int PRIMARY KEY, email varchar(100));\nCREATE INDEX customers_email ON customers (email);',
    before: "SELECT customer_id FROM customers WHERE email = N'ana@example.com'",
    after: "SELECT customer_id FROM customers WHERE email = 'ana@example.com'",
  },
  rewrites: true,
  needs: ['condition', 'literal'],
  *find(statement) {
    for (const { expression } of positivePredicates(statement)) {
      const found = comparedLiterals(statement, expression, ['=', '<>', '<', '<=', '>', '>=']);
      if (!found || !/^(var)?char\b/.test(found.column.resolved.column?.type ?? '')) continue;
      const national = found.literals.filter((one) => /^n'/i.test(statement.text.slice(one.start, one.end)));
      if (national.length === 0 || !national.every((one) => /^[\x20-\x7e]*$/.test(one.value))) continue;
      const edits = national.reduce(
        (all, literal) => all.replace(literal, stringLiteral(literal.value)),
        editing(statement),
      );
      const { name, column } = found.column.resolved;
      const message = `${quote(statement, expression)} makes nvarchar of every ${name}, which is ${column?.type}. As varchar it can use ${serving(found.column)}.`;
      yield offerToTest(
        expression,
        message,
        () => edits.done(),
        `The collation of ${name} compares varchar and nvarchar alike.`,
      );
    }
  },
};

interface Compared {
  readonly column: SearchableColumn;
  readonly literals: readonly Literal[];
}

/** An indexed column compared with literals by one of the operators or IN. */
function comparedLiterals(
  statement: AnalyzedStatement,
  expression: Expression,
  operators: readonly string[],
): Compared | null {
  const operands =
    expression.kind === 'binary' && operators.includes(expression.operator)
      ? [expression.left, expression.right]
      : expression.kind === 'in' && !expression.negated && expression.list
        ? [expression.operand, ...expression.list]
        : [];
  const column = operands.map((one) => searchableColumn(statement, one)).find((one) => one !== null);
  const literals = operands.map(unwrapParens).filter((one) => one.kind === 'literal');
  return column && literals.length > 0 && literals.length === operands.length - 1
    ? { column, literals }
    : null;
}
