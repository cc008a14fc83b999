import type { Expression } from '../../sql/ast.ts';
import { isWhole, parseDecimal, reduced } from '../../sql/properties/constants.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { type Fragment, source, sql, verbatim } from '../../sql/writing/fragment.ts';
import { offer } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { comparisonsOf } from './comparison.ts';
import { hasExpressionIndex, type SearchableColumn, searchableColumn, serving } from './indexed-column.ts';
import { type PositivePredicate, positivePredicates, quote, replacePredicate } from './positive.ts';

/** `id::text = '77'` → `id = 77`; `id = 77.0`, which casts the column without a word, → `id = 77`. */
export const castOnColumn: Pattern = {
  id: 'cast-on-column',
  title: 'Indexed column cast to another type',
  category: 'predicates',
  industries: ['saas', 'e-commerce'],
  engines: [
    {
      dialect: 'postgresql',
      pays: 'An index begins with the column; the plain comparison is a search in it.',
    },
  ],
  severity: 'warning',
  description:
    'The column is cast in every row, by ::text or silently because the constant is of a wider type, so that its index cannot be searched. The constant can be written in the type of the column.',
  source: 'https://use-the-index-luke.com/sql/where-clause/obfuscation/numeric-strings',
  precondition:
    'The column is an integer or a uuid and each constant is written exactly as the server writes a value of that type (no leading zeros, signs or blanks).',
  example: {
    schema: 'CREATE TABLE orders (order_id bigint PRIMARY KEY, total numeric);',
    before: "SELECT * FROM orders WHERE order_id::text = '20417'",
    after: 'SELECT * FROM orders WHERE order_id = 20417',
  },
  rewrites: true,
  needs: ['condition', ['cast', 'literal number']],
  *find(statement) {
    for (const predicate of positivePredicates(statement)) {
      const found = textCast(statement, predicate) ?? numericConstant(statement, predicate);
      if (!found) continue;
      const edits = () => replacePredicate(statement, predicate, [found.condition]);
      const { name, column } = found.column.resolved;
      const message = `${quote(statement, predicate.expression)} casts ${name} in every row. Compared as ${column?.type} it can use ${serving(found.column)}.`;
      const fact = `${found.column.table.name}.${name} is ${column?.type}.`;
      yield offer(predicate.expression, message, edits, fact);
    }
  },
};

interface Found {
  readonly column: SearchableColumn;
  readonly condition: Fragment;
}

function textCast(statement: AnalyzedStatement, { expression }: PositivePredicate): Found | null {
  if (expression.kind === 'in') {
    const cast =
      expression.negated || !expression.list ? null : castColumn(statement, unwrapParens(expression.operand));
    const values = cast ? expression.list?.map((item) => constantOf(item, cast.column)) : null;
    if (!cast || !values || values.some((value) => value === null)) return null;
    const list = verbatim(values.join(', '));
    return { column: cast.column, condition: sql`${source(statement, cast.written)} IN (${list})` };
  }
  const isCast = (side: Expression): boolean => castColumn(statement, side) !== null;
  const comparison =
    expression.kind === 'binary' && expression.operator === '='
      ? comparisonsOf(expression, isCast)?.[0]
      : null;
  const cast = comparison ? castColumn(statement, comparison.left) : null;
  const value = comparison && cast ? constantOf(comparison.right, cast.column) : null;
  if (!cast || value === null) return null;
  return { column: cast.column, condition: sql`${source(statement, cast.written)} = ${verbatim(value)}` };
}

const TEXT_TYPES = new Set(['text', 'varchar', 'character varying']);

function castColumn(
  statement: AnalyzedStatement,
  side: Expression,
): { readonly column: SearchableColumn; readonly written: Expression } | null {
  if (side.kind !== 'cast' || side.style === 'try' || !TEXT_TYPES.has(side.type.name)) return null;
  if (side.type.modifiers.length > 0 || side.type.arrayDimensions > 0 || side.type.schema) return null;
  const written = unwrapParens(side.operand);
  const column = searchableColumn(statement, written);
  const family = column?.resolved.column?.family;
  const known = family === 'integer' || family === 'uuid';
  return column && known && !hasExpressionIndex(column, '::') ? { column, written } : null;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The constant in the column's type, when its text is what the server would print for exactly one value. */
function constantOf(expression: Expression, column: SearchableColumn): string | null {
  const inner = unwrapParens(expression);
  if (inner.kind !== 'literal' || inner.type !== 'string') return null;
  if (column.resolved.column?.family === 'uuid') return UUID.test(inner.value) ? `'${inner.value}'` : null;
  return /^(0|-?[1-9]\d{0,17})$/.test(inner.value) ? inner.value : null;
}

/** `id = 77.0`: numeric beside an integer makes the column a numeric. */
function numericConstant(statement: AnalyzedStatement, { expression }: PositivePredicate): Found | null {
  if (expression.kind !== 'binary' || expression.operator !== '=') return null;
  const isInteger = (side: Expression): boolean =>
    searchableColumn(statement, side)?.resolved.column?.family === 'integer';
  const comparison = comparisonsOf(expression, isInteger)?.[0];
  const column = comparison ? searchableColumn(statement, comparison.left) : null;
  const value = comparison ? wholeNumeric(comparison.right) : null;
  if (!comparison || !column || value === null) return null;
  return { column, condition: sql`${source(statement, comparison.left)} = ${verbatim(value)}` };
}

function wholeNumeric(expression: Expression): string | null {
  const castToNumeric =
    expression.kind === 'cast' &&
    ['numeric', 'decimal'].includes(expression.type.name) &&
    expression.type.modifiers.length === 0;
  const inner = castToNumeric ? unwrapParens(expression.operand) : expression;
  if (inner.kind !== 'literal' || inner.type !== 'number') return null;
  if (!castToNumeric && !inner.value.includes('.')) return null;
  const number = parseDecimal(inner.value);
  if (!number || !isWhole(number)) return null;
  const { digits } = reduced(number);
  return digits < 10n ** 18n ? String(digits) : null;
}
