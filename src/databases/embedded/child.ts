/**
 * The child process that runs the embedded PostgreSQL (PGlite). WebAssembly blocks its thread while a statement runs,
 * so it is never in the editor's own process, and a statement is stopped by ending the process.
 *
 * argv[2] is a {@link ChildTask}. File descriptor 3 carries PostgreSQL's wire protocol in both directions; the IPC
 * channel says when the database is ready, and its end is the end of this process.
 */
import { rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import type { ChildMessage, ChildTask } from './child-messages.ts';
import { WireMessages } from './wire-messages.ts';

const WIRE_DESCRIPTOR = 3;
/** 1 as soon as a thread has begun to clear up. */
const leaving = new Int32Array(new SharedArrayBuffer(4));
const task = JSON.parse(process.argv[2] ?? '{}') as ChildTask;

watchParent();
process.on('disconnect', leave);
// Ctrl+C in a terminal reaches this process too; it is for the parent to decide
process.on('SIGINT', () => {});
process.on('SIGTERM', leave);
process.on('message', (message: { readonly kind: 'stop' }) => {
  if (message.kind === 'stop') void stop();
});

const database = await start();
if (database) serve(database);

async function start(): Promise<PGlite | null> {
  try {
    const opened = await PGlite.create({ dataDir: task.directory });
    tell({ kind: 'ready' });
    return opened;
  } catch (error) {
    tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
    return null;
  }
}

/** Answer the messages of one client after the other, in order. */
function serve(opened: PGlite): void {
  const wire = new Socket({ fd: WIRE_DESCRIPTOR, readable: true, writable: true });
  const messages = new WireMessages();
  let tail = Promise.resolve();
  wire.on('data', (chunk: Buffer) => {
    for (const message of messages.take(chunk)) {
      tail = tail.then(() => answer(opened, wire, message));
    }
  });
  wire.on('close', leave);
  wire.on('error', leave);
}

async function answer(opened: PGlite, wire: Socket, message: Uint8Array): Promise<void> {
  try {
    wire.write(await opened.execProtocolRaw(message));
  } catch (error) {
    // the database itself broke (out of memory, an abort in WebAssembly): nothing can be answered any more
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  }
}

async function stop(): Promise<void> {
  await database?.close();
  process.exit(0);
}

function leave(): void {
  if (!isFirstToLeave()) return; // the watching thread deletes the folder and ends this process
  if (task.temporary) rmSync(task.directory, { recursive: true, force: true });
  process.exit(0);
}

/** Two threads may want to delete the folder and end the process; one that ended it would interrupt the other. */
function isFirstToLeave(): boolean {
  return Atomics.compareExchange(leaving, 0, 0, 1) === 0;
}

function tell(message: ChildMessage): void {
  process.send?.(message);
}

/**
 * While a statement runs, this thread hears nothing, not even that its parent died. Another thread looks twice a
 * second and ends the process. Once a minute it marks a throw-away folder as in use.
 */
function watchParent(): void {
  const source = `
    const { workerData } = require('node:worker_threads');
    const { rmSync, utimesSync } = require('node:fs');
    let looks = 0;
    setInterval(() => {
      try {
        process.kill(workerData.parent, 0);
        if (process.platform === 'win32' || process.ppid === workerData.parent) {
          const now = new Date();
          if (workerData.temporary && looks++ % 120 === 0) utimesSync(workerData.directory, now, now);
          return;
        }
      } catch {}
      if (Atomics.compareExchange(workerData.leaving, 0, 0, 1) !== 0) return;
      if (workerData.temporary) {
        try { rmSync(workerData.directory, { recursive: true, force: true }); } catch {}
      }
      process.kill(process.pid, 'SIGKILL');
    }, 500);`;
  const worker = new Worker(source, { eval: true, workerData: { ...task, parent: process.ppid, leaving } });
  worker.unref();
}
