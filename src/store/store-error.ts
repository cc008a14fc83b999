export type StoreErrorReason =
  /** the runtime has no SQLite */
  | 'unsupportedRuntime'
  /** another process kept the store for itself for longer than we wait */
  | 'locked'
  /** no space left on the device */
  | 'full'
  /** the file is damaged, or is no SQLite database */
  | 'corrupt'
  /** the file may not be opened or written */
  | 'unwritable'
  /** written by a newer release of this product */
  | 'newerVersion'
  /** what was asked for is not in the store */
  | 'notFound'
  | 'other';

/** A failed call to the store: why, in a word and in a sentence that a person can act on. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly reason: StoreErrorReason;

  constructor(reason: StoreErrorReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }

  static is(error: unknown, ...reasons: readonly StoreErrorReason[]): error is StoreError {
    return error instanceof StoreError && (reasons.length === 0 || reasons.includes(error.reason));
  }
}

/**
 * Primary result codes of SQLite (https://www.sqlite.org/rescode.html) by what a person can do about them. Extended
 * codes have the primary code in their low byte.
 */
const REASONS: Readonly<Record<number, StoreErrorReason>> = {
  3: 'unwritable', // SQLITE_PERM
  5: 'locked', // SQLITE_BUSY
  6: 'locked', // SQLITE_LOCKED
  8: 'unwritable', // SQLITE_READONLY
  10: 'unwritable', // SQLITE_IOERR
  11: 'corrupt', // SQLITE_CORRUPT
  13: 'full', // SQLITE_FULL
  14: 'unwritable', // SQLITE_CANTOPEN
  26: 'corrupt', // SQLITE_NOTADB
};

/**
 * What an error of `node:sqlite` means.
 *
 * @param error anything that was thrown
 * @param path the store's file, for the message
 */
export function storeErrorFrom(error: unknown, path: string): StoreError {
  if (error instanceof StoreError) return error;
  const code = sqliteCode(error);
  const reason = code === null ? 'other' : (REASONS[code & 0xff] ?? 'other');
  return new StoreError(reason, sentence(reason, path, error), error);
}

/** SQLite's result code of an error, null when it has none. */
export function sqliteCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error)) return null;
  return typeof error.errcode === 'number' ? error.errcode : null;
}

function sentence(reason: StoreErrorReason, path: string, error: unknown): string {
  const detail = error instanceof Error ? error.message : String(error);
  switch (reason) {
    case 'locked':
      return `The store ${path} is in use by another window or program. Try again in a moment.`;
    case 'full':
      return `There is no space left for the store ${path}. Free some space and try again.`;
    case 'corrupt':
      return `The store ${path} is damaged or is not a store (${detail}). Move the file away; a new one is made.`;
    case 'unwritable':
      return `The store ${path} cannot be opened for writing (${detail}). Check the folder's permissions.`;
    default:
      return `The store ${path} failed: ${detail}`;
  }
}
