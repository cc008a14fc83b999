/**
 * Where placeholders stand. Some of them begin with characters that are operators as well (? % @ # in PostgreSQL, #
 * as a comment in MySQL, : in an array slice), so the lexer tells what it saw before: whether an operand has just
 * ended, or one is expected.
 */
import type { DialectData } from './dialects/dialect-data.ts';
import { wordSet } from './dialects/word-set.ts';

/** What the lexer knows about the place where a placeholder may begin. */
export interface PlaceholderContext {
  /** the last token that is no trivia ended an operand: a name, a literal, a closing parenthesis */
  readonly afterOperand: boolean;
  /** nothing, not even white space, stands between that token and this place */
  readonly adjacent: boolean;
  /** the place is inside of [ … ] (an array slice may follow) */
  readonly inBrackets: boolean;
  /** the last token was [ */
  readonly afterBracket: boolean;
}

/** Words after which an operand is expected, whatever the dialect: after any other word, an operand has ended. */
const BEFORE_OPERAND = wordSet(`
  ALL ANALYZE AND ANY ARRAY AS BETWEEN BINARY BY CALL CASE COLLATE CROSS DATE DELETE DISTINCT DIV ELSE ELSEIF ESCAPE
  EXCEPT EXEC EXECUTE EXISTS EXPLAIN FETCH FILTER FIRST FOR FROM FULL GROUP HAVING IF ILIKE IN INNER INSERT INTERSECT
  INTERVAL INTO IS JOIN LATERAL LIKE LIMIT MERGE MOD NATURAL NEXT NOT OFFSET ON ONLY OR ORDER OUTER OVER PRINT REGEXP
  REPLACE RETURN RETURNING RLIKE SELECT SET SIMILAR SOME STRAIGHT_JOIN SYMMETRIC TABLE THEN TIME TIMESTAMP TIMESTAMPTZ
  TO TOP TRUNCATE UNION UNTIL UPDATE USING VALUES VARIADIC WHEN WHERE WHILE WITH XOR`);

/** Words that may follow a complete operand although they look like the name that would be an operand. */
const AFTER_OPERAND = wordSet(`
  AND ANY AS ASC AT BETWEEN BY COLLATE CROSS DESC DO ELSE END ESCAPE EXCEPT FETCH FOLLOWING FOR FROM FULL GROUP HAVING
  ILIKE IN INNER INTERSECT INTO IS ISNULL JOIN LEFT LIKE LIMIT NATURAL NOT NOTNULL OFFSET ON OR ORDER OVER OVERLAPS
  PERCENT PRECEDING RETURNING RIGHT ROW ROWS SET SIMILAR THEN TO UNION USING WHEN WHERE WINDOW WITH`);

/** PostgreSQL's operators that begin with a question mark, and their doubled form that JDBC wants. */
const QUESTION_OPERATOR = /(?:\?\?[|&]?|\?-\||\?\|\||\?[|&#-])/y;
const BRACES = /[#$]\{[^{}\r\n]{0,400}\}/y;
const PERCENT = /%(?:\d{1,3}\$)?[sdbtif](?![\p{ID_Continue}$])|%\([^()\r\n]{1,200}\)[sdbtif]/uy;
const COLON_NAME = /:[\p{ID_Start}_][\p{ID_Continue}]*|:\d+/uy;
const PSQL_QUOTED = /:'[\w]+'|:"[\w]+"|:\{\?[\w]+\}/y;
const AT_NAME = /@[\p{ID_Start}_][\p{ID_Continue}$]*/uy;
const DOLLAR_NAME = /\$(?:\d+|[\p{ID_Start}_][\p{ID_Continue}]*)/uy;
const QUESTION_NUMBER = /\?\d*/y;

/** True when an operand is expected after the word, given in upper case. */
export function expectsOperandAfter(upper: string): boolean {
  return BEFORE_OPERAND.has(upper);
}

/**
 * The end of the placeholder that begins at `at`, or -1 when none does. Constant work for each call, except for the
 * length of the placeholder itself. Template placeholders `{{ x }}` are the lexer's matter.
 */
export function placeholderEnd(
  source: string,
  at: number,
  data: DialectData,
  context: PlaceholderContext,
): number {
  switch (source.charCodeAt(at)) {
    case 0x3f: // ?
      return questionMarkEnd(source, at, data, context);
    case 0x3a: // :
      return colonEnd(source, at, context);
    case 0x25: // %
      return context.afterOperand ? -1 : matchEnd(PERCENT, source, at);
    case 0x23: // #
      return context.afterOperand && data.comments.hash ? -1 : matchEnd(BRACES, source, at);
    case 0x24: // $
      return dollarEnd(source, at, data);
    case 0x40: // @
      return data.placeholders.at === 'placeholder' && !context.afterOperand
        ? matchEnd(AT_NAME, source, at)
        : -1;
    default:
      return -1;
  }
}

/** The end of a question-mark operator of PostgreSQL at `at`, which follows an operand. */
export function questionOperatorEnd(source: string, at: number): number {
  const end = matchEnd(QUESTION_OPERATOR, source, at);
  return end < 0 ? at + 1 : end;
}

/**
 * True when an operator must end before `at` although the character there could belong to it, because a placeholder
 * begins there: `a=?`, `a=%s`, `a=@p`, `a=#{x}`. The built-in operators that end so (<@, @@, <%, @?) go on.
 *
 * @param start where the operator begins, before `at`
 */
export function placeholderEndsOperator(source: string, start: number, at: number): boolean {
  switch (source.charCodeAt(at)) {
    case 0x3f: // ?
      return source.slice(start, at) !== '@';
    case 0x25: // %
      return matchEnd(PERCENT, source, at) > 0;
    case 0x23: // #
      return source.charCodeAt(at + 1) === 0x7b;
    case 0x40: // @
      return !/^(?:<|@|~|&&?)$/.test(source.slice(start, at)) && matchEnd(AT_NAME, source, at) > 0;
    default:
      return false;
  }
}

function questionMarkEnd(source: string, at: number, data: DialectData, context: PlaceholderContext): number {
  if (!data.placeholders.questionMarkOperators || !context.afterOperand) {
    return matchEnd(QUESTION_NUMBER, source, at);
  }
  // After an operand: `tags ? 'k'`, but `FETCH FIRST x ROWS`-like places and a missing comma have no operand behind.
  if (matchEnd(QUESTION_OPERATOR, source, at) > 0) return -1;
  return operandFollows(source, at + 1) ? -1 : matchEnd(QUESTION_NUMBER, source, at);
}

/** True when an operand seems to begin at `at`, white space aside (no more than 200 characters are looked at). */
function operandFollows(source: string, at: number): boolean {
  const next = /\s{0,200}(?:([\p{ID_Start}_][\p{ID_Continue}$]{0,40})|['"$:(?%@{\d])/uy;
  next.lastIndex = at;
  const match = next.exec(source);
  if (match === null) return false;
  return match[1] === undefined || !AFTER_OPERAND.has(match[1].toUpperCase());
}

function colonEnd(source: string, at: number, context: PlaceholderContext): number {
  // a[lo:hi] and label:BEGIN
  if (context.afterOperand && (context.inBrackets || context.adjacent)) return -1;
  // a[:2]
  const next = source.charCodeAt(at + 1);
  if (next >= 0x30 && next <= 0x39 && (context.afterOperand || context.afterBracket)) return -1;
  const named = matchEnd(COLON_NAME, source, at);
  return named > 0 || context.afterOperand ? named : matchEnd(PSQL_QUOTED, source, at);
}

function dollarEnd(source: string, at: number, data: DialectData): number {
  const braces = matchEnd(BRACES, source, at);
  if (braces > 0) return braces;
  return data.placeholders.dollarNumber ? matchEnd(DOLLAR_NAME, source, at) : -1;
}

function matchEnd(sticky: RegExp, source: string, at: number): number {
  sticky.lastIndex = at;
  return sticky.test(source) ? sticky.lastIndex : -1;
}
