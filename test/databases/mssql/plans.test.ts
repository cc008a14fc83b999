/** Plans and timings of SQL Server sessions: what is asked, what is turned off again, and what comes back. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { type Database, DatabaseError } from '../../../src/core/database.ts';
import { planNodes } from '../../../src/core/plans/plan.ts';
import { parseConnectionUrl } from '../../../src/databases/connection-url.ts';
import { openDatabase } from '../../../src/databases/open-database.ts';
import { type Answer, type BatchMode, showplan } from '../../servers/tds/answers.ts';
import { type MssqlStandIn, startMssqlStandIn } from '../../servers/tds/mssql-stand-in.ts';

const xml = (name: string) =>
  readFile(new URL(`../../unit/plans/showplans/${name}.xml`, import.meta.url), 'utf8');
const ESTIMATED = await xml('estimated');
const ACTUAL = await xml('actual');
const ROWS = { columns: ['id'], rows: Array.from({ length: 500 }, (_, index) => [String(index)]) };
const STATISTICS = [
  {
    number: 3615,
    message: "Table 'orders'. Scan count 1, logical reads 53, physical reads 4, read-ahead reads 9.",
  },
  { number: 3612, message: '\n SQL Server Execution Times:\n   CPU time = 16 ms,  elapsed time = 21 ms.' },
];

function answer(sql: string, { plan, statistics }: BatchMode): Answer {
  if (/refused/.test(sql))
    return { error: { number: 262, message: "SHOWPLAN permission denied in database 'shop'." } };
  if (/forever/.test(sql)) return 'hang';
  if (/sp_describe_undeclared_parameters/.test(sql)) {
    return {
      columns: [
        { name: 'parameter_ordinal', type: 'int' },
        'name',
        { name: 'suggested_system_type_id', type: 'int' },
        'suggested_system_type_name',
      ],
      rows: [
        ['3', '@Customer_use_2', '127', 'bigint'],
        ['1', '@customer', '56', 'int'],
        ['2', '@from', '40', 'date'],
      ],
    };
  }
  if (plan === 'estimated') return showplan(ESTIMATED);
  if (plan === 'actual') return { sets: [ROWS, showplan(ACTUAL)] };
  return { ...ROWS, messages: statistics ? STATISTICS : [] };
}

describe('plans on SQL Server (stand-in)', () => {
  let server: MssqlStandIn;
  let database: Database;
  beforeEach(async () => {
    server = await startMssqlStandIn(answer);
    database = await openDatabase(parseConnectionUrl(server.url));
  });
  afterEach(async () => {
    await database.close();
    await server.close();
  });
  /** What was sent between the beginning of the transaction and its end. */
  const sent = () => {
    const from = server.statements.findIndex((sql) => /BEGIN TRANSACTION/.test(sql));
    return server.statements.slice(
      from + 1,
      server.statements.findIndex((sql) => /ROLLBACK/.test(sql)),
    );
  };

  test('are estimated without running the statement, and the setting does not stay', async () => {
    const plan = await database.readOnly(async (session) => {
      const found = await session.explain('SELECT id FROM orders');
      assert.equal((await session.query('SELECT id FROM orders')).rows.length, 500);
      return found;
    });
    assert.deepEqual([plan.cost, plan.analyzed, plan.root.operation], [1.75, false, 'Sort (TopN Sort)']);
    assert.deepEqual(sent(), [
      'SET SHOWPLAN_XML ON',
      'SELECT id FROM orders',
      'SET SHOWPLAN_XML OFF',
      'SELECT id FROM orders',
    ]);
  });

  test('carry actual figures after a run whose rows are thrown away', async () => {
    const plan = await database.readOnly((session) =>
      session.explain('SELECT id FROM orders', { analyze: true }),
    );
    assert.equal(plan.analyzed, true);
    assert.equal([...planNodes(plan.root)][2]?.actual?.loops, 2);
    assert.deepEqual(sent(), ['SET STATISTICS XML ON', 'SELECT id FROM orders', 'SET STATISTICS XML OFF']);
  });

  test('of statements with parameters hold for every value: their types are asked of the server', async () => {
    const sql =
      'SELECT id FROM orders WHERE customer_id = @customer AND placed > @from OR giver_id = @Customer';
    await database.readOnly((session) => session.explain(sql));
    assert.ok(server.statements.includes(`DECLARE @customer int, @from date; ${sql}`));
    // a parameter that is used twice has no type for the server
    assert.ok(server.statements.some((batch) => batch.endsWith("OR giver_id = @Customer_use_2'")));
    await assert.rejects(
      database.readOnly((session) => session.explain(sql, { analyze: true })),
      /parameters without values/,
    );
  });

  test('that are not allowed name the grant, and nothing is planned or run by mistake afterwards', async () => {
    await database.readOnly(async (session) => {
      await assert.rejects(session.explain('SELECT refused'), (error) => {
        assert.ok(DatabaseError.is(error, 'permission'));
        assert.match(error.message, /GRANT SHOWPLAN TO \[app\]; in shop/);
        return true;
      });
      await assert.rejects(session.explain('SELECT forever', { timeoutMs: 100 }), (error) =>
        DatabaseError.is(error, 'timeout'),
      );
      assert.equal((await session.query('SELECT 1')).rows.length, 500);
    });
    assert.deepEqual(
      sent().map((sql) => sql.replace(/^SET SHOWPLAN_XML /, '')),
      ['ON', 'SELECT refused', 'OFF', 'ON', 'SELECT forever', 'OFF', 'SELECT 1'],
    );
  });

  test('are made of what would write without running it, and never with running it', async () => {
    await database.readOnly(async (session) => {
      assert.equal((await session.explain('DELETE FROM orders')).cost, 1.75);
      await assert.rejects(session.explain('DELETE FROM orders', { analyze: true }), (error) =>
        DatabaseError.is(error, 'readOnly'),
      );
      await assert.rejects(session.explain('DROP TABLE orders'), (error) =>
        DatabaseError.is(error, 'readOnly'),
      );
    });
    assert.deepEqual(sent(), ['SET SHOWPLAN_XML ON', 'DELETE FROM orders', 'SET SHOWPLAN_XML OFF']);
  });

  test('are measured with the server’s own processor time and pages, all rows counted and none kept', async () => {
    const timing = await database.readOnly((session) => session.time('SELECT id FROM orders'));
    assert.deepEqual([timing.cpuMs, timing.rows, timing.sharedHit, timing.sharedRead], [16, 500, 49, 4]);
    assert.ok(timing.elapsedMs > 0);
    assert.deepEqual(sent(), [
      'SET STATISTICS IO, TIME ON',
      'SELECT id FROM orders',
      'SET STATISTICS IO, TIME OFF',
    ]);
  });
});
