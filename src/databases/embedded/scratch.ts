/**
 * Private databases for counterexamples: an embedded PostgreSQL of their own, never the user's connection. The process
 * stays warm for the next one as long as nothing was left in it.
 */
import {
  type CallOptions,
  DatabaseError,
  type QueryResult,
  type ScratchDatabase,
} from '../../core/database.ts';
import { CREATE_HARNESS } from '../../core/verification/search/harness.ts';
import { cancelled } from '../call-errors.ts';
import { toDatabaseError } from '../postgres/errors.ts';
import { runLimited } from '../postgres/limited-run.ts';
import { ResultTypes } from '../postgres/result-types.ts';
import type { Connected } from '../postgres/transport.ts';
import { runExtended, runSimple } from '../postgres/wire.ts';
import { EmbeddedTransport } from './embedded-transport.ts';

const DEFAULT_TIMEOUT_MS = 30_000;
/** A process that nobody uses ends after this many milliseconds. */
const WARM_MS = 120_000;

/** A process with its connection, clean and ready for another scratch database. */
interface Warm {
  readonly transport: EmbeddedTransport;
  readonly connected: Connected;
}

const warm: { readonly entry: Warm; readonly timer: NodeJS.Timeout }[] = [];

/**
 * A scratch database. Opening the first one takes a second or two, the next ones nothing.
 * @throws DatabaseError when the embedded database does not start, or 'cancelled'
 */
export async function openScratch(options: CallOptions = {}): Promise<ScratchDatabase> {
  if (options.signal?.aborted) throw cancelled(options.signal.reason);
  const kept = warm.pop();
  if (kept) {
    clearTimeout(kept.timer);
    if (kept.entry.connected.lost() === null) {
      kept.entry.transport.hold(true);
      return new EmbeddedScratch(kept.entry);
    }
    await kept.entry.transport.close();
  }
  return new EmbeddedScratch(await start(options.signal));
}

/** End the processes that are kept warm. */
export async function closeWarmScratch(): Promise<void> {
  for (const { entry, timer } of warm.splice(0)) {
    clearTimeout(timer);
    await entry.transport.close();
  }
}

async function start(signal: AbortSignal | undefined): Promise<Warm> {
  const transport = new EmbeddedTransport({ engine: 'embedded', directory: null, init: [] });
  try {
    const connected = await transport.connect({ signal });
    // once for all searches that this process will see
    for (const statement of CREATE_HARNESS) await runSimple(connected.client, statement);
    return { transport, connected };
  } catch (error) {
    await transport.close();
    throw error;
  }
}

class EmbeddedScratch implements ScratchDatabase {
  readonly dialect = 'postgresql';
  private here: Warm;
  private readonly types = new ResultTypes();
  /** inside rolledBack() */
  private depth = 0;
  /** something was run that no rollback takes back */
  private used = false;
  private closed = false;

  constructor(here: Warm) {
    this.here = here;
  }

  async execute(
    sql: string,
    options: CallOptions & { readonly maxRows?: number } = {},
  ): Promise<QueryResult> {
    const { timeoutMs = DEFAULT_TIMEOUT_MS, signal, maxRows } = options;
    await this.ready(signal);
    const { transport, connected } = this.here;
    if (this.depth === 0) this.used = true;
    const limits = { sql, sent: sql, timeoutMs, signal, transport, connected };
    const result = await runLimited(
      (client) =>
        // a row limit needs a portal, several statements in one text need the simple protocol
        maxRows === undefined
          ? runSimple(client, sql)
          : runExtended(client, { text: sql, maxRows: maxRows + 1 }),
      limits,
    );
    if (this.depth > 0 && connected.status() === 'I') this.used = true;
    const columns = await this.told(() => this.types.columns(connected.client, result.fields));
    const rows = maxRows === undefined ? result.rows : result.rows.slice(0, maxRows);
    const changed = /(\d+)$/.exec(result.command)?.[1];
    return {
      columns,
      rows,
      truncated: result.rows.length > rows.length,
      rowCount: columns.length > 0 || changed === undefined ? rows.length : Number(changed),
    };
  }

  async rolledBack<T>(work: () => Promise<T>): Promise<T> {
    await this.ready(undefined);
    const { connected } = this.here;
    const savepoint = `sqlopt_${this.depth}`;
    await this.told(() => runSimple(connected.client, this.depth === 0 ? 'BEGIN' : `SAVEPOINT ${savepoint}`));
    this.depth++;
    try {
      return await work();
    } finally {
      this.depth--;
      if (connected.lost() === null) {
        const sql = this.depth === 0 ? 'ROLLBACK' : `ROLLBACK TO SAVEPOINT ${savepoint}`;
        await this.told(() => runSimple(connected.client, sql));
      }
    }
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    const { transport, connected } = this.here;
    if (this.used || connected.lost() !== null || connected.status() !== 'I' || warm.length > 0) {
      await transport.close();
      return;
    }
    const entry = this.here;
    const timer = setTimeout(() => {
      const place = warm.findIndex((kept) => kept.entry === entry);
      if (place >= 0) warm.splice(place, 1);
      void transport.close();
    }, WARM_MS);
    timer.unref();
    warm.push({ entry, timer });
    transport.hold(false);
  }

  /** What runs besides the callers' statements fails as they do: with a DatabaseError when the process is gone. */
  private async told<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const { target, user } = this.here.transport;
      throw toDatabaseError(error, { target, user });
    }
  }

  /** After a statement that was stopped, the database is empty again. */
  private async ready(signal: AbortSignal | undefined): Promise<void> {
    if (this.closed) throw new DatabaseError('connectionLost', 'The scratch database is closed.');
    if (this.here.connected.lost() === null) return;
    if (this.depth > 0) {
      throw new DatabaseError(
        'connectionLost',
        'A statement was stopped, and with it went what this transaction had built. Begin the work again.',
      );
    }
    await this.here.transport.close();
    this.here = await start(signal);
    this.used = false;
  }
}
