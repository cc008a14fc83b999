/** Where an embedded database keeps its data: a folder of the user's, or a throw-away one made from a template. */
import { randomBytes } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseError } from '../../core/database.ts';
import { atExit } from './at-exit.ts';
import { EmbeddedProcess } from './embedded-process.ts';
import { FolderLock } from './folder-lock.ts';
import { isAlive } from './process-alive.ts';

/**
 * The version of @electric-sql/pglite whose data folders are kept as a template. Data of another version may not
 * start; a test compares it with the installed one.
 */
export const PGLITE_VERSION = '0.5.16';

/** In a user's folder: the database, and a mark that its start files have not all been run. */
const DATA = 'data';
const UNFINISHED = 'sqlopt-unfinished';

export interface DataFolder {
  readonly directory: string;
  readonly temporary: boolean;
  /** it holds no database of an earlier time: the start files are to be run */
  readonly fresh: boolean;
  /** The start files have been run. */
  finish(): Promise<void>;
  /** Give it back: a throw-away folder is deleted, another one unlocked. */
  dispose(): Promise<void>;
}

/** @throws DatabaseError 'resources' when another process uses the folder */
export async function openDataFolder(
  directory: string | null,
  signal: AbortSignal | undefined,
): Promise<DataFolder> {
  return directory === null ? temporaryFolder(signal) : userFolder(path.resolve(directory), signal);
}

async function userFolder(directory: string, signal: AbortSignal | undefined): Promise<DataFolder> {
  try {
    await mkdir(directory, { recursive: true });
  } catch (cause) {
    throw new DatabaseError(
      'resources',
      `The folder of the embedded database cannot be made: ${(cause as Error).message}. Name another one.`,
      { cause },
    );
  }
  const lock = await FolderLock.take(directory);
  const data = path.join(directory, DATA);
  const mark = path.join(directory, UNFINISHED);
  try {
    await refuseOtherFiles(directory);
    // it was interrupted while its start files ran, and holds nothing else
    if (existsSync(mark)) await rm(data, { recursive: true, force: true });
    const fresh = !existsSync(path.join(data, 'PG_VERSION'));
    if (fresh) {
      await writeFile(mark, '');
      const template = await templateFolder(signal);
      if (template) await cp(template, data, { recursive: true });
    }
    return {
      directory: data,
      temporary: false,
      fresh,
      finish: () => rm(mark, { force: true }),
      dispose: () => lock.release(),
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function refuseOtherFiles(directory: string): Promise<void> {
  const names = await readdir(directory);
  const ours = [DATA, UNFINISHED, FolderLock.fileName];
  if (names.every((name) => ours.includes(name))) return;
  throw new DatabaseError(
    'resources',
    `${directory} holds other files than an embedded database. Name an empty folder, or one that does not exist yet.`,
  );
}

/** Throw-away folders carry the number of their process, so that those of processes that crashed can be told. */
const PREFIX = 'sqlopt-embedded-';
/**
 * Process numbers mean nothing across containers that share a folder; but a database in use marks its folder once a
 * minute.
 */
const FORGOTTEN_AFTER_MS = 1_200_000;

async function removeForgotten(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => []);
  for (const name of names) {
    const owner = name.startsWith(PREFIX) ? /^\d+(?=-)/.exec(name.slice(PREFIX.length))?.[0] : undefined;
    if (owner === undefined || isAlive(Number(owner))) continue;
    const folder = path.join(tmpdir(), name);
    try {
      if (Date.now() - (await stat(folder)).mtimeMs < FORGOTTEN_AFTER_MS) continue;
      await rm(folder, { recursive: true, force: true });
    } catch {
      // it is another user's, or someone else removes it right now: not ours to care for
    }
  }
}

async function temporaryFolder(signal: AbortSignal | undefined): Promise<DataFolder> {
  await removeForgotten();
  const directory = await mkdtemp(path.join(tmpdir(), `${PREFIX}${process.pid}-`));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  const release = atExit(remove);
  try {
    const template = await templateFolder(signal);
    if (template) await cp(template, directory, { recursive: true });
  } catch (error) {
    remove();
    release();
    throw error;
  }
  return {
    directory,
    temporary: true,
    fresh: true,
    finish: async () => {},
    dispose: async () => {
      release();
      await rm(directory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/**
 * An empty database's folder, made once per user and version: filling a folder takes ten times as long as copying it.
 *
 * @returns null where no such folder can be kept; the database then fills its own
 */
async function templateFolder(signal: AbortSignal | undefined): Promise<string | null> {
  const cache = path.join(cacheFolder(), 'ai-sql-optimizer');
  const template = path.join(cache, `pglite-${PGLITE_VERSION}`);
  if (existsSync(path.join(template, 'PG_VERSION'))) return template;
  const part = `${template}.${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(cache, { recursive: true, mode: 0o700 });
  } catch {
    return null;
  }
  try {
    const process = await EmbeddedProcess.start({ directory: part, temporary: true }, signal);
    await process.stop();
    await rename(part, template);
  } catch (error) {
    await rm(part, { recursive: true, force: true });
    // another process was faster; anything else shows again when the database itself starts
    if (DatabaseError.is(error)) throw error;
  }
  return existsSync(path.join(template, 'PG_VERSION')) ? template : null;
}

function cacheFolder(): string {
  if (process.platform === 'win32') {
    return process.env['LOCALAPPDATA'] ?? path.join(homedir(), 'AppData', 'Local');
  }
  if (process.platform === 'darwin') return path.join(homedir(), 'Library', 'Caches');
  return process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache');
}
