/**
 * Pairs of statements with a known truth, from `test/fixtures/refutations/*.sql`: a head line, the original, `=>`,
 * the rewrite. `wrong` must be refuted from the schema alone; `right` must not be. `(bare: refuted)` says that the
 * rewrite is right only because of keys and NOT NULL: without them it must be refuted.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Catalog } from '../../../src/core/catalog/catalog.ts';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import type { ScratchDatabase } from '../../../src/core/database.ts';
import { type PairVerdict, verifyPair } from '../../../src/core/verification/verify-pair.ts';

export interface PairCase {
  readonly file: string;
  readonly id: string;
  readonly truth: 'wrong' | 'right';
  readonly why: string;
  readonly bare: 'refuted' | 'right' | null;
  readonly before: string;
  readonly after: string;
}

const FOLDER = join(import.meta.dirname, '../../fixtures/refutations');

export const SCHEMA = readFileSync(join(FOLDER, 'schema.sql'), 'utf8');
/** the same tables without keys, NOT NULL, foreign keys and checks */
export const BARE_SCHEMA = readFileSync(join(FOLDER, 'schema-bare.sql'), 'utf8');

export function readCases(): PairCase[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.sql') && !name.startsWith('schema'))
    .flatMap((file) => casesOf(file, readFileSync(join(FOLDER, file), 'utf8')));
}

function casesOf(file: string, text: string): PairCase[] {
  return text
    .split(/^--- /m)
    .slice(1)
    .map((block): PairCase => {
      const head = block.slice(0, block.indexOf('\n'));
      const match = /^(wrong|right) ([\w-]+): (.*?)(?: \(bare: (refuted|right)\))?$/.exec(head);
      const [before = '', after = '', ...rest] = block.slice(head.length).split(/^=>$/m);
      if (!match || after === '' || rest.length > 0) throw new Error(`${file}: cannot read "${head}"`);
      const [, truth, id = '', why = '', bare] = match;
      return {
        file,
        id,
        truth: truth === 'wrong' ? 'wrong' : 'right',
        why,
        bare: bare === 'refuted' || bare === 'right' ? bare : null,
        before: before.trim(),
        after: after.trim(),
      };
    });
}

export const FULL = catalogFromDdl(SCHEMA, 'postgresql');
/** Without keys and NOT NULL. */
export const BARE = catalogFromDdl(BARE_SCHEMA, 'postgresql');

/**
 * The verdict on a pair, from a schema alone.
 *
 * @param databases bounds the search, not the clock: a busy machine gives the same verdicts
 */
export function verifyCase(
  pair: PairCase,
  catalog: Catalog,
  scratch: ScratchDatabase,
  databases: number,
): Promise<PairVerdict> {
  return verifyPair(pair.before, pair.after, catalog, async () => scratch, null, {
    budgetMs: 120_000,
    databases,
  });
}
