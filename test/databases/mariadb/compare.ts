/** A statement and its rewrite on many generated databases of one schema in MariaDB. */
import type { Catalog } from '../../../src/core/catalog/catalog.ts';
import type { Cell } from '../../../src/core/database.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';
import {
  compareMultisets,
  compareOrdered,
  rowsText,
} from '../../../src/core/verification/compare-results.ts';
import { Random } from '../../../src/core/verification/generate/random.ts';
import { keyRows } from '../../../src/core/verification/live-comparison.ts';
import { sortedStatement } from '../../../src/core/verification/sort-keys.ts';
import { type FilledTable, literalsOf, PROFILES, randomData } from '../fuzz/random-data.ts';
import type { MariadbResult, MariadbScratch } from './mariadb-scratch.ts';

export interface Pair {
  readonly original: string;
  readonly rewrite: string;
  readonly catalog: Catalog;
}

export interface PairResult {
  /** what differs on which data; null when nothing did */
  readonly difference: string | null;
  /** databases on which the original has rows */
  readonly reached: number;
}

/**
 * Compare on generated data. The schema must be there.
 * @throws Error when the server refuses the original
 */
export async function comparePair(
  scratch: MariadbScratch,
  pair: Pair,
  databases: number,
): Promise<PairResult> {
  const literals = literalsOf(`${pair.original}\n${pair.rewrite}`);
  const random = new Random(7);
  const writes = analyzeStatement(pair.original, pair.catalog).tree.kind !== 'queryStatement';
  let reached = 0;
  for (let n = 0; n < databases; n++) {
    const profile = PROFILES[n % PROFILES.length];
    if (!profile) break;
    const tables = randomData(pair.catalog, profile, literals, random);
    const compared = await (writes ? compareWrites : compareReads)(scratch, pair, tables);
    if (compared.reached) reached++;
    if (compared.what === null) continue;
    await scratch.fill(tables);
    const data = await contents(scratch, tables);
    await scratch.undo();
    return { difference: `on\n${data.join('\n')}\n${compared.what}`, reached };
  }
  return { difference: null, reached };
}

interface Compared {
  /** what differs; null when nothing does */
  readonly what: string | null;
  /** the original had rows, or changed some */
  readonly reached: boolean;
}

async function compareReads(
  scratch: MariadbScratch,
  pair: Pair,
  tables: readonly FilledTable[],
): Promise<Compared> {
  await scratch.fill(tables);
  try {
    const before = await originalRows(scratch, pair.original);
    // what this version cannot run is what the rewrite is for: it runs
    if (before === null) return { what: null, reached: (await scratch.query(pair.rewrite)).rows.length > 0 };
    return { what: await differenceOf(scratch, pair, before), reached: before.rows.length > 0 };
  } finally {
    await scratch.undo();
  }
}

/** Null when the version does not support the statement (ER_NOT_SUPPORTED_YET). */
async function originalRows(scratch: MariadbScratch, sql: string): Promise<MariadbResult | null> {
  try {
    return await scratch.query(sql);
  } catch (error) {
    if (error instanceof Error && 'errno' in error && error.errno === 1235) return null;
    throw error;
  }
}

/** The tables after the original and after the rewrite. A rewrite may fail where the original does. */
async function compareWrites(
  scratch: MariadbScratch,
  { original, rewrite }: Pair,
  tables: readonly FilledTable[],
): Promise<Compared> {
  const after = async (sql: string): Promise<readonly string[] | Error> => {
    await scratch.fill(tables);
    try {
      await scratch.execute(sql);
      return await contents(scratch, tables);
    } catch (error) {
      if (error instanceof Error) return error;
      throw error;
    } finally {
      await scratch.undo();
    }
  };
  const untouched = await after('DO 0');
  const [one, two] = [await after(original), await after(rewrite)];
  if (one instanceof Error) return { what: null, reached: false };
  const text = (found: readonly string[] | Error): string =>
    found instanceof Error ? found.message : found.join('\n');
  const same = text(one) === text(two);
  return {
    what: same ? null : `after the original\n${text(one)}\nafter the rewrite\n${text(two)}`,
    reached: text(one) !== text(untouched),
  };
}

/** All rows of all tables, sorted. */
async function contents(scratch: MariadbScratch, tables: readonly FilledTable[]): Promise<string[]> {
  const texts: string[] = [];
  for (const { table } of tables) {
    const { columns, rows } = await scratch.query(`SELECT * FROM \`${table.name}\``);
    const lines = rows.map((row) => JSON.stringify(row)).sort();
    texts.push(`${table.name} (${columns.map(({ name }) => name).join(', ')}):\n  ${lines.join('\n  ')}`);
  }
  return texts;
}

async function differenceOf(
  scratch: MariadbScratch,
  pair: Pair,
  before: MariadbResult,
): Promise<string | null> {
  let after: MariadbResult;
  try {
    after = await scratch.query(pair.rewrite);
  } catch (error) {
    return `the rewrite fails: ${error instanceof Error ? error.message : String(error)}`;
  }
  const names = (result: MariadbResult): string => result.columns.map(({ name }) => name).join(' | ');
  if (names(before) === names(after)) {
    const verdict = await ordered(scratch, pair, before, after);
    if (verdict.verdict === 'equal') return null;
    const folded = groupsRows(pair)
      ? await ordered(scratch, pair, foldText(before), foldText(after), true)
      : verdict;
    if (folded.verdict === 'equal') return null;
  }
  return `the original gives\n${rowsText(before.columns, before.rows)}\nand the rewrite\n${rowsText(after.columns, after.rows)}`;
}

/** Of texts that the collation takes for equal, which one stands for its group is open. */
function groupsRows({ original, catalog }: Pair): boolean {
  return analyzeStatement(original, catalog).blocks.some(
    (block) => block.grouped || block.select.distinct !== null || block.setBranch,
  );
}

function foldText({ columns, rows }: MariadbResult): MariadbResult {
  return { columns, rows: rows.map((row) => row.map((cell, at) => sortValue(cell, columns[at]?.type))) };
}

/** In order as far as the original's ORDER BY says; of rows that tie at its LIMIT any will do. */
async function ordered(
  scratch: MariadbScratch,
  { original, catalog }: Pair,
  before: MariadbResult,
  after: MariadbResult,
  folded = false,
): Promise<{ readonly verdict: 'equal' | 'different' }> {
  const sorted = sortedStatement(analyzeStatement(original, catalog));
  if (sorted === null || (sorted.keys === null && sorted.unlimited === null)) {
    return compareMultisets(before.rows, after.rows, before.columns);
  }
  const all = await scratch.query(sorted.unlimited ?? sorted.sql);
  const width = before.columns.length;
  const keys = sorted.keys === null ? null : keyRows(sorted.keys, all, width);
  if (sorted.keys !== null && keys === null) return compareMultisets(before.rows, after.rows, before.columns);
  const open = {
    rows: (folded ? foldText(all) : all).rows.map((row) => row.slice(0, width)),
    keys: keys?.rows.map((row) => row.map((cell, at) => sortValue(cell, keys.types[at]))) ?? null,
    keyTypes: keys?.types ?? [],
    offset: sorted.offset,
    limit: sorted.limit,
  };
  return compareOrdered(open, after.rows, before.columns);
}

/** Text ties under the default collation whatever its case, and blanks at its end do not count. */
function sortValue(cell: Cell, type: string | undefined): Cell {
  return cell !== null && type === 'text' ? cell.toLowerCase().trimEnd() : cell;
}
