/**
 * Work in steps: between two of them, who has it done may let others have their turn. What must not block an editor and
 * still be written once is a generator of this kind.
 */
export type Steps<T> = Generator<undefined, T>;

/** Do all of it at once. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
