/**
 * Private databases for generated counterexamples. Each work has one of its own, because what one builds in its
 * transaction must not be seen, or ended, by another; the process behind it is kept warm for the next work.
 */
import type { ScratchDatabase } from '../../core/database.ts';
import type { Dialect } from '../../core/sql/dialect.ts';
import type { OpenSession } from '../connections/sessions.ts';
import type { Log } from '../log.ts';

/** Opens the database at the first call; later calls of the same work give the same one. */
export type OpenScratch = () => Promise<ScratchDatabase>;

/** What the database is for: statements of a dialect, on an open connection or without one. */
export interface ScratchPlace {
  readonly dialect: Dialect;
  readonly session: OpenSession | null;
}

export class Scratch {
  private readonly log: Log;
  private readonly opened = new Set<Promise<ScratchDatabase>>();

  constructor(log: Log) {
    this.log = log;
  }

  /**
   * Work with a function that opens a database when it is needed; it is given back when the work has ended. It is null
   * where nothing may or can be built: the embedded PostgreSQL says nothing of other engines.
   *
   * @param signal gives up starting the database
   */
  async during<T>(
    where: ScratchPlace,
    work: (open: OpenScratch | null) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    let mine: Promise<ScratchDatabase> | null = null;
    const start = this.openerFor(where, signal);
    if (start === null) return work(null);
    try {
      return await work(() => {
        mine ??= start().catch((error) => {
          mine = null; // the next call tries again
          throw error;
        });
        return mine;
      });
    } finally {
      if (mine) await this.giveBack(mine);
    }
  }

  /** End all processes, those at work included. */
  async close(): Promise<void> {
    await Promise.all([...this.opened].map((each) => this.giveBack(each)));
    try {
      const { closeWarmScratch } = await import('../../databases/embedded/scratch.ts');
      await closeWarmScratch();
    } catch (error) {
      this.log.error('Ending the scratch databases failed', error);
    }
  }

  private openerFor({ dialect, session }: ScratchPlace, signal: AbortSignal | undefined): OpenScratch | null {
    if (dialect === 'postgresql') return () => this.open(signal);
    const { database, profile } = session ?? {};
    const openOnServer = database?.openScratch?.bind(database);
    if (!openOnServer || profile?.scratchOnServer !== true) return null;
    return () => this.kept(openOnServer({ signal }));
  }

  private open(signal: AbortSignal | undefined): Promise<ScratchDatabase> {
    return this.kept(
      import('../../databases/embedded/scratch.ts').then(({ openScratch }) => openScratch({ signal })),
    );
  }

  private kept(opening: Promise<ScratchDatabase>): Promise<ScratchDatabase> {
    this.opened.add(opening);
    opening.catch(() => this.opened.delete(opening));
    return opening;
  }

  private async giveBack(opening: Promise<ScratchDatabase>): Promise<void> {
    this.opened.delete(opening);
    try {
      await (await opening).close();
    } catch (error) {
      this.log.error('Closing the scratch database failed', error);
    }
  }
}
