/** A statement and its rewrite on many generated databases of one schema in MariaDB. */
import type { Catalog } from '../../../src/core/catalog/catalog.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';
import {
  compareMultisets,
  compareOrdered,
  rowsText,
} from '../../../src/core/verification/compare-results.ts';
import { Random } from '../../../src/core/verification/generate/random.ts';
import { keyRows } from '../../../src/core/verification/live-comparison.ts';
import { sortedStatement } from '../../../src/core/verification/sort-keys.ts';
import { literalsOf, PROFILES, randomData } from '../fuzz/random-data.ts';
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
  let reached = 0;
  for (let n = 0; n < databases; n++) {
    const profile = PROFILES[n % PROFILES.length];
    if (!profile) break;
    const tables = randomData(pair.catalog, profile, literals, random);
    await scratch.fill(tables);
    const before = await scratch.query(pair.original);
    if (before.rows.length > 0) reached++;
    const what = await differenceOf(scratch, pair, before);
    if (what === null) continue;
    const data: string[] = [];
    for (const { table } of tables) {
      const { columns, rows } = await scratch.query(`SELECT * FROM \`${table.name}\``);
      data.push(`${table.name}:\n${rowsText(columns, rows)}`);
    }
    return { difference: `on\n${data.join('\n')}\n${what}`, reached };
  }
  return { difference: null, reached };
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
  const verdict =
    names(before) === names(after) ? await ordered(scratch, pair, before, after) : { verdict: 'different' };
  if (verdict.verdict === 'equal') return null;
  return `the original gives\n${rowsText(before.columns, before.rows)}\nand the rewrite\n${rowsText(after.columns, after.rows)}`;
}

/** In order as far as the original's ORDER BY says; of rows that tie at its LIMIT any will do. */
async function ordered(
  scratch: MariadbScratch,
  { original, catalog }: Pair,
  before: MariadbResult,
  after: MariadbResult,
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
    rows: all.rows.map((row) => row.slice(0, width)),
    keys: keys?.rows ?? null,
    keyTypes: keys?.types ?? [],
    offset: sorted.offset,
    limit: sorted.limit,
  };
  return compareOrdered(open, after.rows, before.columns);
}
