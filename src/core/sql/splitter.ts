/** Finds the statements of a script: what the clients of each dialect would send one by one. */
import type { Dialect } from './dialect.ts';
import { START_STATE, StatementReader } from './statement-reader.ts';
import type { TextRange } from './text.ts';

/**
 * One statement of a script, or a piece that is none. `start` to `end` is its text without terminator and without the
 * comments around it.
 */
export interface StatementRange extends TextRange {
  /**
   * 'sql': a statement. 'psql': a backslash command of psql. 'copyData': the lines behind COPY … FROM STDIN.
   * 'delimiter': a DELIMITER line of the mysql client. 'batch': a GO line of T-SQL.
   */
  readonly kind: 'sql' | 'psql' | 'copyData' | 'delimiter' | 'batch';
  /** where the comments right above begin (no empty line between), `start` without such comments */
  readonly leadingStart: number;
  /** behind the terminator, `end` without one */
  readonly terminatorEnd: number;
}

/**
 * Split a script into its statements, in order. Total and linear: any text may be given, half typed or binary.
 *
 * Terminators are semicolons outside of strings, comments, and bodies (BEGIN … END; BEGIN ATOMIC … END), psql's \g and
 * its kin, the mysql client's DELIMITER and \G, and GO lines. In T-SQL, where semicolons are optional, a statement
 * also ends where another begins. A statement without its end, or with a quote that is not closed, ends at the next
 * empty line that a statement seems to follow.
 */
export function splitStatements(source: string, dialect: Dialect): StatementRange[] {
  const reader = new StatementReader(source, dialect);
  const ranges: StatementRange[] = [];
  let step = reader.read(START_STATE);
  while (step !== null) {
    ranges.push(step.range);
    step = reader.read(step.next);
  }
  return ranges;
}
