/** Predicates after an operand: IS, BETWEEN, IN, LIKE and their negations. */
import type { Expression, Is, Like } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression, parseRestricted } from './expressions.ts';
import type { Infix } from './grammar.ts';
import { parseGroup } from './parentheses.ts';
import { parseQuantified, quantifierAhead } from './quantified.ts';

/** The predicate that begins at the current token. */
export function parsePredicate(
  c: Cursor,
  operand: Expression,
  infix: Infix,
  restricted: boolean,
): Expression {
  switch (infix.form) {
    case 'is':
      return parseIs(c, operand, infix.precedence, restricted);
    case 'isNull': {
      const negated = c.advance().upper === 'NOTNULL';
      return is(c, operand, negated, 'null');
    }
    case 'not': {
      c.advance();
      return parseNegatable(c, operand, true);
    }
    default:
      return parseNegatable(c, operand, false);
  }
}

/** What may stand after NOT too. */
function parseNegatable(c: Cursor, operand: Expression, negated: boolean): Expression {
  switch (c.token.upper) {
    case 'BETWEEN':
      return parseBetween(c, operand, negated);
    case 'IN':
      return parseIn(c, operand, negated);
    case 'MEMBER':
      return parseMemberOf(c, operand);
    default:
      return parseLike(c, operand, negated);
  }
}

function is(
  c: Cursor,
  operand: Expression,
  negated: boolean,
  test: Is['test'],
  other: Expression | null = null,
  detail: string | null = null,
): Is {
  return { kind: 'is', start: operand.start, end: c.lastEnd, operand, negated, test, other, detail };
}

function parseIs(c: Cursor, operand: Expression, precedence: number, restricted: boolean): Is | Expression {
  c.advance();
  const negated = c.accept('NOT');
  switch (c.token.upper) {
    case 'NULL':
    case 'TRUE':
    case 'FALSE':
    case 'UNKNOWN': {
      const test = c.advance().upper.toLowerCase() as 'null' | 'true' | 'false' | 'unknown';
      return is(c, operand, negated, test);
    }
    case 'DOCUMENT':
      c.advance();
      return is(c, operand, negated, 'document');
    case 'DISTINCT':
      c.advance();
      c.expect('FROM');
      return is(c, operand, negated, 'distinctFrom', parseExpression(c, precedence + 1, restricted));
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD': {
      const form = c.advance().upper;
      c.expect('NORMALIZED');
      return is(c, operand, negated, 'normalized', null, form);
    }
    case 'NORMALIZED':
      c.advance();
      return is(c, operand, negated, 'normalized');
    case 'JSON':
      return parseIsJson(c, operand, negated);
    default: {
      const problem = c.missing('a test after IS');
      return {
        kind: 'binary',
        start: operand.start,
        end: problem.end,
        operator: 'IS',
        left: operand,
        right: problem,
      };
    }
  }
}

function parseIsJson(c: Cursor, operand: Expression, negated: boolean): Is {
  c.advance();
  const words: string[] = [];
  const read = () => words.push(c.advance().upper);
  if (c.is('VALUE') || c.is('ARRAY') || c.is('OBJECT') || c.is('SCALAR')) read();
  if (c.is('WITH') || c.is('WITHOUT')) {
    read();
    if (c.is('UNIQUE')) read();
    else c.problem('UNIQUE is missing');
    c.accept('KEYS');
  }
  return is(c, operand, negated, 'json', null, words.length === 0 ? null : words.join(' '));
}

function parseBetween(c: Cursor, operand: Expression, negated: boolean): Expression {
  c.advance();
  const symmetric = c.accept('SYMMETRIC');
  if (!symmetric) c.accept('ASYMMETRIC');
  const low = parseRestricted(c);
  const high = c.expect('AND')
    ? parseExpression(c, c.grammar.predicateOperand)
    : c.missing('the upper bound');
  return { kind: 'between', start: operand.start, end: c.lastEnd, operand, negated, symmetric, low, high };
}

function parseIn(c: Cursor, operand: Expression, negated: boolean): Expression {
  c.advance();
  const { start } = operand;
  if (!c.isSymbol('(')) {
    // Object-relational mappers expand one placeholder to the whole list: id IN :ids
    const placeholder = c.token.kind === 'placeholder';
    const list = placeholder ? [parseExpression(c, c.grammar.predicateOperand)] : [];
    if (!placeholder) c.problem('the list of IN is missing');
    return { kind: 'in', start, end: c.lastEnd, operand, negated, list, query: null };
  }
  const { query, expressions } = parseGroup(c);
  const list = query === null ? expressions : null;
  if (list?.length === 0) c.problem('the list of IN is empty');
  return { kind: 'in', start, end: c.lastEnd, operand, negated, list, query };
}

/** MySQL's `x MEMBER OF (json)`. */
function parseMemberOf(c: Cursor, operand: Expression): Expression {
  c.advance();
  c.accept('OF');
  const { expressions } = parseGroup(c);
  const right = expressions[0] ?? c.missing('an array');
  return {
    kind: 'binary',
    start: operand.start,
    end: c.lastEnd,
    operator: 'MEMBER OF',
    left: operand,
    right,
  };
}

function parseLike(c: Cursor, operand: Expression, negated: boolean): Expression {
  const operator = readLikeOperator(c);
  if (operator === null) {
    const right = parseExpression(c, c.grammar.predicateOperand);
    return {
      kind: 'binary',
      start: operand.start,
      end: c.lastEnd,
      operator: 'SOUNDS LIKE',
      left: operand,
      right,
    };
  }
  if (quantifierAhead(c)) return parseQuantified(c, operand, negated ? `NOT ${operator}` : operator);
  const pattern = parseExpression(c, c.grammar.predicateOperand);
  const escapeBy = c.accept('ESCAPE') ? parseExpression(c, c.grammar.predicateOperand) : null;
  return {
    kind: 'like',
    start: operand.start,
    end: c.lastEnd,
    operator,
    operand,
    negated,
    pattern,
    escape: escapeBy,
  };
}

/** Null for SOUNDS LIKE. */
function readLikeOperator(c: Cursor): Like['operator'] | null {
  const word = c.advance().upper;
  switch (word) {
    case 'SIMILAR':
      c.expect('TO');
      return 'SIMILAR TO';
    case 'SOUNDS':
      c.expect('LIKE');
      return null;
    case 'ILIKE':
    case 'REGEXP':
    case 'RLIKE':
      return word;
    default:
      return 'LIKE';
  }
}
