/** What servers themselves say of missing and redundant indexes, as it is read, reported and refused. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Database, DatabaseError } from '../../src/core/database.ts';
import { hintLines } from '../../src/core/workload/hint-text.ts';
import type { IndexHints } from '../../src/core/workload/index-hints.ts';
import { readHints } from '../../src/core/workload/read-hints.ts';
import { hintReport } from '../../src/core/workload/report.ts';
import type { StatisticsUnavailable } from '../../src/core/workload/statement-statistics.ts';
import { parseConnectionUrl } from '../../src/databases/connection-url.ts';
import { MISSING } from '../../src/databases/mssql/index-hints.ts';
import { openDatabase } from '../../src/databases/open-database.ts';
import { describeEngines } from '../servers/engines.ts';
import { startMysqlStandIn } from '../servers/mysql-stand-in.ts';
import type { Answer } from '../servers/tds/answers.ts';
import { describeSqlServer } from '../servers/tds/describe-sql-server.ts';
import { type StandInOptions, startMssqlStandIn } from '../servers/tds/mssql-stand-in.ts';
import { catalogAnswer, SHOP_DDL } from '../servers/tds/shop-catalog.ts';
import { runOnce } from '../servers/with-database.ts';

async function hintsOf(database: Database): Promise<IndexHints> {
  const hints = (await database.readIndexHints?.()) ?? assert.fail('the engine says nothing of indexes');
  assert.ok(hints.available, hints.available ? '' : hints.reason);
  return hints;
}

async function refusal(url: string): Promise<StatisticsUnavailable> {
  const database = await openDatabase(parseConnectionUrl(url));
  try {
    const hints = (await database.readIndexHints?.()) ?? assert.fail('the engine says nothing of indexes');
    assert.ok(!hints.available, 'there are hints');
    return hints;
  } finally {
    await database.close();
  }
}

const TABLES = `
  CREATE TABLE orders (id int PRIMARY KEY, code int NOT NULL, total int NOT NULL, note varchar(200) NOT NULL,
    UNIQUE KEY one_code (code), KEY by_code (code, total), KEY by_note (note(10)), KEY by_note_total (note, total), KEY alone (total))`;

describeEngines('hints about indexes', { mariadb: TABLES, mysql: TABLES }, (engine) => {
  test('name what is redundant, by the server’s own view, and are labelled as its own', async () => {
    const hints = await hintsOf(engine.database);
    const { database } = engine.database.info;
    assert.ok(hints.redundant.every(({ schema, table }) => schema === database && table === 'orders'));
    const note = hints.redundant.find(({ index }) => index === 'by_note');
    assert.deepEqual(note?.columns, ['note']);
    assert.deepEqual(note?.dominant, { index: 'by_note_total', columns: ['note', 'total'], unique: false });
    assert.equal(note?.prefixes, true);
    assert.ok(!hints.redundant.some(({ index }) => index === 'alone'));
    const text = hintLines(hintReport(hints)).join('\n');
    assert.match(
      text,
      /by sys\.schema_redundant_indexes\.\n-- Hints of the server’s own: nothing of them was checked or priced/,
    );
    assert.match(
      text,
      /orders: by_note \(note\) is covered by by_note_total \(note, total\), but one of them holds the beginnings/,
    );
  });

  test('say which grants are missing, which are enough, and all else goes on', async () => {
    const { database } = engine.database.info;
    const user = `hint_${database}`.slice(0, 30);
    const account = `'${user}'@'127.0.0.1'`;
    await runOnce(engine.url, `CREATE USER ${account} IDENTIFIED BY 'reader'`);
    try {
      await runOnce(engine.url, `GRANT SELECT ON ${database}.* TO ${account}`);
      const url = new URL(engine.url);
      Object.assign(url, { username: user, password: 'reader' });
      const { reason, remedy } = await refusal(url.href);
      assert.match(reason, /may not read which indexes the server calls redundant: the privilege SELECT/);
      for (const grant of (remedy ?? '').split('\n')) await runOnce(engine.url, grant);
      const opened = await openDatabase(parseConnectionUrl(url.href));
      assert.ok((await hintsOf(opened)).redundant.some(({ index }) => index === 'by_note'));
      await opened.close();
    } finally {
      await runOnce(engine.url, `DROP USER ${account}`);
    }
  });
});

test('hints about indexes are none where an engine has no such views, and never end the comment that they stand in', async () => {
  assert.equal(await readHints({}, {}), null);
  const failing = { readIndexHints: () => Promise.reject(new DatabaseError('timeout', 'It took too long.')) };
  assert.deepEqual(await readHints(failing, {}), { unavailable: 'It took too long.', remedy: null });
  const index = { schema: 's', table: 'a\nDROP TABLE b; --', index: 'i', columns: ['c\r\nd'], unique: true };
  const hints: IndexHints = {
    ...{ available: true, source: 'a view', missing: [], notes: [] },
    redundant: [{ ...index, dominant: { index: 'j', columns: ['c', 'e'], unique: false }, prefixes: false }],
  };
  const lines = hintLines(hintReport(hints)).join('\n').split('\n');
  assert.ok(
    lines.every((line) => line.startsWith('-- ')),
    lines.join('\n'),
  );
  assert.match(lines.at(-1) ?? '', /covered by j \(c, e\), but it keeps values unique$/);
});

describe('hints about indexes on MySQL 8.4 (stand-in)', () => {
  test('are not known without the sys schema', async () => {
    const standIn = await startMysqlStandIn('8.4.3', (sql) =>
      sql.includes('sys.schema')
        ? {
            error: {
              code: 1146,
              state: '42S02',
              message: "Table 'sys.schema_redundant_indexes' doesn't exist",
            },
          }
        : { columns: ['a'], rows: [['1']] },
    );
    try {
      assert.match((await refusal(standIn.url)).reason, /sys schema was not installed/);
    } finally {
      standIn.close();
    }
  });
});

/** A row as the three views are documented to give it. */
const ROW = [
  'sales',
  'Orders',
  '[CustomerId], [odd]]name]',
  '[Placed]',
  '[Total], [Note]',
  '1200',
  '42.5',
  '87.31',
  '2024-05-01T10:00:00',
];
const rows = (...found: readonly (readonly (string | null)[])[]): Answer => ({
  columns: (found[0] ?? ['a']).map((_, index) => ({ name: `c${index}`, type: 'nvarchar(max)' })),
  rows: found,
});
const bare = ['sales', 'Customers', null, '[Email]', null, '1', '0.004', '10', null];
const answer = (sql: string): Answer =>
  sql === MISSING ? rows(ROW, bare) : (catalogAnswer(sql) ?? rows(['1']));

describeSqlServer('hints about indexes', { sql: SHOP_DDL, answer }, (server) => {
  test('are read with their columns, in no order that is claimed to be one', async () => {
    const hints = await hintsOf(server.database);
    assert.deepEqual(hints.redundant, []);
    // a fresh server has none: nothing has run there yet
    if (!server.standIn) return;
    assert.deepEqual(hints.missing[0], {
      ...{ schema: 'sales', table: 'Orders', equality: ['CustomerId', 'odd]name'], inequality: ['Placed'] },
      ...{ include: ['Total', 'Note'], uses: 1200, averageCost: 42.5, expectedGainPct: 87.31 },
      lastWanted: '2024-05-01T10:00:00Z',
    });
    assert.deepEqual([hints.missing[1]?.equality, hints.missing[1]?.lastWanted], [[], null]);
    const text = hintLines(hintReport(hints)).join('\n');
    assert.match(text, /Hints of the server’s own.*none is a recommendation/);
    assert.match(text, /in no order that an index could follow, included columns have no price/);
    assert.match(
      text,
      /sales\.Orders: an index was missed 1,200 times for conditions by = on CustomerId, odd\]name, other conditions on Placed, reading Total, Note too; the optimizer expected 87 % less than a cost of 42\.5/,
    );
  });
});

describe('hints about indexes on SQL Server (stand-in)', () => {
  const denied: Answer = {
    error: { number: 300, message: "VIEW SERVER STATE permission was denied on object 'server'." },
  };
  for (const [name, options, permission] of [
    ['SQL Server 2022', {}, 'VIEW SERVER PERFORMANCE STATE'],
    ['SQL Server 2019', { version: '15.0.4000.1' }, 'VIEW SERVER STATE'],
    ['Azure SQL', { edition: '5', version: '12.0.2000.8' }, 'VIEW DATABASE PERFORMANCE STATE'],
  ] as const satisfies readonly (readonly [string, StandInOptions, string])[]) {
    test(`say which permission is missing on ${name}`, async () => {
      const server = await startMssqlStandIn((sql) => (sql === MISSING ? denied : rows(['1'])), options);
      try {
        const { reason, remedy } = await refusal(server.url);
        assert.match(reason, new RegExp(`permission ${permission} is missing`));
        assert.equal(remedy, `GRANT ${permission} TO [app];`);
      } finally {
        await server.close();
      }
    });
  }
});
