/** Names: single identifiers, qualified names, lists of names. */
import type { Identifier } from '../ast.ts';
import type { Token } from '../tokens.ts';
import type { Cursor } from './cursor.ts';
import { decodeUnicode } from './strings.ts';

export type Name = readonly [Identifier, ...Identifier[]];

/** True for a token that can name something where a name is expected: a quoted name or a word that is not reserved. */
export function isName(c: Cursor, token: Token): boolean {
  if (token.kind === 'word') return !c.dialect.reserved.has(token.upper);
  return token.kind === 'quotedIdentifier';
}

/** True for a token that can stand after a dot or AS, where reserved words are names too. */
export function isLabel(token: Token): boolean {
  return token.kind === 'word' || token.kind === 'quotedIdentifier';
}

/** Read the current token as a name, whatever word it is. */
export function readIdentifier(c: Cursor): Identifier {
  const token = c.advance();
  const { start, text } = token;
  if (token.kind === 'word') {
    const name = c.dialect.foldIdentifier(text, false);
    return { kind: 'identifier', start, end: token.end, text, name, quoted: false };
  }
  const unicode = token.kind === 'quotedIdentifier' && (text[0] === 'U' || text[0] === 'u');
  let escapeBy = '\\';
  if (unicode && c.is('UESCAPE')) {
    c.advance();
    escapeBy = c.token.text.slice(1, 2);
    c.advance();
  }
  const name = c.dialect.foldIdentifier(unquote(token, unicode, escapeBy), true);
  return {
    kind: 'identifier',
    start,
    end: c.lastEnd,
    text: c.text.slice(start, c.lastEnd),
    name,
    quoted: true,
  };
}

function unquote(token: Token, unicode: boolean, escapeBy: string): string {
  const { text } = token;
  // A template's {{ name }} or a string as an alias is compared as it is written.
  if (token.kind !== 'quotedIdentifier') return text.startsWith("'") ? text.slice(1, -1) : text;
  const body = text.slice(unicode ? 3 : 1, -1);
  const closing = text.at(-1) ?? '"';
  const inner = body.includes(closing) ? body.replaceAll(closing + closing, closing) : body;
  return unicode ? decodeUnicode(inner, escapeBy) : inner;
}

/** A name if one is next; template placeholders count as names. */
export function optionalName(c: Cursor): Identifier | null {
  if (isName(c, c.token) || isTemplate(c.token)) return readIdentifier(c);
  return null;
}

/** A name; where none is, an empty one is made up and a problem is noted. */
export function parseName(c: Cursor): Identifier {
  return optionalName(c) ?? missingName(c);
}

/** Any word or quoted name, as after a dot or AS. */
export function parseLabel(c: Cursor): Identifier {
  return isLabel(c.token) || isTemplate(c.token) ? readIdentifier(c) : missingName(c);
}

function missingName(c: Cursor): Identifier {
  const { start, end } = c.missing('a name');
  return { kind: 'identifier', start, end, text: '', name: '', quoted: false };
}

/** {{ ref('orders') }} and the like may stand for a name. */
export function isTemplate(token: Token): boolean {
  return token.kind === 'placeholder' && (token.text.includes('{') || token.text.startsWith(':'));
}

/** `a`, `a.b`, `a.b.c` … */
export function parseQualifiedName(c: Cursor): Name {
  return continueName(c, parseName(c));
}

/** The rest of a qualified name after its first part. A dot that no name follows is left alone. */
export function continueName(c: Cursor, first: Identifier): Name {
  const parts: [Identifier, ...Identifier[]] = [first];
  while (c.isSymbol('.')) {
    const next = c.peek(1);
    if (c.grammar.transact && next.text === '.') {
      // database..table: the schema is the default one
      c.advance();
      continue;
    }
    if (next.text === '*') break;
    c.advance();
    // `o. FROM`: a half-typed name before a clause, not a column called from.
    const unfinished = c.token.start > c.lastEnd && c.atBoundary;
    parts.push(unfinished ? missingName(c) : parseLabel(c));
  }
  return parts;
}

/** `(a, b, c)`: the names between parentheses, the current token being the opening one. */
export function parseNameList(c: Cursor): Identifier[] {
  const names: Identifier[] = [];
  c.expectSymbol('(');
  if (!c.isSymbol(')')) {
    do names.push(parseName(c));
    while (c.acceptSymbol(','));
  }
  closeParens(c);
  return names;
}

/** Read the closing parenthesis; what stands before it and is not understood becomes opaque. */
export function closeParens(c: Cursor): void {
  if (c.acceptSymbol(')')) return;
  if (!c.atClose) c.unexpectedUntil(() => false);
  c.expectSymbol(')');
}
