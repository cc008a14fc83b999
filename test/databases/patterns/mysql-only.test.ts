/**
 * Rewrites that are for MySQL and not for MariaDB (LATERAL, what error 1093 refuses): no MySQL runs beside the tests and
 * MariaDB cannot run them, so they run on generated databases of PostgreSQL, which reads them as they are.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { patternById } from '../../../src/core/patterns/library.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';
import { searchCounterexample } from '../../../src/core/verification/search/search.ts';
import { PostgresScratch } from '../../servers/postgres-scratch.ts';
import { withDatabase } from '../../servers/with-database.ts';
import { type GoldenCase, goldenCases } from '../../unit/patterns/golden-cases.ts';

/** Generated databases for each case. */
const DATABASES = 80;

function keyOf({ pattern, schema, sql }: GoldenCase): string {
  return [pattern, schema, sql].join('\u0000');
}

/** The golden rewrites of MySQL that are not those of MariaDB too, which run there. */
function mysqlOnly(): GoldenCase[] {
  const all = goldenCases();
  const onMariadb = new Set(all.filter(({ dialect }) => dialect === 'mariadb').map(keyOf));
  return all.filter(
    (one) => one.dialect === 'mysql' && !onMariadb.has(keyOf(one)) && patternById(one.pattern) !== null,
  );
}

describe('rewrites of MySQL alone, on generated databases of PostgreSQL 18', () => {
  let scratch: PostgresScratch;
  after(() => scratch.close());
  const database = withDatabase('PostgreSQL 18');
  before(async () => {
    scratch = await PostgresScratch.open(database.url);
  });
  let compared = 0;

  for (const { pattern, title, schema, sql, expected } of mysqlOnly()) {
    if (expected.kind !== 'gives' || expected.soundness !== 'proved') continue;
    test(`${pattern}: ${title}`, async () => {
      const catalog = catalogFromDdl(schema, 'postgresql');
      const result = await searchCounterexample(
        analyzeStatement(sql, catalog),
        analyzeStatement(expected.sql, catalog),
        catalog,
        scratch,
        { databases: DATABASES, budgetMs: 20_000 },
      );
      if (result.verdict === 'refuted') {
        const { setup, before: original, after: rewrite } = result.counterexample;
        assert.fail(`refuted on\n${setup}\noriginal:\n${original}\nrewrite:\n${rewrite}`);
      }
      assert.equal(result.verdict, 'survived', result.verdict === 'unknown' ? result.message : '');
      assert.ok(result.verdict === 'survived' && result.reached > 0, 'rows reached the output');
      compared++;
    });
  }

  test('all of them were compared', (t) => {
    t.diagnostic(`${compared} rewrites compared`);
    assert.ok(compared >= 7, `${compared} rewrites`);
  });
});
