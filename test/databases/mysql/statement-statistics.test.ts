/**
 * What MariaDB and MySQL say of statements where digests are missing: the slow log instead, the privilege, the setting.
 * MariaDB live; MySQL by the stand-in, whose answers follow the documentation.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Database } from '../../../src/core/database.ts';
import { fingerprint } from '../../../src/core/sql/fingerprint.ts';
import type {
  StatementStatistics,
  StatisticsUnavailable,
} from '../../../src/core/workload/statement-statistics.ts';
import { parseConnectionUrl } from '../../../src/databases/connection-url.ts';
import { COLLECTED, digestQueries, STATE } from '../../../src/databases/mysql/statement-queries.ts';
import { openDatabase } from '../../../src/databases/open-database.ts';
import { hasMariadb, type MariadbServer, startMariadb } from '../../servers/mariadb.ts';
import { type Answer, startMysqlStandIn } from '../../servers/mysql-stand-in.ts';
import { runOnce } from '../../servers/with-database.ts';

type Read = StatementStatistics | StatisticsUnavailable;

function read(answer: Read): StatementStatistics {
  assert.ok(answer.available, answer.available ? '' : answer.reason);
  return answer;
}

function refused(answer: Read): StatisticsUnavailable {
  assert.ok(!answer.available, 'there are figures');
  return answer;
}

const TABLE = `CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL);
  INSERT INTO orders SELECT seq, 1 + seq % 20 FROM seq_1_to_1000`;
const COUNTED = (customer: number) => `SELECT count(*) FROM orders WHERE customer_id = ${customer}`;

/** The URL of another user. */
function as(url: string, user: string): string {
  const named = new URL(url);
  [named.username, named.password] = [user, user];
  return named.href;
}

async function statisticsOf(url: string): Promise<Read> {
  const database = await openDatabase(parseConnectionUrl(url));
  try {
    const answer = await database.readStatementStatistics();
    // all else goes on
    await database.readOnly((session) => session.query('SELECT count(*) FROM orders'));
    return answer;
  } finally {
    await database.close();
  }
}

if (hasMariadb()) {
  describe('statements without performance_schema, MariaDB 10.11', () => {
    let server: MariadbServer;
    before(async () => {
      // as MariaDB comes
      server = await startMariadb({ settings: ['--performance-schema=OFF'] });
      await runOnce(
        server.url,
        `${TABLE}; CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'reader'; GRANT SELECT ON test.* TO reader@'127.0.0.1'`,
      );
    });
    after(() => server.stop());

    test('are said with both ways to have them counted', async () => {
      const { reason, remedy } = refused(await statisticsOf(server.url));
      assert.match(reason, /performance_schema is off, as it is in MariaDB unless it is turned on/);
      assert.match(reason, /performance_schema = ON under \[mariadbd\].*restarts it.*slow log/);
      assert.match(remedy ?? '', /log_output = 'TABLE'.*slow_query_log = ON/);
    });

    test('are counted together from the slow log where it is a table', async () => {
      await runOnce(
        server.url,
        "SET GLOBAL log_output = 'TABLE', GLOBAL slow_query_log = ON, GLOBAL long_query_time = 0",
      );
      for (const customer of [3, 4, 5]) await runOnce(server.url, COUNTED(customer));
      await runOnce(server.url, 'SET GLOBAL long_query_time = 10');
      const statistics = read(await statisticsOf(server.url));
      assert.equal(statistics.source, 'slow_log');
      const wanted = fingerprint(COUNTED(1), 'mariadb').fingerprint;
      const [found, another] = statistics.statements.filter((each) => each.fingerprint === wanted);
      assert.ok(found && !another, statistics.statements.map(({ normalized }) => normalized).join('\n'));
      assert.deepEqual(
        [found.calls, found.rows, found.rowsExamined, found.hasValues],
        [3, 3, 3000, true],
        'its text has values in it',
      );
      assert.ok(found.totalMs > 0 && Math.abs(found.meanMs - found.totalMs / 3) < 1e-9);
      assert.ok(found.firstSeen !== null && found.firstSeen <= (found.lastSeen ?? ''));
      assert.ok(statistics.since !== null && statistics.since <= found.firstSeen);
      assert.match(statistics.notes.join('\n'), /performance_schema is off/);
      assert.match(statistics.notes.join('\n'), /only runs that took longer than 10 s \(long_query_time\)/);
      for (const { text } of statistics.statements)
        assert.doesNotMatch(text, /^(SET|START|ROLLBACK)|information_schema/i);
      assert.equal(
        statistics.counted.calls,
        statistics.statements.reduce((sum, { calls }) => sum + calls, 0),
      );
    });

    test('say which privilege the slow log needs, and are read with it', async () => {
      const { reason, remedy } = refused(await statisticsOf(as(server.url, 'reader')));
      assert.match(
        reason,
        /'reader'@'127\.0\.0\.1' may not read the slow log: the privilege SELECT on mysql\.slow_log/,
      );
      const [grant = ''] = (remedy ?? '').split('\n');
      assert.equal(grant, "GRANT SELECT ON mysql.slow_log TO 'reader'@'127.0.0.1';");
      await runOnce(server.url, grant);
      assert.equal(read(await statisticsOf(as(server.url, 'reader'))).source, 'slow_log');
    });
  });

  describe('statements in performance_schema, MariaDB 10.11', () => {
    let server: MariadbServer;
    before(async () => {
      server = await startMariadb({ settings: ['--performance-schema-digests-size=20'] });
      await runOnce(
        server.url,
        `${TABLE}; CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'reader'; GRANT SELECT ON test.* TO reader@'127.0.0.1'`,
      );
    });
    after(() => server.stop());

    test('say which privilege they need, and are read with it', async () => {
      const { reason, remedy } = refused(await statisticsOf(as(server.url, 'reader')));
      assert.match(reason, /'reader'@'127\.0\.0\.1' may not read the server’s statistics of statements/);
      assert.equal(
        remedy,
        "GRANT SELECT ON performance_schema.events_statements_summary_by_digest TO 'reader'@'127.0.0.1';",
      );
      await runOnce(server.url, `${remedy}`);
      assert.ok(read(await statisticsOf(as(server.url, 'reader'))).statements.length > 0);
    });

    test('have texts that the server can plan, and say when one is cut off', async () => {
      const nasty = `SELECT count(*), max(o.id) AS \`strange . name\`, concat(max(o.id), 'x', substring(max(o.id), 1, 2)) FROM orders AS o WHERE o.customer_id IN (1, 2, 3) AND EXISTS (SELECT 1 FROM orders p WHERE p.id = o.id)`;
      const long = `SELECT ${Array.from({ length: 90 }, (_, n) => `customer_id + ${n} AS a_rather_long_name_${n}`).join(', ')} FROM orders`;
      await runOnce(server.url, nasty);
      await runOnce(server.url, long);
      const { statements } = read(await statisticsOf(server.url));
      const found = statements.find(({ text }) => text.includes('strange'));
      assert.match(found?.text ?? '', /^SELECT COUNT\(\*\), MAX\(`?o`?\.`?id`?\)/i);
      assert.match(found?.text ?? '', /`strange \. name`/);
      assert.match(found?.text ?? '', /IN \(\?\)/);
      assert.match(
        found?.text ?? '',
        /concat\(MAX\(`?o`?\.`?id`?\), \?, SUBSTRING\(MAX\(`?o`?\.`?id`?\), \?, \?\)\)/i,
      );
      await runOnce(server.url, `EXPLAIN ${(found?.text ?? '').replaceAll('?', '1')}`);
      assert.equal(statements.find(({ text }) => text.includes('a_rather_long_name_0'))?.truncated, true);
      assert.equal(found?.truncated, false);
    });

    test('say that the server’s table is full', async () => {
      for (let n = 0; n < 30; n++)
        await runOnce(server.url, `SELECT id AS one_more_${n} FROM orders LIMIT 1`);
      const { notes } = read(await statisticsOf(server.url));
      assert.match(
        notes.join('\n'),
        /table of statements is full, and \d+ calls of further ones.*performance_schema_digests_size/,
      );
    });

    test('say that digests are not collected', async () => {
      await runOnce(
        server.url,
        "UPDATE performance_schema.setup_consumers SET ENABLED = 'NO' WHERE NAME = 'statements_digest'",
      );
      await runOnce(server.url, 'TRUNCATE performance_schema.events_statements_summary_by_digest');
      const { reason, remedy } = refused(await statisticsOf(server.url));
      assert.match(reason, /performance_schema is on, but does not collect their digests/);
      await runOnce(server.url, `${remedy}`);
      await runOnce(server.url, COUNTED(1));
      assert.equal(read(await statisticsOf(server.url)).statements.length, 1);
    });
  });
}

describe('statement statistics on MySQL 8.4 (stand-in)', () => {
  const [digests, totals] = [digestQueries('shop', 50).top, digestQueries('shop', 50).totals];
  const rows = (...found: readonly (readonly (string | null)[])[]): Answer => ({
    columns: (found[0] ?? ['a']).map((_, index) => `c${index}`),
    rows: found,
  });
  const open = async (
    answer: (sql: string) => Answer | null,
    work: (database: Database) => Promise<void>,
  ) => {
    const standIn = await startMysqlStandIn('8.4.3', (sql) => answer(sql) ?? rows(['1']));
    const database = await openDatabase(parseConnectionUrl(standIn.url));
    try {
      await work(database);
    } finally {
      await database.close();
      standIn.close();
    }
  };
  const state = (sql: string) => (sql === STATE ? rows(['1', '0', 'FILE', '10.000000', '1024']) : null);

  test('turn picoseconds into milliseconds and digests into SQL', () =>
    open(
      (sql) => {
        if (sql === digests) {
          const text = 'SELECT COUNT ( * ) FROM `shop` . `orders` WHERE `id` IN (...) AND `total` > ?';
          return rows(['f00d', text, '4', '8000000000', '4', '4000', '1700000000', '1700000060']);
        }
        if (sql === totals) return rows(['7', '9', '16000000000', '1600000000', null]);
        return state(sql);
      },
      async (database) => {
        const { source, since, statements, counted, notes } = read(await database.readStatementStatistics());
        assert.deepEqual([source, since, notes], ['performance_schema', '2020-09-13T12:26:40.000Z', []]);
        assert.deepEqual(counted, { statements: 7, calls: 9, totalMs: 16 });
        const [statement] = statements;
        assert.equal(
          statement?.text,
          'SELECT COUNT(*) FROM `shop`.`orders` WHERE `id` IN (?) AND `total` > ?',
        );
        assert.deepEqual(
          [statement?.calls, statement?.totalMs, statement?.meanMs, statement?.rows, statement?.rowsExamined],
          [4, 8, 2, 4, 4000],
        );
        assert.deepEqual(
          [statement?.serverId, statement?.firstSeen, statement?.lastSeen],
          ['f00d', '2023-11-14T22:13:20.000Z', '2023-11-14T22:14:20.000Z'],
        );
      },
    ));

  test('say that performance_schema is off', () =>
    open(
      (sql) => (sql === STATE ? rows(['0', '0', 'FILE', '10.000000', '1024']) : null),
      async (database) => {
        const { reason } = refused(await database.readStatementStatistics());
        assert.match(reason, /performance_schema is off\. .*under \[mysqld\]/);
      },
    ));

  test('go on when it may not be seen whether digests are collected', () =>
    open(
      (sql) => {
        if (sql === digests) return { columns: ['a'], rows: [] };
        if (sql === COLLECTED) {
          return {
            error: { code: 1142, state: '42000', message: "SELECT command denied to user 'app'@'%'" },
          };
        }
        return sql === totals ? rows(['0', null, null, null, null]) : state(sql);
      },
      async (database) => {
        const { statements, since } = read(await database.readStatementStatistics());
        assert.deepEqual([statements, since], [[], null]);
      },
    ));
});
