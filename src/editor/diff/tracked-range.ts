/** A range that follows its text while the document around it is edited. */
import type { TextRange } from '../../core/sql/text.ts';

/** One change of a document: `length` characters at `offset` were replaced by `text`. */
export interface Change {
  readonly offset: number;
  readonly length: number;
  readonly text: string;
}

/**
 * Where a range stands after changes.
 *
 * @param range offsets before the changes
 * @param changes as an editor reports them: all refer to the text before, and do not overlap
 * @returns the moved range, or null when a change touched the inside of it
 */
export function rangeAfter(range: TextRange, changes: readonly Change[]): TextRange | null {
  let shift = 0;
  for (const { offset, length, text } of changes) {
    if (offset >= range.end) continue;
    if (offset + length > range.start) return null;
    shift += text.length - length;
  }
  return { start: range.start + shift, end: range.end + shift };
}
