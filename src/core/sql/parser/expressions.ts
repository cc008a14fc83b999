/**
 * Expressions by precedence climbing. Chains of operators are read in a loop, so their length costs no stack;
 * only nesting (parentheses, prefix operators, subqueries) goes deeper, and that is bounded.
 */
import type { Expression } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import type { Infix, InfixForm } from './grammar.ts';
import { closeParens, parseQualifiedName } from './names.ts';
import { parseOperand } from './operands.ts';
import { parsePredicate } from './predicates.ts';
import { parseQuantified, quantifierAhead } from './quantified.ts';
import { parseType } from './types.ts';

/**
 * An expression.
 *
 * @param minimum operators that bind less tightly end it
 * @param restricted read PostgreSQL's b_expr: AND, OR, NOT, IN, LIKE, BETWEEN and COLLATE end it
 */
export function parseExpression(c: Cursor, minimum = 0, restricted = false): Expression {
  if (!c.enter()) return tooDeep(c);
  const operand = parsePrefixed(c, restricted);
  const expression = continueExpression(c, operand, minimum, restricted);
  c.leave();
  return expression;
}

/** An expression in b_expr position: the lower bound of BETWEEN, a column's DEFAULT. */
export function parseRestricted(c: Cursor): Expression {
  return parseExpression(c, c.grammar.restrictedFrom, true);
}

/** Expressions separated by commas; at least one. */
export function parseExpressions(c: Cursor): Expression[] {
  const expressions: Expression[] = [];
  do expressions.push(parseExpression(c));
  while (c.acceptSymbol(','));
  return expressions;
}

/** Expressions in parentheses, the current token being the opening one. */
export function parseParenthesizedExpressions(c: Cursor): Expression[] {
  c.expectSymbol('(');
  const expressions = c.isSymbol(')') ? [] : parseExpressions(c);
  closeParens(c);
  return expressions;
}

function tooDeep(c: Cursor): Expression {
  if (c.atBoundary) return c.missing('an expression');
  c.problem('this is nested too deeply');
  const { start } = c.token;
  do c.skip();
  while (!c.atBoundary);
  return c.opaqueFrom(start, 'nested too deeply');
}

function parsePrefixed(c: Cursor, restricted: boolean): Expression {
  const { token } = c;
  if (token.upper === 'NOT') {
    if (restricted) c.problem('NOT needs parentheses here');
    return parsePrefix(c, c.grammar.notOperand, restricted);
  }
  if (token.upper === 'OPERATOR' && c.peek(1).text === '(' && c.grammar.infixWords.has('OPERATOR')) {
    return parseQualifiedPrefix(c, restricted);
  }
  if (token.kind !== 'operator') {
    const known = token.kind === 'word' ? c.grammar.prefixes.get(token.upper) : undefined;
    if (known !== undefined && c.peek(1).text !== '(') return parsePrefix(c, known, restricted);
    return parseOperand(c);
  }
  if (token.text === '*') return parseOperand(c);
  const { prefixes, otherPrefix, infixOperators } = c.grammar;
  const precedence = prefixes.get(token.text) ?? (infixOperators.has(token.text) ? null : otherPrefix);
  // A comparison or the like without its left side: the operator is read with what follows it.
  if (precedence === null) return c.missing('an expression');
  return parsePrefix(c, precedence, restricted);
}

function parsePrefix(c: Cursor, precedence: number, restricted: boolean): Expression {
  const token = c.advance();
  const operand = parseExpression(c, precedence, restricted);
  const operator = token.upper === '' ? token.text : token.upper;
  return { kind: 'unary', start: token.start, end: operand.end, operator, operand };
}

/** OPERATOR(schema.-) x */
function parseQualifiedPrefix(c: Cursor, restricted: boolean): Expression {
  const { start } = c.token;
  const operator = readQualifiedOperator(c);
  const operand = parseExpression(c, c.grammar.otherPrefix ?? 0, restricted);
  return { kind: 'unary', start, end: operand.end, operator, operand };
}

/**
 * Go on after an operand with the operators that follow it.
 *
 * @param operand what was read already; see {@link parseExpression} for the rest
 */
export function continueExpression(
  c: Cursor,
  operand: Expression,
  minimum: number,
  restricted = false,
): Expression {
  let left = operand;
  // The level of a non-associative operator that was just applied: another one of it needs parentheses.
  let used = -1;
  for (;;) {
    const infix = infixAt(c);
    if (infix === null || infix.precedence < minimum) return left;
    if (restricted && !mayStandInRestricted(c, infix)) return left;
    if (infix.precedence === used) c.problem('this operator needs parentheses on one side');
    const { index } = c;
    const applied = applyInfix(c, left, infix, restricted);
    if (c.index === index) return left;
    left = applied.expression;
    used = infix.associativity === 'none' && applied.open ? infix.precedence : -1;
  }
}

/** `open`: the expression ends with an operand, so that an operator of the same level could have taken it. */
interface Applied {
  readonly expression: Expression;
  readonly open: boolean;
}

function infixAt(c: Cursor): Infix | null {
  const { token, grammar } = c;
  if (token.kind === 'operator') return grammar.infixOperators.get(token.text) ?? grammar.otherOperator;
  if (token.kind !== 'word') return null;
  const infix = grammar.infixWords.get(token.upper);
  return infix !== undefined && beginsInfix(c, infix) ? infix : null;
}

const NEGATABLE: ReadonlySet<InfixForm> = new Set(['between', 'in', 'like', 'similar']);

/** Some words are operators only before certain others: elsewhere they are aliases or begin another clause. */
function beginsInfix(c: Cursor, infix: Infix): boolean {
  const next = c.peek(1).upper;
  switch (infix.form) {
    case 'not':
      return NEGATABLE.has(c.grammar.infixWords.get(next)?.form ?? 'not');
    case 'at':
      return next === 'TIME' || next === 'LOCAL';
    case 'similar':
      return next === 'TO';
    case 'operator':
      return c.peek(1).text === '(';
    case 'memberOf':
      return next === 'OF' || c.peek(1).text === '(';
    default:
      return true;
  }
}

function mayStandInRestricted(c: Cursor, infix: Infix): boolean {
  if (infix.form !== 'is') return infix.restricted;
  const word = c.peek(1).upper === 'NOT' ? c.peek(2).upper : c.peek(1).upper;
  return word === 'DISTINCT' || word === 'DOCUMENT';
}

function applyInfix(c: Cursor, left: Expression, infix: Infix, restricted: boolean): Applied {
  switch (infix.form) {
    case 'binary':
    case 'operator':
      return applyBinary(c, left, infix, restricted);
    case 'cast': {
      c.advance();
      const type = parseType(c);
      return closed({
        kind: 'cast',
        start: left.start,
        end: c.lastEnd,
        operand: left,
        type,
        style: 'colons',
        format: null,
      });
    }
    case 'collate': {
      c.advance();
      const collation = parseQualifiedName(c);
      return closed({ kind: 'collate', start: left.start, end: c.lastEnd, operand: left, collation });
    }
    case 'at': {
      c.advance();
      if (c.accept('LOCAL')) {
        return closed({ kind: 'atTimeZone', start: left.start, end: c.lastEnd, operand: left, zone: null });
      }
      c.advance();
      c.expect('ZONE');
      const zone = parseExpression(c, infix.precedence + 1, restricted);
      return closed({ kind: 'atTimeZone', start: left.start, end: c.lastEnd, operand: left, zone });
    }
    case 'overlaps': {
      c.advance();
      const right = parseOperand(c);
      if (left.kind !== 'row' || right.kind !== 'row') c.problem('OVERLAPS needs two rows');
      return closed(binary(left, 'OVERLAPS', right));
    }
    default: {
      const expression = parsePredicate(c, left, infix, restricted);
      return { expression, open: endsWithOperand(expression) };
    }
  }
}

function closed(expression: Expression): Applied {
  return { expression, open: false };
}

/** False for predicates that end with a word or a parenthesis of their own. */
function endsWithOperand(expression: Expression): boolean {
  switch (expression.kind) {
    case 'between':
    case 'like':
      return true;
    case 'is':
      return expression.other !== null;
    case 'unary':
      return endsWithOperand(expression.operand);
    default:
      return false;
  }
}

function applyBinary(c: Cursor, left: Expression, infix: Infix, restricted: boolean): Applied {
  const operator = infix.form === 'operator' ? readQualifiedOperator(c) : readOperator(c, infix);
  if (quantifierAhead(c)) {
    if (restricted) c.problem('a comparison with ANY or ALL needs parentheses here');
    return closed(parseQuantified(c, left, operator));
  }
  const right = parseExpression(c, infix.precedence + 1, restricted);
  return { expression: binary(left, operator, right), open: true };
}

function readOperator(c: Cursor, infix: Infix): string {
  const token = c.advance();
  return infix.operator ?? (token.upper === '' ? token.text : token.upper);
}

/** OPERATOR(schema.op) */
export function readQualifiedOperator(c: Cursor): string {
  const { start } = c.advance();
  c.skip();
  return c.text.slice(start, c.lastEnd);
}

function binary(left: Expression, operator: string, right: Expression): Expression {
  return { kind: 'binary', start: left.start, end: Math.max(left.end, right.end), operator, left, right };
}
