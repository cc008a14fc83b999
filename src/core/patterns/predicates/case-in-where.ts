import type { Case, Expression } from '../../sql/ast.ts';
import { isNotNullExpression } from '../../sql/properties/not-null.ts';
import { canRaise } from '../../sql/properties/raising.ts';
import type { AnalyzedStatement } from '../../sql/query-model.ts';
import { unwrapParens } from '../../sql/walk.ts';
import { type Fragment, parenthesized, source, sql } from '../../sql/writing/fragment.ts';
import { allEngines } from '../engines.ts';
import { blocked, offer, offerToTest } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { comparisonsOf } from './comparison.ts';
import { type PositivePredicate, positivePredicates, quote, replacePredicate } from './positive.ts';

/** `CASE WHEN p THEN 1 ELSE 0 END = 1` → `p`. */
export const caseInWhere: Pattern = {
  id: 'case-in-where',
  title: 'CASE compared with one of its own results',
  category: 'predicates',
  industries: ['analytics'],
  engines: allEngines('An index serves the condition inside of CASE.'),
  severity: 'warning',
  description:
    'The planner does not look into CASE: it neither uses an index for the condition inside nor estimates it. The condition itself says the same.',
  source: 'https://use-the-index-luke.com/sql/where-clause/obfuscation/smart-logic',
  precondition:
    'CASE has one WHEN (a condition, or a literal that a column is compared with) and literal results of one type, and is compared by = with a literal. Where the ELSE result is asked for, the condition must not be NULL, or the engine has IS NOT TRUE. Only in WHERE and ON.',
  example: {
    schema:
      'CREATE TABLE orders (order_id bigint PRIMARY KEY, total decimal(10, 2));\nCREATE INDEX orders_total ON orders (total);',
    before: 'SELECT * FROM orders WHERE CASE WHEN total > 500 THEN 1 ELSE 0 END = 1',
    after: 'SELECT * FROM orders WHERE total > 500',
  },
  rewrites: true,
  needs: ['side case'],
  *find(statement) {
    for (const predicate of positivePredicates(statement)) {
      const match = matchOf(statement, predicate);
      if (match) yield match;
    }
  },
};

function matchOf(statement: AnalyzedStatement, predicate: PositivePredicate): Match | null {
  const { expression } = predicate;
  if (expression.kind !== 'binary' || expression.operator !== '=') return null;
  const comparison = comparisonsOf(expression, (side) => side.kind === 'case')?.[0];
  if (comparison?.left.kind !== 'case') return null;
  const asked = askedFor(statement, comparison.left, comparison.right);
  const condition = comparison.left.branches[0]?.when;
  if (!asked || !condition) return null;
  const message = `${quote(statement, expression)} asks whether ${quote(statement, condition)} ${asked === 'then' ? 'holds' : 'does not hold'}, which the planner cannot see through CASE.`;
  const { operand } = comparison.left;
  const written = operand
    ? equality(statement, operand, condition, asked)
    : asked === 'then'
      ? plain(statement, condition)
      : negation(statement, condition);
  if (!written)
    return blocked(
      expression,
      message,
      `${quote(statement, condition)} may be NULL, and ${statement.dialect} has no IS NOT TRUE.`,
    );
  const edits = () => replacePredicate(statement, predicate, [written]);
  const fact = 'The results of CASE are different literals.';
  // by itself it may be tested before a condition that has kept it from raising
  return canRaise(condition, statement)
    ? offerToTest(
        expression,
        message,
        edits,
        fact,
        `${quote(statement, condition)} raises no error in any row.`,
      )
    : offer(expression, message, edits, fact);
}

/** Which branch the comparison asks for; null when both or none, or when that cannot be told. */
function askedFor(statement: AnalyzedStatement, node: Case, value: Expression): 'then' | 'else' | null {
  const [branch] = node.branches;
  if (node.branches.length !== 1 || !branch) return null;
  if (node.operand && !isColumnAndLiteral(node.operand, branch.when)) return null;
  const isThen = equalLiterals(statement, branch.then, value);
  const isElse =
    node.otherwise === null || isNull(node.otherwise)
      ? false
      : equalLiterals(statement, node.otherwise, value);
  if (isThen === null || isElse === null || isThen === isElse) return null;
  return isThen ? 'then' : 'else';
}

/** Two literals are equal, are not, or (null) it is up to the server. */
function equalLiterals(statement: AnalyzedStatement, a: Expression, b: Expression): boolean | null {
  const left = unwrapParens(a);
  const right = unwrapParens(b);
  if (left.kind !== 'literal' || right.kind !== 'literal' || left.type !== right.type) return null;
  if (left.type === 'number') {
    const whole = /^\d{1,15}$/.test(left.value) && /^\d{1,15}$/.test(right.value);
    return whole ? Number(left.value) === Number(right.value) : null;
  }
  if (left.type === 'boolean') return left.value.toLowerCase() === right.value.toLowerCase();
  if (left.type !== 'string') return null;
  if (left.value === right.value) return true;
  // elsewhere texts may be equal but for case, accents and blanks
  return statement.dialect === 'postgresql' ? false : null;
}

function isNull(expression: Expression): boolean {
  const inner = unwrapParens(expression);
  return inner.kind === 'literal' && inner.type === 'null';
}

function plain(statement: AnalyzedStatement, condition: Expression): Fragment {
  const inner = unwrapParens(condition);
  const isOr = inner.kind === 'binary' && inner.operator === 'OR';
  return isOr ? parenthesized(source(statement, inner)) : source(statement, inner);
}

/** `CASE x WHEN 'v' THEN …` compares as `x = 'v'` does. */
function isColumnAndLiteral(operand: Expression, when: Expression): boolean {
  const value = unwrapParens(when);
  return unwrapParens(operand).kind === 'column' && value.kind === 'literal' && value.type !== 'null';
}

function equality(
  statement: AnalyzedStatement,
  operand: Expression,
  when: Expression,
  asked: 'then' | 'else',
): Fragment | null {
  const equal = sql`${source(statement, operand)} = ${source(statement, when)}`;
  if (asked === 'then') return equal;
  if (isNotNullExpression(operand, statement)) return sql`NOT ${parenthesized(equal)}`;
  return statement.dialect === 'tsql' ? null : sql`${parenthesized(equal)} IS NOT TRUE`;
}

/** True when the condition is FALSE or NULL; null where that cannot be written. */
function negation(statement: AnalyzedStatement, condition: Expression): Fragment | null {
  const inner = parenthesized(source(statement, unwrapParens(condition)));
  if (isNotNullExpression(condition, statement)) return sql`NOT ${inner}`;
  return statement.dialect === 'tsql' ? null : sql`${inner} IS NOT TRUE`;
}
