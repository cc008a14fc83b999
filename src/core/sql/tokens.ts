import type { TextRange } from './text.ts';

/**
 * The kinds of token. Every character of a source belongs to exactly one token, so the texts of all tokens
 * joined are the source, whatever the source holds.
 */
export type TokenKind =
  | 'whitespace'
  | 'lineComment'
  | 'blockComment'
  /** an unquoted word: a keyword or an identifier; the parser decides which */
  | 'word'
  /** "name", `name` or [name] by dialect, U&"name" too */
  | 'quotedIdentifier'
  | 'number'
  /** 'text', E'text', N'text', U&'text', $tag$text$tag$ and, in MySQL, "text" */
  | 'string'
  /** B'01', X'ff', 0xff */
  | 'bitString'
  /** any placeholder: $1, ?, ?1, :name, @name, %s, %(name)s, #{x}, ${x}, {{ x }} */
  | 'placeholder'
  /** @name in MySQL and T-SQL where it is a variable, @@name too */
  | 'variable'
  | 'operator'
  /** one of ( ) [ ] { } , ; . : */
  | 'punctuation'
  /** a character that begins no token, or a string or comment without its end */
  | 'unknown';

export interface Token extends TextRange {
  readonly kind: TokenKind;
  /** the token as written */
  readonly text: string;
  /** `text` in upper case for words, '' for every other kind: what a keyword test compares with */
  readonly upper: string;
}

/** White space and comments: what the grammar does not see. */
export function isTrivia(token: Token): boolean {
  return token.kind === 'whitespace' || token.kind === 'lineComment' || token.kind === 'blockComment';
}
