/** Pieces of SQL that a rewrite writes: code in the statement's style, and the statement's own text byte for byte. */
import type { TextRange } from '../text.ts';
import type { Style } from './style.ts';

/** `code` is re-cased, `exact` is kept; `break` is a line break followed by that many levels of indentation. */
export type Piece =
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'exact'; readonly text: string; readonly origin: TextRange | null }
  | { readonly kind: 'break'; readonly levels: number };

/** A piece of SQL made by {@link sql}, {@link source}, `identifier` and the like. */
export interface Fragment {
  readonly kind: 'fragment';
  readonly pieces: readonly Piece[];
}

/**
 * SQL as a template. Its literal text is code: words right before a parenthesis are functions, all others keywords,
 * both re-cased in the style of the statement; string literals and quoted names in it are kept. A line break in the
 * template is a line break relative to the place of the edit (two blanks are one level of indentation), or a blank
 * where the statement stands on one line. What is interpolated is kept as it is: fragments, and strings byte for byte
 * (text of the statement comes by {@link source}, so that its comments and parameters are known to be kept).
 *
 * @example sql`EXISTS (SELECT 1 FROM ${source(statement, table)} WHERE ${condition})`
 */
export function sql(
  strings: TemplateStringsArray,
  ...values: readonly (Fragment | string | number)[]
): Fragment {
  const pieces: Piece[] = [];
  let levels = 0;
  templatePieces(strings).forEach((code, i) => {
    for (const piece of code) {
      if (piece.kind === 'break') levels = piece.levels;
      pieces.push(piece);
    }
    const value = values[i];
    if (value === undefined) return;
    if (typeof value === 'object') pieces.push(...indented(value.pieces, levels));
    else pieces.push({ kind: 'exact', text: String(value), origin: null });
  });
  return { kind: 'fragment', pieces };
}

/** The code between the values of each template: a place in a rule's source is read once. */
const TEMPLATES = new WeakMap<TemplateStringsArray, readonly (readonly Piece[])[]>();

function templatePieces(strings: TemplateStringsArray): readonly (readonly Piece[])[] {
  const known = TEMPLATES.get(strings);
  if (known) return known;
  const pieces = dedent(strings.raw).map((text) => [...codePieces(text)]);
  TEMPLATES.set(strings, pieces);
  return pieces;
}

/** The statement's own text of a node or range, kept byte for byte with the comments in it. */
export function source(statement: { readonly text: string }, range: TextRange): Fragment {
  const origin = { start: range.start, end: range.end };
  return {
    kind: 'fragment',
    pieces: [{ kind: 'exact', text: statement.text.slice(range.start, range.end), origin }],
  };
}

/** Text that is kept as it is: a literal, an operator. */
export function verbatim(text: string): Fragment {
  return { kind: 'fragment', pieces: [{ kind: 'exact', text, origin: null }] };
}

/** A line break with that many levels of indentation; a blank where the statement stands on one line. */
export function lineBreak(levels = 0): Fragment {
  return { kind: 'fragment', pieces: [{ kind: 'break', levels }] };
}

/** A string literal: quotes inside are doubled. */
export function stringLiteral(value: string): Fragment {
  return verbatim(`'${value.replaceAll("'", "''")}'`);
}

/** Fragments one after the other with a separator, a comma and a blank when left out. */
export function joinFragments(
  fragments: readonly Fragment[],
  separator: Fragment = verbatim(', '),
): Fragment {
  const pieces = fragments.flatMap((fragment, i) =>
    i === 0 ? fragment.pieces : [...separator.pieces, ...fragment.pieces],
  );
  return { kind: 'fragment', pieces };
}

/** The fragment in parentheses. */
export function parenthesized(fragment: Fragment): Fragment {
  return joinFragments([verbatim('('), fragment, verbatim(')')], verbatim(''));
}

/**
 * The text of a fragment.
 *
 * @param indent the indentation of the line that the fragment is put in
 */
export function render(fragment: Fragment, style: Style, indent: string): string {
  let text = '';
  fragment.pieces.forEach((piece, i) => {
    if (piece.kind === 'exact') text += piece.text;
    else if (piece.kind === 'code') text += inStyle(piece.text, style);
    else if (style.multiline) {
      const before = text.replace(/[ \t]+$/, '');
      // text that is kept may end with a line break of its own, behind a comment
      const lineBreak = i > 0 && before.endsWith('\n') ? '' : style.newline;
      text = before + lineBreak + indent + style.indentUnit.repeat(piece.levels);
    } else if (needsBlank(text, fragment.pieces[i + 1], i)) text += ' ';
  });
  return text;
}

/** The ranges of the statement's text that a fragment carries. */
export function carriedRanges(fragment: Fragment): TextRange[] {
  return fragment.pieces.flatMap((piece) => (piece.kind === 'exact' && piece.origin ? [piece.origin] : []));
}

/** Where a line break of the template becomes a blank: not behind ( and not before ). */
function needsBlank(before: string, next: Piece | undefined, index: number): boolean {
  if (index > 0 && (before === '' || /[\s(]$/.test(before))) return false;
  return !(next && next.kind !== 'break' && /^[\s)]/.test(next.text));
}

/** The pieces moved in by some levels: what an interpolated fragment needs. */
function indented(pieces: readonly Piece[], levels: number): Piece[] {
  return pieces.map((piece) =>
    piece.kind === 'break' ? { kind: 'break', levels: piece.levels + levels } : piece,
  );
}

function* codePieces(text: string): Generator<Piece> {
  const lines = text.split('\n');
  for (const [i, line] of lines.entries()) {
    if (i === 0) {
      if (line) yield { kind: 'code', text: line };
      continue;
    }
    const blanks = /^ */.exec(line)?.[0].length ?? 0;
    yield { kind: 'break', levels: Math.floor(blanks / 2) };
    if (line.length > blanks) yield { kind: 'code', text: line.slice(blanks) };
  }
}

/** Take the indentation away that the template has because of the code around it; first and last line may be empty. */
function dedent(strings: readonly string[]): string[] {
  const width = commonIndentation(strings);
  const texts = strings.map((text) =>
    text
      .split('\n')
      .map((line, i) => (i === 0 ? line : line.slice(Math.min(width, blanksBefore(line)))))
      .join('\n'),
  );
  const last = texts.length - 1;
  const opensOnNewLine = /^[ \t]*\n/.test(texts[0] ?? '');
  if (opensOnNewLine) texts[0] = (texts[0] ?? '').replace(/^[ \t]*\n */, '');
  texts[last] = (texts[last] ?? '').replace(/\n[ \t]*$/, '');
  return texts;
}

function commonIndentation(strings: readonly string[]): number {
  let least = Number.POSITIVE_INFINITY;
  strings.forEach((text, s) => {
    const lines = text.split('\n').slice(1);
    lines.forEach((line, i) => {
      const endsInValue = i === lines.length - 1 && s < strings.length - 1;
      if (line.trim() !== '' || endsInValue) least = Math.min(least, blanksBefore(line));
    });
  });
  return Number.isFinite(least) ? least : 0;
}

function blanksBefore(line: string): number {
  return /^ */.exec(line)?.[0].length ?? 0;
}

/** Keywords that may stand right before a parenthesis. */
const NOT_FUNCTIONS = new Set(
  `ALL AND ANY ARRAY AS BETWEEN BY CASE DISTINCT ELSE EXCEPT EXISTS FILTER FROM GROUP HAVING IN INTERSECT INTO IS JOIN
  LATERAL LIKE LIMIT NOT OFFSET ON OR ORDER OVER PARTITION ROW SELECT SET SOME THEN TOP UNION USING VALUES WHEN WHERE
  WITH WITHIN MATERIALIZED APPLY RETURNING`.split(/\s+/),
);

/** Code of templates in the cases that it was asked for: there are only so many templates. */
const STYLED = new Map<string, string>();

function inStyle(code: string, style: Style): string {
  const key = `${style.keywordCase} ${style.functionCase} ${code}`;
  const known = STYLED.get(key);
  if (known !== undefined) return known;
  const styled = styledCode(code, style);
  STYLED.set(key, styled);
  return styled;
}

function styledCode(code: string, style: Style): string {
  return code.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|[A-Za-z_][A-Za-z0-9_]*\(?/g, (word) => {
    if (word.startsWith("'") || word.startsWith('"')) return word;
    const isFunction = word.endsWith('(') && !NOT_FUNCTIONS.has(word.slice(0, -1).toUpperCase());
    const wanted = isFunction ? style.functionCase : style.keywordCase;
    return wanted === 'upper' ? word.toUpperCase() : word.toLowerCase();
  });
}
