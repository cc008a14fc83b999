/**
 * From a whole rewritten text to edits on the original, so that what did not change keeps its layout and comments.
 * Tokens are compared, not lines: a model writes its answer in its own layout.
 */
import type { Dialect } from './dialect.ts';
import { tokenize } from './lexer.ts';
import { applyEdits, type TextEdit } from './text.ts';
import { isTrivia, type Token } from './tokens.ts';

/** Cells of the table of common subsequences; two texts of 2,000 changed tokens each. */
const MOST_CELLS = 4_000_000;
/** Kept tokens between two changes that are too few to be worth two edits. */
const SHORT_GAP = 2;

/** Tokens that stand between kept ones: `from` until before `to`, in either text. */
interface Hunk {
  readonly original: { readonly from: number; readonly to: number };
  readonly rewritten: { readonly from: number; readonly to: number };
}

interface Text {
  readonly source: string;
  /** without trivia */
  readonly tokens: readonly Token[];
}

/**
 * Edits that make `original` into a text with the tokens of `rewritten`. Comments of `original` outside of what
 * changes stay; comments of `rewritten` are left out.
 *
 * @returns edits in order, none when only layout, comments, the case of words or a final semicolon differ
 */
export function tokenEdits(original: string, rewritten: string, dialect: Dialect): TextEdit[] {
  const before = textOf(original, dialect);
  const after = textOf(rewritten, dialect);
  const hunks = merged(changes(before, after), before, dialect);
  const wanted = keys(after.tokens).join('\n');
  const edits = hunks.map((hunk) => unglued(editFor(hunk, before, after, dialect), original));
  if (keys(textOf(applyEdits(original, edits), dialect).tokens).join('\n') === wanted) return edits;
  const [first] = before.tokens;
  const last = before.tokens.at(-1);
  return [
    {
      start: first?.start ?? 0,
      end: last?.end ?? original.length,
      text: bare(after, 0, after.tokens.length, dialect),
    },
  ];
}

function textOf(source: string, dialect: Dialect): Text {
  const tokens = tokenize(source, dialect).filter((token) => !isTrivia(token));
  while (tokens.at(-1)?.text === ';') tokens.pop();
  return { source, tokens };
}

function keys(tokens: readonly Token[]): string[] {
  return tokens.map((token) => (token.kind === 'word' ? token.upper : token.text));
}

/** The hunks between the longest common subsequence of both. */
function changes(before: Text, after: Text): Hunk[] {
  const a = keys(before.tokens);
  const b = keys(after.tokens);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let endA = a.length;
  let endB = b.length;
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA--;
    endB--;
  }
  const all = { original: { from: start, to: endA }, rewritten: { from: start, to: endB } };
  if (start === endA && start === endB) return [];
  const cells = (endA - start + 1) * (endB - start + 1);
  return cells > MOST_CELLS ? [all] : between(a, b, all);
}

function between(a: readonly string[], b: readonly string[], { original, rewritten }: Hunk): Hunk[] {
  const rows = original.to - original.from;
  const columns = rewritten.to - rewritten.from;
  const width = columns + 1;
  // length[i * width + j]: the longest common subsequence of the tokens from i and from j on
  const length = new Uint16Array((rows + 1) * width);
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = columns - 1; j >= 0; j--) {
      const here = i * width + j;
      length[here] =
        a[original.from + i] === b[rewritten.from + j]
          ? 1 + (length[here + width + 1] ?? 0)
          : Math.max(length[here + width] ?? 0, length[here + 1] ?? 0);
    }
  }
  const hunks: Hunk[] = [];
  let [i, j] = [0, 0];
  let [fromA, fromB] = [0, 0];
  const close = (): void => {
    if (i === fromA && j === fromB) return;
    hunks.push({
      original: { from: original.from + fromA, to: original.from + i },
      rewritten: { from: rewritten.from + fromB, to: rewritten.from + j },
    });
  };
  while (i < rows && j < columns) {
    if (a[original.from + i] === b[rewritten.from + j]) {
      close();
      i++;
      j++;
      [fromA, fromB] = [i, j];
    } else if ((length[(i + 1) * width + j] ?? 0) >= (length[i * width + j + 1] ?? 0)) i++;
    else j++;
  }
  [i, j] = [rows, columns];
  close();
  return hunks;
}

/** Hunks with a few kept tokens and no comment between them as one. */
function merged(hunks: readonly Hunk[], before: Text, dialect: Dialect): Hunk[] {
  const result: Hunk[] = [];
  for (const hunk of hunks) {
    const last = result.at(-1);
    const near = last && hunk.original.from - last.original.to <= SHORT_GAP;
    if (near && !hasComment(before, last.original.to, hunk.original.from, dialect)) {
      result[result.length - 1] = {
        original: { from: last.original.from, to: hunk.original.to },
        rewritten: { from: last.rewritten.from, to: hunk.rewritten.to },
      };
    } else result.push(hunk);
  }
  return result;
}

/** A comment between the token before `from` and the token at `to`. */
function hasComment(text: Text, from: number, to: number, dialect: Dialect): boolean {
  const start = text.tokens[from - 1]?.end ?? 0;
  const end = text.tokens[to]?.start ?? text.source.length;
  return tokenize(text.source.slice(start, end), dialect).some(
    (token) => token.kind === 'lineComment' || token.kind === 'blockComment',
  );
}

function editFor(hunk: Hunk, before: Text, after: Text, dialect: Dialect): TextEdit {
  const { original, rewritten } = hunk;
  const text = bare(after, rewritten.from, rewritten.to, dialect);
  if (original.from === original.to) return insertion(hunk, before, after, text);
  if (text === '') return deletion(before, original, dialect);
  const start = before.tokens[original.from]?.start ?? 0;
  return { start, end: before.tokens[original.to - 1]?.end ?? start, text };
}

/** With blanks where two words would grow together. */
function unglued({ start, end, text }: TextEdit, original: string): TextEdit {
  const word = /[\w$#@]/;
  const [left, right] = [original[start - 1] ?? '', original[end] ?? ''];
  if (text === '') return { start, end, text: word.test(left) && word.test(right) ? ' ' : '' };
  const before = word.test(left) && word.test(text[0] ?? '') ? ' ' : '';
  const after = word.test(right) && word.test(text.at(-1) ?? '') ? ' ' : '';
  return { start, end, text: `${before}${text}${after}` };
}

/** Beside the token that the rewritten text has no blank to: `name` of `schema.name` keeps its `schema.`. */
function insertion({ original, rewritten }: Hunk, before: Text, after: Text, text: string): TextEdit {
  const previous = before.tokens[original.from - 1];
  const next = before.tokens[original.from];
  const [left, right] = [blank(gap(after, rewritten.from)), blank(gap(after, rewritten.to))];
  if (!previous || (next && left !== '' && right === '')) {
    const at = next?.start ?? 0;
    const glued = previous?.end === at ? left : '';
    return { start: at, end: at, text: `${glued}${text}${right}` };
  }
  const glued = previous.end === next?.start ? right : '';
  return { start: previous.end, end: previous.end, text: `${left}${text}${glued}` };
}

/** Without leaving two blanks behind, and without taking a comment along. */
function deletion(before: Text, { from, to }: Hunk['original'], dialect: Dialect): TextEdit {
  const start = before.tokens[from]?.start ?? 0;
  const end = before.tokens[to - 1]?.end ?? start;
  const previous = before.tokens[from - 1];
  if (previous && !hasComment(before, from, from, dialect)) return { start: previous.end, end, text: '' };
  return { start, end, text: '' };
}

/** What stands between the token before `index` and the token at it. */
function gap(text: Text, index: number): string {
  const start = text.tokens[index - 1]?.end ?? 0;
  const end = text.tokens[index]?.start ?? start;
  return text.source.slice(start, end);
}

/** A gap's blanks: one line break with its indentation at most. */
function blank(gapText: string): string {
  if (gapText === '') return '';
  const line = /\n[ \t]*$/.exec(gapText);
  return line ? line[0] : ' ';
}

/** The source of tokens without the comments between them. */
function bare(text: Text, from: number, to: number, dialect: Dialect): string {
  const start = text.tokens[from]?.start;
  const end = text.tokens[to - 1]?.end;
  if (start === undefined || end === undefined || from >= to) return '';
  return tokenize(text.source.slice(start, end), dialect)
    .map((token) => {
      if (token.kind === 'lineComment') return '';
      return token.kind === 'blockComment' ? ' ' : token.text;
    })
    .join('')
    .replace(/[ \t]+(?=\n)/g, '');
}
