import type { Expression } from '../../sql/ast.ts';
import { isNotNullExpression } from '../../sql/properties/not-null.ts';
import { sameExpression } from '../../sql/properties/same-expression.ts';
import { typeOf } from '../../sql/properties/types.ts';
import type { AnalyzedStatement, Conjunct } from '../../sql/query-model.ts';
import { disjunctsOf, unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { joinFragments, source, sql } from '../../sql/writing/fragment.ts';
import { allEngines } from '../engines.ts';
import { offer } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { comparisonsOf } from './comparison.ts';
import { positiveConjuncts, quote } from './positive.ts';

/** `x = 1 OR x = 2 OR x = 3` → `x IN (1, 2, 3)`. */
export const orChainToIn: Pattern = {
  id: 'or-chain-to-in',
  title: 'OR of equalities on one column',
  category: 'predicates',
  engines: allEngines('The list is long: one sorted list is searched instead of one index scan for each OR.'),
  severity: 'hint',
  description:
    'Each equality under OR is planned and searched on its own. As a list the values are one condition, which is shorter to read and can be hashed.',
  source: 'https://www.postgresql.org/docs/18/release-18.html',
  precondition:
    'Every side of the OR compares the same column with a literal or parameter by =, or with a list of them by IN; the literals are all of one type, and outside of PostgreSQL of the type of the column.',
  example: {
    schema: 'CREATE TABLE orders (order_id bigint PRIMARY KEY, status text NOT NULL);',
    before: "SELECT * FROM orders WHERE status = 'paid' OR status = 'shipped' OR status = 'pending'",
    after: "SELECT * FROM orders WHERE status IN ('paid', 'shipped', 'pending')",
  },
  rewrites: true,
  needs: ['condition', 'operator OR'],
  *find(statement) {
    for (const conjunct of positiveConjuncts(statement)) {
      const list = listOf(statement, conjunct);
      if (!list) continue;
      const column = source(statement, list.column);
      const values = joinFragments(list.values.map((value) => source(statement, value)));
      const edits = () => editing(statement).replaceConjunct(conjunct, sql`${column} IN (${values})`).done();
      const name = quote(statement, list.column);
      const message = `${list.values.length} values of ${name} are compared one by one with OR. One IN says the same.`;
      yield offer(
        conjunct.expression,
        message,
        edits,
        `Every side of the OR asks for equality with ${name}.`,
      );
    }
  },
};

interface ValueList {
  readonly column: Expression;
  readonly values: readonly Expression[];
}

const FEWEST_VALUES = 3;

function listOf(statement: AnalyzedStatement, conjunct: Conjunct): ValueList | null {
  if (conjunct.expression.kind !== 'binary' || conjunct.expression.operator !== 'OR') return null;
  let column: Expression | null = null;
  const values: Expression[] = [];
  for (const part of disjunctsOf(conjunct.expression)) {
    const equality = equalityOf(part);
    if (!equality || (column && !sameExpression(column, equality.column, statement))) return null;
    column ??= equality.column;
    values.push(...equality.values);
  }
  if (!column || values.length < FEWEST_VALUES || statement.resolve(column as never) === null) return null;
  const fits = !isShortFloat(statement, column) && takesLiterals(statement, column, values);
  return fits && sameTypes(statement, values) ? { column, values } : null;
}

/** `f = 0.1` compares a real as a double precision, a list as reals: the first is false, the second may be true. */
function isShortFloat(statement: AnalyzedStatement, column: Expression): boolean {
  const type = typeOf(column, statement);
  return type === null || (type.family === 'float' && type.text !== 'double precision');
}

/** MySQL and SQL Server compare text with numbers, and a list has one comparison for all of its values. */
function takesLiterals(
  statement: AnalyzedStatement,
  column: Expression,
  values: readonly Expression[],
): boolean {
  if (statement.dialect === 'postgresql') return true;
  const family = typeOf(column, statement)?.family;
  const wanted =
    family === 'text' || family === 'char'
      ? 'string'
      : family === 'integer' || family === 'decimal'
        ? 'number'
        : null;
  // a list with one N'…' in it is nvarchar as a whole
  const national = values.filter((value) => /^n'/i.test(statement.text.slice(value.start, value.end)));
  if (national.length > 0 && national.length < values.length) return false;
  return values.every((value) => value.kind === 'placeholder' || isLiteralOf(value, wanted));
}

function isLiteralOf(value: Expression, type: string | null): boolean {
  return value.kind === 'literal' && value.type === type;
}

function equalityOf(part: Expression): ValueList | null {
  if (part.kind === 'in') {
    const column = unwrapParens(part.operand);
    const fits = !part.negated && part.list?.every(isValue) && column.kind === 'column';
    return fits && part.list ? { column, values: part.list } : null;
  }
  const comparison =
    part.kind === 'binary' ? comparisonsOf(part, (side) => side.kind === 'column')?.[0] : undefined;
  if (comparison?.operator !== '=' || !isValue(comparison.right)) return null;
  return { column: comparison.left, values: [comparison.right] };
}

function isValue(expression: Expression): boolean {
  return ['literal', 'typedLiteral', 'placeholder'].includes(expression.kind);
}

/** A list has one type: literals of several kinds would be cast where single comparisons were not. */
function sameTypes(statement: AnalyzedStatement, values: readonly Expression[]): boolean {
  const kinds = values.map((value) =>
    value.kind === 'literal'
      ? value.type === 'number'
        ? numeral(value.value)
        : value.type
      : (typeOf(value, statement)?.text ?? value.kind),
  );
  const notNull = values.every(
    (value) => value.kind === 'placeholder' || isNotNullExpression(value, statement),
  );
  return notNull && kinds.every((kind) => kind === kinds[0]);
}

function numeral(text: string): string {
  return /^\d+$/.test(text) ? 'whole' : 'decimal';
}
