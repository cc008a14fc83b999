/** The statements of a source with their places, as every verb reports them. */
import type { Dialect } from '../core/sql/dialect.ts';
import { splitStatements } from '../core/sql/splitter.ts';

export interface SourceStatement {
  /** counted from 0 over the SQL statements of the source */
  readonly index: number;
  readonly text: string;
  readonly range: SourcePlace;
  /** offset of the comments above that belong to it */
  readonly leadingStart: number;
}

export interface SourcePlace {
  /** offsets in the source, UTF-16 */
  readonly start: number;
  readonly end: number;
  /** of the start, counted from 1 */
  readonly line: number;
  readonly column: number;
}

/** The SQL statements of a source; psql commands, COPY data and batch separators are left out. */
export function statementsOf(source: string, dialect: Dialect): SourceStatement[] {
  const placeOf = lineFinder(source);
  return splitStatements(source, dialect)
    .filter((statement) => statement.kind === 'sql')
    .map((statement, index) => ({
      index,
      text: source.slice(statement.start, statement.end),
      range: { start: statement.start, end: statement.end, ...placeOf(statement.start) },
      leadingStart: statement.leadingStart,
    }));
}

/** Line and column (from 1) of offsets that are asked for in ascending order or not. */
export function lineFinder(source: string): (offset: number) => { line: number; column: number } {
  const starts = [0];
  for (let at = source.indexOf('\n'); at >= 0; at = source.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}
