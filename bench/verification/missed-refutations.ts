/**
 * How many wrong rewrites does the counterexample search miss? Random pairs of a statement and a changed statement
 * go through the search, from the schema alone, and through an oracle: both are run on larger random databases that
 * the search never sees. A pair that the oracle tells apart and the search does not is missed.
 *
 *   node bench/verification/missed-refutations.ts [PAIRS] [SEED]
 */
import { catalogFromDdl } from '../../src/core/catalog/from-ddl.ts';
import type { QueryResult } from '../../src/core/database.ts';
import { analyzeStatement } from '../../src/core/sql/analyze.ts';
import { compareMultisets } from '../../src/core/verification/compare-results.ts';
import { Random } from '../../src/core/verification/generate/random.ts';
import { searchCounterexample } from '../../src/core/verification/search/search.ts';
import { SCHEMA } from '../../test/databases/verification/cases.ts';
import { PgliteScratch } from '../../test/databases/verification/pglite-scratch.ts';
import { CONSTANTS, type RandomPair, randomPair } from './random-queries.ts';

const [pairs = 10_000, seed = 1] = process.argv.slice(2).map(Number);
/** as in an optimization; the clock does not bound it, so that a busy machine gives the same figures */
const SEARCH = { databases: 400, budgetMs: 60_000 };
const ORACLE_DATABASES = 12;

const random = new Random(seed);
const catalog = catalogFromDdl(SCHEMA, 'postgresql');
const scratch = await PgliteScratch.open();
const oracle = await PgliteScratch.open();
await fillOracle();

const counts = { differ: 0, refuted: 0, missed: 0, beyondOracle: 0, same: 0, unknown: 0 };
for (let n = 1; n <= pairs; n++) {
  const pair = randomPair(random);
  const result = await searchCounterexample(
    analyzeStatement(pair.before, catalog),
    analyzeStatement(pair.after, catalog),
    catalog,
    scratch,
    SEARCH,
  );
  const differs = await oracleTellsApart(pair);
  if (result.verdict === 'unknown') counts.unknown++;
  else if (differs) {
    counts.differ++;
    if (result.verdict === 'refuted') counts.refuted++;
    else {
      counts.missed++;
      console.log(`missed (${pair.change}):\n  ${pair.before}\n  ${pair.after}`);
    }
  } else if (result.verdict === 'refuted') counts.beyondOracle++;
  else counts.same++;
  if (n % 250 === 0) console.error(`${n} pairs: ${JSON.stringify(counts)}`);
}
console.log(JSON.stringify({ pairs, seed, ...counts }));
console.log(
  `missed ${((100 * counts.missed) / Math.max(1, counts.differ)).toFixed(2)} % of ${counts.differ} pairs that differ`,
);
await scratch.close();
await oracle.close();

/** Larger databases of their own making: 40 to 80 rows a table, few values, many NULLs, keys and foreign keys kept. */
async function fillOracle(): Promise<void> {
  for (let d = 0; d < ORACLE_DATABASES; d++) {
    await oracle.execute(`CREATE SCHEMA d${d}`);
    await oracle.execute(`SET search_path = d${d}`);
    for (const statement of SCHEMA.split(';').filter((text) => text.trim() !== ''))
      await oracle.execute(statement);
    const size = random.between(40, 80);
    const nulls = d % 3 === 0 ? 0.4 : 0.1;
    const cell = (kind: keyof typeof CONSTANTS, nullable = true): string => {
      if (nullable && random.chance(nulls)) return 'NULL';
      const constant = random.pick(CONSTANTS[kind]) ?? '1';
      if (kind === 'number') return String(Number(constant) + random.between(-1, 1));
      if (kind === 'text') return random.pick([constant, constant, "'xa'", "'c'", "'A'"]) ?? constant;
      if (kind === 'moment') return `timestamp ${constant} + interval '${random.between(-1, 1)} microsecond'`;
      return constant;
    };
    const keys = Array.from({ length: size }, (_, i) => i - 1);
    const key = (nullable: boolean): string =>
      nullable && random.chance(nulls) ? 'NULL' : String(random.pick(keys.slice(0, size / 2)) ?? 0);
    const rows = (row: (id: number) => string[]): string =>
      keys.map((id) => `(${row(id).join(', ')})`).join(',');
    await oracle.execute(
      `INSERT INTO customers (id, name, country, vip, credit) VALUES ${rows((id) => [`${id}`, cell('text', false), cell('text'), cell('truth'), cell('number')])}`,
    );
    await oracle.execute(
      `INSERT INTO orders (id, customer_id, status, total, discount, created_at, note) VALUES ${rows((id) => [`${id}`, key(true), cell('text', false), cell('number'), cell('number'), cell('moment', false), cell('text')])}`,
    );
    await oracle.execute(
      `INSERT INTO events (id, customer_id, kind, amount) VALUES ${rows((id) => [`${id}`, key(false), cell('text'), cell('number')])}`,
    );
    await oracle.execute(
      `INSERT INTO employees (id, manager_id, department, salary, hired) VALUES ${rows((id) => [`${id}`, key(true), cell('text'), cell('number'), "'2024-01-01'"])}`,
    );
  }
}

async function oracleTellsApart(pair: RandomPair): Promise<boolean> {
  for (let d = 0; d < ORACLE_DATABASES; d++) {
    await oracle.execute(`SET search_path = d${d}`);
    const before = await oracle.execute(pair.before);
    const after = await oracle.execute(pair.after);
    if (!sameRows(before, after, pair)) return true;
  }
  return false;
}

/** Random statements that order do it by a unique key, so that their order is the result's order. */
function sameRows(before: QueryResult, after: QueryResult, pair: RandomPair): boolean {
  if (pair.before.includes('ORDER BY')) return JSON.stringify(before.rows) === JSON.stringify(after.rows);
  return compareMultisets(before.rows, after.rows, before.columns).verdict === 'equal';
}
