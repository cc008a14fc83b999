/** Finds a statement in an older version of its file. Knows no editor and no git. */
import type { SqlStatement } from '../statements/sql-statement.ts';

export type GitMatch =
  /** the statement is in the older version as it is now */
  | { readonly kind: 'same' }
  | { readonly kind: 'changed'; readonly old: SqlStatement }
  /** nothing in the older version is like it */
  | { readonly kind: 'new' };

/** What is worth how much when two statements are compared; words in common give 0 to 1. */
const SAME_COMMENT = 0.6;
const SAME_PLACE = 0.4;
const SAME_POSITION = 0.2;
/** A pair below this is not the same statement. */
const ENOUGH = 0.5;

interface Left {
  readonly statement: SqlStatement;
  /** unchanged statements of the file before it: statements with the same number are in the same place */
  readonly gap: number;
  /** its position among the changed statements of its gap */
  readonly position: number;
  readonly words: ReadonlyMap<string, number>;
  /** number of words */
  readonly size: number;
}

/**
 * The older version of a statement.
 *
 * Statements that did not change are matched first and give every other one its place. The others are matched by
 * their words, their place and the comment above them (where query names stand), best pairs first, so that a
 * statement is never matched with the old version of another one.
 *
 * @param statement one of `now`
 * @param canonical equal for statements that differ in white space and comments only; its words are compared
 */
export function matchOlderVersion(
  statement: SqlStatement,
  now: readonly SqlStatement[],
  old: readonly SqlStatement[],
  canonical: (text: string) => string,
): GitMatch {
  const nowTexts = now.map(({ text }) => canonical(text));
  const oldTexts = old.map(({ text }) => canonical(text));
  const unchanged = commonSubsequence(nowTexts, oldTexts);
  const newLeft = leftOver(now, nowTexts, new Set(unchanged.map(([index]) => index)));
  const mine = newLeft.find((each) => each.statement === statement);
  if (!mine) return { kind: 'same' };
  const oldLeft = leftOver(old, oldTexts, new Set(unchanged.map(([, index]) => index)));
  // moved, not changed
  if (oldLeft.some((each) => canonical(each.statement.text) === canonical(statement.text))) {
    return { kind: 'same' };
  }
  return bestPartner(mine, newLeft, oldLeft);
}

function bestPartner(mine: Left, newLeft: readonly Left[], oldLeft: readonly Left[]): GitMatch {
  const pairs = newLeft.flatMap((left) =>
    oldLeft.map((right) => ({ left, right, worth: likeness(left, right) })),
  );
  pairs.sort((a, b) => b.worth - a.worth);
  const taken = new Set<Left>();
  for (const { left, right, worth } of pairs) {
    if (worth < ENOUGH) break;
    if (taken.has(left) || taken.has(right)) continue;
    if (left === mine) return { kind: 'changed', old: right.statement };
    taken.add(left).add(right);
  }
  return { kind: 'new' };
}

function likeness(left: Left, right: Left): number {
  const comment = left.statement.comments.trim();
  const sameComment = comment !== '' && comment === right.statement.comments.trim();
  const samePlace = left.gap === right.gap;
  return (
    commonWords(left, right) +
    (sameComment ? SAME_COMMENT : 0) +
    (samePlace ? SAME_PLACE : 0) +
    (samePlace && left.position === right.position ? SAME_POSITION : 0)
  );
}

/** Dice's coefficient of the words of two statements, 0 to 1. */
function commonWords(left: Left, right: Left): number {
  let common = 0;
  for (const [word, count] of left.words) common += Math.min(count, right.words.get(word) ?? 0);
  return (2 * common) / Math.max(1, left.size + right.size);
}

function leftOver(
  statements: readonly SqlStatement[],
  texts: readonly string[],
  unchanged: ReadonlySet<number>,
): Left[] {
  const left: Left[] = [];
  let gap = 0;
  let position = 0;
  for (const [index, statement] of statements.entries()) {
    if (unchanged.has(index)) {
      gap++;
      position = 0;
      continue;
    }
    const list = (texts[index] ?? '').split(' ');
    const words = new Map<string, number>();
    for (const word of list) words.set(word, (words.get(word) ?? 0) + 1);
    left.push({ statement, gap, position: position++, words, size: list.length });
  }
  return left;
}

/** Cells of the table of the longest common subsequence that are worth their memory. */
const MOST_CELLS = 4_000_000;

/**
 * The longest sequence of texts that both lists have in the same order, as pairs of indexes. Equal beginnings and ends
 * are cut off first; when what is left is still too large for the table, equal texts are taken one after the other.
 */
function commonSubsequence(a: readonly string[], b: readonly string[]): (readonly [number, number])[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  const most = Math.min(a.length, b.length) - head;
  while (tail < most && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const rows = a.length - head - tail;
  const columns = b.length - head - tail;
  const middle =
    rows * columns > MOST_CELLS
      ? inTurn(a.slice(head, head + rows), b.slice(head, head + columns))
      : longest(a.slice(head, head + rows), b.slice(head, head + columns));
  return [
    ...Array.from({ length: head }, (_, i) => [i, i] as const),
    ...middle.map(([i, j]) => [head + i, head + j] as const),
    ...Array.from({ length: tail }, (_, i) => [a.length - tail + i, b.length - tail + i] as const),
  ];
}

function longest(a: readonly string[], b: readonly string[]): (readonly [number, number])[] {
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const pairs: (readonly [number, number])[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return pairs;
}

function inTurn(a: readonly string[], b: readonly string[]): (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = [];
  const places = new Map<string, number[]>();
  for (const [j, text] of b.entries()) places.set(text, [...(places.get(text) ?? []), j]);
  let next = 0;
  for (const [i, text] of a.entries()) {
    const j = places.get(text)?.find((place) => place >= next);
    if (j === undefined) continue;
    pairs.push([i, j]);
    next = j + 1;
  }
  return pairs;
}
