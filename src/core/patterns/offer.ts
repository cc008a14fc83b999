/** Matches with their rewrite, or with the reason why there is none. */
import type { TextEdit, TextRange } from '../sql/text.ts';
import type { Match } from './pattern.ts';

/**
 * A match whose rewrite is sound by the catalog.
 *
 * @param edits null when the edits would have lost something
 * @param assumptions the facts that it rests on; null ones are left out
 */
export function offer(
  range: TextRange,
  message: string,
  edits: readonly TextEdit[] | null,
  ...assumptions: readonly (string | null)[]
): Match {
  if (!edits)
    return blocked(
      range,
      message,
      'The edit would lose a comment, repeat a parameter or touch a part that is not understood.',
    );
  const facts = assumptions.filter((one) => one !== null);
  return { range, message, rewrite: { edits, assumptions: facts, soundness: 'proved' } };
}

/** A match whose rewrite needs tests: part of what it rests on cannot be read from the catalog. */
export function offerToTest(
  range: TextRange,
  message: string,
  edits: readonly TextEdit[] | null,
  ...assumptions: readonly (string | null)[]
): Match {
  const match = offer(range, message, edits, ...assumptions);
  return match.rewrite ? { ...match, rewrite: { ...match.rewrite, soundness: 'likely' } } : match;
}

/** A match without a rewrite, because a precondition is not known to hold. */
export function blocked(range: TextRange, message: string, blockedBy: string): Match {
  return { range, message, rewrite: null, blockedBy };
}

/** Advice: there is nothing to rewrite. */
export function advice(range: TextRange, message: string): Match {
  return { range, message, rewrite: null };
}
