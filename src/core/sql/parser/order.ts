/** ORDER BY. */
import type { OrderItem } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression, readQualifiedOperator } from './expressions.ts';

/** ORDER BY with its items, the current token being ORDER. */
export function parseOrderBy(c: Cursor): OrderItem[] {
  c.advance();
  // MySQL, MariaDB and T-SQL have no SIBLINGS; what is not BY is noted and read as if it were there.
  c.expect('BY');
  const items: OrderItem[] = [];
  do items.push(parseOrderItem(c));
  while (c.acceptSymbol(','));
  return items;
}

function parseOrderItem(c: Cursor): OrderItem {
  const expression = parseExpression(c);
  const direction = readDirection(c);
  const using = direction === null && c.accept('USING') ? readUsing(c) : null;
  const nulls = readNulls(c);
  return { kind: 'orderItem', start: expression.start, end: c.lastEnd, expression, direction, nulls, using };
}

/** ASC or DESC, if one is next. */
export function readDirection(c: Cursor): 'asc' | 'desc' | null {
  if (c.accept('ASC')) return 'asc';
  return c.accept('DESC') ? 'desc' : null;
}

/** NULLS FIRST or NULLS LAST, if one is next. */
export function readNulls(c: Cursor): 'first' | 'last' | null {
  if (c.acceptWords('NULLS', 'FIRST')) return 'first';
  return c.acceptWords('NULLS', 'LAST') ? 'last' : null;
}

function readUsing(c: Cursor): string | null {
  if (c.is('OPERATOR')) return readQualifiedOperator(c);
  if (c.token.kind === 'operator') return c.advance().text;
  c.problem('an operator is missing');
  return null;
}
