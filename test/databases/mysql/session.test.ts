/** What guarded sessions of MariaDB have of their own. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { DatabaseError, type ReadOnlySession } from '../../../src/core/database.ts';
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

describeEngines('a guarded session’s own ways', { mariadb: MARIADB }, (engine) => {
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

  test('rows after the row limit are not produced, whether the statement has a limit or not', async () => {
    await reading(async (session) => {
      for (const end of ['', ' LIMIT 20000000000']) {
        const first = await session.query(`SELECT seq FROM seq_1_to_30000000000${end}`, { maxRows: 1 });
        assert.deepEqual([first.rows, first.truncated], [[['1']], true]);
      }
      assert.equal((await session.query('SELECT id FROM item')).rowCount, 2000);
    });
  });

  test('statements with parameters are planned and run with values only', async () => {
    await rejects((s) => s.explain('SELECT * FROM item WHERE id = ?'), 'other');
    await rejects((s) => s.time('SELECT * FROM item WHERE id = ?'), 'other');
    await rejects((s) => s.query('SELECT * FROM item WHERE id = ?'), 'syntax');
    const { rows } = await reading((s) => s.query("SELECT '?' FROM item WHERE id = 1 /* ? */"));
    assert.deepEqual(rows, [['?']]);
  });

  test('counts the rows that a statement returns, whatever its form', async () => {
    const rowsOf = async (sql: string) => (await reading((session) => session.time(sql))).rows;
    assert.equal(await rowsOf('SELECT id FROM item LIMIT 7'), 7);
    assert.equal(await rowsOf('SELECT id FROM item UNION ALL SELECT id FROM item'), 4000);
    assert.equal(await rowsOf('(SELECT id FROM item LIMIT 3) UNION (SELECT 1)'), 3);
    assert.equal(await rowsOf('SELECT count(*) FROM item WHERE id IN (SELECT id FROM item)'), 1);
    assert.equal(await rowsOf('WITH x AS (SELECT id FROM item LIMIT 9) SELECT * FROM x AS a, x AS b'), 81);
    assert.equal(await rowsOf('SELECT id FROM item WHERE id < 0'), 0);
    assert.equal(await rowsOf('SELECT DISTINCT mood FROM item'), 1);
  });

  test('refuses ways to write that others do not have', async () => {
    for (const sql of [
      'CREATE TEMPORARY TABLE other (a int)',
      'SELECT NEXTVAL(counter)',
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

  test('cannot be talked out of being read-only by blocks, prepared statements or comments that run', async () => {
    for (const sql of [
      'SET tx_read_only = 0',
      'START TRANSACTION',
      "BEGIN NOT ATOMIC COMMIT; INSERT INTO log VALUES ('x'); END",
      'IF 1 THEN COMMIT; END IF',
      "EXECUTE IMMEDIATE 'DROP TABLE log'",
      "PREPARE p FROM 'DROP TABLE log'",
      'SET STATEMENT max_statement_time = 1 FOR DELETE FROM item',
      '/*!50000 COMMIT */',
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
    assert.deepEqual((await reading((s) => s.query('SELECT count(*) FROM log'))).rows, [['0']]);
  });

  test('what a statement leaves in its session is gone with it', async () => {
    await reading((session) => session.query("SELECT @left := 'over', get_lock('sqlopt-test', 0)"));
    const { rows } = await reading((session) =>
      session.query("SELECT @left, is_free_lock('sqlopt-test'), @@max_statement_time > 0"),
    );
    assert.deepEqual(rows, [[null, '1', '1']]);
  });

  test('says where an error of syntax is', async () => {
    const typo = 'SELECT id FORM item';
    await assert.rejects(
      () => reading((session) => session.query(typo)),
      (error) => DatabaseError.is(error, 'syntax') && error.position === typo.indexOf('item'),
    );
  });

  test('a write with consent is never one that would commit all of it', async () => {
    await engine.database.rolledBack(async (session) => {
      await session.query('UPDATE item SET price = 0 WHERE id <= 10');
      await assert.rejects(
        () => session.query('CREATE TABLE other (a int)'),
        (error) => DatabaseError.is(error, 'readOnly'),
      );
    });
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
});
