/** The embedded PostgreSQL: start files, kept folders, stopping, and scratch databases. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { catalogFromDdl } from '../../src/core/catalog/from-ddl.ts';
import { type Database, DatabaseError } from '../../src/core/database.ts';
import { verifyPair } from '../../src/core/verification/verify-pair.ts';
import { parseConnectionUrl } from '../../src/databases/connection-url.ts';
import { PGLITE_VERSION } from '../../src/databases/embedded/data-folder.ts';
import { closeWarmScratch, openScratch } from '../../src/databases/embedded/scratch.ts';
import { openDatabase } from '../../src/databases/open-database.ts';

/** What has not gone by then never will. */
const ENDS = { timeout: 120_000 };

let folder: string;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sqlopt-test-'));
});
after(async () => {
  await closeWarmScratch();
  await rm(folder, { recursive: true, force: true });
});

async function file(name: string, text: string): Promise<string> {
  const place = path.join(folder, name);
  await writeFile(place, text);
  return place;
}

async function withDatabase<T>(url: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase(parseConnectionUrl(url));
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

const cell = async (database: Database, sql: string) =>
  (await database.readOnly((session) => session.query(sql))).rows[0]?.[0];

test('the template folder is of the installed version', async () => {
  const main = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const manifest = JSON.parse(await readFile(path.join(path.dirname(main), '..', 'package.json'), 'utf8'));
  assert.equal(PGLITE_VERSION, manifest.version);
});

describe('start files', () => {
  test('run in order, statement by statement, COPY data included, with progress', async () => {
    const schema = await file(
      'schema.sql',
      `-- the shop\nCREATE TABLE t (a integer, b text);\nCREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;`,
    );
    const data = await file(
      'data.sql',
      `COPY t (a, b) FROM stdin;\n1\tone\n2\t\\N\n\\.\nINSERT INTO t VALUES (3, ';'); VACUUM ANALYZE t;`,
    );
    const said: string[] = [];
    const url = `embedded:?init=${encodeURIComponent(schema)}&init=${encodeURIComponent(data)}`;
    const database = await openDatabase(parseConnectionUrl(url), { onProgress: (m) => said.push(m) });
    try {
      assert.equal(
        await cell(database, `SELECT string_agg(a || coalesce(b, '-'), ' ' ORDER BY a) FROM t`),
        '1one 2- 3;',
      );
      assert.ok(said.some((message) => message.includes('statement 1 of 2')));
    } finally {
      await database.close();
    }
  });

  test('name the file and the line of a statement that fails', async () => {
    const broken = await file('broken.sql', `CREATE TABLE a (x integer);\n\nINSERT INTO b VALUES (1);\n`);
    await assert.rejects(
      () => openDatabase(parseConnectionUrl(`embedded:?init=${encodeURIComponent(broken)}`)),
      (error) =>
        DatabaseError.is(error, 'undefinedObject') &&
        /broken\.sql, line 3: .*"b" does not exist/.test(error.message),
    );
  });

  test('that are missing or hold commands for psql are told', async () => {
    await assert.rejects(
      () => openDatabase(parseConnectionUrl('embedded:?init=/no/such.sql')),
      (error) => DatabaseError.is(error, 'other') && /Check init=/.test(error.message),
    );
    const psql = await file('psql.sql', '\\connect shop\nSELECT 1;');
    await assert.rejects(
      () => openDatabase(parseConnectionUrl(`embedded:?init=${encodeURIComponent(psql)}`)),
      (error) => DatabaseError.is(error, 'syntax') && /psql\.sql, line 1: .*Take it out/.test(error.message),
    );
  });
});

describe('a kept folder', () => {
  test('has its data again, runs the start files once, and is locked while it is open', async () => {
    const init = await file('kept.sql', 'CREATE TABLE t AS SELECT g FROM generate_series(1, 10) AS g;');
    const url = `embedded:${path.join(folder, 'kept')}?init=${encodeURIComponent(init)}`;
    await withDatabase(url, async (database) => {
      assert.equal(await cell(database, 'SELECT count(*) FROM t'), '10');
      await assert.rejects(
        () => openDatabase(parseConnectionUrl(url)),
        (error) => DatabaseError.is(error, 'resources') && /in use by another window/.test(error.message),
      );
    });
    await withDatabase(url, async (database) => {
      assert.equal(await cell(database, 'SELECT count(*) FROM t'), '10');
    });
  });

  test('begins anew when its start files did not come to their end', async () => {
    const place = path.join(folder, 'half');
    const broken = await file('half.sql', 'CREATE TABLE t (a integer); SELECT 1 / 0;');
    await assert.rejects(() =>
      openDatabase(parseConnectionUrl(`embedded:${place}?init=${encodeURIComponent(broken)}`)),
    );
    const whole = await file('whole.sql', 'CREATE TABLE t (a integer, b integer);');
    await withDatabase(`embedded:${place}?init=${encodeURIComponent(whole)}`, async (database) => {
      assert.equal((await database.readCatalog()).tables[0]?.columns.length, 2);
    });
  });

  test('with other files in it is left alone', async () => {
    await file('my-notes.txt', 'important');
    await assert.rejects(
      () => openDatabase(parseConnectionUrl(`embedded:${folder}`)),
      (error) => DatabaseError.is(error, 'resources') && /other files/.test(error.message),
    );
    assert.equal(await readFile(path.join(folder, 'my-notes.txt'), 'utf8'), 'important');
  });
});

test('closing leaves no process and no folder behind', async () => {
  const own = () =>
    readdirSync(tmpdir()).filter((name) => name.startsWith(`sqlopt-embedded-${process.pid}-`));
  const earlier = own().length;
  const database = await openDatabase(parseConnectionUrl('embedded:'));
  assert.equal(own().length, earlier + 1);
  await database.close();
  assert.equal(own().length, earlier);
});

test(
  'the process and its folder go when the parent is killed, even in the middle of a statement',
  ENDS,
  async ({ signal }) => {
    const source = new URL('../../src/', import.meta.url);
    const program = await file(
      'parent.ts',
      `import { parseConnectionUrl } from '${new URL('databases/connection-url.ts', source).href}';
     import { openDatabase } from '${new URL('databases/open-database.ts', source).href}';
     const database = await openDatabase(parseConnectionUrl('embedded:'));
     const pid = await database.readOnly((s) => s.query('SELECT 1'));
     console.log('ready');
     await database.readOnly((s) => s.query('SELECT count(*) FROM pg_attribute a, pg_attribute b, pg_attribute c'));`,
    );
    const parent = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => parent.stdout.once('data', resolve));
    const children = await childrenOf(parent.pid ?? 0);
    const place = () =>
      readdirSync(tmpdir()).filter((name) => name.startsWith(`sqlopt-embedded-${parent.pid}-`));
    assert.equal(place().length, 1);
    parent.kill('SIGKILL');
    while (children.some(isRunning) || place().length > 0) await setTimeout(20, null, { signal });
  },
);

test('a whole group of processes that is told to end leaves nothing behind', ENDS, async ({ signal }) => {
  const source = new URL('../../src/', import.meta.url);
  const program = await file(
    'group.ts',
    `import { parseConnectionUrl } from '${new URL('databases/connection-url.ts', source).href}';
     import { openDatabase } from '${new URL('databases/open-database.ts', source).href}';
     await openDatabase(parseConnectionUrl('embedded:'));
     console.log('ready');`,
  );
  const parent = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  await new Promise((resolve) => parent.stdout.once('data', resolve));
  const pid = parent.pid ?? 0;
  const children = await childrenOf(pid);
  process.kill(-pid, 'SIGTERM');
  const place = () => readdirSync(tmpdir()).filter((name) => name.startsWith(`sqlopt-embedded-${pid}-`));
  while (children.some(isRunning) || place().length > 0) await setTimeout(20, null, { signal });
});

test('is found beside the bundle, without the sources', async (t) => {
  const bundle = new URL('../../dist/cli.js', import.meta.url);
  if (!existsSync(bundle)) {
    t.skip('dist/ is not built');
    return;
  }
  const run = promisify(execFile);
  const sql = await file('q.sql', 'SELECT 1 AS one');
  const { stdout } = await run(process.execPath, [
    new URL(bundle).pathname,
    ...['explain', sql, '--connection', 'embedded:', '--json', '--quiet'],
  ]);
  assert.equal(JSON.parse(stdout).plan.root.operation, 'Result');
});

describe('a scratch database', () => {
  test('takes whole scripts and is empty again after each round', async () => {
    const scratch = await openScratch();
    try {
      for (let round = 0; round < 50; round++) {
        const result = await scratch.rolledBack(async () => {
          await scratch.execute(
            `CREATE TABLE t (a integer, b numeric(5,2)); INSERT INTO t VALUES (${round}, NULL);`,
          );
          return scratch.execute('SELECT a, b, b IS NULL AS n FROM t');
        });
        assert.deepEqual(result.rows, [[String(round), null, 't']]);
        assert.deepEqual(result.columns[1], { name: 'b', type: 'numeric(5,2)' });
      }
      await assert.rejects(
        () => scratch.execute('SELECT * FROM t'),
        (error) => DatabaseError.is(error, 'undefinedObject'),
      );
    } finally {
      await scratch.close();
    }
  });

  test('limits rows, nests rollbacks, and goes on after an error inside', async () => {
    const scratch = await openScratch();
    try {
      await scratch.rolledBack(async () => {
        await scratch.execute('CREATE TABLE t AS SELECT g FROM generate_series(1, 9) AS g');
        await scratch.rolledBack(async () => {
          await assert.rejects(
            () => scratch.execute('SELECT 1 / 0'),
            (e) => DatabaseError.is(e, 'dataException'),
          );
        });
        const some = await scratch.execute('SELECT g FROM t ORDER BY g', { maxRows: 2 });
        assert.deepEqual([some.rows, some.truncated], [[['1'], ['2']], true]);
      });
    } finally {
      await scratch.close();
    }
  });

  test('is never seen by the next one', async () => {
    const first = await openScratch();
    await first.execute('CREATE TABLE left_behind (a integer)');
    await first.close();
    const second = await openScratch();
    try {
      await assert.rejects(() => second.execute('SELECT * FROM left_behind'));
    } finally {
      await second.close();
    }
  });

  test('has the harness of searches, which searches share', async () => {
    const scratch = await openScratch();
    const harness = async () => (await scratch.execute("SELECT 'sqlopt_harness.trial'::regproc::oid")).rows;
    const search = () =>
      verifyPair('SELECT a FROM t', 'SELECT a FROM t WHERE true', catalog, async () => scratch, null, {
        databases: 20,
      });
    const catalog = catalogFromDdl('CREATE TABLE t (a int);', 'postgresql');
    try {
      const first = await harness();
      assert.equal((await search()).verdict, 'tested');
      assert.equal((await search()).verdict, 'tested');
      assert.deepEqual(await harness(), first);
      assert.equal(
        (await scratch.execute('SELECT count(*) FROM pg_class WHERE relname = $$t$$')).rows[0]?.[0],
        '0',
      );
    } finally {
      await scratch.close();
    }
  });

  test('stops what takes too long, and can be used again', async () => {
    const scratch = await openScratch();
    try {
      await scratch.rolledBack(async () => {
        await scratch.execute('CREATE TABLE t AS SELECT g FROM generate_series(1, 1000) AS g');
        await assert.rejects(
          () => scratch.execute('SELECT count(*) FROM t a, t b, t c, t d', { timeoutMs: 100 }),
          (error) => DatabaseError.is(error, 'timeout'),
        );
        await assert.rejects(
          () => scratch.execute('SELECT * FROM t'),
          (error) => DatabaseError.is(error, 'connectionLost') && /Begin the work again/.test(error.message),
        );
      });
      assert.deepEqual((await scratch.execute('SELECT 1')).rows, [['1']]);
    } finally {
      await scratch.close();
    }
  });

  test('a warm one keeps no program alive', async () => {
    const program = await file(
      'warm.ts',
      `import { openScratch } from '${pathToFileURL(path.resolve('src/databases/embedded/scratch.ts')).href}';
       const scratch = await openScratch();
       await scratch.rolledBack(() => scratch.execute('SELECT 1'));
       await scratch.close();
       const again = await openScratch();
       console.log((await again.execute('SELECT 7')).rows[0][0]);
       await again.close();
       await (await openScratch()).close();
       console.log('end');`,
    );
    const { stdout } = await promisify(execFile)(process.execPath, [program]);
    assert.equal(stdout, '7\nend\n');
  });
});

async function childrenOf(parent: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'pid=', '--ppid', String(parent)]);
  return stdout.split('\n').flatMap((line) => (line.trim() ? [Number(line)] : []));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
