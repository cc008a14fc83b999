/** The whole use case on a real database, statement by statement. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../scripts/bootstrap.mjs';
import { optimizeStatement } from '../src/core/optimizer/optimize.ts';
import { parseStatement } from '../src/core/sql/parse.ts';
import { parseConnectionUrl } from '../src/databases/connection-url.ts';
import { openScratch } from '../src/databases/embedded/scratch.ts';
import { openDatabase } from '../src/databases/open-database.ts';
import { statementTexts } from './core.ts';
import { type Timing, timing } from './side-by-side.ts';

const shop = path.join(root, 'examples', 'shop');

/**
 * Every statement of the sample, optimized on the embedded database with its data (found, rewritten, priced, verified; not
 * timed against each other), beside parsing the same statement.
 */
export async function benchOptimize(
  say: (text: string) => void,
): Promise<{ timings: Timing[]; found: number }> {
  const texts = statementTexts(readFileSync(path.join(shop, 'slow.sql'), 'utf8'));
  const init = path.join(shop, 'shop.sql');
  const database = await openDatabase(parseConnectionUrl(`embedded:?init=${init}`), { onProgress: say });
  const scratches: Awaited<ReturnType<typeof openScratch>>[] = [];
  try {
    const catalog = await database.readCatalog();
    const times = { parse: [] as number[], search: [] as number[], optimize: [] as number[] };
    let found = 0;
    const scratch = async () => {
      const opened = scratches[0] ?? (await openScratch({}));
      if (scratches.length === 0) scratches.push(opened);
      return opened;
    };
    for (const text of texts) {
      times.parse.push(await time(() => parseStatement(text, 'postgresql')));
      times.search.push(
        await time(() =>
          optimizeStatement({ text, catalog, database: null, scratch: null, options: { measure: false } }),
        ),
      );
      times.optimize.push(
        await time(async () => {
          const { best } = await optimizeStatement({
            text,
            catalog,
            database,
            scratch,
            options: { measure: false },
          });
          if (best !== null) found++;
        }),
      );
      say(`optimized ${times.optimize.length} of ${texts.length}`);
    }
    return {
      found,
      timings: [
        timing('parse the statement', times.parse),
        timing('search rewrites, no database', times.search),
        timing('optimize: search, price, verify', times.optimize),
      ],
    };
  } finally {
    for (const opened of scratches) await opened.close();
    await database.close();
  }
}

async function time(run: () => unknown): Promise<number> {
  const began = performance.now();
  await run();
  return performance.now() - began;
}
