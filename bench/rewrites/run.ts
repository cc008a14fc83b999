/**
 * `npm run bench:rewrites -- [--scale 1] [--only TEXT] [--schema star|shop] [--out FILE] [--results FILE]`: builds both
 * databases on a PostgreSQL 18 of its own, optimizes every query of star.sql and shop.sql with measuring, and writes the
 * report. With --results, outcomes are kept there as lines of JSON, and queries that it has are not run again.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { root } from '../../scripts/bootstrap.mjs';
import { patterns } from '../../src/core/patterns/library.ts';
import { parseConnectionUrl } from '../../src/databases/connection-url.ts';
import { closeWarmScratch } from '../../src/databases/embedded/scratch.ts';
import { openDatabase } from '../../src/databases/open-database.ts';
import { startPostgres18 } from '../../test/servers/postgres.ts';
import { createDatabase } from '../../test/servers/with-database.ts';
import { measureQuery, type QueryOutcome } from './measure.ts';
import { benchQueries, type SchemaName } from './queries.ts';
import { outcomeText, reportText, totalsOf } from './report.ts';
import { shopStatements, sizesAt, starStatements } from './schema.ts';

const { values } = parseArgs({
  options: {
    scale: { type: 'string', default: '1' },
    only: { type: 'string' },
    schema: { type: 'string' },
    out: { type: 'string', default: path.join(root, 'bench', 'reports', 'rewrites.md') },
    results: { type: 'string' },
    seconds: { type: 'string', default: '20' },
  },
});
const sizes = sizesAt(Number(values.scale));
const timeoutMs = Number(values.seconds) * 1000;
const say = (text: string): void => console.error(`· ${text}`);

const outcomes: QueryOutcome[] = known();
const server = await startPostgres18({
  settings: { shared_buffers: '1GB', maintenance_work_mem: '512MB', max_wal_size: '4GB', autovacuum: 'off' },
});
let product = '';
try {
  for (const schema of ['star', 'shop'] as const) {
    if (values.schema === undefined || values.schema === schema) await runSchema(schema);
  }
} finally {
  await closeWarmScratch();
  await server.stop();
}
mkdirSync(path.dirname(values.out), { recursive: true });
writeFileSync(
  values.out,
  reportText(outcomes, { server: product, sizes, timeoutMs, patterns: patterns.length }),
);
const totals = totalsOf(outcomes);
console.log(
  `${totals.withBest} of ${totals.queries} queries have a rewrite, geometric mean ${totals.geometricMean.toFixed(1)} ×, ` +
    `${totals.aboveTwo} above 2 ×, ${totals.slower.length} slower; ${path.relative(process.cwd(), values.out)}`,
);
process.exitCode = totals.slower.length > 0 ? 1 : 0;

function known(): QueryOutcome[] {
  if (values.results === undefined || !existsSync(values.results)) return [];
  const lines = readFileSync(values.results, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as QueryOutcome);
}

async function runSchema(schema: SchemaName): Promise<void> {
  const done = new Set(outcomes.filter((outcome) => outcome.schema === schema).map(({ title }) => title));
  const queries = benchQueries(schema).filter(
    ({ title }) => !done.has(title) && (values.only === undefined || title.includes(values.only)),
  );
  if (queries.length === 0) return;
  say(`building ${schema}`);
  const created = await createDatabase(server.url);
  await build(created.url, schema === 'star' ? starStatements(sizes) : shopStatements(sizes));
  const database = await openDatabase(parseConnectionUrl(created.url));
  try {
    product = `${database.info.product} ${database.info.version[0]}`;
    const catalog = await database.readCatalog();
    for (const [n, query] of queries.entries()) {
      const outcome = await measureQuery(query, database, catalog, timeoutMs);
      outcomes.push(outcome);
      if (values.results !== undefined) appendFileSync(values.results, `${JSON.stringify(outcome)}\n`);
      say(`${n + 1}/${queries.length} ${query.title}: ${outcomeText(outcome)}`);
    }
  } finally {
    await database.close();
    await created.drop();
  }
}

async function build(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
