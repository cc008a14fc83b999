/** The private database for generated counterexamples: started at the first use, ended when it was idle for a while. */
import type { ScratchDatabase } from '../../core/database.ts';
import type { Log } from '../log.ts';

/** Milliseconds without use after which its process, some hundred megabytes, is given back. */
const IDLE_MS = 120_000;

export class Scratch {
  private readonly log: Log;
  private opened: Promise<ScratchDatabase> | null = null;
  private users = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(log: Log) {
    this.log = log;
  }

  /** Work with a function that opens the database when it is needed; several works share one. */
  async during<T>(work: (open: () => Promise<ScratchDatabase>) => Promise<T>): Promise<T> {
    clearTimeout(this.timer);
    this.users++;
    try {
      return await work(() => this.open());
    } finally {
      this.users--;
      if (this.users === 0) this.timer = setTimeout(() => void this.close(), IDLE_MS);
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.timer);
    const { opened } = this;
    this.opened = null;
    if (!opened) return;
    try {
      await (await opened).close();
    } catch (error) {
      this.log.error('Closing the scratch database failed', error);
    }
  }

  private open(): Promise<ScratchDatabase> {
    this.opened ??= this.start().catch((error) => {
      this.opened = null; // the next use tries again
      throw error;
    });
    return this.opened;
  }

  private async start(): Promise<ScratchDatabase> {
    const { openScratch } = await import('../../databases/embedded/scratch.ts');
    return openScratch({});
  }
}
