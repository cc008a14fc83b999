/** Lines of scripts that are for the client program, not for the server: psql, mysql, sqlcmd. */
import type { TextRange } from './text.ts';

/** psql commands that send the statement before them, with their arguments up to the end of the line. */
const SENDING = /\\(?:g|gx|gset|gexec|gdesc|crosstabview|watch|bind|bind_named|parse|sendpipeline)(?![\w])/y;
/** psql commands that take the rest of the line as it is: `\\` does not end them. */
const WHOLE_LINE = /\\(?:!|copy|ef|ev|sf|sv|help|h)(?![\w])/y;
/** Conditional commands: they may stand inside of a statement, which they change. */
const CONDITIONAL = /\\(?:if|elif|else|endif)(?![\w])/y;
const INLINE_COPY = /\\copy\s[^\r\n]*\bfrom\s+stdin\b/iy;
const GO = /GO[ \t]{0,100}(?:\d{1,9})?[ \t]{0,100};?[ \t]{0,100}(?:--[^\r\n]*)?(?=\r|\n|$)/iy;
const GO_WORD = /GO[ \t]{0,100}(?:\d{1,9})?/iy;
const DELIMITER = /DELIMITER[ \t]+(\S+)[^\r\n]*/iy;

/** Where the line that holds `at` ends, without its line break. */
export function lineEnd(source: string, at: number): number {
  const end = /[\r\n]|$/g;
  end.lastIndex = at;
  return end.exec(source)?.index ?? source.length;
}

/** The end of the psql command at `at` (a backslash): the end of its line, or the `\\` that separates commands. */
export function psqlCommand(source: string, at: number): { end: number; next: number } {
  if (matches(WHOLE_LINE, source, at)) {
    const next = lineEnd(source, at);
    return { end: at + source.slice(at, next).trimEnd().length, next };
  }
  const stop = /\\\\|[\r\n]|$/g;
  stop.lastIndex = at + 1;
  const match = stop.exec(source);
  const end = match?.index ?? source.length;
  const next = match?.[0] === '\\\\' ? end + 2 : end;
  return { end: at + source.slice(at, end).trimEnd().length, next };
}

/** True when the psql command at `at` sends the statement before it. */
export function sendsStatement(source: string, at: number): boolean {
  return matches(SENDING, source, at);
}

/** True for \if, \elif, \else and \endif at `at`. */
export function isConditional(source: string, at: number): boolean {
  return matches(CONDITIONAL, source, at);
}

/** True for a `\copy … from stdin` at `at`, whose data follow in the script. */
export function copiesInline(source: string, at: number): boolean {
  return matches(INLINE_COPY, source, at);
}

/** A GO line: `end` is behind GO and its count, `next` at the end of the line. */
export function goLine(source: string, at: number): { end: number; next: number } | null {
  GO.lastIndex = at;
  if (!GO.test(source)) return null;
  const next = GO.lastIndex;
  GO_WORD.lastIndex = at;
  GO_WORD.test(source);
  return { end: at + source.slice(at, GO_WORD.lastIndex).trimEnd().length, next };
}

/** A DELIMITER line of the mysql client, with the delimiter that it sets. */
export function delimiterLine(source: string, at: number): (TextRange & { delimiter: string }) | null {
  DELIMITER.lastIndex = at;
  const match = DELIMITER.exec(source);
  if (match === null || match[1] === undefined) return null;
  return { start: at, end: at + match[0].trimEnd().length, delimiter: match[1] };
}

function matches(sticky: RegExp, source: string, at: number): boolean {
  sticky.lastIndex = at;
  return sticky.test(source);
}
