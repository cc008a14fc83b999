/** The lines behind COPY … FROM STDIN, up to the line `\.`. */
import { lineEnd } from './client-commands.ts';
import type { Dialect } from './dialect.ts';
import { dialectData } from './dialects/dialect-data.ts';
import type { StatementRange } from './splitter.ts';

/** One text's data of COPY. */
export class CopyData {
  private readonly source: string;
  private readonly starts: ReadonlySet<string>;
  /** the last search for an end: from where, and the place found (Infinity: none follows); keeps searches linear */
  private searched = { from: 0, at: -1 };

  constructor(source: string, dialect: Dialect) {
    this.source = source;
    this.starts = dialectData(dialect).statementStarts;
  }

  /**
   * The data that begin at `from`, the beginning of a line. Without an end, they go on to the end of the text; but a
   * text that goes on with SQL there has no data, as while COPY is being typed.
   */
  read(from: number): { range: StatementRange | null; next: number; reach: number } {
    const end = this.endMark(from);
    if (end !== null) {
      const next = lineEnd(this.source, end);
      const lineBreak = this.source.startsWith('\r\n', end - 2) ? 2 : 1;
      return { range: data(from, Math.max(from, end - lineBreak), end + 2), next, reach: next + 2 };
    }
    const reach = Number.POSITIVE_INFINITY;
    const { source } = this;
    if (this.looksLikeSql(from)) return { range: null, next: from, reach };
    return { range: data(from, source.length, source.length), next: source.length, reach };
  }

  /** The offset of the next line that is `\.` */
  private endMark(from: number): number | null {
    const { searched } = this;
    if (!(searched.from <= from && from <= searched.at)) {
      const mark = /^\\\.[ \t]*$/gm;
      mark.lastIndex = from;
      this.searched = { from, at: mark.exec(this.source)?.index ?? Number.POSITIVE_INFINITY };
    }
    const { at } = this.searched;
    return at === Number.POSITIVE_INFINITY ? null : at;
  }

  private looksLikeSql(from: number): boolean {
    const line = this.source.slice(from, Math.min(lineEnd(this.source, from), from + 200)).trim();
    const word = /^[A-Za-z]+(?![\w\t])/.exec(line)?.[0] ?? '';
    return (
      line === '' ||
      line.startsWith('--') ||
      line.startsWith('/*') ||
      line.startsWith('\\') ||
      this.starts.has(word.toUpperCase())
    );
  }
}

function data(start: number, end: number, terminatorEnd: number): StatementRange {
  return { kind: 'copyData', leadingStart: start, start, end, terminatorEnd };
}
