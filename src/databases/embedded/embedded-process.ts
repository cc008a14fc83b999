/** The parent's side of the embedded database's process. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { DatabaseError } from '../../core/database.ts';
import { cancelled } from '../call-errors.ts';
import { PipeStream } from '../pipe-stream.ts';
import { atExit } from './at-exit.ts';
import type { ChildMessage, ChildTask } from './child-messages.ts';

/** From source under a Node that strips types, else the bundle beside this one. */
const CHILD = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './child.ts' : './embedded-child.js', import.meta.url),
);

/** Milliseconds for starting; filling an empty folder on a busy machine takes seconds. */
const START_MS = 120_000;

export class EmbeddedProcess {
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;

  private constructor(child: ChildProcess) {
    this.child = child;
    const release = atExit(() => child.kill('SIGKILL'));
    this.ended = new Promise((resolve) => {
      child.once('close', () => {
        release();
        resolve();
      });
    });
  }

  /**
   * Start a process on a data folder, which is filled when it is empty.
   * @throws DatabaseError why it did not start, or 'cancelled'
   */
  static async start(task: ChildTask, signal: AbortSignal | undefined): Promise<EmbeddedProcess> {
    if (signal?.aborted) throw cancelled(signal.reason);
    const child = spawn(process.execPath, [CHILD, JSON.stringify(task)], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'ipc'],
      // inside the editor, the executable is Electron
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: '' },
      windowsHide: true,
    });
    const started = new EmbeddedProcess(child);
    try {
      await started.untilReady(signal);
      return started;
    } catch (error) {
      await started.kill();
      throw error;
    }
  }

  /** PostgreSQL's wire protocol. For one client. */
  openStream(): Duplex {
    return new PipeStream(this.child.stdio[3] as Duplex);
  }

  /** Let the parent end although this process runs, or hold it again. */
  hold(held: boolean): void {
    const { child } = this;
    const parts = [child, child.channel, child.stderr, child.stdio[3]] as readonly unknown[];
    for (const part of parts as readonly ({ ref?(): void; unref?(): void } | null | undefined)[]) {
      if (held) part?.ref?.();
      else part?.unref?.();
    }
  }

  /** Close the database properly and end. */
  async stop(): Promise<void> {
    if (this.child.connected) this.child.send({ kind: 'stop' });
    await this.ended;
  }

  /** End at once, whatever runs; returns when the process is gone. */
  async kill(): Promise<void> {
    this.hold(true);
    this.child.kill('SIGKILL');
    await this.ended;
  }

  private untilReady(signal: AbortSignal | undefined): Promise<void> {
    let printed = '';
    this.child.stderr?.on('data', (chunk: Buffer) => {
      printed = (printed + chunk.toString()).slice(-2000);
    });
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        act();
      };
      const fail = (why: string) => settle(() => reject(startError(why)));
      const onAbort = () => settle(() => reject(cancelled(signal?.reason)));
      const timer = setTimeout(() => fail(`it was not ready after ${START_MS / 1000} s`), START_MS);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.child.once('error', (error) => fail(error.message));
      this.child.once('exit', (code, signal) =>
        fail(lastLine(printed) ?? `its process ended with ${code ?? signal}`),
      );
      this.child.on('message', (message: ChildMessage) => {
        if (message.kind === 'ready') settle(resolve);
        else fail(message.message);
      });
    });
  }
}

function startError(why: string): DatabaseError {
  return new DatabaseError(
    'driver',
    `The embedded PostgreSQL did not start: ${why}. It needs about 500 MB of memory and a writable folder; try again, or connect to a server.`,
  );
}

function lastLine(text: string): string | null {
  return text.trim().split('\n').at(-1) || null;
}
