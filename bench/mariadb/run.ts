/**
 * `npm run bench:mariadb -- [--scale 0.4] [--only TEXT] [--out FILE] [--seconds 10]`: builds a shop on a MariaDB of its
 * own, optimizes the queries of shop.sql with measuring, and writes the report.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../../scripts/bootstrap.mjs';
import { DatabaseError } from '../../src/core/database.ts';
import { patterns } from '../../src/core/patterns/library.ts';
import { parseConnectionUrl } from '../../src/databases/connection-url.ts';
import { openDatabase } from '../../src/databases/open-database.ts';
import { startMariadb } from '../../test/servers/mariadb.ts';
import { runOnce } from '../../test/servers/with-database.ts';
import { measureQuery, type QueryOutcome } from '../rewrites/measure.ts';
import { readQueries } from '../rewrites/queries.ts';
import { outcomeTables, outcomeText, totalsOf } from '../rewrites/report.ts';
import { shopStatements, sizesAt } from './schema.ts';

const { values } = parseArgs({
  options: {
    scale: { type: 'string', default: '0.4' },
    only: { type: 'string' },
    out: { type: 'string', default: path.join(root, 'bench', 'reports', 'mariadb.md') },
    seconds: { type: 'string', default: '10' },
  },
});
const sizes = sizesAt(Number(values.scale));
const timeoutMs = Number(values.seconds) * 1000;
const say = (text: string): void => console.error(`· ${text}`);
const queries = readQueries(new URL('shop.sql', import.meta.url)).filter(
  ({ title }) => values.only === undefined || title.includes(values.only),
);

const outcomes: QueryOutcome[] = [];
const server = await startMariadb({ settings: ['--innodb-buffer-pool-size=512M'] });
try {
  say('building the shop');
  for (const statement of shopStatements(sizes)) await runOnce(server.url, statement);
  const database = await openDatabase(parseConnectionUrl(server.url));
  try {
    const catalog = await database.readCatalog();
    const openScratch = () => {
      if (!database.openScratch) throw new DatabaseError('driver', 'This server gives no scratch database.');
      return database.openScratch();
    };
    for (const [n, query] of queries.entries()) {
      const outcome = await measureQuery(
        { schema: 'shop', ...query },
        database,
        catalog,
        timeoutMs,
        openScratch,
      );
      outcomes.push(outcome);
      say(`${n + 1}/${queries.length} ${query.title}: ${outcomeText(outcome)}`);
    }
    mkdirSync(path.dirname(values.out), { recursive: true });
    writeFileSync(values.out, report(`${database.info.product} ${database.info.version.join('.')}`));
  } finally {
    await database.close();
  }
} finally {
  await server.stop();
}
const totals = totalsOf(outcomes);
console.log(
  `${totals.withBest} of ${totals.queries} queries have a rewrite, geometric mean ${totals.geometricMean.toFixed(1)} ×, ` +
    `${totals.slower.length} slower; ${path.relative(process.cwd(), values.out)}`,
);
process.exitCode = totals.slower.length > 0 ? 1 : 0;

function report(product: string): string {
  const count = (rows: number): string => rows.toLocaleString('en-US');
  return `# Rewrites on MariaDB

Written by \`npm run bench:mariadb\`. ${outcomes.length} queries that MariaDB plans badly, on ${product} with ${count(sizes.orders)} orders,
${count(sizes.items)} order items and ${count(sizes.events)} events. The library has ${patterns.length} patterns for one statement. Every rewrite was verified first, on the data
and on generated databases of the same server; original and rewrites then ran in turns, each run stopped at ${timeoutMs / 1000} s. Where
the original was stopped, its speed-up is a lower bound (≥). Intervals hold 95 %.

${outcomeTables(outcomes)}`;
}
