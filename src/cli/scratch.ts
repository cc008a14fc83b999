import type { ScratchDatabase } from '../core/database.ts';
import { openScratch } from '../databases/embedded/scratch.ts';
import type { Target } from './connect.ts';
import type { VerbContext } from './verb.ts';

/** A private database that is opened at its first use, kept for the next ones and closed once. */
export interface KeptScratch {
  /** null where nothing may or can be built for the dialect */
  readonly open: (() => Promise<ScratchDatabase>) | null;
  close(): Promise<void>;
}

/** The option by which the user allows databases to be created on the server of the connection. */
export const SCRATCH_OPTION = { 'scratch-on-server': { type: 'boolean' } } as const;

/**
 * The scratch database for statements of a target: the embedded PostgreSQL for its dialect, and for MySQL and MariaDB
 * one on the server of the connection, when the user has allowed it.
 */
export function keepScratch(
  { dialect, database }: Pick<Target, 'dialect' | 'database'>,
  { options, signal }: Pick<VerbContext, 'options' | 'signal'>,
): KeptScratch {
  let opened: Promise<ScratchDatabase> | null = null;
  const start = openerFor(dialect, database, options['scratch-on-server'] === true, signal);
  const open = (): Promise<ScratchDatabase> => {
    opened ??= start?.() ?? Promise.reject(new Error('no scratch database'));
    return opened;
  };
  return {
    open: start === null ? null : open,
    close: async () => {
      // one that could not be opened was told where it was needed
      const scratch = await opened?.catch(() => null);
      await scratch?.close();
    },
  };
}

function openerFor(
  dialect: Target['dialect'],
  database: Target['database'],
  allowed: boolean,
  signal: AbortSignal,
): (() => Promise<ScratchDatabase>) | null {
  if (dialect === 'postgresql') return () => openScratch({ signal });
  const openOnServer = database?.openScratch?.bind(database);
  return openOnServer && allowed ? () => openOnServer({ signal }) : null;
}
