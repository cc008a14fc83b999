/**
 * Where a string, quoted name or comment that lacks its end should have ended, so that a statement being typed does
 * not swallow the rest of its file.
 *
 * A quote that is missing turns the file inside out: the string goes on to the next quote, which opened another one.
 * Such a token holds what looks like the beginning of a statement, on a line of its own after an empty line or after a
 * line that ends with a semicolon; and the line where the token ends has one quote too many. Only both together count.
 */
import { wordSet } from './dialects/word-set.ts';
import type { Token } from './tokens.ts';

const STARTS = wordSet(`
  SELECT INSERT UPDATE DELETE WITH MERGE CREATE ALTER DROP TRUNCATE EXPLAIN GRANT REVOKE COPY VACUUM`);
const QUOTED = wordSet('string quotedIdentifier variable unknown bitString');
/** What is looked at behind a token, in characters. */
export const LINE_LIMIT = 2000;
const LINE = /[^\r\n]*(?:\r\n|\n|\r|$)/y;
const FIRST_WORD = /^([A-Za-z]{4,8})(?:[ \t(*]|$)/;

/**
 * The offset in the source where a broken token should be cut, or null when it is whole or has no place for it.
 *
 * @param terminated false when the token goes on to the end of the source for want of its end
 */
export function brokenTokenCut(source: string, token: Token, terminated: boolean): number | null {
  if (!QUOTED.has(token.kind) || !token.text.includes('\n')) return null;
  if (terminated && !endsLikeAnOpener(source, token)) return null;
  return statementStartInside(source, token, token.text.startsWith('$'));
}

/** True when the end of a token looks like the beginning of the next one. */
function endsLikeAnOpener(source: string, token: Token): boolean {
  const quote = token.text[token.text.length - 1] ?? '';
  // … AS $$ begins the body of the next function.
  if (quote === '$') return /\bAS\s{1,20}\$\w{0,60}\$$/i.test(token.text.slice(-90));
  if (quote === ']' || quote === '/' || quote === '}') return false;
  let quotes = 0;
  const limit = Math.min(source.length, token.end + LINE_LIMIT);
  for (let at = token.end; at < limit && source[at] !== '\n'; at++) if (source[at] === quote) quotes++;
  return quotes % 2 === 1;
}

/** The end of what stands above the line that looks like a new statement, comments right above that line left out. */
function statementStartInside(source: string, token: Token, atMargin: boolean): number | null {
  let cut: number | null = null;
  let contentEnd = token.start;
  let at = token.start;
  while (at < token.end) {
    LINE.lastIndex = at;
    LINE.exec(source);
    const next = Math.min(LINE.lastIndex, token.end);
    const line = source.slice(at, next);
    const content = line.trim();
    if (cut !== null && beginsStatement(atMargin ? line : content)) return cut;
    if (content === '') cut ??= contentEnd;
    else if (cut === null || !(content.startsWith('--') || content.startsWith('/*'))) {
      contentEnd = at + line.trimEnd().length;
      // The semicolon stays outside of the token: it ends the statement.
      cut = content.endsWith(';') ? contentEnd - 1 : null;
    }
    at = next;
  }
  return null;
}

function beginsStatement(line: string): boolean {
  const word = FIRST_WORD.exec(line.trimEnd())?.[1];
  return word !== undefined && STARTS.has(word.toUpperCase());
}
