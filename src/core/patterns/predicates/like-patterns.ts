import type { Expression, Like } from '../../sql/ast.ts';
import { typeOf } from '../../sql/properties/types.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { source, sql, verbatim } from '../../sql/writing/fragment.ts';
import { allEngines, postgresqlOnly } from '../engines.ts';
import { advice, offer } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { positivePredicates, quote, replacePredicate } from './positive.ts';

/** `x LIKE 'abc'` → `x = 'abc'`. */
export const likeWithoutWildcard: Pattern = {
  id: 'like-without-wildcard',
  title: 'LIKE without a wildcard',
  category: 'predicates',
  engines: postgresqlOnly(
    'The column is joined or grouped by: = lets the planner use hashes, equivalences and better estimates.',
  ),
  severity: 'hint',
  description: 'A pattern without % and _ is plain equality, which the planner knows much more about.',
  source: 'https://www.postgresql.org/docs/current/functions-matching.html#FUNCTIONS-LIKE',
  precondition:
    'The column is text or varchar whose collation compares byte by byte for equality; the pattern is a literal without %, _ and backslash, and there is no ESCAPE.',
  example: {
    schema: 'CREATE TABLE orders (order_id bigint PRIMARY KEY, coupon_code text);',
    before: "SELECT * FROM orders WHERE coupon_code LIKE 'WELCOME'",
    after: "SELECT * FROM orders WHERE coupon_code = 'WELCOME'",
  },
  rewrites: true,
  needs: ['condition', 'like'],
  *find(statement) {
    for (const predicate of positivePredicates(statement)) {
      const { expression } = predicate;
      const text = patternOf(expression);
      if (
        expression.kind !== 'like' ||
        expression.operator !== 'LIKE' ||
        text === null ||
        /[%_\\]/.test(text)
      )
        continue;
      const operand = unwrapParens(expression.operand);
      const type = typeOf(operand, statement);
      if (operand.kind !== 'column' || type?.family !== 'text' || !type.deterministic) continue;
      const operator = verbatim(expression.negated ? '<>' : '=');
      const condition = sql`${source(statement, operand)} ${operator} ${source(statement, expression.pattern)}`;
      const message = `The pattern in ${quote(statement, expression)} has no wildcard: it is a plain comparison.`;
      const edits = () => replacePredicate(statement, predicate, [condition]);
      yield offer(
        expression,
        message,
        edits,
        `${quote(statement, operand)} is ${type.text ?? 'text'}, equal when the bytes are.`,
      );
    }
  },
};

/** `x LIKE '%abc'`: advice on an index for it. */
export const leadingWildcard: Pattern = {
  id: 'leading-wildcard',
  title: 'LIKE with a leading wildcard',
  category: 'predicates',
  industries: ['e-commerce', 'saas'],
  engines: allEngines('The table is large and the text is found in a small part of it.'),
  severity: 'info',
  description:
    'An ordered index is searched from the beginning of the text, so a pattern that begins with % reads every row.',
  source: 'https://www.postgresql.org/docs/current/pgtrgm.html#PGTRGM-INDEX',
  precondition: 'The pattern is a literal that begins with a wildcard.',
  example: {
    schema: 'CREATE TABLE customers (customer_id integer PRIMARY KEY, email text);',
    before: "SELECT * FROM customers WHERE email LIKE '%@example.com'",
    after: null,
  },
  rewrites: false,
  needs: ['condition', 'like'],
  *find(statement) {
    for (const { expression } of positivePredicates(statement)) {
      const text = patternOf(expression);
      if (expression.kind !== 'like' || expression.negated || text === null || !/^[%_]/.test(text)) continue;
      if (expression.operator !== 'LIKE' && expression.operator !== 'ILIKE') continue;
      const operand = unwrapParens(expression.operand);
      if (operand.kind !== 'column') continue;
      const table = statement.resolve(operand)?.table;
      const name = operand.parts.at(-1)?.text ?? '';
      const trigram = table?.indexes.some((index) =>
        index.columns.some(
          (key) => key.column === statement.resolve(operand)?.name && /trgm/.test(key.operatorClass ?? ''),
        ),
      );
      if (trigram) continue;
      yield advice(expression, wildcardAdvice(statement.dialect, name, table?.name ?? null, text));
    }
  },
};

function wildcardAdvice(dialect: string, name: string, table: string | null, text: string): string {
  const beginning = `A pattern that begins with a wildcard reads every ${name}.`;
  if (dialect !== 'postgresql')
    return `${beginning} A full-text index, or an index on the reversed text, can be searched.`;
  const inner = text.replace(/[%_]/g, '');
  if (inner.length < 3) return `${beginning} Fewer than three characters leave no index to search with.`;
  return `${beginning} A trigram index can be searched: CREATE INDEX ON ${table ?? 'the table'} USING gin (${name} gin_trgm_ops), after CREATE EXTENSION pg_trgm.`;
}

function patternOf(expression: Expression): string | null {
  if (expression.kind !== 'like' || expression.escape !== null) return null;
  const pattern = unwrapParens((expression as Like).pattern);
  return pattern.kind === 'literal' && pattern.type === 'string' ? pattern.value : null;
}
