/** Operands: literals, columns, calls, CASE, CAST, ARRAY, ROW, parentheses, with the subscripts and fields after them. */
import type { Expression, Subscript } from '../ast.ts';
import { parseCall, parseKeywordCall } from './calls.ts';
import { parseCase } from './case.ts';
import { parseCast, parseConvert } from './casts.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression, parseParenthesizedExpressions } from './expressions.ts';
import { readLiteral, readValue } from './literals.ts';
import { continueName, isTemplate, parseLabel, readIdentifier } from './names.ts';
import { parseGroup, parseParenthesized } from './parentheses.ts';
import {
  atBareMatch,
  atSequenceValue,
  parseBareMatch,
  parseSequenceValue,
  parseSpecialCall,
} from './special-calls.ts';
import {
  atOdbcEscape,
  atPseudoColumn,
  parseMethodCall,
  parseOdbcEscape,
  parsePseudoColumn,
  parseTypeMember,
  xmlMethodOf,
} from './transact/values.ts';
import { atTypedLiteral, parseIntervalExpression, parseTypedLiteral, typedLiteralOf } from './types.ts';

/** An operand; an empty opaque node where none begins. */
export function parseOperand(c: Cursor): Expression {
  return parseIndirection(c, parsePrimary(c));
}

function parsePrimary(c: Cursor): Expression {
  const { token } = c;
  switch (token.kind) {
    case 'word':
      return parseWord(c);
    case 'quotedIdentifier':
      return parseNamed(c);
    case 'punctuation':
      if (token.text === '(') return parseParenthesized(c);
      return atOdbcEscape(c) ? parseOdbcEscape(c) : parseUnknown(c);
    case 'operator':
      if (token.text !== '*') return c.missing('an expression');
      c.advance();
      return { kind: 'star', start: token.start, end: token.end, qualifier: [] };
    case 'placeholder':
      // {{ alias }}.column
      if (isTemplate(token) && c.peek(1).text === '.' && c.peek(1).start === token.end) return parseNamed(c);
      return readValue(c) ?? parseUnknown(c);
    default:
      return readValue(c) ?? (atOdbcEscape(c) ? parseOdbcEscape(c) : parseUnknown(c));
  }
}

function parseUnknown(c: Cursor): Expression {
  if (c.atBoundary || c.isSymbol('.') || c.isSymbol(':')) return c.missing('an expression');
  const { start } = c.token;
  c.problem(`"${c.token.text}" is not expected here`);
  if (c.isSymbol('{')) while (!c.atClose && !c.isSymbol('}')) c.skip();
  if (!c.atClose) c.skip();
  return c.opaqueFrom(start, 'not understood');
}

function parseWord(c: Cursor): Expression {
  const word = c.token.upper;
  const next = c.peek(1);
  if (next.text === '(') {
    const special = parseWordBeforeParens(c, word);
    if (special !== null) return special;
  }
  if (atSequenceValue(c)) return parseSequenceValue(c);
  if (atBareMatch(c)) return parseBareMatch(c);
  if (c.grammar.keywordCalls.has(word) && next.text !== '.') return parseKeywordCall(c);
  switch (word) {
    case 'CASE':
      return parseCase(c);
    case 'NULL':
      return readLiteral(c, 'null');
    case 'TRUE':
    case 'FALSE':
      if (c.dialect.reserved.has(word)) return readLiteral(c, 'boolean');
      break;
    case 'DEFAULT':
      // MySQL: DEFAULT(column)
      return next.text === '(' && !c.grammar.subscripts ? parseNamed(c) : readLiteral(c, 'default');
    case 'ARRAY':
      if (next.text === '[') return parseArray(c);
      break;
    case 'COLLATION':
      if (next.upper === 'FOR') return parseSpecialCall(c) ?? parseNamed(c);
      break;
    default:
  }
  if (atPseudoColumn(c)) return parsePseudoColumn(c);
  if (atTypedLiteral(c)) return parseTypedLiteral(c);
  if (word === 'INTERVAL' && c.grammar.intervalExpressions && next.text !== '.') {
    return next.text === '(' && isList(c) ? parseNamed(c) : parseIntervalExpression(c);
  }
  if (c.dialect.reserved.has(word) && !isCallable(c, word)) return c.missing('an expression');
  return parseNamed(c);
}

/** `INTERVAL (a, 1, 10)` is a function, `INTERVAL (a + 1) DAY` is a length of time. */
function isList(c: Cursor): boolean {
  let depth = 0;
  for (let ahead = 1; ; ahead++) {
    const { text, kind } = c.peek(ahead);
    if (kind !== 'punctuation') {
      if (text === '') return false;
      continue;
    }
    if (text === '(') depth++;
    else if (text === ')') depth--;
    if (depth === 0) return false;
    if (depth === 1 && text === ',') return true;
  }
}

function isCallable(c: Cursor, word: string): boolean {
  const next = c.peek(1).text;
  return next === '.' ? !c.atBoundary : next === '(' && c.dialect.functionKeywords.has(word);
}

/** Words with a syntax of their own when a parenthesis follows; null for every other word. */
function parseWordBeforeParens(c: Cursor, word: string): Expression | null {
  switch (word) {
    case 'EXISTS':
      return parseExists(c);
    case 'CAST':
    case 'TRY_CAST':
    case 'TREAT':
      return parseCast(c);
    case 'CONVERT':
    case 'TRY_CONVERT':
      return parseConvert(c);
    case 'ROW': {
      const { start } = c.advance();
      const items = parseParenthesizedExpressions(c);
      return { kind: 'row', start, end: c.lastEnd, items };
    }
    case 'ARRAY': {
      const { start } = c.advance();
      const { query } = parseGroup(c);
      if (query === null) c.problem('ARRAY needs a query or brackets');
      return { kind: 'array', start, end: c.lastEnd, items: [], query };
    }
    default:
      return atTypedLiteral(c) ? parseTypedLiteral(c) : parseSpecialCall(c);
  }
}

function parseExists(c: Cursor): Expression {
  const { start } = c.advance();
  const { query } = parseGroup(c);
  if (query !== null) return { kind: 'exists', start, end: c.lastEnd, query };
  c.problem('EXISTS needs a query');
  return c.opaqueFrom(start, 'EXISTS without a query');
}

/** ARRAY[…] or, inside of one, […]. */
function parseArray(c: Cursor): Expression {
  const { start } = c.token;
  c.accept('ARRAY');
  if (!c.enter()) {
    c.skip();
    return c.opaqueFrom(start, 'nested too deeply');
  }
  c.expectSymbol('[');
  c.brackets++;
  const items: Expression[] = [];
  if (!c.isSymbol(']')) {
    do items.push(c.isSymbol('[') ? parseArray(c) : parseExpression(c));
    while (c.acceptSymbol(','));
  }
  closeBracket(c);
  c.leave();
  return { kind: 'array', start, end: c.lastEnd, items, query: null };
}

function closeBracket(c: Cursor): void {
  c.brackets--;
  if (c.acceptSymbol(']')) return;
  if (!c.atClose) c.unexpectedUntil(() => c.isSymbol(']') || c.atBoundary);
  c.expectSymbol(']');
}

/** A column, a star, a call or a typed literal: whatever begins with a name. */
function parseNamed(c: Cursor): Expression {
  const { start } = c.token;
  const name = continueName(c, readIdentifier(c));
  if (c.isSymbol('.') && c.peek(1).text === '*') {
    c.advance();
    c.advance();
    return { kind: 'star', start, end: c.lastEnd, qualifier: name };
  }
  const anyType = c.grammar.typedLiterals === 'any';
  if (c.isSymbol('::') && c.grammar.transact) return parseTypeMember(c, name);
  if (c.isSymbol('(')) {
    const method = c.grammar.transact ? xmlMethodOf(name) : null;
    if (method !== null) return parseMethodCall(c, method.column, method.name);
    const call = parseCall(c, name);
    if (!anyType || c.token.kind !== 'string' || call.over !== null || call.filter !== null) return call;
    return typedLiteralOf(
      c,
      name,
      call.args.map((argument) => argument.value),
    );
  }
  if (anyType && c.token.kind === 'string') return typedLiteralOf(c, name, []);
  return { kind: 'column', start, end: c.lastEnd, parts: name };
}

/** Subscripts and fields after an operand. */
export function parseIndirection(c: Cursor, operand: Expression): Expression {
  let inner = operand;
  for (;;) {
    if (c.isSymbol('[') && c.grammar.subscripts) inner = parseSubscript(c, inner);
    else if (c.isSymbol('.') && c.grammar.fieldAccess && mayHaveField(inner)) inner = parseField(c, inner);
    else return inner;
  }
}

function mayHaveField(operand: Expression): boolean {
  return operand.kind !== 'column' && operand.kind !== 'literal' && operand.kind !== 'opaque';
}

function parseField(c: Cursor, operand: Expression): Expression {
  c.advance();
  const field = c.acceptSymbol('*') ? null : parseLabel(c);
  if (c.grammar.transact && field !== null && c.isSymbol('(')) return parseMethodCall(c, operand, field);
  return { kind: 'field', start: operand.start, end: c.lastEnd, operand, field };
}

function parseSubscript(c: Cursor, operand: Expression): Expression {
  const { indexes, slice } = parseSubscriptBounds(c);
  return { kind: 'subscript', start: operand.start, end: c.lastEnd, operand, indexes, slice };
}

/** `[i]`, `[i:j]`, `[:j]`, `[i:]`, `[:]` */
export function parseSubscriptBounds(c: Cursor): Pick<Subscript, 'indexes' | 'slice'> {
  c.advance();
  c.brackets++;
  const indexes: Expression[] = [];
  const lower = !c.isSymbol(':');
  if (lower) indexes.push(parseExpression(c));
  let slice: Subscript['slice'] = null;
  if (c.acceptSymbol(':')) {
    const upper = !c.isSymbol(']');
    if (upper) indexes.push(parseExpression(c));
    slice = lower ? (upper ? 'both' : 'lower') : upper ? 'upper' : 'none';
  }
  closeBracket(c);
  return { indexes, slice };
}
