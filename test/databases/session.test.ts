/** What one may do in a guarded session, on every PostgreSQL. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatabaseError, type ReadOnlySession } from '../../src/core/database.ts';
import { planNodes } from '../../src/core/plans/plan.ts';
import { describeEngines } from '../servers/engines.ts';

const SETUP = `
  CREATE TABLE item (id integer PRIMARY KEY, price numeric(10,2) NOT NULL, label varchar(40), made timestamptz(3));
  INSERT INTO item SELECT g, g * 1.5, 'item ' || g, timestamptz '2024-01-01 00:00Z' + g * interval '1 hour'
    FROM generate_series(1, 2000) AS g;
  CREATE INDEX ON item (label);
  CREATE TABLE log (entry text);
  CREATE SEQUENCE counter;
  CREATE FUNCTION sneaky() RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
    BEGIN INSERT INTO log VALUES ('written'); RETURN 1; END $$;
  ANALYZE`;

/** Runs for days, unless it is stopped. */
const ENDLESS =
  'SELECT count(*) FROM item AS a, item AS b, item AS c, item AS d WHERE a.id + b.id <> c.id + d.id';

describeEngines('a guarded session', SETUP, (engine) => {
  const reading = <T>(work: (session: ReadOnlySession) => Promise<T>) => engine.database.readOnly(work);
  const rejects = (
    work: (session: ReadOnlySession) => Promise<unknown>,
    ...reasons: DatabaseError['reason'][]
  ) =>
    assert.rejects(
      () => reading(work),
      (error) => DatabaseError.is(error, ...reasons) && error.message.length > 20,
    );

  test('says what it is connected to', () => {
    const { info } = engine.database;
    assert.equal(info.product, 'PostgreSQL');
    assert.equal(info.embedded, engine.name === 'embedded');
    assert.equal(info.version[0], engine.name === 'PostgreSQL 15' ? 15 : 18);
    assert.equal(info.superuser, true);
  });

  test('gives values as the text on the wire, with exact types', async () => {
    const result = await reading((session) =>
      session.query(
        `SELECT id, price, label, made, NULL::uuid AS nothing, '{a,NULL}'::text[] AS list, true AS yes,
                1e100::float8 AS big, '\\x00ff'::bytea AS bytes FROM item WHERE id = 3`,
      ),
    );
    assert.deepEqual(result.columns, [
      { name: 'id', type: 'integer' },
      { name: 'price', type: 'numeric(10,2)' },
      { name: 'label', type: 'character varying(40)' },
      { name: 'made', type: 'timestamp(3) with time zone' },
      { name: 'nothing', type: 'uuid' },
      { name: 'list', type: 'text[]' },
      { name: 'yes', type: 'boolean' },
      { name: 'big', type: 'double precision' },
      { name: 'bytes', type: 'bytea' },
    ]);
    assert.deepEqual(result.rows, [
      ['3', '4.50', 'item 3', '2024-01-01 03:00:00+00', null, '{a,NULL}', 't', '1e+100', '\\x00ff'],
    ]);
    assert.equal(result.truncated, false);
  });

  test('stops fetching at the row limit and says that there were more', async () => {
    await reading(async (session) => {
      const some = await session.query('SELECT id FROM item ORDER BY id', { maxRows: 3 });
      assert.deepEqual(some.rows, [['1'], ['2'], ['3']]);
      assert.equal(some.truncated, true);
      const all = await session.query('SELECT id FROM item WHERE id <= 3', { maxRows: 3 });
      assert.equal(all.rowCount, 3);
      assert.equal(all.truncated, false);
      // so many rows would never arrive: they are not produced
      const first = await session.query('SELECT generate_series(1, 30000000000)', { maxRows: 1 });
      assert.deepEqual(first.rows, [['1']]);
    });
  });

  test('describes a result without running the statement, parameters included', async () => {
    const columns = await reading((session) =>
      session.describe(`SELECT id, price * $1 AS total, sneaky() FROM item WHERE label = $2`),
    );
    assert.deepEqual(columns, [
      { name: 'id', type: 'integer' },
      { name: 'total', type: 'numeric' },
      { name: 'sneaky', type: 'integer' },
    ]);
  });

  test('explains with and without running, with settings for one call only', async () => {
    await reading(async (session) => {
      const sql = `SELECT * FROM item WHERE label = 'item 7'`;
      const plan = await session.explain(sql);
      assert.equal(plan.analyzed, false);
      assert.ok(plan.cost > 0);
      assert.ok([...planNodes(plan.root)].some((node) => node.index?.startsWith('item_label')));
      const forced = await session.explain(sql, {
        verbose: true,
        settings: { enable_indexscan: 'off', enable_bitmapscan: 'off', enable_indexonlyscan: 'off' },
      });
      assert.equal(forced.root.operation, 'Seq Scan');
      assert.equal(forced.settings['enable_indexscan'], 'off');
      assert.deepEqual(forced.root.output, ['id', 'price', 'label', 'made']);
      const again = await session.explain(sql, { analyze: true });
      assert.equal(again.settings['enable_indexscan'], undefined);
      assert.equal(again.root.actual?.rows, 1);
      assert.ok(again.executionMs !== null && again.planningMs !== null);
    });
  });

  test('plans statements with parameters for any value of them', async () => {
    await reading(async (session) => {
      const plan = await session.explain('SELECT * FROM item WHERE id = $1 AND price > $2');
      assert.match(plan.root.operation, /Index Scan/);
      assert.match(plan.root.indexCondition ?? '', /\$1/);
      assert.deepEqual(plan.settings['plan_cache_mode'], undefined);
      const twice = await session.explain(`SELECT '$9' FROM item WHERE id = $1`);
      assert.match(twice.root.indexCondition ?? '', /\$1/);
    });
    await rejects((s) => s.explain('SELECT * FROM item WHERE id = $1', { analyze: true }), 'other');
    await rejects((s) => s.query('SELECT $1::int'), 'other');
  });

  test('times a run in the server, with blocks and rows', async () => {
    const timing = await reading((session) => session.time('SELECT * FROM item ORDER BY price DESC'));
    assert.equal(timing.rows, 2000);
    assert.ok(timing.elapsedMs > 0);
    assert.ok(timing.sharedHit + timing.sharedRead > 0);
    assert.equal(timing.tempBlocks, 0);
    assert.equal(timing.cpuMs, null);
  });

  test('refuses every way to write, and nothing is written', async () => {
    for (const sql of [
      `INSERT INTO log VALUES ('x')`,
      'SELECT sneaky()',
      'DELETE FROM item',
      'CREATE TABLE other (a integer)',
      `SELECT nextval('counter')`,
      'WITH gone AS (DELETE FROM item RETURNING *) SELECT * FROM gone',
      'TRUNCATE log',
    ]) {
      await rejects((session) => session.query(sql), 'readOnly');
      await rejects(
        (session) => session.time(sql),
        ...(['readOnly', 'syntax'] as const), // EXPLAIN takes no CREATE
      );
    }
    const [counts] = (await reading((s) => s.query('SELECT count(*), (SELECT count(*) FROM log) FROM item')))
      .rows;
    assert.deepEqual(counts, ['2000', '0']);
  });

  test('cannot be talked out of being read-only', async () => {
    await rejects((session) => session.query('SET TRANSACTION READ WRITE'), 'other', 'readOnly', 'syntax');
    await rejects(
      (session) => session.query(`SELECT set_config('transaction_read_only', 'off', false)`),
      'other',
      'readOnly',
    );
    await rejects((session) => session.query('SELECT 1; DROP TABLE item'), 'syntax');
    await rejects((session) => session.explain('SELECT 1; DROP TABLE item'), 'syntax');
    await rejects((session) => session.explain('SELECT $1; DROP TABLE item'), 'syntax');
    for (const end of ['COMMIT', 'ROLLBACK', 'END', 'ABORT']) {
      await reading(async (session) => {
        await assert.rejects(
          () => session.query(end),
          (error) => DatabaseError.is(error, 'readOnly'),
        );
        // and what comes after it does not run outside of the guard
        await assert.rejects(() => session.query(`INSERT INTO log VALUES ('after')`));
      });
    }
    assert.deepEqual((await reading((s) => s.query('SELECT count(*) FROM log'))).rows, [['0']]);
  });

  test('goes on after a statement that failed, and says where the failure is', async () => {
    await reading(async (session) => {
      const emoji = `SELECT '😀', missing FROM item`;
      await assert.rejects(
        () => session.query(emoji),
        (error) => DatabaseError.is(error, 'undefinedObject') && error.position === emoji.indexOf('missing'),
      );
      await assert.rejects(
        () => session.explain(emoji),
        (error) => DatabaseError.is(error, 'undefinedObject') && error.position === emoji.indexOf('missing'),
      );
      await assert.rejects(
        () => session.query('SELEC 1'),
        (e) => DatabaseError.is(e, 'syntax'),
      );
      await assert.rejects(
        () => session.query('SELECT 1 / 0'),
        (e) => DatabaseError.is(e, 'dataException'),
      );
      assert.deepEqual((await session.query('SELECT 42')).rows, [['42']]);
    });
  });

  test('sees one state of the data in all its statements, called one after the other', async () => {
    await reading(async (session) => {
      const results = await Promise.all([
        session.query('SELECT transaction_timestamp()'),
        session.query('SELECT transaction_timestamp()'),
        session.query(
          `SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')`,
        ),
      ]);
      assert.deepEqual(results[0]?.rows, results[1]?.rows);
      assert.deepEqual(results[2]?.rows, [['repeatable read', 'on']]);
    });
  });

  test('stops a statement at its limit and goes on', async () => {
    await reading(async (session) => {
      for (const run of [
        () => session.time(ENDLESS, { timeoutMs: 150 }),
        () => session.query(ENDLESS, { timeoutMs: 150 }),
      ]) {
        await assert.rejects(
          run,
          (error) => DatabaseError.is(error, 'timeout') && /150 ms/.test(error.message),
        );
      }
      assert.deepEqual((await session.query('SELECT count(*) FROM item')).rows, [['2000']]);
    });
  });

  test('cancelling stops the statement in the server', async () => {
    const stop = new AbortController();
    await reading(async (session) => {
      const running = session.query(`/* to be stopped */ ${ENDLESS}`, { signal: stop.signal });
      if (engine.name !== 'embedded') await untilSeen(engine.database, 1);
      else await started(stop);
      stop.abort();
      await assert.rejects(running, (error) => DatabaseError.is(error, 'cancelled'));
      // the call returns when the server has stopped, not before
      if (engine.name !== 'embedded') assert.equal(await countRunning(engine.database), 0);
      assert.deepEqual((await session.query('SELECT 1')).rows, [['1']]);
    });
    await assert.rejects(
      () => engine.database.readOnly((session) => session.query('SELECT 1'), { signal: stop.signal }),
      (error) => DatabaseError.is(error, 'cancelled'),
    );
  });

  test('a write with consent happens, is seen, and is gone', async () => {
    const seen = await engine.database.rolledBack(async (session) => {
      const changed = await session.query('UPDATE item SET price = 0 WHERE id <= 10');
      assert.equal(changed.rowCount, 10);
      await assert.rejects(() => session.query('SELECT nothing'));
      const timing = await session.time('DELETE FROM item WHERE id > 1990');
      assert.ok(timing.elapsedMs > 0);
      return session.query('SELECT count(*), sum(price) FILTER (WHERE id <= 10) FROM item');
    });
    assert.deepEqual(seen.rows, [['1990', '0.00']]);
    const after = await reading((s) => s.query('SELECT count(*), min(price) FROM item'));
    assert.deepEqual(after.rows, [['2000', '1.50']]);
  });

  test('keeps sessions apart and serves more of them than it has connections', async () => {
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, index) => reading((session) => session.query(`SELECT ${index}`))),
    );
    assert.deepEqual(
      results.map((result) => result.rows[0]?.[0]),
      ['0', '1', '2', '3', '4', '5', '6', '7'],
    );
  });

  test('carries texts of any size and any script', async () => {
    const result = await reading((session) =>
      session.query(`SELECT repeat('ä😀', 100000) AS long, '' AS empty, E'a\\tb\\nc' AS control`),
    );
    assert.equal(result.rows[0]?.[0], 'ä😀'.repeat(100_000));
    assert.deepEqual(result.rows[0]?.slice(1), ['', 'a\tb\nc']);
  });
});

type Reader = { readOnly<T>(work: (session: ReadOnlySession) => Promise<T>): Promise<T> };

const RUNNING = `SELECT count(*) FROM pg_stat_activity
  WHERE state = 'active' AND query LIKE '/* to be stopped */%'`;

async function countRunning(database: Reader): Promise<number> {
  return Number((await database.readOnly((session) => session.query(RUNNING))).rows[0]?.[0]);
}

async function untilSeen(database: Reader, count: number): Promise<void> {
  while ((await countRunning(database)) !== count) await new Promise(setImmediate);
}

/** The embedded database has no second connection to look through: give the statement turns to begin. */
async function started(_stop: AbortController): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate);
}
