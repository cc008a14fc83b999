/** A half-open range of UTF-16 offsets into a text: `start` is included, `end` is not. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** Replace the characters of a range by `text`. An insertion has `start === end`. */
export interface TextEdit extends TextRange {
  readonly text: string;
}

/**
 * Apply edits that all refer to the same, original text.
 *
 * @param source the text that the edits refer to
 * @param edits in any order; they may touch but not overlap. Insertions at one place keep their given order.
 * @returns the edited text
 * @throws RangeError when two edits overlap or one lies outside of the text
 */
export function applyEdits(source: string, edits: readonly TextEdit[]): string {
  let result = '';
  let at = 0;
  for (const edit of sortEdits(edits)) {
    if (edit.start < at) throw new RangeError(`edits overlap at offset ${edit.start}`);
    if (edit.end < edit.start || edit.end > source.length) {
      throw new RangeError(`edit ${edit.start}..${edit.end} lies outside of a text of ${source.length}`);
    }
    result += source.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return result + source.slice(at);
}

/** Edits in the order of their places; insertions at one place keep their given order (the sort is stable). */
export function sortEdits(edits: readonly TextEdit[]): TextEdit[] {
  return [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
}

/** True when the two ranges share a character, or one is an insertion strictly inside the other. */
export function rangesOverlap(a: TextRange, b: TextRange): boolean {
  return a.start < b.end && b.start < a.end;
}

/** True when `inner` lies within `outer` (they may be equal). */
export function contains(outer: TextRange, inner: TextRange): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}
