import { open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseError } from '../../core/database.ts';
import { isAlive } from './process-alive.ts';

/** Keeps two processes from opening one data folder, which would destroy it. */
export class FolderLock {
  static readonly fileName = 'sqlopt.lock';
  private readonly file: string;

  private constructor(file: string) {
    this.file = file;
  }

  /** @throws DatabaseError reason 'resources' while a living process holds it */
  static async take(directory: string): Promise<FolderLock> {
    const file = path.join(directory, FolderLock.fileName);
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        const handle = await open(file, 'wx');
        await handle.writeFile(String(process.pid));
        await handle.close();
        return new FolderLock(file);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw cannotLock(directory, error);
      }
      const holder = Number(await readFile(file, 'utf8').catch(() => ''));
      if (isAlive(holder)) break;
      await rm(file, { force: true });
    }
    throw new DatabaseError(
      'resources',
      `The embedded database in ${directory} is in use by another window or command. Close it there first.`,
    );
  }

  async release(): Promise<void> {
    await rm(this.file, { force: true });
  }
}

function cannotLock(directory: string, cause: unknown): DatabaseError {
  return new DatabaseError(
    'resources',
    `The folder ${directory} cannot be written: ${(cause as Error).message}. Name another one.`,
    { cause },
  );
}
