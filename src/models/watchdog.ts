/** Ends a call that the caller cancels or that makes no progress in time. */
import { ModelError } from './model-error.ts';

export class Watchdog {
  readonly signal: AbortSignal;
  private readonly timer = new AbortController();
  private readonly label: string;
  private pending: NodeJS.Timeout | undefined;

  /**
   * @param outer the caller's signal
   * @param label who is waited for, as the beginning of a sentence
   */
  constructor(outer: AbortSignal | undefined, label: string) {
    this.label = label;
    this.signal = outer ? AbortSignal.any([outer, this.timer.signal]) : this.timer.signal;
  }

  /**
   * Something has to happen from now on, or the signal aborts with a ModelError 'timeout'. Takes the place of what was
   * expected before.
   *
   * @param ms how long to wait
   * @param what "did not … within": 'begin to answer'
   */
  expect(ms: number, what: string): void {
    this.end();
    this.pending = setTimeout(() => {
      const seconds = Math.max(1, Math.round(ms / 1000));
      this.timer.abort(new ModelError('timeout', `${this.label} did not ${what} within ${seconds} s.`));
    }, ms);
  }

  /** Nothing is expected any more. */
  end(): void {
    clearTimeout(this.pending);
  }
}
