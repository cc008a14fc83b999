/** Lists of constants in a normalized statement, whose length does not matter. */

/**
 * Collapse `IN (?, ?, ?)` to `IN (?)`, `ARRAY[?, ?]` to `ARRAY[?]`, `VALUES (?, ?), (?, ?)` to `VALUES (?, ?)`, and
 * write `= ANY (?)` as `IN (?)`, `<> ALL (?)` as `NOT IN (?)`.
 *
 * @param items the words of a normalized statement
 */
export function collapseLists(items: readonly string[]): string[] {
  const result: string[] = [];
  collapseRange({ items, closings: closingsOf(items), result }, 0, items.length, 0);
  return result;
}

interface Lists {
  readonly items: readonly string[];
  /** for each opening parenthesis the place of its closing one, the number of items without one */
  readonly closings: Int32Array;
  readonly result: string[];
}

/** Lists in lists are collapsed as deep as this; nobody writes deeper ones by hand. */
const MAX_DEPTH = 50;

function collapseRange(lists: Lists, start: number, end: number, depth: number): void {
  const { items, result } = lists;
  let at = start;
  while (at < end) {
    const item = items[at] ?? '';
    const next = items[at + 1];
    const collapses = depth < MAX_DEPTH;
    if (collapses && ((item === 'IN' && next === '(') || (/^array$/i.test(item) && next === '['))) {
      at = collapseList(lists, at, depth);
    } else if (collapses && /^values$/i.test(item) && next === '(') {
      at = collapseRows(lists, at, depth);
    } else {
      const quantified = quantifiedEnd(items, at);
      if (quantified === null) {
        result.push(item);
        at++;
      } else {
        result.push(...(item === '=' ? ['IN', '(', '?', ')'] : ['NOT', 'IN', '(', '?', ')']));
        at = quantified;
      }
    }
  }
}

/** Push the word at `at` and its list, of equal constants only one. Returns where to go on. */
function collapseList(lists: Lists, at: number, depth: number): number {
  const { items, closings, result } = lists;
  const start = at + 2;
  result.push(items[at] ?? '', items[at + 1] ?? '');
  if (items[start] !== '?' && items[start] !== '(') return start;
  const end = elementEnd(lists, start);
  let last = end;
  while (items[last] === ',') {
    const next = elementEnd(lists, last + 1);
    if (!sameItems(items, last + 1, next, start, end)) return start;
    last = next;
  }
  if (last !== closings[at + 1]) return start;
  collapseRange(lists, start, end, depth + 1);
  result.push(items[last] ?? '');
  return last + 1;
}

/** Push VALUES and its rows, of neighbours that are equal only one. */
function collapseRows(lists: Lists, at: number, depth: number): number {
  const { items, result } = lists;
  result.push(items[at] ?? '');
  let rowStart = at + 1;
  let rowEnd = elementEnd(lists, rowStart);
  collapseRange(lists, rowStart, rowEnd, depth + 1);
  let last = rowEnd;
  while (items[last] === ',' && items[last + 1] === '(') {
    const start = last + 1;
    last = elementEnd(lists, start);
    if (sameItems(items, start, last, rowStart, rowEnd)) continue;
    [rowStart, rowEnd] = [start, last];
    result.push(',');
    collapseRange(lists, rowStart, rowEnd, depth + 1);
  }
  return last;
}

/** Where the element at `at` ends: at a comma or closing parenthesis of the list that holds it. */
function elementEnd({ items, closings }: Lists, at: number): number {
  for (let end = at; end < items.length; end++) {
    const item = items[end];
    if (item === ',' || item === ')' || item === ']') return end;
    if (item === '(' || item === '[') end = closings[end] ?? items.length;
  }
  return items.length;
}

function closingsOf(items: readonly string[]): Int32Array {
  const closings = new Int32Array(items.length).fill(items.length);
  const open: number[] = [];
  items.forEach((item, at) => {
    if (item === '(' || item === '[') open.push(at);
    else if (item === ')' || item === ']') {
      const opening = open.pop();
      if (opening !== undefined) closings[opening] = at;
    }
  });
  return closings;
}

function sameItems(
  items: readonly string[],
  start: number,
  end: number,
  otherStart: number,
  otherEnd: number,
): boolean {
  if (end - start !== otherEnd - otherStart) return false;
  for (let at = start; at < end; at++) if (items[at] !== items[otherStart + at - start]) return false;
  return true;
}

/** The end of `= ANY (constant)` or `<> ALL (constant)` at `at`; the array may be ARRAY[?, …] and have a cast. */
function quantifiedEnd(items: readonly string[], at: number): number | null {
  const word = items[at + 1];
  const any = items[at] === '=' && (word === 'ANY' || word === 'SOME');
  const all = items[at] === '<>' && word === 'ALL';
  if (!(any || all) || items[at + 2] !== '(') return null;
  let end = at + 3;
  if (items[end] === 'ARRAY' && items[end + 1] === '[' && items[end + 2] === '?') {
    end += 3;
    while (items[end] === ',' && items[end + 1] === '?') end += 2;
    if (items[end] !== ']') return null;
    end++;
  } else if (items[end] === '?') end++;
  else return null;
  if (items[end] === '::') {
    while (end < items.length && items[end] !== ')' && items[end] !== ',') end++;
  }
  return items[end] === ')' ? end + 1 : null;
}
