import type { Expression } from '../../sql/ast.ts';
import { typeOf } from '../../sql/properties/types.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { type Fragment, joinFragments, source, sql, stringLiteral } from '../../sql/writing/fragment.ts';
import { blocked, offer } from '../offer.ts';
import type { Pattern } from '../pattern.ts';
import { positivePredicates, quote, replacePredicate } from './positive.ts';

/** `x ~ '^(a|b)$'` → `x IN ('a', 'b')`; `x REGEXP '^abc'` → `x LIKE 'abc%'`. */
export const regularExpressionToList: Pattern = {
  id: 'regular-expression-to-list',
  title: 'Regular expression for fixed texts',
  category: 'predicates',
  industries: ['saas', 'e-commerce'],
  engines: [
    {
      dialect: 'postgresql',
      pays: 'An index begins with the column (a list of texts), or many rows are tested.',
    },
    {
      dialect: 'mysql',
      pays: 'An index begins with the column: REGEXP never searches it, LIKE with a prefix does.',
    },
    {
      dialect: 'mariadb',
      pays: 'An index begins with the column: REGEXP never searches it, LIKE with a prefix does.',
    },
  ],
  severity: 'info',
  description:
    'A regular expression is matched row by row. Whole alternatives are a list, which an index can be searched for, and a fixed beginning is LIKE, which is cheaper and can be a range.',
  source: 'https://www.postgresql.org/docs/current/functions-matching.html',
  precondition:
    'The pattern is a literal of letters, digits, blanks and hyphens between ^ and $ (PostgreSQL), or behind ^, with | for alternatives in parentheses. The column is text whose collation compares bytes: elsewhere REGEXP and = differ in what is the same letter.',
  example: {
    schema: 'CREATE TABLE orders (order_id bigint PRIMARY KEY, status text);',
    before: "SELECT * FROM orders WHERE status ~ '^(paid|shipped)$'",
    after: "SELECT * FROM orders WHERE status IN ('paid', 'shipped')",
  },
  rewrites: true,
  needs: ['condition', ['operator ~', 'like']],
  *find(statement) {
    for (const predicate of positivePredicates(statement)) {
      const match = matchedBy(statement, predicate.expression);
      if (!match) continue;
      const type = typeOf(match.operand, statement);
      if (match.operand.kind !== 'column' || type?.family !== 'text' || type.text === 'name') continue;
      const condition = conditionOf(statement, match.operand, match.pattern);
      if (!condition) continue;
      const message = `The pattern of ${quote(statement, predicate.expression)} stands for fixed texts.`;
      if (!type.deterministic) {
        yield blocked(
          predicate.expression,
          message,
          'The collation of the column decides what is the same letter, and not in the same way for REGEXP.',
        );
        continue;
      }
      const edits = () => replacePredicate(statement, predicate, [condition]);
      yield offer(
        predicate.expression,
        message,
        edits,
        `${quote(statement, match.operand)} is ${type.text ?? 'text'}, equal when the bytes are.`,
      );
    }
  },
};

function matchedBy(
  { dialect }: AnalyzedStatement,
  expression: Expression,
): { readonly operand: Expression; readonly pattern: string } | null {
  const sides =
    dialect === 'postgresql' && expression.kind === 'binary' && expression.operator === '~'
      ? [expression.left, expression.right]
      : expression.kind === 'like' && ['REGEXP', 'RLIKE'].includes(expression.operator) && !expression.negated
        ? [expression.operand, expression.pattern]
        : [];
  const [operand, pattern] = sides.map(unwrapParens);
  return operand && pattern?.kind === 'literal' && pattern.type === 'string'
    ? { operand, pattern: pattern.value }
    : null;
}

const TEXT = '[A-Za-z0-9][A-Za-z0-9 -]*[A-Za-z0-9]|[A-Za-z0-9]';
const ALTERNATIVES = new RegExp(`^\\^(?:\\(((?:${TEXT})(?:\\|(?:${TEXT}))*)\\)|(${TEXT}))(\\$?)$`);

function conditionOf(statement: AnalyzedStatement, column: Expression, pattern: string): Fragment | null {
  const match = ALTERNATIVES.exec(pattern);
  const texts = (match?.[1] ?? match?.[2] ?? '').split('|');
  if (!match || texts[0] === '') return null;
  const written = source(statement, column);
  if (match[3] === '$') {
    // elsewhere $ is also before a line break at the end
    if (statement.dialect !== 'postgresql') return null;
    const list = texts.map((text) => stringLiteral(text));
    return texts.length === 1
      ? sql`${written} = ${list[0] ?? ''}`
      : sql`${written} IN (${joinFragments(list)})`;
  }
  if (texts.length > 1) return null;
  return sql`${written} LIKE ${stringLiteral(`${texts[0]}%`)}`;
}
