/** Items of a comma-separated list that a rewrite leaves out. */
import type { TextRange } from '../sql/text.ts';
import type { RewriteEdits } from '../sql/writing/edits.ts';

/**
 * Remove items of a list with their commas. Fails when none would be left: the clause is to be removed then.
 *
 * @param items all items, in the order of the text
 */
export function removeListItems(
  edits: RewriteEdits,
  items: readonly TextRange[],
  removed: ReadonlySet<TextRange>,
): RewriteEdits {
  const first = items.findIndex((item) => !removed.has(item));
  const firstKept = items[first];
  const head = items[0];
  if (!firstKept || !head) return edits.fail();
  if (first > 0) edits.remove({ start: head.start, end: firstKept.start });
  items.forEach((item, at) => {
    const before = items[at - 1];
    if (at > first && before && removed.has(item)) edits.remove({ start: before.end, end: item.end });
  });
  return edits;
}
