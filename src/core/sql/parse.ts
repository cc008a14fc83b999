/** The parser's one entrance. */
import type { Opaque, Statement } from './ast.ts';
import type { Dialect } from './dialect.ts';
import { dialectData } from './dialects/dialect-data.ts';
import { tokenize } from './lexer.ts';
import { Cursor, type OpaqueRange, type SyntaxProblem } from './parser/cursor.ts';
import { grammarOf } from './parser/grammar.ts';
import { parseAnyStatement } from './parser/statement.ts';
import type { Token } from './tokens.ts';

/** A statement's tree with what the parser did not understand. */
export interface ParsedStatement {
  readonly tree: Statement;
  /** all tokens of the text, trivia included */
  readonly tokens: readonly Token[];
  /**
   * ranges that are not understood, or understood only as a whole (hints), or that nothing may change (partitions), in
   * the order of the text; maybe nested
   */
  readonly opaque: readonly OpaqueRange[];
  /** where the text does not follow the grammar, in the order of the text; empty for a statement that is right */
  readonly errors: readonly SyntaxProblem[];
}

/**
 * Parse one statement. Never throws: what is not understood becomes an opaque node.
 *
 * @param text one statement, with or without a final semicolon; surrounding white space and comments may stand around it
 * @returns the tree; its ranges are offsets into `text`
 */
export function parseStatement(text: string, dialect: Dialect): ParsedStatement {
  const tokens = tokenize(text, dialect);
  const cursor = new Cursor(text, tokens, dialectData(dialect), grammarOf(dialect));
  const tree = cursor.atEnd || cursor.isSymbol(';') ? nothing(cursor) : parseAnyStatement(cursor);
  while (cursor.acceptSymbol(';'));
  if (!cursor.atEnd) readRest(cursor);
  const opaque = cursor.opaque.sort((a, b) => a.start - b.start || b.end - a.end);
  const errors = cursor.errors.sort((a, b) => a.start - b.start || a.end - b.end);
  return { tree, tokens, opaque, errors };
}

/** A text without a statement: comments only, or nothing at all. */
function nothing(c: Cursor): Opaque {
  return c.opaqueFrom(c.lastEnd, 'no statement');
}

/** What follows the statement: another one, or parentheses that close nothing. */
function readRest(c: Cursor): void {
  const { start } = c.token;
  c.problem(`"${c.token.text}" is not expected here`);
  while (!c.atEnd) c.advance();
  c.opaqueFrom(start, 'after the end of the statement');
}
