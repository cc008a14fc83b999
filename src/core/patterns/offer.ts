/** Matches with their rewrite, or with the reason why there is none. */
import type { TextEdit, TextRange } from '../sql/text.ts';
import type { Match, Rewrite } from './pattern.ts';

/**
 * Edits, or null when they would have lost something. A function is called when somebody asks for the rewrite; it may
 * say in words why there is none.
 */
export type Edits = readonly TextEdit[] | null | (() => readonly TextEdit[] | string | null);

const LOST = 'The edit would lose a comment, repeat a parameter or touch a part that is not understood.';

/**
 * A match whose rewrite is sound by the catalog.
 *
 * @param edits null, or a function that gives null, when the edits would have lost something
 * @param assumptions the facts that it rests on; null ones are left out
 */
export function offer(
  range: TextRange,
  message: string,
  edits: Edits,
  ...assumptions: readonly (string | null)[]
): Match {
  return offered(range, message, edits, assumptions, 'proved');
}

/** A match whose rewrite needs tests: part of what it rests on cannot be read from the catalog. */
export function offerToTest(
  range: TextRange,
  message: string,
  edits: Edits,
  ...assumptions: readonly (string | null)[]
): Match {
  return offered(range, message, edits, assumptions, 'likely');
}

function offered(
  range: TextRange,
  message: string,
  edits: Edits,
  assumptions: readonly (string | null)[],
  soundness: Rewrite['soundness'],
): Match {
  if (edits === null) return blocked(range, message, LOST);
  return whenAsked(range, message, () => {
    const made = typeof edits === 'function' ? edits() : edits;
    return typeof made === 'string' ? made : rewriteOf(made, soundness, ...assumptions);
  });
}

/** The rewrite that edits are, or why there is none; for {@link whenAsked}. */
export function rewriteOf(
  edits: readonly TextEdit[] | null,
  soundness: Rewrite['soundness'],
  ...assumptions: readonly (string | null)[]
): Rewrite | string {
  return edits ? { edits, assumptions: assumptions.filter((one) => one !== null), soundness } : LOST;
}

/**
 * A match whose rewrite is written when it is asked for. Most findings are only shown: who looks at them needs their
 * text and their place, and nobody the edits.
 *
 * @param write the rewrite, or why there is none (null: nothing to say); called once at most
 */
export function whenAsked(range: TextRange, message: string, write: () => Rewrite | string | null): Match {
  return new MatchWhenAsked(range, message, write);
}

/**
 * The getters are a class's: those of an object literal would give every match a shape of its own, and V8 would keep the
 * statements of a long file through these shapes until its next full collection.
 */
class MatchWhenAsked implements Match {
  readonly range: TextRange;
  readonly message: string;
  private write: (() => Rewrite | string | null) | null;
  private written: Rewrite | string | null = null;

  constructor(range: TextRange, message: string, write: () => Rewrite | string | null) {
    this.range = range;
    this.message = message;
    this.write = write;
  }

  get rewrite(): Rewrite | null {
    const answer = this.answer();
    return typeof answer === 'string' ? null : answer;
  }

  get blockedBy(): string | undefined {
    const answer = this.answer();
    return typeof answer === 'string' ? answer : undefined;
  }

  private answer(): Rewrite | string | null {
    const { write } = this;
    if (write) {
      // what failed once fails again, and what the function holds on to is let go
      this.write = null;
      this.written = write();
    }
    return this.written;
  }
}

/** A match without a rewrite, because a precondition is not known to hold. */
export function blocked(range: TextRange, message: string, blockedBy: string): Match {
  return { range, message, rewrite: null, blockedBy };
}

/** Advice: there is nothing to rewrite. */
export function advice(range: TextRange, message: string): Match {
  return { range, message, rewrite: null };
}
