import type { ScratchDatabase } from '../core/database.ts';
import type { Dialect } from '../core/sql/dialect.ts';
import { openScratch } from '../databases/embedded/scratch.ts';

/** A private database that is opened at its first use, kept for the next ones and closed once. */
export interface KeptScratch {
  /** null where the embedded PostgreSQL says nothing of the dialect */
  readonly open: (() => Promise<ScratchDatabase>) | null;
  close(): Promise<void>;
}

/** The scratch database for statements of a dialect. */
export function keepScratch(dialect: Dialect, signal: AbortSignal): KeptScratch {
  let opened: Promise<ScratchDatabase> | null = null;
  const open = (): Promise<ScratchDatabase> => {
    opened ??= openScratch({ signal });
    return opened;
  };
  return {
    open: dialect === 'postgresql' ? open : null,
    close: async () => {
      if (opened) await (await opened).close();
    },
  };
}
