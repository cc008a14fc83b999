// Where tests keep what they throw away.
import { chmodSync, existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import path from 'node:path';

const SHARED_MEMORY = '/dev/shm';
/** Bytes that must be free: every server of the suites at once takes less than half of that. */
const NEEDED = 4 * 2 ** 30;

/**
 * A folder in memory, on Linux with enough of it: test servers create and delete thousands of small files, which a disk
 * remembers for longer than anybody needs them.
 *
 * @returns {{ env: { TMPDIR?: string }, remove: () => void }} variables for the tests, and what to call at the end;
 *   without such a folder the usual one is used
 */
export function memoryFolder() {
  try {
    if (!existsSync(SHARED_MEMORY)) return NONE;
    const { bavail, bsize } = statfsSync(SHARED_MEMORY);
    if (bavail * bsize < NEEDED) return NONE;
    const folder = mkdtempSync(path.join(SHARED_MEMORY, 'sqlopt-'));
    // database servers may run as users of their own
    chmodSync(folder, 0o1777);
    return { env: { TMPDIR: folder }, remove: () => rmSync(folder, { recursive: true, force: true }) };
  } catch {
    return NONE;
  }
}

const NONE = { env: {}, remove: () => {} };
