/** How a file writes its SQL, so that inserted code looks like its neighbours. */
import { isTrivia, type Token } from '../tokens.ts';

export interface Style {
  readonly keywordCase: 'upper' | 'lower';
  readonly functionCase: 'upper' | 'lower';
  /** one level of indentation */
  readonly indent: string;
  readonly newline: '\n' | '\r\n';
  /** a line begins with AND rather than ending with it */
  readonly leadingAnd: boolean;
}

const KEYWORDS = new Set(
  'SELECT FROM WHERE AND OR JOIN LEFT ON GROUP ORDER BY HAVING UNION ALL INSERT INTO UPDATE DELETE SET VALUES WITH AS IN EXISTS NOT CASE WHEN THEN END LIMIT INNER'.split(
    ' ',
  ),
);
const DEFAULT_INDENT = '  ';

/** The style of a statement by its majority; upper-case keywords and lower-case functions where nothing tells. */
export function styleOf(text: string, tokens: readonly Token[]): Style {
  let upper = 0;
  let lower = 0;
  let upperCalls = 0;
  let lowerCalls = 0;
  let leading = 0;
  let trailing = 0;
  tokens.forEach((token, index) => {
    if (token.kind !== 'word') return;
    const isUpper = token.text === token.upper;
    if (KEYWORDS.has(token.upper)) {
      if (isUpper) upper++;
      else lower++;
    } else if (tokens[index + 1]?.text === '(') {
      if (isUpper) upperCalls++;
      else lowerCalls++;
    }
    if (token.upper === 'AND' && beginsLine(text, token.start)) leading++;
    if (token.upper === 'AND' && endsLine(tokens, index)) trailing++;
  });
  return {
    keywordCase: lower > upper ? 'lower' : 'upper',
    functionCase: upperCalls > lowerCalls ? 'upper' : 'lower',
    indent: indentUnit(text),
    newline: text.includes('\r\n') ? '\r\n' : '\n',
    leadingAnd: leading >= trailing,
  };
}

/** The white space at the beginning of the line that an offset is on. */
export function lineIndent(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  return /^[ \t]*/.exec(text.slice(start, offset))?.[0] ?? '';
}

/** Only white space stands before the offset on its line. */
export function beginsLine(text: string, offset: number): boolean {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  return start > 0 && text.slice(start, offset).trim() === '';
}

function endsLine(tokens: readonly Token[], index: number): boolean {
  const next = tokens[index + 1];
  return next !== undefined && isTrivia(next) && next.text.includes('\n');
}

function indentUnit(text: string): string {
  const widths: number[] = [];
  for (const match of text.matchAll(/\n([ \t]+)\S/g)) {
    const space = match[1] ?? '';
    if (space.startsWith('\t')) return '\t';
    widths.push(space.length);
  }
  const least = Math.min(...widths);
  return least >= 2 && least <= 8 && widths.every((width) => width % least === 0)
    ? ' '.repeat(least)
    : DEFAULT_INDENT;
}
