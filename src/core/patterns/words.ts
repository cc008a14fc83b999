/** The words of a statement, for rules about statements that have no tree of their own: SET, LOCK, VACUUM, DECLARE … */

import type { AnalyzedStatement } from '../sql/query-model.ts';
import { isReadByWords } from '../sql/statement-facts.ts';
import type { TextRange } from '../sql/text.ts';
import { isTrivia, type Token } from '../sql/tokens.ts';

/** The statement's tokens without white space and comments. */
export function wordsOf(statement: Pick<AnalyzedStatement, 'tokens'>): readonly Token[] {
  return statement.tokens.filter((token) => !isTrivia(token));
}

/** The words of a statement that has no tree: none for all others. */
export function wordsWithoutTree(statement: Pick<AnalyzedStatement, 'tokens' | 'tree'>): readonly Token[] {
  return isReadByWords(statement.tree) ? wordsOf(statement) : [];
}

/** The statement begins with these words; an alternative is written `A|B`. */
export function beginsWith(words: readonly Token[], ...wanted: readonly string[]): boolean {
  return wanted.every((word, i) => word.split('|').includes(words[i]?.upper ?? ''));
}

/** Where these words follow each other; -1 when they do not. */
export function indexOfWords(words: readonly Token[], ...wanted: readonly string[]): number {
  return words.findIndex((_, at) => wanted.every((word, i) => words[at + i]?.upper === word));
}

/** The range from one token to another. */
export function spanOf(words: readonly Token[], from = 0, to = words.length - 1): TextRange {
  return { start: words[from]?.start ?? 0, end: words[to]?.end ?? words.at(-1)?.end ?? 0 };
}

/** The name that begins at a token: `[schema.]name`, unquoted and lower case, with the index behind it. */
export function nameAt(words: readonly Token[], at: number): { name: string; next: number } {
  let next = at;
  while (words[next + 1]?.text === '.') next += 2;
  return { name: bareName(words[next]?.text ?? ''), next: next + 1 };
}

function bareName(text: string): string {
  return text.replace(/^["`[]|["`\]]$/g, '').toLowerCase();
}
