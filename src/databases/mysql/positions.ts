/** Where in a statement an error is: MySQL gives no offset, but quotes the text or the name. */
import { tokenize } from '../../core/sql/lexer.ts';

/** ER_PARSE_ERROR, and those that name a column, a table or a function. */
const PARSE_ERROR = 1064;
const NAMES_IT = [1054, 1146, 1305, 1052, 1109];
/** Characters of the statement that a syntax error quotes at most. */
const QUOTED = 80;

/**
 * The UTF-16 offset of an error in the caller's statement.
 *
 * @returns null when the message does not tell one place
 */
export function errorPosition(errno: number, message: string, sql: string | undefined): number | null {
  if (sql === undefined) return null;
  if (errno === PARSE_ERROR) return positionNear(message, sql);
  if (NAMES_IT.includes(errno)) return positionOfName(message, sql);
  return null;
}

/** `… near 'FORM orders' at line 1`: the rest of the statement, cut off when it is long. */
function positionNear(message: string, sql: string): number | null {
  const near = /near '([\s\S]*)' at line \d+$/.exec(message)?.[1];
  if (near === undefined) return null;
  if (near === '') return sql.length;
  const last = sql.lastIndexOf(near);
  if (last < 0) return null;
  // a short text is the end of the statement; a long one must be found once to be sure
  if (near.length < QUOTED || sql.indexOf(near) === last) return last;
  return null;
}

/** The first place where the name stands as a word. */
function positionOfName(message: string, sql: string): number | null {
  const named = /'([^']*)'|(?:FUNCTION|PROCEDURE) (\S+) does not exist/.exec(message);
  const name = (named?.[1] ?? named?.[2])?.split('.').at(-1)?.toLowerCase();
  if (name === undefined) return null;
  const found = tokenize(sql, 'mysql').find(
    (token) => token.text.replace(/^`([\s\S]*)`$/, '$1').toLowerCase() === name,
  );
  return found?.start ?? null;
}
