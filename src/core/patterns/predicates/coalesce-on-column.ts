import type { Column, TypeFamily } from '../../catalog/catalog.ts';
import type { Expression } from '../../sql/ast.ts';
import type { ComparisonOperator } from '../../sql/comparison-operators.ts';
import type { Dialect } from '../../sql/dialect.ts';
import { certainlyDifferent, compareConstants, constantOf } from '../../sql/properties/constant-values.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { type Fragment, parenthesized, source, sql, verbatim } from '../../sql/writing/fragment.ts';
import { allEngines } from '../engines.ts';
import { offer } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { type Comparison, comparisonsOf } from './comparison.ts';
import { hasExpressionIndex, type SearchableColumn, searchableColumn, serving } from './indexed-column.ts';
import { positivePredicates, quote, replacePredicate } from './positive.ts';

/** `COALESCE(x, 'none') = 'v'` → `x = 'v'`; with the same constant on both sides `(x = 'v' OR x IS NULL)`. */
export const coalesceOnColumn: Pattern = {
  id: 'coalesce-on-column',
  title: 'COALESCE around an indexed column',
  category: 'predicates',
  industries: ['e-commerce', 'saas'],
  engines: allEngines('An index begins with the column and the comparison keeps a small part of the table.'),
  severity: 'warning',
  description:
    'The index holds the column, not COALESCE(column, x), so every row is read. Whether NULL counts as a match can be told from the constants alone.',
  source: 'https://use-the-index-luke.com/sql/where-clause/null/index',
  precondition:
    'COALESCE has the column and one constant; that constant and the one that is compared with can be compared without a server (outside of PostgreSQL: whole numbers, or two empty texts). Only in WHERE and ON, where NULL counts as no match.',
  example: {
    schema:
      'CREATE TABLE orders (order_id bigint PRIMARY KEY, coupon_code text);\nCREATE INDEX ON orders (coupon_code);',
    before: "SELECT * FROM orders WHERE COALESCE(coupon_code, 'none') = 'FRIENDS'",
    after: "SELECT * FROM orders WHERE coupon_code = 'FRIENDS'",
  },
  rewrites: true,
  needs: ['side call', ['calls coalesce', 'calls ifnull', 'calls isnull']],
  *find(statement) {
    const names = NAMES[statement.dialect];
    for (const predicate of positivePredicates(statement)) {
      const comparison =
        predicate.expression.kind === 'binary'
          ? comparisonsOf(predicate.expression, (side) => coalesced(side, names) !== null)?.[0]
          : undefined;
      const parts = comparison ? coalesced(comparison.left, names) : null;
      const column = parts ? searchableColumn(statement, parts.column) : null;
      if (!comparison || !parts || !column || hasExpressionIndex(column, parts.name)) continue;
      const nullMatches = matchesFallback(statement, column, parts.fallback, comparison);
      if (nullMatches === null) continue;
      const condition = conditionOf(
        statement,
        parts.column,
        comparison,
        nullMatches && !column.resolved.notNull,
      );
      const edits = () => replacePredicate(statement, predicate, [condition]);
      const { name } = column.resolved;
      const message = `${quote(statement, predicate.expression)} hides ${name} from ${serving(column)}. ${
        nullMatches
          ? 'A NULL is a match here, which can be said on its own.'
          : 'A NULL is no match here either way.'
      }`;
      yield offer(
        predicate.expression,
        message,
        edits,
        `${name} = NULL would give ${quote(statement, parts.fallback)}, which is ${nullMatches ? 'a' : 'no'} match.`,
      );
    }
  },
};

const NAMES: Readonly<Record<Dialect, readonly string[]>> = {
  postgresql: ['coalesce'],
  mysql: ['coalesce', 'ifnull'],
  mariadb: ['coalesce', 'ifnull'],
  tsql: ['coalesce', 'isnull'],
};

interface Coalesced {
  readonly column: Expression;
  readonly fallback: Expression;
  readonly name: string;
}

function coalesced(side: Expression, names: readonly string[]): Coalesced | null {
  const known = side.kind === 'call' && side.name.length === 1 && names.includes(side.function);
  if (!known || side.args.length !== 2) return null;
  const column = side.args[0] ? unwrapParens(side.args[0].value) : null;
  const fallback = side.args[1] ? unwrapParens(side.args[1].value) : null;
  return column?.kind === 'column' && fallback ? { column, fallback, name: side.function } : null;
}

/** Families whose constants have one meaning on every server; char pads, floats round. */
const COMPARABLE: ReadonlySet<TypeFamily> = new Set<TypeFamily>([
  'integer',
  'decimal',
  'text',
  'date',
  'timestamp',
  'boolean',
  'uuid',
]);

/** Whether a NULL passes the comparison, null when that cannot be told. */
function matchesFallback(
  statement: AnalyzedStatement,
  { resolved }: SearchableColumn,
  fallback: Expression,
  { operator, right }: Comparison,
): boolean | null {
  const described = resolved.column;
  if (!described || !COMPARABLE.has(described.family)) return null;
  if (!keepsType(statement, described, fallback, right)) return null;
  const a = constantOf(fallback, described.family, statement);
  const b = constantOf(right, described.family, statement);
  if (!a || !b) return null;
  // whatever the collation, a text equals itself
  const same = a.kind === 'text' && b.kind === 'text' && a.value === b.value;
  if (described.family === 'text' && !described.deterministicCollation && !same) return null;
  const order = compareConstants(a, b);
  if (order !== null) return holds(order, operator);
  if (!certainlyDifferent(a, b)) return null;
  return operator === '=' ? false : operator === '<>' ? true : null;
}

/**
 * Outside of PostgreSQL a string does not take the type of what stands beside it (MySQL's COALESCE of a date and a string
 * is text), texts may be equal but for blanks, and SQL Server's ISNULL cuts its second argument to the type of the first.
 */
function keepsType(
  { dialect }: AnalyzedStatement,
  column: Column,
  fallback: Expression,
  right: Expression,
): boolean {
  if (dialect === 'postgresql') return true;
  if (column.family === 'text') {
    return (
      [fallback, right].every((one) => one.kind === 'literal' && one.type === 'string') &&
      sameOrEmpty(fallback, right)
    );
  }
  // 24 beside a year is 2024
  if (column.type.startsWith('year')) return false;
  if (column.family !== 'integer' && column.family !== 'decimal') return false;
  // beside a type without a sign it may be another number
  const signed = !/unsigned|zerofill|^tinyint/.test(column.type) || fallback.kind === 'literal';
  return signed && isWholeNumber(fallback) && isNumber(right);
}

/** Texts that are equal or different under every collation, and that no column is too short for. */
function sameOrEmpty(fallback: Expression, right: Expression): boolean {
  return (
    fallback.kind === 'literal' && fallback.value === '' && right.kind === 'literal' && right.value === ''
  );
}

function isWholeNumber(expression: Expression): boolean {
  const number = unsigned(expression);
  return number.kind === 'literal' && number.type === 'number' && /^\d{1,4}$/.test(number.value);
}

function isNumber(expression: Expression): boolean {
  const number = unsigned(expression);
  return number.kind === 'literal' && number.type === 'number';
}

function unsigned(expression: Expression): Expression {
  const sign = expression.kind === 'unary' && ['-', '+'].includes(expression.operator);
  return sign ? unwrapParens(expression.operand) : expression;
}

function holds(order: number, operator: ComparisonOperator): boolean {
  switch (operator) {
    case '=':
      return order === 0;
    case '<>':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

function conditionOf(
  statement: AnalyzedStatement,
  column: Expression,
  { operator, right }: Comparison,
  orNull: boolean,
): Fragment {
  const written = source(statement, column);
  const plain = sql`${written} ${verbatim(operator)} ${source(statement, right)}`;
  return orNull ? parenthesized(sql`${plain} OR ${written} IS NULL`) : plain;
}
