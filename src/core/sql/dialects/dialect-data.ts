import type { Dialect } from '../dialect.ts';
import { MARIADB } from './mariadb.ts';
import { MYSQL } from './mysql.ts';
import { POSTGRESQL } from './postgresql.ts';
import { TSQL } from './tsql.ts';

/** What the lexer, the splitter and the parser know about one dialect. Words are in upper case. */
export interface DialectData {
  readonly dialect: Dialect;
  readonly identifiers: {
    /** the quoting characters by their opening one */
    readonly quotes: Readonly<Record<string, string>>;
    /** ASCII characters beside letters and _ that may begin a word */
    readonly start: string;
    /** ASCII characters beside letters, digits and _ that may stand inside a word */
    readonly part: string;
    /** `2fa_codes` is one word */
    readonly mayStartWithDigit: boolean;
  };
  readonly strings: {
    /** the quoting characters of strings */
    readonly quotes: string;
    /** a backslash escapes in every string, not only in E'' */
    readonly backslash: boolean;
    /** PostgreSQL's E'' and U&'' */
    readonly escapePrefixes: boolean;
    /** B'' and X'' */
    readonly bitPrefixes: boolean;
    /** $tag$ … $tag$ */
    readonly dollar: boolean;
  };
  readonly numbers: {
    /** 0xff and 0b01: integers, or strings of bytes */
    readonly hexadecimal: 'number' | 'bitString';
    /** 1_000 */
    readonly underscores: boolean;
    /** $1.50 */
    readonly money: boolean;
  };
  readonly comments: {
    readonly nested: boolean;
    /** # begins a comment */
    readonly hash: boolean;
    /** `--` begins a comment only before white space */
    readonly dashesNeedBlank: boolean;
    /** the openers of comments whose content is executed: they are not trivia */
    readonly executable: readonly string[];
  };
  /** 'munch': PostgreSQL's user-definable operators; otherwise all operators of several characters, longest first */
  readonly operators: 'munch' | readonly string[];
  readonly placeholders: {
    /** `?` may be an operator when it follows an operand */
    readonly questionMarkOperators: boolean;
    /** what @name is where an operand is expected */
    readonly at: 'placeholder' | 'variable';
    /** $1 is a placeholder */
    readonly dollarNumber: boolean;
  };
  /** words that cannot name a column, a table or a table alias without quotes */
  readonly reserved: ReadonlySet<string>;
  /** reserved words that may name a function or a type all the same */
  readonly functionKeywords: ReadonlySet<string>;
  /** words that cannot be a column alias without AS */
  readonly bareAliasForbidden: ReadonlySet<string>;
  /** words that begin a statement */
  readonly statementStarts: ReadonlySet<string>;
  /**
   * A name as the engine compares it.
   *
   * @param name without its quotes
   * @param quoted true when it was written with quotes
   */
  foldIdentifier(name: string, quoted: boolean): string;
}

/** The data of a dialect. */
export function dialectData(dialect: Dialect): DialectData {
  switch (dialect) {
    case 'postgresql':
      return POSTGRESQL;
    case 'mysql':
      return MYSQL;
    case 'mariadb':
      return MARIADB;
    case 'tsql':
      return TSQL;
  }
}
