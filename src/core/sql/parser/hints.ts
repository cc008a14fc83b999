/** Hints of SQL Server, beside a table and behind a statement. */
import type { Hints } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import { closeParens } from './names.ts';

/** `WITH (a, b)`, `OPTION (a, b)` or `(a, b)`; the current token is the word or the parenthesis. */
export function parseHints(c: Cursor): Hints {
  const { start } = c.token;
  if (!c.isSymbol('(')) c.advance();
  const hints: string[] = [];
  c.expectSymbol('(');
  while (!c.atClose) {
    const from = c.token.start;
    while (!c.atClose && !c.isSymbol(',')) c.skip();
    hints.push(c.text.slice(from, c.lastEnd));
    if (!c.acceptSymbol(',')) break;
  }
  closeParens(c);
  return c.kept({ kind: 'hints', start, end: c.lastEnd, hints }, 'hints');
}
