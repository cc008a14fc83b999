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
  if (c.expect('AS')) {
    const type = parseType(c);
    closeParens(c);
    return { kind: 'cast', start, end: c.lastEnd, operand, type, style };
  }
  const type = { ...parseTypeAfterMissingAs(c) };
  closeParens(c);
  return { kind: 'cast', start, end: c.lastEnd, operand, type, style };
}

function parseTypeAfterMissingAs(c: Cursor): Cast['type'] {
  const at = c.lastEnd;
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
  if (transact) {
    const type = parseType(c);
    const operand = c.acceptSymbol(',') ? parseExpression(c) : c.missing('the value to convert');
    // The style is a number that says how dates and money are written.
    if (c.isSymbol(',')) {
      const { start: comma } = c.advance();
      parseExpression(c);
      c.opaqueFrom(comma, 'the style of CONVERT');
    }
    closeParens(c);
    return {
      kind: 'cast',
      start,
      end: c.lastEnd,
      operand,
      type,
      style: upper === 'TRY_CONVERT' ? 'try' : 'convert',
    };
  }
  const operand = parseExpression(c);
  if (c.accept('USING')) {
    const field = parseName(c).name;
    closeParens(c);
    return callNode([word], c.lastEnd, { args: [argumentOf(operand)], syntax: 'special', field });
  }
  c.expectSymbol(',');
  const type = parseType(c);
  closeParens(c);
  return { kind: 'cast', start, end: c.lastEnd, operand, type, style: 'convert' };
}
