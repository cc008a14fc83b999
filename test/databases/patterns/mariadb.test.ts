/**
 * Rewrites on MariaDB: the golden cases that are for it, and those of PostgreSQL that MariaDB reads too and whose
 * pattern claims it. Original and rewrite run on generated databases (NULLs, duplicates, empty groups, the statement's
 * own literals and their neighbours, keys and foreign keys obeyed) and give the same columns and rows.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { findMatches } from '../../../src/core/patterns/find.ts';
import { patternById } from '../../../src/core/patterns/library.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';
import { applyEdits } from '../../../src/core/sql/text.ts';
import { availableServers, serverOf } from '../../servers/servers.ts';
import { type GoldenCase, goldenCases } from '../../unit/patterns/golden-cases.ts';
import { comparePair, type Pair } from '../mariadb/compare.ts';
import { MariadbScratch } from '../mariadb/mariadb-scratch.ts';
import { mariadbDdl } from '../mariadb/translate.ts';

/** Generated databases for each case. */
const DATABASES = 28;

/** The share of cases whose conditions chance may miss: what happens today, three conditions at once. */
const UNREACHED = 0.1;

/** Generated tables are small: a page behind their last row would show nothing. */
function shallow(sql: string): string {
  return sql.replace(/\b(OFFSET|LIMIT) \d{3,}/gi, '$1 2');
}

const skip = availableServers().includes('MariaDB 10.11') ? false : 'no MariaDB here';

describe('rewrites on MariaDB', { skip }, () => {
  let scratch: MariadbScratch;
  let cases = 0;
  const unreached: string[] = [];
  before(async () => {
    scratch = await MariadbScratch.open((await serverOf('MariaDB 10.11')).url);
  });
  after(() => scratch.close());

  for (const one of goldenCases().filter(({ dialect }) => dialect === 'mariadb')) {
    const { expected } = one;
    if (expected.kind !== 'gives' || expected.soundness !== 'proved') continue;
    test(`${one.pattern}: ${one.title}`, async () => {
      await scratch.create(inThisVersion(one.schema));
      const catalog = catalogFromDdl(one.schema, 'mariadb');
      const pair = { original: shallow(one.sql), rewrite: shallow(expected.sql), catalog };
      const { difference, reached } = await comparePair(scratch, pair, DATABASES);
      assert.equal(difference, null);
      cases++;
      if (reached === 0) unreached.push(`${one.pattern}: ${one.title}`);
    });
  }

  test('rows reach the output of nearly all cases on some database', (t) => {
    t.diagnostic(`without rows: ${unreached.join('; ')}`);
    assert.ok(unreached.length <= cases * UNREACHED);
  });

  test('cases of PostgreSQL that MariaDB reads too', async (t) => {
    const wrong: string[] = [];
    const patterns = new Set<string>();
    let tried = 0;
    for (const [schema, cases] of bySchema()) {
      const ddl = mariadbDdl(schema);
      if (!(await accepted(() => scratch.create(ddl)))) continue;
      for (const one of cases) {
        const pair = rewriteOf(one, ddl);
        if (!pair || !(await accepted(() => scratch.query(pair.original)))) continue;
        tried++;
        patterns.add(one.pattern);
        const { difference } = await comparePair(scratch, pair, DATABASES / 4);
        if (difference)
          wrong.push(`${one.pattern}: ${one.title}\n${pair.original}\n${pair.rewrite}\n${difference}`);
      }
    }
    t.diagnostic(`${tried} cases of ${patterns.size} patterns`);
    assert.deepEqual(wrong, []);
    assert.ok(tried >= 30, `only ${tried} cases`);
  });
});

/** MariaDB 11.4 knows MySQL's collations by their names; earlier ones have the like under names of their own. */
function inThisVersion(ddl: string): string {
  return ddl.replaceAll('utf8mb4_0900_ai_ci', 'utf8mb4_unicode_nopad_ci');
}

async function accepted(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch {
    return false;
  }
}

function bySchema(): Map<string, GoldenCase[]> {
  const groups = new Map<string, GoldenCase[]>();
  for (const one of goldenCases()) {
    if (one.dialect !== 'postgresql' || one.expected.kind !== 'gives') continue;
    groups.set(one.schema, [...(groups.get(one.schema) ?? []), one]);
  }
  return groups;
}

/** What the pattern makes of the case's statement on MariaDB; null when it is not for it. */
function rewriteOf(one: GoldenCase, ddl: string): Pair | null {
  const pattern = patternById(one.pattern);
  if (!pattern?.engines.some(({ dialect }) => dialect === 'mariadb')) return null;
  const catalog = catalogFromDdl(ddl, 'mariadb');
  const settings = { ...catalog.settings, timezone: one.timeZone };
  const statement = analyzeStatement(shallow(one.sql), { ...catalog, settings });
  const rewrite = findMatches(statement, { among: [pattern] }).find(({ match }) => match.rewrite)?.match
    .rewrite;
  if (rewrite?.soundness !== 'proved' || statement.tree.kind !== 'queryStatement') return null;
  return { original: statement.text, rewrite: applyEdits(statement.text, rewrite.edits), catalog };
}
