/** Long work in a thread that others wait for: the editor's extensions share one. */

/** Milliseconds that others wait at most. */
const LONGEST_MS = 15;

/**
 * @param signal ends the work
 * @returns a function to call between two steps: it lets others have their turn when it is time. It throws the signal's
 *   reason when that was aborted
 */
export function takingTurns(signal?: AbortSignal): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < LONGEST_MS) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    since = performance.now();
  };
}
