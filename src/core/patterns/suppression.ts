/**
 * Suppression comments: `-- sqlopt-ignore offset-paging, not-in-null -- only ten rows` above a statement hides the
 * findings of these patterns on it; `-- sqlopt-ignore all` hides every finding.
 */
import type { TextEdit } from '../sql/text.ts';

const SUPPRESSION = /\bsqlopt-ignore\b[ \t:]*([a-z0-9-]+(?:[ \t]*,[ \t]*[a-z0-9-]+)*)/gi;

/** Stands for every pattern. */
const ALL = 'all';

/**
 * Do the comments above a statement suppress a pattern?
 *
 * @param pattern id of a pattern
 * @param comments the text between the previous statement and this one: white space and comments of any style
 */
export function isSuppressed(pattern: string, comments: string): boolean {
  for (const [, list = ''] of comments.matchAll(SUPPRESSION)) {
    const ids = list.split(',').map((id) => id.trim().toLowerCase());
    if (ids.includes(pattern) || ids.includes(ALL)) return true;
  }
  return false;
}

/**
 * The edit that suppresses a pattern for one statement: its id is added to a suppression comment that is there, else
 * a comment line is put above the statement, with its indentation.
 *
 * @param source the whole text
 * @param place offsets in `source`: where the comments above the statement begin, and the statement itself
 */
export function suppressionEdit(
  source: string,
  place: { readonly leadingStart: number; readonly start: number },
  pattern: string,
): TextEdit {
  const comments = source.slice(place.leadingStart, place.start);
  const existing = [...comments.matchAll(SUPPRESSION)].at(-1);
  if (existing) {
    const at = place.leadingStart + existing.index + existing[0].length;
    return { start: at, end: at, text: `, ${pattern}` };
  }
  const lineStart = source.lastIndexOf('\n', place.start - 1) + 1;
  const indent = source.slice(lineStart, place.start);
  if (indent.trim() !== '') {
    return { start: place.start, end: place.start, text: `/* sqlopt-ignore ${pattern} */ ` };
  }
  const eol = source.includes('\r\n') ? '\r\n' : '\n';
  return { start: lineStart, end: lineStart, text: `${indent}-- sqlopt-ignore ${pattern}${eol}` };
}
