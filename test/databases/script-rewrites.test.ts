/**
 * Rewrites of several statements: the original script and the rewritten one run on the same random rows, and must leave
 * the same tables. What would be wrong without its precondition must differ on some of them.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Catalog, Column, Table } from '../../src/core/catalog/catalog.ts';
import { catalogFromDdl } from '../../src/core/catalog/from-ddl.ts';
import { DatabaseError, type ScratchDatabase } from '../../src/core/database.ts';
import { scriptPatterns } from '../../src/core/patterns/script/list.ts';
import { splitStatements } from '../../src/core/sql/splitter.ts';
import { Random } from '../../src/core/verification/generate/random.ts';
import { closeWarmScratch, openScratch } from '../../src/databases/embedded/scratch.ts';
import { type GoldenCase, goldenCases } from '../unit/patterns/golden-cases.ts';

/** Random databases for each case. */
const DATABASES = 40;

const IDS = new Set(scriptPatterns.map((pattern) => pattern.id));

describe('rewrites of several statements on random rows', () => {
  let scratch: ScratchDatabase;
  before(async () => {
    scratch = await openScratch();
  });
  after(async () => {
    await scratch.close();
    await closeWarmScratch();
  });

  for (const one of goldenCases()) {
    const { pattern, title, dialect, sql, expected } = one;
    if (dialect !== 'postgresql' || !IDS.has(pattern)) continue;
    if (expected.kind === 'gives') {
      test(`${pattern}: ${title}`, async () => {
        const { runs, differs } = await compare(scratch, one, sql, expected.sql);
        assert.equal(differs, null);
        assert.ok(runs > DATABASES / 4, `the original ran on ${runs} databases`);
      });
    }
    if ((expected.kind === 'stays' || expected.kind === 'silent') && expected.wrong !== null) {
      const { wrong } = expected;
      test(`${pattern}: would be wrong: ${title}`, async () => {
        const { differs } = await compare(scratch, one, sql, wrong);
        assert.ok(differs, 'the tables differ on some rows');
      });
    }
  }
});

/** On how many databases the original ran, and the first rows on which the two leave other tables. */
async function compare(
  scratch: ScratchDatabase,
  { schema, dialect }: GoldenCase,
  original: string,
  rewrite: string,
): Promise<{ runs: number; differs: string | null }> {
  const catalog = catalogFromDdl(schema, dialect);
  const random = new Random(7);
  let runs = 0;
  for (let n = 0; n < DATABASES; n++) {
    const setup = [schema, ...catalog.tables.flatMap((table) => randomRows(table, random))];
    const left = await tablesAfter(scratch, catalog, setup, original);
    // what fails by itself is no script whose end could be compared
    if (left === null) continue;
    runs++;
    const right = await tablesAfter(scratch, catalog, setup, rewrite);
    if (left !== right) return { runs, differs: `${setup.join('\n')}\n${left}\n${right}` };
  }
  return { runs, differs: null };
}

async function tablesAfter(
  scratch: ScratchDatabase,
  catalog: Catalog,
  setup: readonly string[],
  script: string,
): Promise<string | null> {
  try {
    return await scratch.rolledBack(async () => {
      for (const sql of [...setup, script].flatMap(statementsOf)) await scratch.execute(sql);
      const rows: unknown[] = [];
      for (const { name } of catalog.tables) {
        rows.push((await scratch.execute(`SELECT * FROM ${name} t ORDER BY t::text`)).rows);
      }
      return JSON.stringify(rows);
    });
  } catch (error) {
    if (DatabaseError.is(error)) return null;
    throw error;
  }
}

function statementsOf(script: string): string[] {
  return splitStatements(script, 'postgresql')
    .filter((range) => range.kind === 'sql')
    .map((range) => script.slice(range.start, range.end));
}

function randomRows(table: Table, random: Random): string[] {
  const rows = Array.from({ length: random.between(0, 6) }, (_, id) =>
    table.columns.map((column, i) => (i === 0 ? String(id + 5) : cellText(column, random))),
  );
  return rows.map((row) => `INSERT INTO ${table.name} VALUES (${row.join(', ')});`);
}

function cellText(column: Column, random: Random): string {
  if (!column.notNull && random.chance(0.15)) return 'NULL';
  return column.family === 'text' ? `'${random.pick(['a', 'b', 'paid'])}'` : String(random.between(0, 6));
}
