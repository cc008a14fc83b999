/** LIMIT, OFFSET and FETCH in every spelling. */
import type { Expression, Limit } from '../ast.ts';
import type { TextRange } from '../text.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression } from './expressions.ts';

/** True where a LIMIT, OFFSET or FETCH begins. */
export function atLimit(c: Cursor): boolean {
  switch (c.token.upper) {
    case 'LIMIT':
      // MariaDB's LIMIT ROWS EXAMINED n bounds the work, and so the result, in a way that nobody can tell
      return !(c.peek(1).upper === 'ROWS' && c.peek(2).upper === 'EXAMINED');
    case 'OFFSET':
      return true;
    case 'FETCH':
      return c.peek(1).upper === 'FIRST' || c.peek(1).upper === 'NEXT';
    default:
      return false;
  }
}

interface Parts {
  count: Expression | null;
  offset: Expression | null;
  withTies: boolean;
  countRange: TextRange | null;
  offsetRange: TextRange | null;
}

/** The limit and the offset, in either order. */
export function parseLimit(c: Cursor): Limit {
  const { start } = c.token;
  const parts: Parts = { count: null, offset: null, withTies: false, countRange: null, offsetRange: null };
  while (atLimit(c)) {
    const isOffset = c.is('OFFSET');
    if (isOffset ? parts.offsetRange !== null : parts.countRange !== null) break;
    if (isOffset) readOffset(c, parts);
    else if (c.is('FETCH')) readFetch(c, parts);
    else readLimit(c, parts);
  }
  return { kind: 'limit', start, end: c.lastEnd, ...parts };
}

function readLimit(c: Cursor, parts: Parts): void {
  const { start } = c.advance();
  if (c.is('ALL')) c.advance();
  else parts.count = parseExpression(c);
  parts.countRange = { start, end: c.lastEnd };
  if (c.grammar.limitWithComma && c.acceptSymbol(',')) {
    parts.offset = parts.count;
    parts.offsetRange = parts.countRange;
    parts.count = parseExpression(c);
    parts.countRange = { start, end: c.lastEnd };
  }
}

function readOffset(c: Cursor, parts: Parts): void {
  const { start } = c.advance();
  parts.offset = parseExpression(c);
  if (c.is('ROW') || c.is('ROWS')) c.advance();
  parts.offsetRange = { start, end: c.lastEnd };
}

/** FETCH FIRST [n] [PERCENT] ROWS ONLY | WITH TIES */
function readFetch(c: Cursor, parts: Parts): void {
  const { start } = c.advance();
  c.advance();
  if (!c.is('ROW') && !c.is('ROWS')) parts.count = parseExpression(c);
  if (c.is('ROW') || c.is('ROWS')) c.advance();
  else c.problem('ROWS is missing');
  if (c.acceptWords('WITH', 'TIES')) parts.withTies = true;
  else c.expect('ONLY');
  parts.countRange = { start, end: c.lastEnd };
}
