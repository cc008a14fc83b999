/** How much of a result is kept in memory: rows are capped by their number, and by what they hold. */
import { type Cell, DatabaseError } from '../core/database.ts';

/** Characters of all values of a result with a cap of rows: a longer one counts as cut off. At two bytes each, 32 MB. */
const MOST_WITH_CAP = 16 * 1024 * 1024;
/** … and of one that has to be whole, as a catalog: a longer one is an error. 128 MB. */
const MOST_WHOLE = 64 * 1024 * 1024;

/** Counts what is kept of one result. */
export class ResultSize {
  private readonly most: number;
  private characters = 0;

  /** @param capped the caller takes a result that is cut off */
  constructor(capped: boolean) {
    this.most = capped ? MOST_WITH_CAP : MOST_WHOLE;
  }

  /** No further row is kept. */
  get full(): boolean {
    return this.characters >= this.most;
  }

  add(row: readonly Cell[]): void {
    for (const cell of row) this.characters += cell?.length ?? 0;
  }
}

/** For a result that has to be whole and is not. */
export function tooLarge(): DatabaseError {
  return new DatabaseError(
    'resources',
    `The result holds more than ${(2 * MOST_WHOLE) / 2 ** 20} MB, so it was not kept. Ask for fewer rows or columns.`,
  );
}
