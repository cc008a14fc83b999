/** What a hostile pair of statements does to the sandbox: nothing that outlives its budget. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { DatabaseError, type ScratchDatabase } from '../../../src/core/database.ts';
import { verifyPair } from '../../../src/core/verification/verify-pair.ts';
import { closeWarmScratch, openScratch } from '../../../src/databases/embedded/scratch.ts';

const catalog = catalogFromDdl('CREATE TABLE t (id int PRIMARY KEY, v int, name text);', 'postgresql');

describe('the sandbox survives what statements do', () => {
  let scratch: ScratchDatabase;
  before(async () => {
    scratch = await openScratch();
  });
  after(async () => {
    await scratch.close();
    await closeWarmScratch();
  });

  const verify = (before: string, after: string, budgetMs = 1000) =>
    verifyPair(before, after, catalog, async () => scratch, null, { budgetMs, databases: 100 });

  const stillWorks = async (): Promise<void> => {
    const verdict = await verify('SELECT id FROM t WHERE v > 1', 'SELECT id FROM t WHERE v >= 1', 30_000);
    assert.equal(verdict.verdict, 'refuted', verdict.reason);
  };

  test('a query that never ends is ended with its process, and the next pair is verified', async () => {
    const endless =
      'WITH RECURSIVE r AS (SELECT id FROM t UNION ALL SELECT id FROM r) SELECT count(*) AS n FROM r';
    const verdict = await verify(endless, `${endless} WHERE id > 0`);
    assert.equal(verdict.verdict, 'unknown');
    await stillWorks();
  });

  test('a result of ten million rows is not fetched', async () => {
    const many = 'SELECT generate_series(1, 10000000) AS n FROM t';
    const verdict = await verify(many, `${many} WHERE id IS NOT NULL`);
    assert.notEqual(verdict.verdict, 'refuted');
    await stillWorks();
  });

  test('a statement that allocates without end ends as an error or with its process', async () => {
    const greedy =
      "SELECT length(string_agg(repeat('x', 10000000), '')) AS n FROM t, generate_series(1, 300)";
    const verdict = await verify(greedy, `${greedy} WHERE t.id IS NOT NULL`);
    assert.notEqual(verdict.verdict, 'refuted');
    await stillWorks();
  });

  test('cancelling in the middle throws and leaves a usable sandbox', async () => {
    const controller = new AbortController();
    const endless =
      'WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n FROM r) SELECT count(*) AS n FROM r';
    const opened = async (): Promise<ScratchDatabase> => {
      setImmediate(() => controller.abort());
      return scratch;
    };
    await assert.rejects(
      verifyPair(endless, `${endless} WHERE n > 0`, catalog, opened, null, { signal: controller.signal }),
      (error) => DatabaseError.is(error, 'cancelled'),
    );
    await stillWorks();
  });
});
