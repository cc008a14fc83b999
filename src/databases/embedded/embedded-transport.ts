/** The embedded PostgreSQL as a transport of the PostgreSQL adapter: one connection, over a pipe to its process. */
import type { Duplex } from 'node:stream';
import type { CallOptions } from '../../core/database.ts';
import type { EmbeddedSettings } from '../connection-settings.ts';
import { connectOnce } from '../postgres/connect.ts';
import type { Connected, Transport } from '../postgres/transport.ts';
import { type DataFolder, openDataFolder } from './data-folder.ts';
import { EmbeddedProcess } from './embedded-process.ts';
import { runFiles } from './run-files.ts';

/** An unused process of several hundred megabytes ends after this many milliseconds; its data stay until closing. */
const IDLE_MS = 600_000;
const CONNECT_MS = 60_000;

export class EmbeddedTransport implements Transport {
  readonly embedded = true;
  readonly parallelism = 1;
  readonly idleMs = IDLE_MS;
  /** it ignores statement_timeout: WebAssembly has no timer signals */
  readonly obeysTimeouts = false;
  readonly target = 'the embedded database';
  readonly user = 'postgres';
  private readonly settings: EmbeddedSettings;
  private readonly onProgress: ((message: string) => void) | undefined;
  private folder: DataFolder | null = null;
  private running: EmbeddedProcess | null = null;

  constructor(settings: EmbeddedSettings, onProgress?: (message: string) => void) {
    this.settings = settings;
    this.onProgress = onProgress;
  }

  async connect({ signal }: CallOptions): Promise<Connected> {
    await this.endProcess();
    const first = this.folder === null;
    if (first) this.onProgress?.('Starting the embedded PostgreSQL …');
    this.folder ??= await openDataFolder(this.settings.directory, signal);
    const { directory, temporary, fresh } = this.folder;
    try {
      const started = await EmbeddedProcess.start({ directory, temporary }, signal);
      this.running = started;
      const connected = await this.connectTo(started, signal);
      if (first && fresh) await this.runStartFiles(connected, signal);
      return connected;
    } catch (error) {
      await this.endProcess();
      if (first) await this.dropFolder();
      throw error;
    }
  }

  /** There is no one to ask: the process ends, and the next call starts another one on the same data. */
  async interrupt(): Promise<void> {
    await this.endProcess();
  }

  async close(): Promise<void> {
    await this.endProcess();
    await this.dropFolder();
  }

  /** Let this process end although the database runs, or hold it again. */
  hold(held: boolean): void {
    this.running?.hold(held);
  }

  private async connectTo(started: EmbeddedProcess, signal: AbortSignal | undefined): Promise<Connected> {
    const connected = await connectOnce(
      // pg takes any duplex stream with `connect`; its types ask for a socket
      async () => ({
        user: this.user,
        database: 'postgres',
        password: '',
        stream: () => asSocket(started.openStream()),
      }),
      { target: this.target, user: this.user },
      { signal, timeoutMs: CONNECT_MS },
    );
    const destroy = () => {
      connected.destroy();
      void started.kill();
    };
    return {
      ...connected,
      destroy,
      end: async () => {
        connected.destroy();
        await started.kill();
      },
    };
  }

  private async runStartFiles(connected: Connected, signal: AbortSignal | undefined): Promise<void> {
    const { folder } = this;
    if (!folder) return;
    const stop = () => connected.destroy();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      await runFiles(connected.client, this.settings.init, { signal, onProgress: this.onProgress });
      await folder.finish();
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  private async endProcess(): Promise<void> {
    const { running } = this;
    this.running = null;
    await running?.kill();
  }

  private async dropFolder(): Promise<void> {
    const { folder } = this;
    this.folder = null;
    await folder?.dispose();
  }
}

function asSocket(stream: Duplex): never {
  return stream as never;
}
