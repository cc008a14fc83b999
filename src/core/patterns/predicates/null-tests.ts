import type { Expression, Like } from '../../sql/ast.ts';
import { typeOf } from '../../sql/properties/types.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { editing } from '../../sql/writing/edits.ts';
import { source, sql, verbatim } from '../../sql/writing/fragment.ts';
import { allEngines } from '../engines.ts';
import { offer } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { positivePredicates, quote, replacePredicate } from './positive.ts';

/** `x IS NOT NULL` of a column that is NOT NULL → nothing. */
export const notNullOfNotNull: Pattern = {
  id: 'not-null-of-not-null',
  title: 'IS NOT NULL of a column that is NOT NULL',
  category: 'predicates',
  engines: allEngines('hardly: the test is cheap, but it hides what the query is about'),
  severity: 'hint',
  description: 'The test is true for every row. PostgreSQL leaves it out itself since version 17.',
  source: 'https://www.postgresql.org/docs/17/release-17.html',
  precondition:
    'The column is declared NOT NULL and not on the null-supplied side of an outer join. MySQL and MariaDB: no date, where 0000-00-00 passes for NULL in some tests.',
  example: {
    schema:
      'CREATE TABLE orders (order_id bigint PRIMARY KEY, total decimal(10, 2), placed_by integer NOT NULL);',
    before: 'SELECT order_id FROM orders WHERE total > 500 AND placed_by IS NOT NULL',
    after: 'SELECT order_id FROM orders WHERE total > 500',
  },
  rewrites: true,
  styleOnly: true,
  needs: ['where', 'is'],
  *find(statement) {
    for (const block of statement.blocks) {
      for (const conjunct of block.where) {
        const { expression } = conjunct;
        const column = testedColumn(statement, expression);
        if (!column) continue;
        const edits = () => editing(statement).removeConjunct(conjunct).done();
        const text = quote(statement, column);
        yield offer(
          expression,
          `${quote(statement, expression)} is true for every row.`,
          edits,
          `${text} is declared NOT NULL.`,
        );
      }
    }
  },
};

function testedColumn(statement: AnalyzedStatement, expression: Expression): Expression | null {
  if (expression.kind !== 'is' || expression.test !== 'null' || !expression.negated) return null;
  const column = unwrapParens(expression.operand);
  const resolved = column.kind === 'column' ? statement.resolve(column) : null;
  // of a composite value IS NOT NULL asks for every field
  if (!resolved?.notNull || resolved.sourceColumn?.type?.family === undefined) return null;
  const family = resolved.sourceColumn.type.family;
  const mysql = statement.dialect === 'mysql' || statement.dialect === 'mariadb';
  const isDate = family === 'date' || family === 'timestamp' || family === 'timestamptz';
  return family === 'other' || (mysql && isDate) ? null : column;
}

/** `x LIKE '%'` → `x IS NOT NULL`. */
export const likeAnything: Pattern = {
  id: 'like-anything',
  title: "LIKE '%'",
  category: 'predicates',
  industries: ['saas'],
  engines: allEngines(
    'Many rows: the pattern is matched for each. The planner also takes it for a condition that few rows meet.',
  ),
  severity: 'info',
  description:
    "Every text matches '%': only NULLs are filtered out, which IS NOT NULL says plainly. Search forms send it when a field is left empty, where no condition at all is often what is meant.",
  source: 'https://www.postgresql.org/docs/current/functions-matching.html#FUNCTIONS-LIKE',
  precondition:
    'The column is text and the pattern is of % alone. Only in WHERE and ON, where NULL counts as no match.',
  example: {
    schema: 'CREATE TABLE customers (customer_id integer PRIMARY KEY, name varchar(80));',
    before: "SELECT * FROM customers WHERE name LIKE '%'",
    after: 'SELECT * FROM customers WHERE name IS NOT NULL',
  },
  rewrites: true,
  needs: ['condition', 'like'],
  *find(statement) {
    for (const predicate of positivePredicates(statement)) {
      const { expression } = predicate;
      if (expression.kind !== 'like' || !isAnything(expression)) continue;
      const column = unwrapParens(expression.operand);
      const family = typeOf(column, statement)?.family;
      if (column.kind !== 'column' || (family !== 'text' && family !== 'char')) continue;
      const edits = () =>
        replacePredicate(statement, predicate, [sql`${source(statement, column)} IS NOT NULL`]);
      const message = `${quote(statement, expression)} is true for every text: only NULLs are left out.`;
      yield offer(expression, message, edits, 'Every text matches %.');
    }
  },
};

function isAnything(like: Like): boolean {
  const pattern = unwrapParens(like.pattern);
  const plain =
    !like.negated && like.escape === null && (like.operator === 'LIKE' || like.operator === 'ILIKE');
  return plain && pattern.kind === 'literal' && pattern.type === 'string' && /^%+$/.test(pattern.value);
}

/** `length(x) = 0` → `x = ''`. */
export const emptyByLength: Pattern = {
  id: 'empty-by-length',
  title: 'Length of a text compared with zero',
  category: 'predicates',
  engines: [
    {
      dialect: 'postgresql',
      pays: 'An index begins with the column and few texts are empty; else no text has to be measured.',
    },
  ],
  severity: 'info',
  description:
    'The length of every text is counted. Whether it is empty can be seen, and searched for in an index, without that.',
  source: 'https://use-the-index-luke.com/sql/where-clause/functions',
  precondition:
    'The column is text or varchar whose collation compares byte by byte for equality: of char(n) the blanks do not count for length, and elsewhere blanks at the end are equal to nothing.',
  example: {
    schema: 'CREATE TABLE customers (customer_id integer PRIMARY KEY, note text);',
    before: 'SELECT * FROM customers WHERE length(note) > 0',
    after: "SELECT * FROM customers WHERE note <> ''",
  },
  rewrites: true,
  needs: ['side call'],
  *find(statement) {
    for (const predicate of positivePredicates(statement)) {
      const found = comparedLength(statement, predicate.expression);
      if (!found) continue;
      const condition = sql`${source(statement, found.column)} ${verbatim(found.empty ? '=' : '<>')} ${verbatim("''")}`;
      const edits = () => replacePredicate(statement, predicate, [condition]);
      const message = `${quote(statement, predicate.expression)} counts the characters of every text to see whether there are any.`;
      yield offer(predicate.expression, message, edits, `${quote(statement, found.column)} is text.`);
    }
  },
};

const LENGTHS = new Set(['length', 'char_length', 'character_length', 'octet_length']);

function comparedLength(
  statement: AnalyzedStatement,
  expression: Expression,
): { readonly column: Expression; readonly empty: boolean } | null {
  if (expression.kind !== 'binary') return null;
  const call = unwrapParens(expression.left);
  const value = unwrapParens(expression.right);
  if (call.kind !== 'call' || !LENGTHS.has(call.function) || call.args.length !== 1 || call.name.length > 1)
    return null;
  const column = call.args[0] ? unwrapParens(call.args[0].value) : null;
  const type = column?.kind === 'column' ? typeOf(column, statement) : null;
  if (!column || type?.family !== 'text' || !type.deterministic || type.text === 'name') return null;
  if (value.kind !== 'literal' || value.type !== 'number') return null;
  switch (`${expression.operator} ${value.value}`) {
    case '= 0':
    case '< 1':
    case '<= 0':
      return { column, empty: true };
    case '> 0':
    case '<> 0':
    case '>= 1':
      return { column, empty: false };
    default:
      return null;
  }
}
