/** CAST, TRY_CAST, TREAT and the two CONVERTs (MySQL's and T-SQL's). */
import type { Cast, Expression } from '../ast.ts';
import { argumentOf, callNode } from './calls.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression } from './expressions.ts';
import { closeParens, parseName, readIdentifier } from './names.ts';
import { parseType } from './types.ts';

/** CAST(x AS type), TRY_CAST(x AS type), TREAT(x AS type), the current token being that word. */
export function parseCast(c: Cursor): Expression {
  const { start, upper } = c.token;
  const style: Cast['style'] = upper === 'TRY_CAST' ? 'try' : 'cast';
  c.advance();
  c.advance();
  const operand = parseExpression(c);
  const type = c.expect('AS') ? parseType(c) : emptyType(c.lastEnd);
  closeParens(c);
  return { kind: 'cast', start, end: c.lastEnd, operand, type, style, format: null };
}

function emptyType(at: number): Cast['type'] {
  return { kind: 'type', start: at, end: at, name: '', schema: null, modifiers: [], arrayDimensions: 0 };
}

/**
 * T-SQL: CONVERT(type, x [, style]); MySQL: CONVERT(x, type) and CONVERT(x USING charset). In PostgreSQL it is a
 * function like any other: null is returned then.
 */
export function parseConvert(c: Cursor): Expression | null {
  const { transact, intervalExpressions } = c.grammar;
  if (!transact && !intervalExpressions) return null;
  const { start, upper } = c.token;
  const word = readIdentifier(c);
  c.advance();
  if (transact) return parseTransactConvert(c, start, upper === 'TRY_CONVERT' ? 'try' : 'convert');
  const operand = parseExpression(c);
  if (c.accept('USING')) {
    const field = parseName(c).name;
    closeParens(c);
    const args = [argumentOf(operand)];
    return callNode([word], c.lastEnd, { args, syntax: 'special', field, words: 'USING' });
  }
  c.expectSymbol(',');
  const type = parseType(c);
  closeParens(c);
  return { kind: 'cast', start, end: c.lastEnd, operand, type, style: 'convert', format: null };
}

/** (type, x [, format]) */
function parseTransactConvert(c: Cursor, start: number, style: Cast['style']): Expression {
  const type = parseType(c);
  const operand = c.acceptSymbol(',') ? parseExpression(c) : c.missing('the value to convert');
  const format = c.acceptSymbol(',') ? parseExpression(c) : null;
  closeParens(c);
  return { kind: 'cast', start, end: c.lastEnd, operand, type, style, format };
}
