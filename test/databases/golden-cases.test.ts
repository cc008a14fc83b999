/**
 * Every rewrite of the golden cases is attacked: original and rewrite run on generated databases that obey the case's
 * schema (NULLs, duplicates, empty tables and groups, boundary values) in a real PostgreSQL, and must be equal on all.
 * Where a precondition is missing and the case says what the rewrite would have been, that one must be refuted.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { catalogFromDdl } from '../../src/core/catalog/from-ddl.ts';
import type { ScratchDatabase } from '../../src/core/database.ts';
import { patternById } from '../../src/core/patterns/library.ts';
import { analyzeStatement } from '../../src/core/sql/analyze.ts';
import type { Dialect } from '../../src/core/sql/dialect.ts';
import { type SearchResult, searchCounterexample } from '../../src/core/verification/search/search.ts';
import { PostgresScratch } from '../servers/postgres-scratch.ts';
import { withDatabase } from '../servers/with-database.ts';
import { goldenCases } from '../unit/patterns/golden-cases.ts';

/** Generated databases for each rewrite, enough for rows to reach its result; `SQLOPT_TEST_DATABASES=400` tries more. */
const DATABASES = Number(process.env['SQLOPT_TEST_DATABASES'] ?? 80);
/** And for one that is wrong: as many as the product tries; most fall at once. */
const DATABASES_FOR_WRONG = 400;

/** Generated tables are small: a page behind their last row would show nothing. */
function shallow(sql: string): string {
  return sql.replace(/\bOFFSET \d{4,}/gi, 'OFFSET 1');
}

describe('rewrites of the golden cases on generated databases of PostgreSQL 18', () => {
  let scratch: ScratchDatabase;
  // before the database goes
  after(() => scratch.close());
  const database = withDatabase('PostgreSQL 18');
  before(async () => {
    scratch = await PostgresScratch.open(database.url);
  });

  const attack = (
    [schema, dialect]: readonly [string, Dialect],
    before: string,
    after: string,
    databases: number,
  ): Promise<SearchResult> => {
    const catalog = catalogFromDdl(schema, dialect);
    return searchCounterexample(
      analyzeStatement(shallow(before), catalog),
      analyzeStatement(shallow(after), catalog),
      catalog,
      scratch,
      { databases, budgetMs: 60_000 },
    );
  };

  for (const { pattern, title, dialect, schema, sql, expected } of goldenCases()) {
    // rewrites of several statements have a test of their own: script-rewrites.test.ts
    if (dialect !== 'postgresql' || patternById(pattern) === null) continue;
    if (expected.kind === 'gives' && expected.soundness === 'proved') {
      test(`${pattern}: ${title}`, async () => {
        const result = await attack([schema, dialect], sql, expected.sql, DATABASES);
        if (result.verdict === 'refuted') {
          const { setup, before: original, after: rewrite } = result.counterexample;
          assert.fail(`refuted on\n${setup}\noriginal:\n${original}\nrewrite:\n${rewrite}`);
        }
        assert.equal(result.verdict, 'survived', result.verdict === 'unknown' ? result.message : '');
        assert.ok(result.reached > 0, 'rows reached the output on some database');
      });
    }
    if ((expected.kind === 'stays' || expected.kind === 'silent') && expected.wrong !== null) {
      const { wrong } = expected;
      test(`${pattern}: would be wrong: ${title}`, async () => {
        const result = await attack([schema, dialect], sql, wrong, DATABASES_FOR_WRONG);
        assert.equal(result.verdict, 'refuted', result.verdict === 'unknown' ? result.message : '');
      });
    }
  }
});
