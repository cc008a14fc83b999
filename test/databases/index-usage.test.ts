/** How often indexes were used, on every engine at hand, and what is said where that is not known. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Database } from '../../src/core/database.ts';
import { type IndexStatistics, unusedIndexes } from '../../src/core/workload/index-usage.ts';
import type { StatisticsUnavailable } from '../../src/core/workload/statement-statistics.ts';
import { parseConnectionUrl } from '../../src/databases/connection-url.ts';
import { USAGE as MSSQL_USAGE, STARTED } from '../../src/databases/mssql/index-usage.ts';
import { INSTRUMENT, STATE, UPTIME, USAGE } from '../../src/databases/mysql/index-usage.ts';
import { openDatabase } from '../../src/databases/open-database.ts';
import { describeEngines, describeFreshServers, describeServers } from '../servers/engines.ts';
import { hasMariadb, startMariadb } from '../servers/mariadb.ts';
import { type Answer as MysqlAnswer, startMysqlStandIn } from '../servers/mysql-stand-in.ts';
import type { Answer } from '../servers/tds/answers.ts';
import { describeSqlServer } from '../servers/tds/describe-sql-server.ts';
import { type StandInOptions, startMssqlStandIn } from '../servers/tds/mssql-stand-in.ts';
import { catalogAnswer, SHOP_DDL } from '../servers/tds/shop-catalog.ts';
import { runOnce } from '../servers/with-database.ts';

type Read = IndexStatistics | StatisticsUnavailable;

function read(answer: Read): IndexStatistics {
  assert.ok(answer.available, answer.available ? '' : answer.reason);
  return answer;
}

function refused(answer: Read): StatisticsUnavailable {
  assert.ok(!answer.available, 'there are counts');
  return answer;
}

const TABLES = `
  CREATE TABLE customers (id int PRIMARY KEY);
  CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, total int NOT NULL, code int NOT NULL,
    CONSTRAINT of_customer FOREIGN KEY (customer_id) REFERENCES customers (id));
  CREATE INDEX by_customer ON orders (customer_id);
  CREATE INDEX by_total ON orders (total);
  CREATE INDEX by_both ON orders (code, total);
  CREATE UNIQUE INDEX one_code ON orders (code);`;
const POSTGRES = `${TABLES}
  INSERT INTO customers SELECT n FROM generate_series(1, 200) n;
  INSERT INTO orders SELECT n, 1 + n % 200, n, n FROM generate_series(1, 5000) n; ANALYZE`;
const MARIADB = `${TABLES}
  INSERT INTO customers SELECT seq FROM seq_1_to_200;
  INSERT INTO orders SELECT seq, 1 + seq % 200, seq, seq FROM seq_1_to_5000`;

describeFreshServers('the use of indexes', { postgresql: POSTGRES, mariadb: MARIADB }, (engine) => {
  const usage = async () => {
    const { database } = engine.database.info;
    const { indexes, ...others } = read(await engine.database.readIndexUsage());
    // MariaDB counts for all databases of the server
    const own = indexes.filter(({ schema }) => engine.dialect === 'postgresql' || schema === database);
    return { ...others, indexes: own };
  };

  test('is counted, and what nothing has read is named, but for keys and what foreign keys need', async () => {
    await runOnce(engine.url, 'SELECT * FROM orders WHERE total = 17');
    // PostgreSQL adds what a session has counted when that has ended
    let found = await usage();
    for (let look = 0; look < 600; look++) {
      if (found.indexes.some(({ index, reads }) => index === 'by_total' && reads > 0)) break;
      await wait(100);
      found = await usage();
    }
    const total = found.indexes.find(({ index }) => index === 'by_total');
    assert.equal(total?.reads, 1);
    assert.ok((total?.tableWrites ?? 0) >= 5000);
    assert.equal(found.indexes[0]?.reads, 0, 'those that were read the least come first');
    const unused = unusedIndexes(found, await engine.database.readCatalog());
    assert.deepEqual(
      unused.map(({ table, index, columns }) => [table, index, columns]),
      [['orders', 'by_both', ['code', 'total']]],
    );
    if (engine.name === 'PostgreSQL 18') assert.ok(total?.lastRead !== null);
    if (engine.dialect === 'mariadb')
      assert.ok(found.since !== null && Date.parse(found.since) <= Date.now());
  });
});

describeServers(
  'the use of indexes that is not counted',
  'CREATE TABLE orders (id int PRIMARY KEY)',
  (engine) => {
    test('is said with the setting', async () => {
      const administrator = new URL(engine.url);
      administrator.pathname = '/postgres';
      const { database } = engine.database.info;
      await runOnce(administrator.href, `ALTER DATABASE ${database} SET track_counts = off`);
      const opened = await openDatabase(parseConnectionUrl(engine.url));
      try {
        const { reason, remedy } = refused(await opened.readIndexUsage());
        assert.match(reason, /track_counts = off/);
        assert.match(remedy ?? '', /ALTER SYSTEM SET track_counts = on/);
      } finally {
        await opened.close();
      }
    });
  },
);

describeEngines('the use of indexes', 'SELECT 1', (engine) => {
  if (engine.name !== 'embedded') return;
  test('is not counted by an embedded database', async () => {
    assert.match(
      refused(await engine.database.readIndexUsage()).reason,
      /embedded PostgreSQL does not count/,
    );
  });
});

if (hasMariadb()) {
  describe('the use of indexes, MariaDB 10.11', () => {
    const during = async (setting: string, work: (url: string) => Promise<void>) => {
      const server = await startMariadb({ settings: [setting] });
      try {
        await work(server.url);
      } finally {
        await server.stop();
      }
    };
    const usageOf = async (url: string): Promise<Read> => {
      const database = await openDatabase(parseConnectionUrl(url));
      try {
        return await database.readIndexUsage();
      } finally {
        await database.close();
      }
    };

    test('is not known without performance_schema', () =>
      during('--performance-schema=OFF', async (url) => {
        assert.match(refused(await usageOf(url)).reason, /performance_schema is off.*under \[mariadbd\]/);
      }));

    test('is not taken for none without its instrument, or without the privilege to look', () =>
      during("--performance-schema-instrument='wait/io/table/%=OFF'", async (url) => {
        await runOnce(
          url,
          "UPDATE performance_schema.setup_instruments SET ENABLED = 'NO' WHERE NAME LIKE 'wait/io/table/%'",
        );
        const { reason, remedy } = refused(await usageOf(url));
        assert.match(reason, /but not its instrument wait\/io\/table\/sql\/handler/);
        await runOnce(url, `${remedy}`);
        read(await usageOf(url));
        await runOnce(
          url,
          "CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'reader'; GRANT SELECT ON test.* TO reader@'127.0.0.1'",
        );
        const reader = url.replace('sqlopt:sqlopt', 'reader:reader');
        const denied = refused(await usageOf(reader));
        assert.match(denied.reason, /'reader'@'127\.0\.0\.1' may not read how often indexes were used/);
        for (const grant of (denied.remedy ?? '').split('\n')) await runOnce(url, grant);
        read(await usageOf(reader));
      }));
  });
}

describe('the use of indexes on MySQL 8.4 (stand-in)', () => {
  test('is read with the time of the start', async () => {
    const table = (...rows: readonly (readonly (string | null)[])[]): MysqlAnswer => ({
      columns: (rows[0] ?? ['a']).map((_, index) => `c${index}`),
      rows,
    });
    const answers: Readonly<Record<string, MysqlAnswer>> = {
      [STATE]: table(['1', '1700000060']),
      [INSTRUMENT]: table(['YES']),
      [UPTIME]: table(['Uptime', '60']),
      [USAGE]: table(['shop', 'Orders', 'by_total', '0', '12']),
    };
    const standIn = await startMysqlStandIn('8.4.3', (sql) => answers[sql] ?? table(['1']));
    const database = await openDatabase(parseConnectionUrl(standIn.url));
    const { since, indexes } = read(await database.readIndexUsage());
    await database.close();
    standIn.close();
    assert.equal(since, '2023-11-14T22:13:20.000Z');
    assert.deepEqual(indexes, [
      { schema: 'shop', table: 'Orders', index: 'by_total', reads: 0, tableWrites: 12, lastRead: null },
    ]);
  });
});

const rows = (...found: readonly (readonly (string | null)[])[]): Answer => ({
  columns: (found[0] ?? ['a']).map((_, index) => ({ name: `c${index}`, type: 'nvarchar(max)' })),
  rows: found,
});
const answer = (sql: string): Answer => {
  if (sql === MSSQL_USAGE) {
    return rows(
      ['sales', 'Events', 'kinds', '0', '9', null],
      ['sales', 'Orders', 'open_orders', '0', '9', null],
      ['sales', 'Orders', 'once', '0', '9', null],
      ['sales', 'Customers', 'one_email', '4', '2', '2024-05-01T10:00:00'],
    );
  }
  if (sql === STARTED) return rows(['2024-04-01T00:00:00']);
  return catalogAnswer(sql) ?? rows(['1']);
};

describeSqlServer('the use of indexes', { sql: SHOP_DDL, answer }, (server) => {
  test('names what nothing has read, but for keys', async () => {
    const usage = read(await server.database.readIndexUsage());
    const unused = unusedIndexes(usage, await server.database.readCatalog());
    assert.deepEqual(unused.map(({ index }) => index).sort(), ['kinds', 'open_orders']);
    assert.ok(usage.since !== null);
    if (server.standIn) {
      assert.equal(usage.since, '2024-04-01T00:00:00Z');
      assert.equal(
        usage.indexes.find(({ index }) => index === 'one_email')?.lastRead,
        '2024-05-01T10:00:00Z',
      );
    }
  });
});

describe('the use of indexes on SQL Server (stand-in)', () => {
  const usageOf = async (given: (sql: string) => Answer, options: StandInOptions = {}): Promise<Read> => {
    const server = await startMssqlStandIn(given, options);
    const database: Database = await openDatabase(parseConnectionUrl(server.url));
    const found = await database.readIndexUsage();
    await database.close();
    await server.close();
    return found;
  };
  const denied = {
    error: { number: 300, message: "VIEW SERVER STATE permission was denied on object 'server'." },
  };

  for (const [name, options, permission] of [
    ['SQL Server 2022', {}, 'VIEW SERVER PERFORMANCE STATE'],
    ['SQL Server 2019', { version: '15.0.4000.1' }, 'VIEW SERVER STATE'],
    ['Azure SQL', { edition: '5', version: '12.0.2000.8' }, 'VIEW DATABASE PERFORMANCE STATE'],
  ] as const) {
    test(`says which permission is missing on ${name}`, async () => {
      const { reason, remedy } = refused(
        await usageOf((sql) => (sql === MSSQL_USAGE ? denied : rows(['1'])), options),
      );
      assert.match(reason, new RegExp(`permission ${permission} is missing`));
      assert.equal(remedy, `GRANT ${permission} TO [app];`);
    });
  }

  test('goes on when the server does not tell when it started', async () => {
    const usage = read(await usageOf((sql) => (sql === STARTED ? denied : answer(sql))));
    assert.deepEqual([usage.since, usage.indexes.length], [null, 4]);
  });
});
