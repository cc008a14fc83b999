/**
 * What guarded sessions on SQL Server have of their own: values, attentions, errors, what ends them. What every engine does is in
 * `test/databases/session.test.ts`.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { type Database, DatabaseError, type DatabaseErrorReason } from '../../../src/core/database.ts';
import { parseConnectionUrl } from '../../../src/databases/connection-url.ts';
import { openDatabase } from '../../../src/databases/open-database.ts';
import { type FaultyProxy, startFaultyProxy } from '../../servers/faulty-proxy.ts';
import type { Answer } from '../../servers/tds/answers.ts';
import {
  type MssqlStandIn,
  type StandInOptions,
  startMssqlStandIn,
} from '../../servers/tds/mssql-stand-in.ts';

const TYPED: readonly (readonly [type: string, value: string])[] = [
  ['decimal(38,4)', '1234567890123456789012345678901234.5678'],
  ['decimal(38,4)', '-0.0001'],
  ['numeric(18,0)', '-999999999999999999'],
  ['money', '-922337203685477.5808'],
  ['smallmoney', '214748.3647'],
  ['bigint', '-9223372036854775808'],
  ['int', '42'],
  ['smallint', '-3'],
  ['tinyint', '255'],
  ['bit', '1'],
  ['float', '0.1'],
  ['real', '0.1'],
  ['real', '16777216'],
  ['date', '0001-01-01'],
  ['time(3)', '23:59:59.999'],
  ['time(0)', '01:02:03'],
  ['datetime2(7)', '9999-12-31 23:59:59.9999999'],
  ['datetime2(2)', '1582-10-15 00:00:00.25'],
  ['datetimeoffset(7)', '2024-05-06 23:30:00.1234567 -05:30'],
  ['datetimeoffset(0)', '2024-05-06 01:02:03 +14:00'],
  ['datetime', '2024-05-06 01:02:03.007'],
  ['uniqueidentifier', '6F9619FF-8B86-D011-B42D-00C04FC964FF'],
  ['varbinary(10)', '0x00ff'],
  ['varbinary(max)', '0x0102'],
  ['nvarchar(40)', 'żółw 🐢'],
  ['nvarchar(max)', 'x'.repeat(20_000)],
  ['varchar(20)', 'naïve '],
  ['xml', '<a b="1"/>'],
];

/** What tells its own type, and the text that it becomes. */
const VARIANTS: readonly (readonly [value: string, text: string])[] = [
  ['decimal(38,4):-1234567890123456789012345678901234.5678', '-1234567890123456789012345678901234.5678'],
  ['money:922337203685477.5807', '922337203685477.5807'],
  ['smallmoney:-1.5', '-1.5000'],
  ['datetimeoffset(7):2024-05-06 23:30:00.1234567 -05:30', '2024-05-06 23:30:00.1234567 -05:30'],
  ['datetime2(7):2024-05-06 23:30:00.1234567', '2024-05-06 23:30:00.1234567'],
  ['bigint:9007199254740993', '9007199254740993'],
  ['int:7', '7'],
];

const ANSWERS: readonly (readonly [RegExp, Answer])[] = [
  [
    /typed/,
    {
      columns: TYPED.map(([type], index) => ({ name: `c${index}`, type })),
      rows: [TYPED.map(([, value]) => value), TYPED.map(() => null), TYPED.map(([, value]) => value)],
    },
  ],
  [
    /variants/,
    { columns: [{ name: 'v', type: 'sql_variant' }], rows: [...VARIANTS.map(([value]) => [value]), [null]] },
  ],
  [/forever/, 'hang'],
  [/endless/, { endless: { columns: ['a'], rows: [['x'], [null], ['y']] } }],
  [/severed/, 'break'],
  [/midway/, 'breakMidway'],
  [/garbage/, 'garbage'],
  [/FROM missing/, { error: { number: 208, message: "Invalid object name 'dbo.missing'.", line: 2 } }],
  [/FORM/, { error: { number: 102, message: "Incorrect syntax near 'FORM'.", line: 1 } }],
  [
    /secret/,
    {
      error: {
        number: 229,
        message: "The SELECT permission was denied on the object 'secret', database 'shop', schema 'dbo'.",
      },
    },
  ],
  [
    /deadlock/,
    {
      error: {
        number: 1205,
        class: 13,
        message: 'Transaction (Process ID 51) was deadlocked on lock resources.',
      },
      rolledBack: true,
    },
  ],
  [/locked/, { error: { number: 1222, message: 'Lock request time out period exceeded.' } }],
  [/zero/, { error: { number: 8134, message: 'Divide by zero error encountered.' } }],
  [
    /undone/,
    {
      error: {
        number: 245,
        message: "Conversion failed when converting the varchar value 'x' to data type int.",
      },
      rolledBack: true,
    },
  ],
  [/^(UPDATE|DELETE|INSERT|MERGE)/, { ok: 7 }],
  [
    /sp_describe_first_result_set/,
    {
      columns: [{ name: 'is_hidden', type: 'bit' }, 'name', 'system_type_name'],
      rows: [
        ['0', 'id', 'int'],
        ['0', 'total', 'decimal(10,2)'],
        ['1', 'key', 'int'],
      ],
    },
  ],
];

function answer(sql: string): Answer {
  return ANSWERS.find(([pattern]) => pattern.test(sql))?.[1] ?? { columns: ['a'], rows: [['1']] };
}

function failing(reason: DatabaseErrorReason, message: RegExp) {
  return (error: unknown) => {
    assert.ok(DatabaseError.is(error, reason), `${error}`);
    assert.match(error.message, message);
    return true;
  };
}

describe('sessions on SQL Server (stand-in)', () => {
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
  const reading = <T>(
    work: (
      query: (
        sql: string,
        options?: object,
      ) => Promise<{
        readonly rows: readonly unknown[];
        readonly rowCount: number;
        readonly truncated: boolean;
        readonly columns: readonly { readonly type: string }[];
      }>,
    ) => Promise<T>,
  ): Promise<T> => database.readOnly((session) => work((sql, options) => session.query(sql, options)));

  test('give every value as the exact text of its type, in both kinds of rows', async () => {
    const result = await reading((query) => query('SELECT typed'));
    assert.deepEqual(
      result.columns.map(({ type }) => type),
      TYPED.map(([type]) => type),
    );
    const expected = TYPED.map(([, value]) => value);
    assert.deepEqual(result.rows, [expected, TYPED.map(() => null), expected]);
  });

  test('give values that tell their own type as exactly', async () => {
    const { rows } = await reading((query) => query('SELECT variants'));
    assert.deepEqual(rows, [...VARIANTS.map(([, text]) => [text]), [null]]);
  });

  test('see one state, wait briefly for locks, lose every deadlock, and are rolled back', async () => {
    await reading((query) => query('SELECT 1'));
    const [opening = ''] = server.statements.filter((sql) => /BEGIN TRANSACTION/.test(sql));
    assert.match(
      opening,
      /SET LOCK_TIMEOUT 5000;[\s\S]*DEADLOCK_PRIORITY LOW;[\s\S]*ISOLATION LEVEL SNAPSHOT;/,
    );
    assert.ok(server.statements.includes('IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION'));
  });

  test('stop a statement by an attention at its limit and by its signal, and go on', async () => {
    await reading(async (query) => {
      await assert.rejects(
        query('SELECT forever', { timeoutMs: 150 }),
        failing('timeout', /within the limit of 150 ms/),
      );
      const stopper = new AbortController();
      const running = query('SELECT forever', { signal: stopper.signal });
      const seen = setInterval(() => {
        if (server.statements.filter((sql) => /forever/.test(sql)).length === 2) stopper.abort();
      }, 5);
      await assert.rejects(running, failing('cancelled', /stopped in the server/));
      clearInterval(seen);
      assert.deepEqual((await query('SELECT 1')).rows, [['1']]);
    });
    assert.equal(server.attentions(), 2);
  });

  test('say what went wrong, and where in the statement', async () => {
    await reading(async (query) => {
      const fails = async (
        sql: string,
        reason: DatabaseErrorReason,
        message: RegExp,
        position: number | null,
      ) => {
        await assert.rejects(query(sql), (error) => {
          failing(reason, message)(error);
          assert.equal((error as DatabaseError).position, position, sql);
          return true;
        });
      };
      await fails('SELECT a -- missing\n FROM missing', 'undefinedObject', /^Invalid object name/, 26);
      await fails('SELECT a FORM t', 'syntax', /does not accept the statement: .*FORM/, 9);
      await fails('SELECT * FROM secret', 'permission', /GRANT SELECT ON … TO \[app\]/, 14);
      await fails('SELECT locked', 'resources', /Another session was in the way/, null);
      await fails('SELECT zero', 'dataException', /^Divide by zero/, null);
    });
  });

  test('end with the deadlock that ended their transaction', async () => {
    await reading(async (query) => {
      await assert.rejects(
        query('SELECT deadlock'),
        failing('resources', /Another session was in the way: .*deadlocked/),
      );
      await assert.rejects(query('SELECT 1'), failing('connectionLost', /transaction is over/));
    });
    assert.deepEqual((await reading((query) => query('SELECT 1'))).rows, [['1']]);
  });

  test('never write outside of their transaction: not after an error that ended it', async () => {
    await database.rolledBack(async (session) => {
      assert.equal((await session.query('UPDATE orders SET total = 1')).rowCount, 7);
      await assert.rejects(
        session.query('UPDATE undone SET a = 1'),
        failing('dataException', /^Conversion failed/),
      );
      await assert.rejects(
        session.query('DELETE FROM orders'),
        failing('connectionLost', /transaction is over/),
      );
    });
    assert.ok(!server.statements.includes('DELETE FROM orders'));
  });

  test('connect again after the server was restarted', async () => {
    await reading((query) => query('SELECT 1'));
    server.breakConnections();
    assert.deepEqual((await reading((query) => query('SELECT 1'))).rows, [['1']]);
    await assert.rejects(
      reading((query) => query('SELECT severed')),
      failing('connectionLost', /was lost|next call connects again/),
    );
    assert.deepEqual((await reading((query) => query('SELECT 1'))).rows, [['1']]);
  });

  test('end with a connection that breaks between two rows, or speaks no TDS any more', async () => {
    for (const sql of ['SELECT midway', 'SELECT garbage']) {
      await assert.rejects(
        reading((query) => query(sql)),
        (error) => DatabaseError.is(error, 'connectionLost', 'driver'),
        sql,
      );
      assert.deepEqual((await reading((query) => query('SELECT 1'))).rows, [['1']]);
    }
  });

  test('tell the columns of a result without running it', async () => {
    const columns = await database.readOnly((session) =>
      session.describe("SELECT id, total FROM orders WHERE a = 'it''s'"),
    );
    assert.deepEqual(columns, [
      { name: 'id', type: 'int' },
      { name: 'total', type: 'decimal(10,2)' },
    ]);
    assert.ok(
      server.statements.includes(
        "EXEC sys.sp_describe_first_result_set @tsql = N'SELECT id, total FROM orders WHERE a = ''it''''s'''",
      ),
    );
  });
});

describe('attentions on SQL Server (stand-in)', () => {
  const opened = async (answer_: (sql: string) => Answer, options: StandInOptions) => {
    const server = await startMssqlStandIn(answer_, options);
    return { server, database: await openDatabase(parseConnectionUrl(server.url)) };
  };

  test('that end the transaction and are talked about harm nothing: what would write is refused', async () => {
    const { server, database } = await opened(answer, { talksOnAttention: true });
    try {
      await database.rolledBack(async (session) => {
        await assert.rejects(session.query('SELECT forever', { timeoutMs: 100 }), (error) =>
          DatabaseError.is(error, 'timeout'),
        );
        assert.deepEqual((await session.query('SELECT 1')).rows, [['1']]);
        await assert.rejects(
          session.query('DELETE FROM orders'),
          failing('connectionLost', /transaction is over/),
        );
      });
    } finally {
      await database.close();
      await server.close();
    }
  });

  test('that nobody answers close the connection, and the next work gets another one', async () => {
    const { server, database } = await opened(
      (sql) => (/forever/.test(sql) ? 'deaf' : { columns: ['a'], rows: [['1']] }),
      {},
    );
    try {
      await assert.rejects(
        database.readOnly((session) => session.query('SELECT forever', { timeoutMs: 100 })),
        (error) => DatabaseError.is(error, 'timeout'),
      );
      const { rows } = await database.readOnly((session) => session.query('SELECT 1'));
      assert.deepEqual([rows, server.logins.length], [[['1']], 2]);
    } finally {
      await database.close();
      await server.close();
    }
  });
});

describe('sessions on SQL Server (stand-in) over a network that swallows everything', () => {
  let server: MssqlStandIn;
  let proxy: FaultyProxy;
  let database: Database;
  beforeEach(async () => {
    server = await startMssqlStandIn(answer);
    proxy = await startFaultyProxy(server.port);
    const url = new URL(server.url);
    url.port = String(proxy.port);
    database = await openDatabase(parseConnectionUrl(url.href));
  });
  afterEach(async () => {
    await proxy.stop();
    await database.close();
    await server.close();
  });
  const one = async () => (await database.readOnly((session) => session.query('SELECT 1'))).rows;

  test('one that begins is given up in time', { timeout: 60_000 }, async () => {
    proxy.swallow();
    await assert.rejects(one, failing('timeout', /did not answer in time/));
    proxy.recover();
    assert.deepEqual(await one(), [['1']]);
  });

  test('one whose statement ends at its limit gives its connection back', { timeout: 60_000 }, async () => {
    const running = database.readOnly(async (session) => {
      proxy.swallow();
      return session.query('SELECT 1', { timeoutMs: 300 });
    });
    await assert.rejects(running, (error) => DatabaseError.is(error, 'timeout', 'connectionLost'));
    proxy.recover();
    assert.deepEqual(await one(), [['1']]);
  });

  test('one ends in time when nothing comes back for its ROLLBACK', { timeout: 60_000 }, async () => {
    await database.readOnly(async (session) => {
      await session.query('SELECT 1');
      proxy.swallow();
    });
    proxy.recover();
    assert.deepEqual(await one(), [['1']]);
  });
});

describe('sessions on SQL Server (stand-in) without row versions', () => {
  let server: MssqlStandIn;
  before(async () => {
    server = await startMssqlStandIn(answer, { snapshots: false });
  });
  after(() => server.close());

  test('keep no locks on what they have read', async () => {
    const database = await openDatabase(parseConnectionUrl(server.url));
    await database.readOnly((session) => session.query('SELECT 1'));
    await database.close();
    assert.ok(
      server.statements.some((sql) => /ISOLATION LEVEL READ COMMITTED;\nBEGIN TRANSACTION/.test(sql)),
    );
  });
});
