/** Texts of digests as SQL again: the server prints them for people, with blanks that calls of functions do not allow. */
import type { Dialect } from '../../core/sql/dialect.ts';
import { dialectData } from '../../core/sql/dialects/dialect-data.ts';
import { knownFunctionNames } from '../../core/sql/properties/functions.ts';

/** What MySQL puts at the end of a digest that is longer than max_digest_length; MariaDB puts nothing. */
const CUT = /\.\.\.\s*$/;

/**
 * A digest's text as a statement that can be read and planned: `COUNT ( * )` becomes `COUNT(*)`, and of a list of values
 * that the server has shortened, how many there were is lost: `(...)` gets one parameter, `?, ...` two. MariaDB quotes the
 * names of its functions too.
 * https://dev.mysql.com/doc/refman/8.4/en/performance-schema-statement-digests.html
 *
 * @param longest max_digest_length of the server, bytes
 */
export function digestText(
  text: string,
  dialect: Dialect,
  longest: number,
): { readonly text: string; readonly truncated: boolean } {
  const lists = text
    .trim()
    .replace(/\s*\/\* , \.\.\. \*\//g, '')
    .replace(/\(\s*\.\.\.\s*\)/g, '(?)')
    .replace(/\?, \.\.\./g, '?, ?');
  const truncated = CUT.test(lists) || (dialect === 'mariadb' && tokenBytes(text) > longest - LARGEST_TOKEN);
  const { reserved, functionKeywords } = dialectData(dialect);
  const functions = new Set(knownFunctionNames(dialect));
  const isCalled = (word: string) => {
    const upper = word.toUpperCase();
    return (!reserved.has(upper) || functionKeywords.has(upper)) && !BEFORE_LIST.has(upper);
  };
  const statement = lists
    .replace(CUT, '')
    .replace(/[\s;]+$/, '')
    .replace(/(\S+ )?`(\w+)` \(/g, (whole, before: string | undefined, name: string) =>
      functions.has(name.toLowerCase()) && !BEFORE_TABLE.test(before ?? '')
        ? `${before ?? ''}${name} (`
        : whole,
    )
    // names in backticks may hold anything
    .split(/(`(?:[^`]|``)*`)/)
    .map((part, index) => (index % 2 === 1 ? part : tight(part, isCalled)))
    .join('');
  return { text: statement, truncated };
}

/** A table may be called as a function is, and its columns stand in parentheses behind it. */
const BEFORE_TABLE = /^(INTO|TABLE|WITH|RECURSIVE|VIEW|KEY|INDEX|CONSTRAINT|REFERENCES|AS|\.) $/i;

/** They may stand before a parenthesis without calling anything. */
const BEFORE_LIST = new Set(['VALUES', 'EXISTS']);

/** A name of 64 characters; a digest that misses no more than that may have lost one. */
const LARGEST_TOKEN = 2 + 2 + 64;

/**
 * How large a digest is: two bytes for each token, and for a name two more and its own. The server stops before the
 * token that does not fit.
 */
function tokenBytes(text: string): number {
  const tokens = text.match(/`(?:[^`]|``)*`|[^\s`]+/g) ?? [];
  return tokens.reduce(
    (sum, token) => sum + (token.startsWith('`') ? 2 + Buffer.byteLength(token, 'utf8') : 2),
    0,
  );
}

function tight(part: string, isCalled: (word: string) => boolean): string {
  return part
    .replace(/ ?\. ?/g, '.')
    .replace(/\( /g, '(')
    .replace(/ \)/g, ')')
    .replace(/ ,/g, ',')
    .replace(/\b([A-Za-z_]\w*) \(/g, (whole, word: string) => (isCalled(word) ? `${word}(` : whole));
}
