/** Server programs as children of the test process: started, watched until ready, ended with it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';

/** The user and group that a server runs as: database servers refuse to run as root. */
export interface Identity {
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * Who a server should run as.
 *
 * @param names users in order of preference
 * @returns nothing to change when the tests do not run as root
 */
export function unprivileged(names: readonly string[]): Identity {
  if (process.platform === 'win32' || userInfo().uid !== 0) return {};
  for (const name of names) {
    try {
      const id = (flag: string) => Number(execFileSync('id', [flag, name], { stdio: 'pipe' }).toString());
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // no such user here: the next one
    }
  }
  throw new Error(`The tests run as root and none of these users exists: ${names.join(', ')}.`);
}

/** A TCP port on 127.0.0.1 that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (address && typeof address === 'object') resolve(address.port);
        else reject(new Error('The system gave no port.'));
      });
    });
  });
}

/** Run a program to its end. @throws Error with what it printed when it fails */
export function runProgram(
  file: string,
  args: readonly string[],
  options: Identity & { readonly cwd?: string } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${file} ended with ${code}:\n${output}`));
    });
  });
}

/**
 * Start a server and wait until it says that it is ready.
 *
 * @param ready what it prints (on standard error) when clients may connect
 * @param cwd its folder, which is deleted when the test process ends without stopping the server
 * @param atExit the signal for that case
 * @throws Error with what it printed when it ends before
 */
export async function startProgram(
  file: string,
  args: readonly string[],
  options: Identity & { readonly cwd: string; readonly ready: RegExp; readonly atExit: NodeJS.Signals },
): Promise<RunningProgram> {
  const { ready, atExit, ...rest } = options;
  const child = spawn(file, args, { ...rest, stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`${file} ended with ${code} before it was ready:\n${log}`)),
    );
    child.stderr.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-20_000);
      if (ready.test(log)) resolve();
    });
  });
  child.removeAllListeners('exit');
  // a server does not keep the test process alive
  child.unref();
  if ('unref' in child.stderr && typeof child.stderr.unref === 'function') child.stderr.unref();
  return new RunningProgram(
    child,
    () => log,
    () => {
      child.kill(atExit);
      deleteFolder(options.cwd);
    },
  );
}

/** Delete the folder of a server that is about to end: it may still write for a moment. */
function deleteFolder(folder: string): void {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (let attempt = 0; attempt < 40; attempt++) {
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // a file came while its folder was being emptied: once more
    }
    Atomics.wait(clock, 0, 0, 50);
    if (!existsSync(folder)) return;
  }
}

/** A running server program. */
export class RunningProgram {
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;
  /** the last part of what the server printed */
  readonly log: () => string;

  constructor(child: ChildProcess, log: () => string, atExit: () => void) {
    this.child = child;
    this.log = log;
    process.once('exit', atExit);
    this.ended = new Promise((resolve) => {
      child.once('exit', () => {
        process.removeListener('exit', atExit);
        resolve();
      });
    });
  }

  /** Ask it to end by `signal` and wait until it has. */
  async end(signal: NodeJS.Signals): Promise<void> {
    this.child.ref();
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    else return;
    await this.ended;
  }
}
