import type { Dialect } from '../sql/dialect.ts';
import { tokenize } from '../sql/lexer.ts';
import { isTrivia } from '../sql/tokens.ts';

/**
 * A form in which two statements are equal when they differ in white space, comments, the case of unquoted words
 * and a final semicolon only. Literals stay: it is the memo key of the search, not a fingerprint.
 */
export function canonicalText(text: string, dialect: Dialect): string {
  const words: string[] = [];
  for (const token of tokenize(text, dialect)) {
    if (isTrivia(token)) continue;
    words.push(token.kind === 'word' ? token.upper : token.text);
  }
  while (words.at(-1) === ';') words.pop();
  return words.join(' ');
}
