/** What one may do in a guarded session: the same on every engine. What an engine has of its own is tested in its folder. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatabaseError, type ReadOnlySession } from '../../src/core/database.ts';
import { planNodes } from '../../src/core/plans/plan.ts';
import { type AnyEngine, describeAllEngines } from '../servers/engines.ts';
import { mysqlSessionAnswer } from '../servers/mysql-session-answers.ts';
import { sessionAnswer } from '../servers/tds/session-answers.ts';
import { runOnce } from '../servers/with-database.ts';

/** Digits, to make rows of: no engine lacks this. */
const NUMBERS = `(SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 1 AS n FROM digit a, digit b, digit c, digit e) AS numbers WHERE n <= 2000`;

const setup = (write: string): string => `
  CREATE TABLE digit (d int PRIMARY KEY);
  INSERT INTO digit VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
  CREATE TABLE item (id int PRIMARY KEY, price decimal(10,2) NOT NULL, label varchar(40));
  INSERT INTO item SELECT n, n * 1.5, concat('item ', n) FROM ${NUMBERS};
  CREATE INDEX item_label ON item (label);
  CREATE TABLE log (entry varchar(40));
  ${write}`;

const MYSQL = setup(`
  CREATE FUNCTION sneaky() RETURNS int DETERMINISTIC MODIFIES SQL DATA
    BEGIN INSERT INTO log VALUES ('written'); RETURN 1; END;
  ANALYZE TABLE item`);

const SETUPS = {
  postgresql: setup(`
  CREATE FUNCTION sneaky() RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
    BEGIN INSERT INTO log VALUES ('written'); RETURN 1; END $$;
  ANALYZE`),
  mariadb: MYSQL,
  mysql: MYSQL,
  mysqlAnswers: { answer: mysqlSessionAnswer, superuser: true },
  tsql: {
    sql: setup('UPDATE STATISTICS item'),
    answer: sessionAnswer,
    // whoever connects to the others may do everything
    options: { owner: true },
  },
} as const;

/** What an engine says in words of its own. */
interface Words {
  readonly product: string;
  /** a statement with one parameter that must not run to be described: it would sleep for a quarter of an hour */
  readonly described: string;
  /** types of a number, a text of 40 characters */
  readonly types: readonly [number: string, text: string];
  /** a setting for one call, and the plan of a statement with and without it; null where plans know none */
  readonly setting: {
    readonly sql: string;
    readonly settings: Readonly<Record<string, string>>;
    readonly operations: readonly [without: RegExp, with_: RegExp];
  } | null;
  /** a function that writes; null where none can */
  readonly writer: string | null;
  /** that raises an error about its data */
  readonly overflow: string;
  /** that ends or changes the transaction; none may come through */
  readonly ends: readonly string[];
  /** how many run whose text has this in it, as `n` */
  readonly running: (text: string) => string;
  /** so often that text, and a text with control characters in it */
  readonly texts: (text: string, times: number) => string;
}

const MYSQL_WORDS: Omit<Words, 'product' | 'setting'> = {
  described: 'SELECT id, label AS l, sleep(1000) AS s FROM item WHERE label = ?',
  types: ['int', 'varchar(40)'],
  overflow: 'SELECT 18446744073709551615 + 1',
  ends: [
    'SET SESSION TRANSACTION READ WRITE',
    'COMMIT',
    'ROLLBACK',
    'BEGIN',
    '/* a */ # b\n COMMIT',
    '(COMMIT)',
  ],
  running: (text) => `SELECT count(*) AS n FROM information_schema.processlist WHERE info LIKE '${text}%'`,
  texts: (text, times) => `SELECT repeat('${text}', ${times}) AS big, '' AS empty, 'a\\tb\\nc' AS control`,
  writer: 'SELECT sneaky()',
};

const WORDS: Readonly<Record<AnyEngine['dialect'], Words>> = {
  postgresql: {
    product: 'PostgreSQL',
    described: 'SELECT id, label AS l, length(pg_sleep(1000)::text) AS s FROM item WHERE label = $1',
    types: ['integer', 'character varying(40)'],
    setting: {
      sql: `SELECT * FROM item WHERE label = 'item 7'`,
      settings: { enable_indexscan: 'off', enable_bitmapscan: 'off', enable_indexonlyscan: 'off' },
      operations: [/Index|Bitmap/, /^Seq Scan$/],
    },
    overflow: 'SELECT 1 / 0',
    ends: [
      'SET TRANSACTION READ WRITE',
      'COMMIT',
      'ROLLBACK',
      'END',
      'ABORT',
      '/* a */ -- b\n COMMIT',
      '(COMMIT)',
    ],
    running: (text) =>
      `SELECT count(*) AS n FROM pg_stat_activity WHERE state = 'active' AND query LIKE '${text}%'`,
    texts: (text, times) => `SELECT repeat('${text}', ${times}) AS big, '' AS empty, E'a\\tb\\nc' AS control`,
    writer: 'SELECT sneaky()',
  },
  tsql: {
    product: 'SQL Server',
    described: 'SELECT id, label AS l, LEN(label) AS s FROM item WHERE label = @wanted',
    types: ['int', 'varchar(40)'],
    setting: null,
    overflow: 'SELECT 1 / 0',
    ends: [
      'SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED',
      'COMMIT',
      'ROLLBACK',
      'BEGIN TRANSACTION',
      '/* a */ -- b\n COMMIT',
      '(COMMIT)',
      'SELECT 1 COMMIT',
      "EXEC('COMMIT')",
    ],
    running: (text) =>
      `SELECT count(*) AS n FROM sys.dm_exec_requests AS r CROSS APPLY sys.dm_exec_sql_text(r.sql_handle) AS t WHERE t.text LIKE N'${text}%'`,
    texts: (text, times) =>
      `SELECT REPLICATE(CAST(N'${text}' AS nvarchar(max)), ${times}) AS big, '' AS empty, 'a' + CHAR(9) + 'b' + CHAR(10) + 'c' AS control`,
    writer: null,
  },
  mariadb: {
    ...MYSQL_WORDS,
    product: 'MariaDB',
    setting: {
      sql: 'SELECT count(*) FROM item a, item b WHERE a.price = b.price',
      settings: { join_cache_level: '0' },
      operations: [/^Block Nested Loop$/, /^Nested Loop$/],
    },
  },
  mysql: {
    ...MYSQL_WORDS,
    product: 'MySQL',
    setting: {
      sql: 'SELECT count(*) FROM item a, item b WHERE a.price = b.price',
      settings: { optimizer_switch: 'block_nested_loop=off' },
      operations: [/Hash Join/i, /Nested Loop/i],
    },
  },
};

/** Runs for days, unless it is stopped. */
const ENDLESS =
  'SELECT count(*) FROM item AS a, item AS b, item AS c, item AS d WHERE a.id + b.id <> c.id + d.id';

describeAllEngines('a guarded session', SETUPS, (engine) => {
  const words = WORDS[engine.dialect];
  const isServer = engine.name !== 'embedded';
  /** has a second connection to look through, and data that others change */
  const hasOthers = () => isServer && engine.standIn === null;
  const reading = <T>(work: (session: ReadOnlySession) => Promise<T>) => engine.database.readOnly(work);
  const failing =
    (sql: string, ...reasons: DatabaseError['reason'][]) =>
    (error: unknown): true => {
      assert.ok(DatabaseError.is(error, ...reasons), `${sql}: ${reasons.join(' or ')}: ${String(error)}`);
      assert.ok(error.message.length > 20, error.message);
      return true;
    };
  const rejects = (
    run: (session: ReadOnlySession, sql: string) => Promise<unknown>,
    sql: string,
    ...reasons: DatabaseError['reason'][]
  ) => assert.rejects(() => reading((session) => run(session, sql)), failing(sql, ...reasons));
  const query = (session: ReadOnlySession, sql: string) => session.query(sql);

  test('says what it is connected to', () => {
    const { info } = engine.database;
    assert.deepEqual(
      [info.product, info.dialect, info.embedded, info.superuser],
      [words.product, engine.dialect, !isServer, true],
    );
    const [, major] = / (\d+)/.exec(engine.name) ?? [];
    if (major !== undefined) assert.equal(info.version[0], Number(major));
  });

  test('stops fetching at the row limit and says that there were more', async () => {
    await reading(async (session) => {
      const some = await session.query('SELECT id FROM item ORDER BY id', { maxRows: 3 });
      assert.deepEqual([some.rows, some.truncated], [[['1'], ['2'], ['3']], true]);
      const all = await session.query('SELECT id FROM item WHERE id <= 3', { maxRows: 3 });
      assert.deepEqual([all.rowCount, all.truncated], [3, false]);
      // so many rows would never arrive: they are not produced
      const first = await session.query('SELECT a.id FROM item a, item b, item c, item d', { maxRows: 1 });
      assert.deepEqual([first.rowCount, first.truncated], [1, true]);
      if (engine.standIn) assert.ok(engine.standIn.stops() > 0, 'they are stopped in the server');
      // and what comes after such a statement is not cut off with it
      assert.equal((await session.query('SELECT id FROM item')).rowCount, 2000);
    });
  });

  // each adapter once: so much text takes its time
  if (['PostgreSQL 18', 'MariaDB 10.11', 'SQL Server'].includes(engine.name))
    test('keeps no more of a result than memory is meant for, and says that there was more', async () => {
      const million = words.texts('x', 1_000_000).split(' AS big')[0];
      await reading(async (session) => {
        const some = await session.query(`${million} AS big FROM item WHERE id <= 20`, { maxRows: 20_000 });
        assert.equal(some.truncated, true);
        assert.ok(some.rowCount >= 16 && some.rowCount < 20, String(some.rowCount));
        assert.equal(some.rows[0]?.[0]?.length, 1_000_000);
        assert.deepEqual((await session.query('SELECT 42')).rows, [['42']]);
      });
    });

  test('describes a result without running the statement, parameters included', async () => {
    const columns = await reading((session) => session.describe(words.described));
    const [number, text] = words.types;
    assert.deepEqual(columns, [
      { name: 'id', type: number },
      { name: 'l', type: text },
      { name: 's', type: number },
    ]);
  });

  test('explains with and without running, with settings for one call only', async () => {
    await reading(async (session) => {
      const sql = `SELECT * FROM item AS i WHERE label = 'item 7'`;
      const plan = await session.explain(sql);
      assert.equal(plan.analyzed, false);
      assert.ok(plan.cost > 0);
      assert.ok([...planNodes(plan.root)].some((node) => node.index === 'item_label'));
      const analyzed = await session.explain(sql, { analyze: true });
      assert.equal(analyzed.root.actual?.rows, 1);
      assert.ok(analyzed.executionMs !== null);
      // MySQL tells no time of planning
      if (engine.dialect !== 'mysql') assert.ok(analyzed.planningMs !== null);
      if (!words.setting) return;
      const { sql: planned, settings, operations } = words.setting;
      const operationsOf = async (options = {}) =>
        [...planNodes((await session.explain(planned, options)).root)].map((node) => node.operation);
      const has = (found: readonly string[], wanted: RegExp) =>
        assert.ok(
          found.some((operation) => wanted.test(operation)),
          `${wanted}: ${found}`,
        );
      has(await operationsOf(), operations[0]);
      has(await operationsOf({ settings }), operations[1]);
      has(await operationsOf(), operations[0]);
    });
  });

  test('times a run in the server, with pages and rows', async () => {
    const timing = await reading((session) => session.time('SELECT * FROM item ORDER BY price DESC'));
    assert.equal(timing.rows, 2000);
    assert.ok(timing.elapsedMs > 0);
    // MySQL tells pages for the whole server only
    if (engine.dialect !== 'mysql') assert.ok(timing.sharedHit + timing.sharedRead > 0);
  });

  test('refuses every way to write, and nothing is written', async () => {
    for (const sql of [
      `INSERT INTO log VALUES ('x')`,
      ...(words.writer === null ? [] : [words.writer]),
      'UPDATE item SET price = 0',
      'DELETE FROM item',
      'CREATE TABLE other (a int)',
      'DROP TABLE item',
      'TRUNCATE log',
    ]) {
      await rejects(query, sql, 'readOnly');
      await rejects((session) => session.time(sql), sql, 'readOnly', 'syntax');
    }
    const counts = await reading((s) => s.query('SELECT count(*), (SELECT count(*) FROM log) FROM item'));
    assert.deepEqual(counts.rows, [['2000', '0']]);
    // SQL Server has no transactions that cannot write: nothing may be sent
    const sent = engine.dialect === 'tsql' ? (engine.standIn?.statements ?? []) : [];
    assert.deepEqual(
      sent.filter((sql) => /INSERT|UPDATE|DELETE|CREATE|DROP|TRUNCATE/.test(sql)),
      [],
    );
  });

  test('cannot be talked out of being read-only', async () => {
    for (const sql of words.ends) {
      await reading(async (session) => {
        await assert.rejects(() => session.query(sql), failing(sql, 'readOnly', 'syntax', 'other'));
        // and what comes after it does not run outside of the guard
        await assert.rejects(() => session.query("INSERT INTO log VALUES ('after')"), sql);
      });
    }
    const two = 'SELECT 1; DROP TABLE item';
    await rejects(query, two, 'syntax', 'readOnly');
    await rejects((session, sql) => session.explain(sql), two, 'syntax', 'readOnly');
    assert.deepEqual((await reading((s) => s.query('SELECT count(*) FROM log'))).rows, [['0']]);
    const sent = engine.dialect === 'tsql' ? (engine.standIn?.statements ?? []) : [];
    assert.ok(!sent.some((sql) => words.ends.includes(sql) || /DROP|INSERT/.test(sql)));
  });

  test('goes on after a statement that failed, and says where the failure is', async () => {
    await reading(async (session) => {
      const emoji = `SELECT '😀', missing FROM item`;
      for (const run of [() => session.query(emoji), () => session.explain(emoji)]) {
        await assert.rejects(
          run,
          (error) =>
            DatabaseError.is(error, 'undefinedObject') && error.position === emoji.indexOf('missing'),
        );
      }
      await assert.rejects(() => session.query('SELEC 1'), failing('SELEC 1', 'syntax'));
      await assert.rejects(
        () => session.query(words.overflow),
        (error) => DatabaseError.is(error, 'dataException'),
      );
      assert.deepEqual((await session.query('SELECT 42')).rows, [['42']]);
    });
  });

  test('sees one state of the data in all its statements, called one after the other', async () => {
    const count = 'SELECT count(*) FROM log';
    await reading(async (session) => {
      const before = await session.query(count);
      if (hasOthers()) await runOnce(engine.url, "INSERT INTO log VALUES ('meanwhile')");
      const after = await Promise.all([session.query(count), session.query(count)]);
      assert.deepEqual([after[0]?.rows, after[1]?.rows], [before.rows, before.rows]);
    });
    if (hasOthers()) await runOnce(engine.url, 'TRUNCATE TABLE log');
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
    const { standIn } = engine;
    const stopped = standIn?.stops() ?? 0;
    const count = async (): Promise<number> =>
      standIn
        ? standIn.statements.filter((sql) => sql.startsWith('/* to be stopped ')).length -
          (standIn.stops() - stopped)
        : Number((await runOnce(engine.url, words.running('/* to be stopped ')))[0]?.['n']);
    await reading(async (session) => {
      const running = session.query(`/* to be stopped 😀 */ ${ENDLESS}`, { signal: stop.signal });
      running.catch(() => undefined);
      // the embedded database has no second connection to look through: the statement gets turns to begin
      if (isServer) while ((await count()) === 0) await pause();
      else for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate);
      stop.abort();
      await assert.rejects(running, (error) => DatabaseError.is(error, 'cancelled'));
      // the call returns when the server has stopped; a list of processes may show an ended one for a moment longer
      for (let look = 0; isServer && look < 100 && (await count()) > 0; look++) await pause();
      if (isServer) assert.equal(await count(), 0);
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
      return session.query('SELECT count(*), sum(CASE WHEN id <= 10 THEN price END) FROM item');
    });
    assert.deepEqual(seen.rows, [['2000', '0.00']]);
    const after = await reading((s) => s.query('SELECT count(*), min(price) FROM item'));
    assert.deepEqual(after.rows, [['2000', '1.50']]);
    const sent = engine.standIn?.statements ?? [];
    const [changed, undone] = [/^UPDATE item/, /ROLLBACK( TRANSACTION)?$/].map((step) =>
      sent.findLastIndex((sql) => step.test(sql)),
    );
    assert.ok((changed ?? 0) <= (undone ?? 0) && (sent.length === 0 || changed !== -1));
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
    const result = await reading((session) => session.query(words.texts('ä😀', 100_000)));
    assert.equal(result.rows[0]?.[0], 'ä😀'.repeat(100_000));
    assert.deepEqual(result.rows[0]?.slice(1), ['', 'a\tb\nc']);
  });
});

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}
