/**
 * The smallest database that still differs: rows are taken away, many at first, then one by one, until no row can
 * be missed (delta debugging: Zeller and Hildebrandt, 2002); then odd values give way to plain ones.
 */
import type { SmallDatabase, SmallRow } from '../generate/rows.ts';
import type { SearchSpace } from '../generate/search-space.ts';
import type { Trials } from '../search/trials.ts';

/** Passes over the rows and over the cells; each pass is a call or two. */
const MOST_PASSES = 40;
/** Cells tried in one pass. */
const MOST_CELLS = 60;

/**
 * Shrink a database on which a pair differs.
 *
 * @param found confirmed to differ
 * @returns a database on which the pair still differs, confirmed too; at worst the one that was given
 * @throws DatabaseError when the sandbox fails or is stopped
 */
export async function shrink(
  found: SmallDatabase,
  space: SearchSpace,
  trials: Trials,
): Promise<SmallDatabase> {
  const fewer = await removeRows(found, trials);
  const plain = await simplifyCells(fewer, space, trials);
  for (const result of [plain, fewer]) if (await trials.confirm(result)) return result;
  return found;
}

async function removeRows(found: SmallDatabase, trials: Trials): Promise<SmallDatabase> {
  let best = found;
  let chunk = Math.max(1, Math.ceil(rowCount(found) / 3));
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    const smaller = await firstDiffering(withoutChunks(best, chunk), trials);
    if (smaller) best = smaller;
    else if (chunk === 1) break;
    chunk = Math.max(1, Math.min(smaller ? chunk : Math.floor(chunk / 2), Math.ceil(rowCount(best) / 2)));
  }
  return best;
}

/** The databases without each run of `chunk` consecutive rows of one table. */
function withoutChunks(database: SmallDatabase, chunk: number): SmallDatabase[] {
  return database.rows.flatMap((table, t) => {
    const starts = Array.from({ length: Math.ceil(table.length / chunk) }, (_, i) => i * chunk);
    return starts.map((start) => ({
      ...database,
      rows: database.rows.map((rows, i) =>
        i === t ? rows.filter((_, r) => r < start || r >= start + chunk) : rows,
      ),
    }));
  });
}

/** The smallest of the databases on which the pair differs. */
async function firstDiffering(
  databases: readonly SmallDatabase[],
  trials: Trials,
): Promise<SmallDatabase | null> {
  if (databases.length === 0) return null;
  const results = await trials.run(databases);
  const differing = results.filter(({ judgement }) => judgement.verdict === 'different');
  differing.sort((a, b) => rowCount(a.database) - rowCount(b.database));
  for (const { database } of differing.slice(0, 4)) if (await trials.confirm(database)) return database;
  return null;
}

/** Odd values that do not matter become plain ones; a row then shows what matters. */
async function simplifyCells(
  database: SmallDatabase,
  space: SearchSpace,
  trials: Trials,
): Promise<SmallDatabase> {
  const changes = cellChanges(database, space).slice(0, MOST_CELLS);
  if (changes.length === 0) return database;
  const results = await trials.run(changes.map((change) => change(database)));
  let best = database;
  for (const [i, change] of changes.entries()) {
    if (results[i]?.judgement.verdict !== 'different') continue;
    if (rowCount(results[i].database) !== rowCount(database)) continue;
    const [together] = await trials.run([change(best)]);
    if (together?.judgement.verdict === 'different' && rowCount(together.database) === rowCount(best)) {
      best = together.database;
    }
  }
  return best;
}

type Change = (database: SmallDatabase) => SmallDatabase;

function cellChanges(database: SmallDatabase, space: SearchSpace): Change[] {
  return database.rows.flatMap((table, t) => {
    const shape = space.tables[t];
    if (!shape) return [];
    return table.flatMap((row, r) =>
      shape.columns.flatMap(({ pool }, c): Change[] => {
        const [plain] = pool.plain;
        if (plain === undefined || row[c] === plain || row[c] === null || pool.plain.includes(row[c] ?? ''))
          return [];
        return [(current) => withCell(current, t, r, c, plain)];
      }),
    );
  });
}

function withCell(database: SmallDatabase, t: number, r: number, c: number, value: string): SmallDatabase {
  const replace = (row: SmallRow): SmallRow => row.map((cell, i) => (i === c ? value : cell));
  return {
    ...database,
    rows: database.rows.map((table, i) =>
      i === t ? table.map((row, j) => (j === r ? replace(row) : row)) : table,
    ),
  };
}

/** Rows of all tables. */
export function rowCount(database: SmallDatabase): number {
  return database.rows.reduce((sum, table) => sum + table.length, 0);
}
