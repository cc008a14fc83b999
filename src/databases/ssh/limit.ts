/** A time limit that can be held: while a person is asked, for example. */
export class Limit {
  private left: number;
  private since = 0;
  private timer: NodeJS.Timeout | null = null;
  private exceed: () => void = () => undefined;

  /** @param ms milliseconds */
  constructor(ms: number) {
    this.left = Math.max(1, ms);
  }

  /** A promise that is rejected when the time is over; it begins to run. */
  exceeded(error: () => Error): Promise<never> {
    const over = new Promise<never>((_, reject) => {
      this.exceed = () => reject(error());
    });
    over.catch(() => undefined);
    this.go();
    return over;
  }

  go(): void {
    if (this.timer) return;
    this.since = Date.now();
    this.timer = setTimeout(() => this.exceed(), this.left);
  }

  pause(): void {
    if (!this.timer) return;
    clearTimeout(this.timer);
    this.timer = null;
    this.left = Math.max(1, this.left - (Date.now() - this.since));
  }

  stop(): void {
    this.pause();
    this.exceed = () => undefined;
  }
}
