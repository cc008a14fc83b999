/** What one may do in a guarded session on MariaDB. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { DatabaseError, type ReadOnlySession } from '../../../src/core/database.ts';
import { planNodes } from '../../../src/core/plans/plan.ts';
import { describeEngines } from '../../servers/engines.ts';
import { runOnce } from '../../servers/with-database.ts';

const MARIADB = `
  CREATE TABLE item (id int PRIMARY KEY, price decimal(10,2) NOT NULL, label varchar(40), made datetime(3),
                     bytes varbinary(4), mood enum('good', 'bad'), flags bit(3), doc json, KEY item_label (label));
  INSERT INTO item SELECT seq, seq * 1.5, concat('item ', seq), '2024-01-01' + INTERVAL seq HOUR, x'00ff', 'good', b'101', '{"a":1}'
    FROM seq_1_to_2000;
  CREATE TABLE log (entry text);
  CREATE SEQUENCE counter;
  CREATE FUNCTION sneaky() RETURNS int MODIFIES SQL DATA BEGIN INSERT INTO log VALUES ('written'); RETURN 1; END;
  ANALYZE TABLE item`;

/** Runs for days, unless it is stopped. */
const ENDLESS =
  'SELECT count(*) FROM item AS a, item AS b, item AS c, item AS d WHERE a.id + b.id <> c.id + d.id';

describeEngines('a guarded session', { mariadb: MARIADB }, (engine) => {
  const reading = <T>(work: (session: ReadOnlySession) => Promise<T>) => engine.database.readOnly(work);
  const rejects = (
    work: (session: ReadOnlySession) => Promise<unknown>,
    ...reasons: DatabaseError['reason'][]
  ) =>
    assert.rejects(
      () => reading(work),
      (error) => {
        assert.ok(DatabaseError.is(error, ...reasons), `${reasons.join(' or ')}: ${String(error)}`);
        return error.message.length > 20;
      },
    );

  test('says what it is connected to', () => {
    const { info } = engine.database;
    assert.equal(info.product, 'MariaDB');
    assert.equal(info.dialect, 'mariadb');
    assert.deepEqual(info.version, [10, 11]);
    assert.equal(info.superuser, true);
  });

  test('gives values as the text on the wire, with the types of the engine', async () => {
    const result = await reading((session) =>
      session.query(
        `SELECT id, price, label, made, NULL AS nothing, bytes, mood, flags, doc, 1e100 AS big, count(*) AS n,
                CAST(7 AS unsigned) AS u, uuid() IS NULL AS no, sum(price) AS s, 'ä😀' AS t, group_concat(label) AS g
           FROM item WHERE id = 3 GROUP BY id`,
      ),
    );
    assert.deepEqual(
      result.columns.map(({ name, type }) => `${name} ${type}`),
      [
        ...['id int', 'price decimal(10,2)', 'label varchar(40)', 'made datetime(3)', 'nothing null'],
        ...['bytes varbinary(4)', 'mood enum', 'flags bit(3)', 'doc json', 'big double', 'n bigint'],
        ...['u int unsigned', 'no int', 's decimal(32,2)', 't varchar(2)', 'g text'],
      ],
    );
    assert.deepEqual(result.rows, [
      [
        ...['3', '4.50', 'item 3', '2024-01-01 03:00:00.000', null, '0x00ff', 'good', '0x05', '{"a":1}'],
        ...['1e100', '1', '7', '0', '4.50', 'ä😀', 'item 3'],
      ],
    ]);
  });

  test('columns of the same name stay apart', async () => {
    const { rows } = await reading((session) => session.query('SELECT 1 AS a, 2 AS a'));
    assert.deepEqual(rows, [['1', '2']]);
  });

  test('names before a parenthesis mean what they mean to other clients', async () => {
    const { rows } = await reading((session) => session.query('SELECT @@sql_mode'));
    assert.doesNotMatch(rows[0]?.[0] ?? '', /IGNORE_SPACE/);
  });

  test('stops fetching at the row limit and says that there were more', async () => {
    await reading(async (session) => {
      const some = await session.query('SELECT id FROM item ORDER BY id', { maxRows: 3 });
      assert.deepEqual(some.rows, [['1'], ['2'], ['3']]);
      assert.equal(some.truncated, true);
      const all = await session.query('SELECT id FROM item WHERE id <= 3', { maxRows: 3 });
      assert.equal(all.rowCount, 3);
      assert.equal(all.truncated, false);
      // so many rows would never arrive: they are not produced, whether the statement has a limit or not
      for (const end of ['', ' LIMIT 20000000000']) {
        const first = await session.query(`SELECT seq FROM seq_1_to_30000000000${end}`, { maxRows: 1 });
        assert.deepEqual([first.rows, first.truncated], [[['1']], true]);
      }
      // and what comes after such a statement is not cut off with it
      assert.equal((await session.query('SELECT id FROM item')).rowCount, 2000);
    });
  });

  test('describes a result without running the statement, parameters included', async () => {
    const columns = await reading((session) =>
      session.describe('SELECT id, label AS l, sleep(1000) FROM item WHERE label = ?'),
    );
    assert.deepEqual(columns, [
      { name: 'id', type: 'int' },
      { name: 'l', type: 'varchar(40)' },
      { name: 'sleep(1000)', type: 'int' },
    ]);
  });

  test('explains with and without running, with settings for one call only', async () => {
    await reading(async (session) => {
      const sql = "SELECT * FROM item AS i WHERE label = 'item 7'";
      const plan = await session.explain(sql);
      assert.equal(plan.analyzed, false);
      assert.ok(plan.cost > 0);
      const [scan] = [...planNodes(plan.root)].filter((node) => node.index === 'item_label');
      assert.deepEqual([scan?.relation, scan?.alias, scan?.operation], ['item', 'i', 'Index lookup']);
      const count = 'SELECT count(*) FROM item a, item b WHERE a.price = b.price';
      const switched = await session.explain(count, { settings: { join_cache_level: '0' } });
      assert.equal(switched.root.operation, 'Nested Loop');
      assert.equal((await session.explain(count)).root.operation, 'Block Nested Loop');
      const analyzed = await session.explain(sql, { analyze: true });
      assert.equal(analyzed.root.actual?.rows, 1);
      assert.ok(analyzed.executionMs !== null && analyzed.planningMs !== null);
    });
  });

  test('statements with parameters are planned and run with values only', async () => {
    await rejects((s) => s.explain('SELECT * FROM item WHERE id = ?'), 'other');
    await rejects((s) => s.time('SELECT * FROM item WHERE id = ?'), 'other');
    await rejects((s) => s.query('SELECT * FROM item WHERE id = ?'), 'syntax');
    const { rows } = await reading((s) => s.query("SELECT '?' FROM item WHERE id = 1 /* ? */"));
    assert.deepEqual(rows, [['?']]);
  });

  test('times a run in the server, with pages and the rows that it returns', async () => {
    const rowsOf = async (sql: string) => (await reading((session) => session.time(sql))).rows;
    const timing = await reading((session) => session.time('SELECT * FROM item ORDER BY price DESC'));
    assert.equal(timing.rows, 2000);
    assert.ok(timing.elapsedMs > 0);
    assert.ok(timing.sharedHit + timing.sharedRead > 0);
    assert.equal(await rowsOf('SELECT id FROM item LIMIT 7'), 7);
    assert.equal(await rowsOf('SELECT id FROM item UNION ALL SELECT id FROM item'), 4000);
    assert.equal(await rowsOf('(SELECT id FROM item LIMIT 3) UNION (SELECT 1)'), 3);
    assert.equal(await rowsOf('SELECT count(*) FROM item WHERE id IN (SELECT id FROM item)'), 1);
    assert.equal(await rowsOf('WITH x AS (SELECT id FROM item LIMIT 9) SELECT * FROM x AS a, x AS b'), 81);
    assert.equal(await rowsOf('SELECT id FROM item WHERE id < 0'), 0);
    assert.equal(await rowsOf('SELECT DISTINCT mood FROM item'), 1);
  });

  test('refuses every way to write, and nothing is written', async () => {
    for (const sql of [
      "INSERT INTO log VALUES ('x')",
      'SELECT sneaky()',
      'DELETE FROM item',
      'CREATE TABLE other (a int)',
      'CREATE TEMPORARY TABLE other (a int)',
      'SELECT NEXTVAL(counter)',
      'TRUNCATE log',
      "SELECT 'x' INTO OUTFILE '/tmp/sqlopt-must-not-exist'",
      "SELECT 'x' /*! INTO OUTFILE '/tmp/sqlopt-must-not-exist' */",
      "SELECT 'x' /*M!100000 INTO /*!50000 OUTFILE */ '/tmp/sqlopt-must-not-exist' */",
      'SELECT 1 INTO @a',
      'SET GLOBAL wait_timeout = 1',
      "LOAD DATA INFILE '/etc/passwd' INTO TABLE log",
      'KILL 1',
      'LOCK TABLES item WRITE',
      'CALL something()',
    ]) {
      await rejects((session) => session.query(sql), 'readOnly');
      await rejects((session) => session.time(sql), 'readOnly', 'syntax');
    }
    const counts = await reading((s) => s.query('SELECT count(*), (SELECT count(*) FROM log) FROM item'));
    assert.deepEqual(counts.rows, [['2000', '0']]);
    assert.equal(existsSync('/tmp/sqlopt-must-not-exist'), false);
  });

  test('cannot be talked out of being read-only', async () => {
    for (const sql of [
      'SET SESSION TRANSACTION READ WRITE',
      'SET tx_read_only = 0',
      'COMMIT',
      'ROLLBACK',
      'BEGIN',
      'START TRANSACTION',
      "BEGIN NOT ATOMIC COMMIT; INSERT INTO log VALUES ('x'); END",
      'IF 1 THEN COMMIT; END IF',
      "EXECUTE IMMEDIATE 'DROP TABLE log'",
      "PREPARE p FROM 'DROP TABLE log'",
      'SET STATEMENT max_statement_time = 1 FOR DELETE FROM item',
      '/* a */ # b\n COMMIT',
      '/*!50000 COMMIT */',
      '(COMMIT)',
    ]) {
      await reading(async (session) => {
        await assert.rejects(
          () => session.query(sql),
          (error) => DatabaseError.is(error, 'readOnly', 'syntax'),
          sql,
        );
        await assert.rejects(() => session.query("INSERT INTO log VALUES ('after')"), sql);
      });
    }
    await rejects((session) => session.query('SELECT 1; DROP TABLE item'), 'syntax');
    await rejects((session) => session.explain('SELECT 1; DROP TABLE item'), 'syntax');
    assert.deepEqual((await reading((s) => s.query('SELECT count(*) FROM log'))).rows, [['0']]);
  });

  test('what a statement leaves in its session is gone with it', async () => {
    await reading((session) => session.query("SELECT @left := 'over', get_lock('sqlopt-test', 0)"));
    const { rows } = await reading((session) =>
      session.query("SELECT @left, is_free_lock('sqlopt-test'), @@max_statement_time > 0"),
    );
    assert.deepEqual(rows, [[null, '1', '1']]);
  });

  test('goes on after a statement that failed, and says where the failure is', async () => {
    await reading(async (session) => {
      const emoji = "SELECT '😀', missing FROM item";
      for (const run of [() => session.query(emoji), () => session.explain(emoji)]) {
        await assert.rejects(
          run,
          (error) =>
            DatabaseError.is(error, 'undefinedObject') && error.position === emoji.indexOf('missing'),
        );
      }
      const typo = 'SELECT id FORM item';
      await assert.rejects(
        () => session.query(typo),
        (error) => DatabaseError.is(error, 'syntax') && error.position === typo.indexOf('item'),
      );
      await assert.rejects(
        () => session.query('SELEC 1'),
        (error) => DatabaseError.is(error, 'syntax'),
      );
      await assert.rejects(
        () => session.query('SELECT 18446744073709551615 + 1'),
        (error) => DatabaseError.is(error, 'dataException'),
      );
      assert.deepEqual((await session.query('SELECT 42')).rows, [['42']]);
    });
  });

  test('sees one state of the data in all its statements, called one after the other', async () => {
    await reading(async (session) => {
      const count = 'SELECT count(*) FROM log';
      const before = await session.query(count);
      await runOnce(engine.url, "INSERT INTO log VALUES ('meanwhile')");
      const after = await Promise.all([session.query(count), session.query(count)]);
      assert.deepEqual(after[0]?.rows, before.rows);
      assert.deepEqual(after[1]?.rows, before.rows);
    });
    await runOnce(engine.url, 'TRUNCATE log');
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
    const running =
      "SELECT count(*) AS n FROM information_schema.processlist WHERE info LIKE '/* to be stopped 😀 %'";
    const count = async () => Number((await runOnce(engine.url, running.replace('😀 ', '')))[0]?.['n']);
    await reading(async (session) => {
      const query = session.query(`/* to be stopped 😀 */ ${ENDLESS}`, { signal: stop.signal });
      query.catch(() => undefined);
      while ((await count()) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      stop.abort();
      await assert.rejects(query, (error) => DatabaseError.is(error, 'cancelled'));
      // the server has stopped it; the list of processes shows an ended one for a moment longer
      for (let look = 0; look < 100 && (await count()) > 0; look++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      assert.equal(await count(), 0);
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
      // DDL would commit all of it
      await assert.rejects(
        () => session.query('CREATE TABLE other (a int)'),
        (error) => DatabaseError.is(error, 'readOnly'),
      );
      return session.query('SELECT count(*), sum(CASE WHEN id <= 10 THEN price END) FROM item');
    });
    assert.deepEqual(seen.rows, [['2000', '0.00']]);
    const after = await reading((s) => s.query('SELECT count(*), min(price) FROM item'));
    assert.deepEqual(after.rows, [['2000', '1.50']]);
  });

  test('nothing is written where a table could not be rolled back', async () => {
    await runOnce(engine.url, 'CREATE TABLE stays (a int) ENGINE=MyISAM');
    try {
      await assert.rejects(
        () =>
          engine.database.rolledBack((session) => session.query('UPDATE item SET price = 0 WHERE id = 1')),
        (error) => DatabaseError.is(error, 'readOnly') && /stays \(MyISAM\)/.test(error.message),
      );
    } finally {
      await runOnce(engine.url, 'DROP TABLE stays');
    }
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
      session.query("SELECT repeat('ä😀', 100000) AS big, '' AS empty, 'a\\tb\\nc' AS control"),
    );
    assert.equal(result.rows[0]?.[0], 'ä😀'.repeat(100_000));
    assert.deepEqual(result.rows[0]?.slice(1), ['', 'a\tb\nc']);
  });
});
