/** OVER, window definitions and their frames. */
import type { Expression, Frame, FrameBound, Identifier, NamedWindow, Window } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression, parseExpressions } from './expressions.ts';
import { closeParens, isName, parseName, readIdentifier } from './names.ts';
import { parseOrderBy } from './order.ts';

/** OVER name or OVER (…), the current token being OVER. */
export function parseOver(c: Cursor): Window | Identifier {
  c.advance();
  return c.isSymbol('(') ? parseWindow(c) : readIdentifier(c);
}

/** `name AS (…), …` after WINDOW. */
export function parseNamedWindows(c: Cursor): NamedWindow[] {
  const windows: NamedWindow[] = [];
  do {
    const name = parseName(c);
    c.expect('AS');
    const window = c.isSymbol('(') ? parseWindow(c) : emptyWindow(c);
    windows.push({ kind: 'namedWindow', start: name.start, end: c.lastEnd, name, window });
  } while (c.acceptSymbol(','));
  return windows;
}

function emptyWindow(c: Cursor): Window {
  const { start, end } = c.missing('the definition of the window');
  return { kind: 'window', start, end, base: null, partitionBy: [], orderBy: [], frame: null };
}

function parseWindow(c: Cursor): Window {
  const { start } = c.advance();
  const base = isName(c, c.token) && !beginsWindowClause(c) ? readIdentifier(c) : null;
  let partitionBy: Expression[] = [];
  if (c.is('PARTITION')) {
    c.advance();
    c.expect('BY');
    partitionBy = parseExpressions(c);
  }
  const orderBy = c.is('ORDER') ? parseOrderBy(c) : [];
  const frame = c.is('ROWS') || c.is('RANGE') || c.is('GROUPS') ? parseFrame(c) : null;
  closeParens(c);
  return { kind: 'window', start, end: c.lastEnd, base, partitionBy, orderBy, frame };
}

/** PARTITION, ROWS … are not reserved, but here they begin a clause. */
function beginsWindowClause(c: Cursor): boolean {
  const { upper } = c.token;
  return (
    upper === 'PARTITION' || upper === 'ORDER' || upper === 'ROWS' || upper === 'RANGE' || upper === 'GROUPS'
  );
}

function parseFrame(c: Cursor): Frame {
  const { start, upper } = c.advance();
  const unit = upper as Frame['unit'];
  let from: FrameBound;
  let to: FrameBound | null = null;
  if (c.accept('BETWEEN')) {
    from = parseBound(c);
    c.expect('AND');
    to = parseBound(c);
  } else from = parseBound(c);
  const exclude = c.accept('EXCLUDE') ? parseExclusion(c) : null;
  return { kind: 'frame', start, end: c.lastEnd, unit, from, to, exclude };
}

function parseBound(c: Cursor): FrameBound {
  const { start } = c.token;
  const bound = (edge: FrameBound['edge'], offset: Expression | null): FrameBound => {
    const from = offset === null ? Math.min(start, c.lastEnd) : offset.start;
    return { kind: 'frameBound', start: from, end: c.lastEnd, edge, offset };
  };
  if (c.acceptWords('CURRENT', 'ROW')) return bound('CURRENT ROW', null);
  if (c.is('UNBOUNDED') && (c.peek(1).upper === 'PRECEDING' || c.peek(1).upper === 'FOLLOWING')) {
    c.advance();
    return bound(c.advance().upper === 'PRECEDING' ? 'UNBOUNDED PRECEDING' : 'UNBOUNDED FOLLOWING', null);
  }
  const offset = parseExpression(c);
  if (c.accept('FOLLOWING')) return bound('FOLLOWING', offset);
  c.expect('PRECEDING');
  return bound('PRECEDING', offset);
}

function parseExclusion(c: Cursor): Frame['exclude'] {
  if (c.acceptWords('CURRENT', 'ROW')) return 'CURRENT ROW';
  if (c.acceptWords('NO', 'OTHERS')) return 'NO OTHERS';
  if (c.accept('GROUP')) return 'GROUP';
  if (c.accept('TIES')) return 'TIES';
  c.problem('what to exclude is missing');
  return null;
}
