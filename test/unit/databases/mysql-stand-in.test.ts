/** The adapter against MySQL 8.4, which is not at hand: a stand-in answers (`test/servers/mysql-stand-in.ts`). */
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { type Database, DatabaseError } from '../../../src/core/database.ts';
import { parseConnectionUrl } from '../../../src/databases/connection-url.ts';
import { openDatabase } from '../../../src/databases/open-database.ts';
import { type Answer, type MysqlStandIn, startMysqlStandIn } from '../../servers/mysql-stand-in.ts';

const NOTHING: Answer = { columns: ['a'], rows: [] };
const PLAN = JSON.stringify({
  query_block: {
    select_id: 1,
    cost_info: { query_cost: '2032.60' },
    table: {
      table_name: 'o',
      access_type: 'ALL',
      rows_examined_per_scan: 20_000,
      rows_produced_per_join: 6666,
      filtered: '33.33',
      cost_info: { read_cost: '1366.00', eval_cost: '666.60', prefix_cost: '2032.60' },
    },
  },
});
const TREE = `-> Filter: (o.total > 10)  (cost=2032 rows=6666) (actual time=0.1..9.5 rows=7210 loops=1)
    -> Table scan on o  (cost=2032 rows=20000) (actual time=0.1..7.9 rows=20000 loops=1)
`;

describe('MySQL 8.4', () => {
  let standIn: MysqlStandIn | null = null;
  let database: Database | null = null;
  afterEach(async () => {
    await database?.close();
    standIn?.close();
    database = null;
    standIn = null;
  });

  async function open(answer: (sql: string) => Answer, version = '8.4.3'): Promise<Database> {
    standIn = await startMysqlStandIn(version, answer);
    database = await openDatabase(parseConnectionUrl(standIn.url));
    return database;
  }
  const seen = () => standIn?.statements ?? [];

  test('is known by what it says, and an older one is refused', async () => {
    const { info } = await open(() => NOTHING);
    assert.deepEqual(
      [info.product, info.dialect, info.version, info.database, info.superuser],
      ['MySQL', 'mysql', [8, 4], 'shop', false],
    );
    await database?.close();
    standIn?.close();
    await assert.rejects(
      () => open(() => NOTHING, '5.7.44-log'),
      (error) => DatabaseError.is(error, 'unsupportedVersion') && /MySQL 8\.0 and later/.test(error.message),
    );
  });

  test('reads in a transaction of the server that cannot write, with a time limit in its words', async () => {
    const opened = await open(() => ({ columns: ['a', 'b'], rows: [['1', null]] }));
    const { rows } = await opened.readOnly((session) => session.query('SELECT 1, NULL', { timeoutMs: 1500 }));
    assert.deepEqual(rows, [['1', null]]);
    const text = seen().join('\n');
    assert.match(text, /SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY/);
    assert.match(text, /START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY/);
    assert.match(text, /SESSION max_execution_time = 1500/);
    assert.match(text, /ROLLBACK$/);
    await assert.rejects(
      () => opened.readOnly((session) => session.query('DROP TABLE t')),
      (error) => DatabaseError.is(error, 'readOnly'),
    );
    assert.ok(!seen().includes('DROP TABLE t'));
  });

  test('plans in JSON and runs with a tree, and the alias becomes the table', async () => {
    const opened = await open((sql) =>
      /^EXPLAIN/.test(sql) ? { columns: ['EXPLAIN'], rows: [[/ANALYZE/.test(sql) ? TREE : PLAN]] } : NOTHING,
    );
    const sql = 'SELECT id FROM orders o WHERE o.total > 10';
    const [plan, analyzed] = await opened.readOnly(async (session) => [
      await session.explain(sql),
      await session.explain(sql, { analyze: true }),
    ]);
    assert.deepEqual(
      [plan?.cost, plan?.root.relation, plan?.root.operation],
      [2032.6, 'orders', 'Table scan'],
    );
    assert.deepEqual([analyzed?.analyzed, analyzed?.executionMs], [true, 9.5]);
    assert.ok(seen().includes(`EXPLAIN FORMAT=JSON ${sql}`) && seen().includes(`EXPLAIN ANALYZE ${sql}`));
  });

  test('is timed by running the statement here, without keeping its rows', async () => {
    const rows = Array.from({ length: 5000 }, (_, index) => [String(index)]);
    const opened = await open(() => ({ columns: ['id'], rows }));
    const timing = await opened.readOnly((session) => session.time('SELECT id FROM orders'));
    assert.equal(timing.rows, 5000);
    assert.ok(timing.elapsedMs > 0);
    const cut = await opened.readOnly((session) => session.query('SELECT id FROM orders', { maxRows: 10 }));
    assert.deepEqual([cut.rows.length, cut.truncated], [10, true]);
  });

  test('stops a statement by KILL QUERY after looking that it still runs', async () => {
    const opened = await open(() => 'hang');
    const stop = new AbortController();
    const running = opened.readOnly((session) => session.query('SELECT 5', { signal: stop.signal }));
    running.catch(() => undefined);
    while (!seen().includes('SELECT 5')) await new Promise(setImmediate);
    stop.abort();
    await assert.rejects(running, (error) => DatabaseError.is(error, 'cancelled'));
    const last = seen().filter((sql) => /PROCESSLIST|^KILL/.test(sql));
    assert.match(last[0] ?? '', /COMMAND <> 'Sleep'/);
    assert.match(last[1] ?? '', /^KILL QUERY \d+$/);
  });

  test('what it says is told in words of ours', async () => {
    const errors = {
      3024: [
        'HY000',
        'Query execution was interrupted, maximum statement execution time exceeded',
        'timeout',
      ],
      1142: ['42000', "SELECT command denied to user 'app'@'%' for table 'secret'", 'permission'],
      1146: ['42S02', "Table 'shop.nope' doesn't exist", 'undefinedObject'],
      1205: ['HY000', 'Lock wait timeout exceeded; try restarting transaction', 'resources'],
      4031: ['HY000', 'The client was disconnected by the server because of inactivity.', 'connectionLost'],
    } as const;
    for (const [code, [state, message, reason]] of Object.entries(errors)) {
      const opened = await open(() => ({ error: { code: Number(code), state, message } }));
      await assert.rejects(
        () => opened.readOnly((session) => session.query('SELECT * FROM nope')),
        (error) => DatabaseError.is(error, reason) && error.code === code,
        code,
      );
      await database?.close();
      standIn?.close();
    }
  });

  test('its catalog has invisible indexes, indexes on expressions and checks that hold', async () => {
    const answers: readonly (readonly [RegExp, readonly (readonly (string | null)[])[]])[] = [
      [/COUNT\(\*\)[\s\S]*TABLES/, [['shop', '1']]],
      [
        /FROM information_schema\.COLUMNS/,
        [
          ['shop', 'Orders', 'Id', 'bigint unsigned', 'NO', null, 'auto_increment', null],
          ['shop', 'Orders', 'Note', 'varchar(40)', 'YES', null, '', 'utf8mb4_0900_bin'],
          ['shop', 'Orders', 'hidden', 'int', 'YES', null, 'INVISIBLE', null],
        ],
      ],
      [
        /FROM information_schema\.STATISTICS/,
        [
          ['shop', 'Orders', 'PRIMARY', '0', 'Id', 'A', null, '1000', '', 'BTREE', '0', null],
          ['shop', 'Orders', 'by_lower', '1', null, 'A', null, '10', 'YES', 'BTREE', '0', 'lower(`Note`)'],
          ['shop', 'Orders', 'unseen', '1', 'Note', 'D', null, '10', 'YES', 'BTREE', '1', null],
        ],
      ],
      [/CHECK_CONSTRAINTS/, [['shop', 'Orders', 'positive', '(`Id` > 0)']]],
      [/FROM information_schema\.TABLES/, [['shop', 'Orders', 'BASE TABLE', 'InnoDB', '1000', '16384']]],
    ];
    const opened = await open((sql) => {
      const rows = answers.find(([pattern]) => pattern.test(sql))?.[1];
      return rows ? { columns: (rows[0] ?? []).map((_, index) => `c${index}`), rows } : NOTHING;
    });
    const catalog = await opened.readCatalog();
    const [table] = catalog.tables;
    assert.deepEqual([catalog.dialect, catalog.searchPath, catalog.gaps], ['mysql', ['shop'], []]);
    assert.deepEqual([table?.name, table?.rows], ['orders', 1000]);
    assert.deepEqual(
      table?.columns.map((column) => [
        column.name,
        column.family,
        column.deterministicCollation,
        column.invisible,
      ]),
      [
        ['id', 'integer', true, undefined],
        ['note', 'text', true, undefined],
        ['hidden', 'integer', true, true],
      ],
    );
    assert.deepEqual(
      table?.indexes.map((index) => [
        index.name,
        index.valid,
        index.columns[0]?.expression,
        index.columns[0]?.descending,
      ]),
      [
        ['PRIMARY', true, null, false],
        ['by_lower', true, 'lower(`Note`)', false],
        ['unseen', false, null, true],
      ],
    );
    assert.deepEqual(
      table?.keys.map((key) => key.columns),
      [['id']],
    );
    assert.deepEqual(
      table?.checks.map((check) => check.expression),
      ['(`Id` > 0)'],
    );
    assert.match(seen().join('\n'), /IS_VISIBLE = 'NO', EXPRESSION[\s\S]*ENFORCED = 'YES'/);
  });
});
