/** What guarded sessions of PostgreSQL have of their own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatabaseError, type ReadOnlySession } from '../../../src/core/database.ts';
import { describeEngines } from '../../servers/engines.ts';

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

describeEngines('a guarded session’s own ways', SETUP, (engine) => {
  const reading = <T>(work: (session: ReadOnlySession) => Promise<T>) => engine.database.readOnly(work);
  const rejects = (
    work: (session: ReadOnlySession) => Promise<unknown>,
    ...reasons: DatabaseError['reason'][]
  ) =>
    assert.rejects(
      () => reading(work),
      (error) => DatabaseError.is(error, ...reasons) && error.message.length > 20,
    );

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

  test('settings of one call are those of its plan, and gone with it', async () => {
    await reading(async (session) => {
      const sql = `SELECT * FROM item WHERE label = 'item 7'`;
      const settings = { enable_indexscan: 'off', enable_bitmapscan: 'off', enable_indexonlyscan: 'off' };
      const forced = await session.explain(sql, { verbose: true, settings });
      assert.equal(forced.root.operation, 'Seq Scan');
      assert.equal(forced.settings['enable_indexscan'], 'off');
      assert.deepEqual(forced.root.output, ['id', 'price', 'label', 'made']);
      assert.equal((await session.explain(sql)).settings['enable_indexscan'], undefined);
    });
  });

  test('timing tells temporary blocks, and no processor time', async () => {
    const timing = await reading((session) => session.time('SELECT * FROM item ORDER BY price DESC'));
    assert.deepEqual([timing.tempBlocks, timing.cpuMs], [0, null]);
  });

  test('refuses ways to write that others do not have', async () => {
    for (const sql of [
      `SELECT nextval('counter')`,
      'WITH gone AS (DELETE FROM item RETURNING *) SELECT * FROM gone',
      `DO $$ BEGIN DELETE FROM item; END $$`,
    ]) {
      await rejects((session) => session.query(sql), 'readOnly');
    }
    await rejects(
      (session) => session.query(`SELECT set_config('transaction_read_only', 'off', false)`),
      'other',
      'readOnly',
    );
    await rejects((session) => session.explain('SELECT $1; DROP TABLE item'), 'syntax');
    const counts = await reading((s) => s.query('SELECT count(*), (SELECT count(*) FROM log) FROM item'));
    assert.deepEqual(counts.rows, [['2000', '0']]);
  });

  test('sees one state of the data by its isolation', async () => {
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

  test('a write with consent can be timed', async () => {
    const left = await engine.database.rolledBack(async (session) => {
      assert.ok((await session.time('DELETE FROM item WHERE id > 1990')).elapsedMs > 0);
      return session.query('SELECT count(*) FROM item');
    });
    assert.deepEqual(left.rows, [['1990']]);
    assert.deepEqual((await reading((s) => s.query('SELECT count(*) FROM item'))).rows, [['2000']]);
  });
});
