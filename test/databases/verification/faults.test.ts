/**
 * What goes wrong in the sandbox's own process: it is killed, a statement in it never ends, returns millions of rows or
 * takes all memory. The verification says why it knows nothing, the process is gone, the next verification works.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, afterEach, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import type { ScratchDatabase } from '../../../src/core/database.ts';
import { type PairVerdict, verifyPair } from '../../../src/core/verification/verify-pair.ts';
import { closeWarmScratch, openScratch } from '../../../src/databases/embedded/scratch.ts';

const catalog = catalogFromDdl('CREATE TABLE t (id int PRIMARY KEY, v int, name text);', 'postgresql');

/** Nothing here is a question of speed: a verification that has not ended by then never will. */
const NEVER_MS = 120_000;

/** An error of the original says nothing of a rewrite; the other two end the process. */
const FAULT = /too few to count as a test|did not end in time|ended in the middle|does not run/;

describe('a verification ends whatever happens to its sandbox', { timeout: 10 * NEVER_MS }, () => {
  const opened: ScratchDatabase[] = [];
  afterEach(async () => {
    for (const scratch of opened.splice(0)) await scratch.close();
    await closeWarmScratch();
    assert.deepEqual(await embeddedProcesses(), [], 'no process is left behind');
  });
  after(closeWarmScratch);

  const open = async (): Promise<ScratchDatabase> => {
    const scratch = await openScratch();
    opened.push(scratch);
    return scratch;
  };

  const verify = (
    scratch: ScratchDatabase,
    before: string,
    after: string,
    budgetMs = 1000,
  ): Promise<PairVerdict> =>
    verifyPair(before, after, catalog, async () => scratch, null, { budgetMs, databases: 100 });

  /** The next pair on the same sandbox: a wrong rewrite is found, a right one is not. */
  const worksAgain = async (scratch: ScratchDatabase): Promise<void> => {
    const original = 'SELECT id FROM t WHERE v > 1';
    const wrong = await verify(scratch, original, 'SELECT id FROM t WHERE v >= 1', NEVER_MS);
    assert.equal(wrong.verdict, 'refuted', wrong.reason);
    const right = await verify(scratch, original, 'SELECT id FROM t WHERE NOT v <= 1', NEVER_MS);
    assert.equal(right.verdict, 'tested', right.reason);
  };

  test('when its process is killed in the middle of a search', async () => {
    const scratch = await open();
    const [pid] = await embeddedProcesses();
    assert.ok(pid !== undefined);
    let calls = 0;
    const killedInTheMiddle: ScratchDatabase = {
      dialect: scratch.dialect,
      execute: (sql, options) => {
        const result = scratch.execute(sql, options);
        // the second batch of databases is under way
        if (sql.includes('.trial(job)') && ++calls === 2) process.kill(pid, 'SIGKILL');
        return result;
      },
      rolledBack: (work) => scratch.rolledBack(work),
      close: () => scratch.close(),
    };
    const verdict = await verify(
      killedInTheMiddle,
      'SELECT id FROM t WHERE v > 1',
      'SELECT id FROM t WHERE NOT v <= 1',
      NEVER_MS,
    );
    assert.equal(calls, 2);
    assert.equal(verdict.verdict, 'unknown');
    assert.match(verdict.reason, /process of the test databases ended in the middle/);
    await worksAgain(scratch);
    assert.equal(isRunning(pid), false, 'another process took its place');
  });

  const endless = {
    'a cross join of series':
      'SELECT count(*) AS n FROM t, generate_series(1, 100000) a, generate_series(1, 100000) b, generate_series(1, 1000) c',
    'a recursion on its own rows':
      'WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n FROM r) SELECT count(*) AS n FROM r',
    'a recursion in a condition':
      'SELECT id FROM t WHERE v > (WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 0 FROM r) SELECT max(n) FROM r)',
  };
  for (const [what, sql] of Object.entries(endless)) {
    test(`when ${what} never ends`, async () => {
      const scratch = await open();
      const [pid] = await embeddedProcesses();
      assert.ok(pid !== undefined);
      const verdict = await verify(scratch, sql, `SELECT * FROM (${sql}) x WHERE true`);
      assert.equal(verdict.verdict, 'unknown');
      assert.match(verdict.reason, /did not end in time/);
      await worksAgain(scratch);
      assert.equal(isRunning(pid), false, 'its process is gone');
    });
  }

  test('when only the rewrite never ends', async () => {
    const scratch = await open();
    const verdict = await verify(
      scratch,
      'SELECT id FROM t',
      'SELECT id FROM t WHERE (WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n FROM r) SELECT count(*) FROM r) > 0',
    );
    assert.equal(verdict.verdict, 'unknown');
    assert.match(verdict.reason, /did not end in time/);
    await worksAgain(scratch);
  });

  test('when a statement returns ten million rows', async () => {
    const scratch = await open();
    const many = 'SELECT a AS n FROM generate_series(1, 10000) a, generate_series(1, 1000) b';
    const verdict = await verify(scratch, many, `${many} WHERE a IS NOT NULL`);
    assert.equal(verdict.verdict, 'unknown');
    assert.match(verdict.reason, FAULT);
    await worksAgain(scratch);
  });

  const greedy = {
    'long texts put together':
      "SELECT length(string_agg(repeat('x', 100000000), '')) AS n FROM generate_series(1, 100)",
    'an array of long texts':
      'SELECT cardinality(array_agg(repeat(md5(i::text), 1000000))) AS n FROM generate_series(1, 100000) i',
    'a text of a gigabyte': "SELECT length(repeat('x', 1000000000) || repeat('y', 1000000000)) AS n FROM t",
  };
  for (const [what, sql] of Object.entries(greedy)) {
    test(`when ${what} take all memory`, async () => {
      const scratch = await open();
      const verdict = await verify(scratch, sql, `SELECT n FROM (${sql}) x`);
      assert.equal(verdict.verdict, 'unknown');
      // on a fast machine the memory ends before the time does, and the server says so itself
      assert.match(verdict.reason, new RegExp(`${FAULT.source}|out of memory`));
      await worksAgain(scratch);
    });
  }
});

/** The embedded databases' processes of this one. */
async function embeddedProcesses(): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)]);
  return stdout.split('\n').flatMap((line) => {
    const match = /^\s*(\d+) .*(?:embedded\/child|embedded-child)/.exec(line);
    return match ? [Number(match[1])] : [];
  });
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
