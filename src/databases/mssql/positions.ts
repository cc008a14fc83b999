/** Where in a statement an error is: SQL Server tells the line, and quotes the name or the word. */
import { tokenize } from '../../core/sql/lexer.ts';
import { isTrivia } from '../../core/sql/tokens.ts';

/**
 * The UTF-16 offset of an error in the caller's statement.
 *
 * @param line from 1, as the server counts lines of the batch; a statement's own line for errors at run time
 * @returns null when the message quotes nothing that is found
 */
export function errorPosition(message: string, line: number, sql: string | undefined): number | null {
  const quoted = /['"‘“]([^'"’”]+)['"’”]/.exec(message)?.[1];
  if (sql === undefined || quoted === undefined) return null;
  const name = bare(quoted.split('.').at(-1) ?? quoted);
  const found = tokenize(sql, 'tsql').filter((token) => !isTrivia(token) && bare(token.text) === name);
  const onLine = found.find(({ start }) => lineOf(sql, start) >= line);
  return (onLine ?? found[0])?.start ?? null;
}

function bare(text: string): string {
  return text.replace(/^\[([\s\S]*)\]$|^"([\s\S]*)"$/, '$1$2').toLowerCase();
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
