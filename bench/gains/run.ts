/**
 * `npm run bench:gains -- [--only RULE] [--engine postgresql|mariadb] [--out FILE] [--results FILE]`: what each core rule
 * gains on PostgreSQL and on MariaDB, original and rewrite in turns, medians of five runs; writes docs/gains.md. With
 * --results, measurements are kept there as lines of JSON, and what it has is not measured again.
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { root } from '../../scripts/bootstrap.mjs';
import type { Catalog } from '../../src/core/catalog/catalog.ts';
import { catalogFromDdl } from '../../src/core/catalog/from-ddl.ts';
import { median } from '../../src/core/measurement/statistics.ts';
import { findMatches } from '../../src/core/patterns/find.ts';
import { patternById } from '../../src/core/patterns/library.ts';
import { analyzeStatement } from '../../src/core/sql/analyze.ts';
import type { Dialect } from '../../src/core/sql/dialect.ts';
import { applyEdits } from '../../src/core/sql/text.ts';
import { parseConnectionUrl } from '../../src/databases/connection-url.ts';
import { openDatabase } from '../../src/databases/open-database.ts';
import { MariadbScratch } from '../../test/databases/mariadb/mariadb-scratch.ts';
import { startMariadb } from '../../test/servers/mariadb.ts';
import { startPostgres18 } from '../../test/servers/postgres.ts';
import { createDatabase } from '../../test/servers/with-database.ts';
import { GAIN_CASES, type GainCase } from './cases.ts';
import { type Gain, gainsText } from './report.ts';
import { MARIADB_DDL, mariadbStatements, postgresStatements } from './schema.ts';

const RUNS = 5;
/** Seconds that one run may take. */
const LIMIT_S = 20;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    engine: { type: 'string' },
    results: { type: 'string' },
    out: { type: 'string', default: path.join(root, 'docs', 'gains.md') },
  },
});

/** Runs one statement and undoes what it wrote; milliseconds, or null at the limit. */
type Runner = (sql: string) => Promise<number | null>;

const gains: Gain[] = known();
if (values.engine !== 'mariadb') await onPostgres();
if (values.engine !== 'postgresql') await onMariadb();
writeFileSync(values.out, gainsText(gains));
console.log(`${gains.length} measurements in ${path.relative(process.cwd(), values.out)}`);

function known(): Gain[] {
  if (values.results === undefined || !existsSync(values.results)) return [];
  const lines = readFileSync(values.results, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Gain);
}

async function onPostgres(): Promise<void> {
  const server = await startPostgres18({ settings: { autovacuum: 'off' } });
  try {
    const { url } = await createDatabase(server.url);
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    for (const statement of postgresStatements()) await client.query(statement);
    await client.query(`SET statement_timeout = '${LIMIT_S}s'`);
    // the server's own catalog: its collation decides whether a prefix is a range
    const database = await openDatabase(parseConnectionUrl(url));
    const catalog = await database.readCatalog();
    await database.close();
    await measureAll('postgresql', catalog, async (sql) => {
      await client.query('BEGIN');
      const began = performance.now();
      try {
        await client.query({ text: sql, rowMode: 'array' });
        return performance.now() - began;
      } catch (error) {
        if (error instanceof pg.DatabaseError && error.code === '57014') return null;
        throw error;
      } finally {
        await client.query('ROLLBACK');
      }
    });
    await client.end();
  } finally {
    await server.stop();
  }
}

async function onMariadb(): Promise<void> {
  const server = await startMariadb();
  try {
    const scratch = await MariadbScratch.open(server.url);
    await scratch.create('SELECT 1');
    await scratch.execute('SET max_statement_time = 0');
    for (const statement of mariadbStatements()) await scratch.execute(statement);
    await scratch.execute(`SET max_statement_time = ${LIMIT_S}`);
    await measureAll('mariadb', catalogFromDdl(MARIADB_DDL, 'mariadb'), async (sql) => {
      await scratch.execute('START TRANSACTION');
      const began = performance.now();
      try {
        await scratch.query(sql);
        return performance.now() - began;
      } catch (error) {
        // ER_STATEMENT_TIMEOUT
        if (error instanceof Error && 'errno' in error && error.errno === 1969) return null;
        throw error;
      } finally {
        await scratch.execute('ROLLBACK');
      }
    });
    await scratch.close();
  } finally {
    await server.stop();
  }
}

async function measureAll(dialect: Dialect, catalog: Catalog, run: Runner): Promise<void> {
  for (const one of GAIN_CASES) {
    const done = gains.some((gain) => gain.rule === one.rule && gain.dialect === dialect);
    if (done || (values.only !== undefined && one.rule !== values.only)) continue;
    const gain = await measure(one, dialect, catalog, run);
    gains.push(gain);
    if (values.results !== undefined) appendFileSync(values.results, `${JSON.stringify(gain)}\n`);
    console.error(
      `· ${dialect} ${one.rule} ${one.pattern}: ${gain.note ?? `${gain.beforeMs?.toFixed(1)} → ${gain.afterMs?.toFixed(1)} ms`}`,
    );
  }
}

async function measure(one: GainCase, dialect: Dialect, catalog: Catalog, run: Runner): Promise<Gain> {
  const { rule, pattern: id } = one;
  const base = {
    rule,
    pattern: id,
    dialect,
    limitMs: LIMIT_S * 1000,
    beforeMs: null,
    afterMs: null,
    note: null,
  };
  const sql =
    typeof one.sql === 'string' ? one.sql : one.sql[dialect === 'mariadb' ? 'mariadb' : 'postgresql'];
  const pattern = patternById(id);
  if (sql === null || !pattern?.engines.some((engine) => engine.dialect === dialect)) {
    return { ...base, note: 'not for this engine' };
  }
  const match = findMatches(analyzeStatement(sql, catalog), { among: [pattern] }).find(
    (found) => found.match.rewrite,
  );
  if (!match?.match.rewrite) return { ...base, note: 'no rewrite here' };
  let rewrite = applyEdits(sql, match.match.rewrite.edits);
  for (const id of one.followedBy ?? []) {
    const next = patternById(id);
    const found = findMatches(analyzeStatement(rewrite, catalog), { among: next ? [next] : [] }).find(
      ({ match: { rewrite: edits } }) => edits,
    );
    if (!found?.match.rewrite) return { ...base, note: `no ${id} here` };
    rewrite = applyEdits(rewrite, found.match.rewrite.edits);
  }
  const [before, after]: [number[], number[]] = [[], []];
  let stopped = false;
  await run(rewrite);
  for (let round = 0; round < RUNS; round++) {
    const turns =
      round % 2 === 0
        ? ([
            [sql, before],
            [rewrite, after],
          ] as const)
        : ([
            [rewrite, after],
            [sql, before],
          ] as const);
    for (const [text, times] of turns) {
      // a statement that was stopped once is not waited for again
      if (stopped && times === before) continue;
      const ms = await run(text);
      if (ms === null && times === before) stopped = true;
      times.push(ms ?? LIMIT_S * 1000);
    }
  }
  return { ...base, beforeMs: stopped ? null : median(before), afterMs: median(after) };
}
