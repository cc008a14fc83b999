/** Functions around a column that its collation makes needless. */
import type { Expression } from '../../sql/ast.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { source } from '../../sql/writing/fragment.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { hasExpressionIndex, type SearchableColumn, searchableColumn, serving } from './indexed-column.ts';
import { positivePredicates, quote } from './positive.ts';

const ENGINES = (['mysql', 'mariadb', 'tsql'] as const).map((dialect) => ({
  dialect,
  pays: 'An index begins with the column and few rows have the value.',
}));

/** `RTRIM(x) = 'v'` → `x = 'v'` where blanks at the end do not count. */
export const trimmedColumn: Pattern = {
  id: 'trimmed-column',
  title: 'RTRIM around an indexed column whose comparison pads',
  category: 'predicates',
  engines: ENGINES,
  severity: 'warning',
  description:
    'The comparison pads the shorter text with blanks anyway, so cutting them off changes nothing but keeps the index from being searched.',
  source:
    'https://dev.mysql.com/doc/refman/8.4/en/charset-binary-collations.html#charset-binary-collations-trailing-space-comparisons',
  precondition:
    'SQL Server pads always; MySQL and MariaDB pad under collations that are neither NO PAD nor of the 0900 kind. The comparison is = or <> with a literal or a parameter.',
  example: {
    schema:
      'CREATE TABLE orders (order_id int PRIMARY KEY, code varchar(20) COLLATE utf8mb4_general_ci);\nCREATE INDEX orders_code ON orders (code);',
    before: "SELECT order_id FROM orders WHERE RTRIM(code) = 'A17'",
    after: "SELECT order_id FROM orders WHERE code = 'A17'",
  },
  rewrites: true,
  needs: ['side call'],
  *find(statement) {
    for (const { expression } of positivePredicates(statement)) {
      const found = wrappedColumn(statement, expression, ['rtrim'], ['=', '<>']);
      if (!found) continue;
      const { name, column } = found.column.resolved;
      const message = `${quote(statement, expression)} cuts blanks off that the comparison does not count. Without RTRIM it can use ${serving(found.column)}.`;
      if (!pads(statement, found.column)) {
        yield blocked(
          expression,
          message,
          `Whether the collation of ${name} counts blanks at the end is not known.`,
        );
        continue;
      }
      const edits = () =>
        editing(statement).replace(found.call, source(statement, found.column.reference)).done();
      yield offer(
        expression,
        message,
        edits,
        `${name} is ${column?.type}, compared without blanks at the end.`,
      );
    }
  },
};

function pads({ dialect }: AnalyzedStatement, { resolved }: SearchableColumn): boolean {
  if (dialect === 'tsql') return true;
  const collation = resolved.column?.collation ?? null;
  return collation !== null && !/0900|nopad|uca1400|^binary$/i.test(collation);
}

/** `LOWER(email) = 'x'` → `email = 'x'` under a collation that ignores case. */
export const caseFunctionUnderCollation: Pattern = {
  id: 'case-function-under-collation',
  title: 'LOWER or UPPER of a column whose collation ignores case',
  category: 'predicates',
  industries: ['saas', 'e-commerce'],
  engines: ENGINES,
  severity: 'warning',
  description:
    'The collation of the column ignores case already. The function adds nothing but keeps the index from being searched.',
  source: 'https://dev.mysql.com/doc/refman/8.4/en/case-sensitivity.html',
  precondition:
    'The collation of the column is known to ignore case (_ci), and it is compared with a literal of ASCII characters. A few letters change into others than their equals (ß, ı), so the candidate is compared on data.',
  example: {
    schema:
      'CREATE TABLE customers (customer_id int PRIMARY KEY, email varchar(100) COLLATE utf8mb4_general_ci);\nCREATE INDEX customers_email ON customers (email);',
    before: "SELECT customer_id FROM customers WHERE LOWER(email) = 'ana@example.com'",
    after: "SELECT customer_id FROM customers WHERE email = 'ana@example.com'",
  },
  rewrites: true,
  needs: ['side call'],
  *find(statement) {
    for (const { expression } of positivePredicates(statement)) {
      const found = wrappedColumn(statement, expression, ['lower', 'upper', 'lcase', 'ucase'], ['=', '<>']);
      if (!found || !isAscii(found.value)) continue;
      const { name, column } = found.column.resolved;
      const message = `${quote(statement, expression)} changes the case of every ${name}. Under a collation that ignores case the column itself can use ${serving(found.column)}.`;
      if (!/_ci(_|$)/i.test(column?.collation ?? '')) {
        yield blocked(expression, message, `The collation of ${name} is not known to ignore case.`);
        continue;
      }
      const edits = () =>
        editing(statement).replace(found.call, source(statement, found.column.reference)).done();
      yield offerToTest(
        expression,
        message,
        edits,
        `${name} is compared by ${column?.collation}, which ignores case.`,
      );
    }
  },
};

interface Wrapped {
  readonly call: Expression;
  readonly column: SearchableColumn;
  readonly value: Expression;
}

/** `f(column) operator value` with one of these functions and operators, the value a literal, parameter or variable. */
function wrappedColumn(
  statement: AnalyzedStatement,
  expression: Expression,
  functions: readonly string[],
  operators: readonly string[],
): Wrapped | null {
  if (expression.kind !== 'binary' || !operators.includes(expression.operator)) return null;
  const sides = [expression.left, expression.right].map(unwrapParens);
  const call = sides.find(
    (side) => side.kind === 'call' && functions.includes(side.function) && side.name.length === 1,
  );
  const value = sides.find((side) => side !== call);
  const operand = call?.kind === 'call' && call.args.length === 1 ? call.args[0]?.value : undefined;
  const column = operand ? searchableColumn(statement, operand) : null;
  const family = column?.resolved.column?.family;
  if (call?.kind !== 'call' || !value || !column || (family !== 'text' && family !== 'char')) return null;
  const isText =
    value.kind === 'literal' ? value.type === 'string' : ['placeholder', 'variable'].includes(value.kind);
  return isText && !hasExpressionIndex(column, call.function) ? { call, column, value } : null;
}

function isAscii(value: Expression): boolean {
  return value.kind === 'literal' && /^[\x20-\x7e]*$/.test(value.value);
}
