/** Literals, placeholders and variables. */
import type { Expression, Literal } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import { stringValue } from './strings.ts';

/** A string token with the strings that continue it. */
export function readString(c: Cursor): Literal {
  const first = c.advance();
  const { backslash } = c.dialect.strings;
  let escapeBy = '\\';
  if (c.is('UESCAPE') && /^u&/i.test(first.text)) {
    c.advance();
    escapeBy = c.advance().text.slice(1, 2);
  }
  let value = stringValue(first.text, backslash, escapeBy);
  while (c.token.kind === 'string' && continues(c)) value += stringValue(c.advance().text, backslash);
  return { kind: 'literal', start: first.start, end: c.lastEnd, type: 'string', value };
}

/** Strings that stand one after another are one string; PostgreSQL wants a line break between them. */
function continues(c: Cursor): boolean {
  if (c.dialect.strings.backslash) return true;
  if (!c.token.text.startsWith("'") || !c.dialect.strings.dollar) return false;
  return /[\n\r]/.test(c.text.slice(c.lastEnd, c.token.start));
}

/** The current token as a literal of that type. */
export function readLiteral(c: Cursor, type: Literal['type']): Literal {
  const { start, end, text } = c.advance();
  const value = type === 'bit' || type === 'number' ? text : text.toLowerCase();
  return { kind: 'literal', start, end, type, value };
}

/** A token that is a value by itself; null for every other kind. */
export function readValue(c: Cursor): Expression | null {
  const { kind, start, end, text } = c.token;
  switch (kind) {
    case 'number':
      return readLiteral(c, 'number');
    case 'string':
      return readString(c);
    case 'bitString':
      return readLiteral(c, 'bit');
    case 'placeholder':
      c.advance();
      return { kind: 'placeholder', start, end, text };
    case 'variable':
      c.advance();
      return { kind: 'variable', start, end, text };
    default:
      return null;
  }
}
