/** What servers have counted of statements, on every engine that runs here, and what PostgreSQL says when it has not. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Database } from '../../src/core/database.ts';
import { fingerprint } from '../../src/core/sql/fingerprint.ts';
import { serverHash } from '../../src/core/verification/server-hash.ts';
import type {
  StatementStatistics,
  StatisticsUnavailable,
} from '../../src/core/workload/statement-statistics.ts';
import { parseConnectionUrl } from '../../src/databases/connection-url.ts';
import { openDatabase } from '../../src/databases/open-database.ts';
import { describeEngines, describeFreshServers, describeServers } from '../servers/engines.ts';
import { type PostgresServer, startPostgres15, startPostgres18 } from '../servers/postgres.ts';
import { availableServers } from '../servers/servers.ts';
import { createDatabase, runOnce } from '../servers/with-database.ts';

type Answer = StatementStatistics | StatisticsUnavailable;

const TABLE = 'CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, total int NOT NULL)';
const POSTGRES = `CREATE EXTENSION pg_stat_statements; ${TABLE};
  INSERT INTO orders SELECT n, 1 + n % 20, n % 97 FROM generate_series(1, 1000) n`;
const MARIADB = `${TABLE}; INSERT INTO orders SELECT seq, 1 + seq % 20, seq % 97 FROM seq_1_to_1000`;

const COUNTED = (customer: number) => `SELECT count(*) FROM orders WHERE customer_id = ${customer}`;
const LISTED = 'SELECT id, total FROM orders WHERE total > 90 ORDER BY total';

function read(answer: Answer): StatementStatistics {
  assert.ok(answer.available, answer.available ? '' : answer.reason);
  return answer;
}

function refused(answer: Answer): StatisticsUnavailable {
  assert.ok(!answer.available, 'there are figures');
  return answer;
}

describeFreshServers('statement statistics', { postgresql: POSTGRES, mariadb: MARIADB }, (engine) => {
  let statistics: StatementStatistics;
  before(async () => {
    for (const customer of [3, 4, 5]) await runOnce(engine.url, COUNTED(customer));
    await runOnce(engine.url, LISTED);
    // what the product itself runs
    await engine.database.readCatalog();
    await engine.database.adviseOnRole?.();
    await engine.database.readIndexUsage();
    await engine.database.readOnly(async (session) => {
      await session.explain(LISTED);
      await session.time(COUNTED(6));
      const columns = await session.describe(LISTED);
      const compared = serverHash(engine.dialect, columns);
      assert.ok(compared);
      await session.query(compared.hash(LISTED, columns));
      await session.query(compared.difference(LISTED, LISTED, columns) ?? assert.fail());
    });
    statistics = read(await engine.database.readStatementStatistics());
  });
  const of = (sql: string) => {
    const wanted = fingerprint(sql, engine.dialect).fingerprint;
    const found = statistics.statements.filter((each) => each.fingerprint === wanted);
    assert.equal(found.length, 1, statistics.statements.map(({ normalized }) => normalized).join('\n'));
    return found[0] ?? assert.fail();
  };

  test('count a statement once, whatever its constants, with calls, time and rows', () => {
    const counted = of(COUNTED(1));
    assert.deepEqual([counted.calls, counted.rows], [3, 3]);
    assert.ok(counted.totalMs > 0 && counted.totalMs < 60_000, `${counted.totalMs} ms`);
    assert.equal(counted.meanMs, counted.totalMs / 3);
    assert.deepEqual([counted.hasValues, counted.truncated], [false, false]);
    assert.match(counted.serverId ?? '', /^-?\w+$/);
    assert.doesNotMatch(counted.text, /\b[345]\b/, 'no constant is in it');
    const listed = of(LISTED);
    assert.equal(listed.calls, 1);
    assert.equal(listed.rows, 60);
  });

  test('say how much had to be read, and since when they count', () => {
    const counted = of(COUNTED(1));
    if (engine.dialect === 'mariadb') assert.equal(counted.rowsExamined, 3000);
    else assert.ok((counted.blocksHit ?? 0) + (counted.blocksRead ?? 0) >= 3);
    const { since } = statistics;
    assert.ok(since !== null && Date.parse(since) <= Date.now() + 60_000, `${since}`);
  });

  test('name the costliest first, and count the whole beyond those that are asked for', async () => {
    const times = statistics.statements.map(({ totalMs }) => totalMs);
    assert.deepEqual(
      times,
      [...times].sort((a, b) => b - a),
    );
    const one = read(await engine.database.readStatementStatistics({ limit: 1 }));
    assert.equal(one.statements.length, 1);
    assert.ok(one.counted.statements >= 3);
    assert.ok(one.counted.totalMs >= (one.statements[0]?.totalMs ?? 0));
    assert.ok(one.counted.calls >= 5);
  });

  test('leave out our own statements, those over the server’s catalogs, and other databases', async () => {
    assert.deepEqual(
      statistics.statements.filter(({ text }) => /^(SELECT|WITH)\b/.test(text)).length,
      2,
      statistics.statements.map(({ text }) => text).join('\n'),
    );
    for (const { text } of statistics.statements) {
      assert.doesNotMatch(
        text,
        /pg_catalog|pg_class|information_schema|performance_schema|^(EXPLAIN|SET|BEGIN|ROLLBACK|START)\b/i,
      );
    }
    const other = await createDatabase(
      engine.url,
      `${engine.dialect === 'mariadb' ? '' : 'CREATE EXTENSION pg_stat_statements;'} CREATE TABLE elsewhere (a int)`,
    );
    const opened = await openDatabase(parseConnectionUrl(other.url));
    try {
      const { statements } = read(await opened.readStatementStatistics());
      assert.equal(statements.length, 1);
      assert.match(statements[0]?.text ?? '', /CREATE TABLE `?elsewhere/);
      assert.doesNotMatch(statements.map(({ text }) => text).join('\n'), /orders/);
    } finally {
      await opened.close();
      await other.drop();
    }
  });
});

describeEngines('statement statistics', 'SELECT 1', (engine) => {
  if (engine.name !== 'embedded') return;
  test('are none of an embedded database, which nobody else uses', async () => {
    const { reason, remedy } = refused(await engine.database.readStatementStatistics());
    assert.match(reason, /embedded PostgreSQL counts no statements.*Choose a connection to a server/);
    assert.equal(remedy, null);
  });
});

describeServers('missing statement statistics', 'CREATE TABLE orders (id int)', (engine) => {
  test('in a database without the extension are said with the statement that creates it', async () => {
    const { reason, remedy } = refused(await engine.database.readStatementStatistics());
    assert.match(reason, /counts statements, but the extension that shows them is not in this database/);
    assert.equal(remedy, 'CREATE EXTENSION pg_stat_statements;');
    assert.ok((await engine.database.readCatalog()).tables.length > 0, 'all else works');
  });
});

describeServers('hidden statement statistics', POSTGRES, (engine) => {
  const user = `reader_${Math.random().toString(36).slice(2, 10)}`;
  let database: Database;
  let url = '';
  before(async () => {
    await runOnce(engine.url, `CREATE ROLE ${user} LOGIN PASSWORD 'x'; GRANT SELECT ON orders TO ${user}`);
    await runOnce(engine.url, LISTED);
    const named = new URL(engine.url);
    [named.username, named.password] = [user, 'x'];
    url = named.href;
    database = await openDatabase(parseConnectionUrl(url));
  });
  after(async () => {
    await database.close();
    // the database is gone by now, and what it granted with it
    const administrator = new URL(engine.url);
    administrator.pathname = '/postgres';
    await runOnce(administrator.href, `DROP ROLE ${user}`);
  });

  test('of others are said with the role that shows them', async () => {
    const { reason, remedy } = refused(await database.readStatementStatistics());
    assert.match(reason, new RegExp(`"${user}" may see its own statements only.*pg_read_all_stats`));
    assert.equal(remedy, `GRANT pg_read_all_stats TO "${user}";`);
  });

  test('leave one’s own, and a note on the others', async () => {
    await runOnce(url, COUNTED(7));
    const { statements, notes, counted } = read(await database.readStatementStatistics());
    assert.deepEqual(
      statements.map(({ fingerprint: id }) => id),
      [fingerprint(COUNTED(7), 'postgresql').fingerprint],
    );
    assert.match(
      notes.join('\n'),
      /texts of \d+ statements? of other users are hidden.*GRANT pg_read_all_stats/,
    );
    assert.ok(counted.totalMs > (statements[0]?.totalMs ?? 0), 'their times are in the whole');
  });

  test('are seen with that role', async () => {
    await runOnce(engine.url, `GRANT pg_read_all_stats TO ${user}`);
    const { statements, notes } = read(await database.readStatementStatistics());
    assert.match(statements.map(({ normalized }) => normalized).join('\n'), /total > \?/);
    assert.doesNotMatch(notes.join('\n'), /hidden/);
    await runOnce(engine.url, `REVOKE pg_read_all_stats FROM ${user}`);
  });

  test('that may not be read at all are said with the grants', async () => {
    await runOnce(engine.url, 'REVOKE SELECT ON pg_stat_statements FROM PUBLIC');
    const { reason, remedy } = refused(await database.readStatementStatistics());
    assert.match(reason, /may not read the server's statistics of statements.*permission denied/);
    assert.match(
      remedy ?? '',
      /GRANT SELECT ON public\.pg_stat_statements, public\.pg_stat_statements_info TO/,
    );
    await database.readOnly((session) => session.query('SELECT count(*) FROM orders'));
    await runOnce(engine.url, `${remedy}`);
    assert.ok(read(await database.readStatementStatistics()).statements.length > 0, 'the grants are enough');
  });
});

describeServers(
  'statement statistics that are turned off',
  'CREATE EXTENSION pg_stat_statements',
  (engine) => {
    const settings = [
      ['compute_query_id', 'off', /no numbers \(compute_query_id = off\)/, /compute_query_id = 'auto'/],
      ['pg_stat_statements.track', 'none', /track is none/, /pg_stat_statements\.track = 'top'/],
    ] as const;
    for (const [name, value, says, remedies] of settings) {
      test(`by ${name} say so`, async () => {
        const { database } = engine.database.info;
        const administrator = new URL(engine.url);
        administrator.pathname = '/postgres';
        await runOnce(administrator.href, `ALTER DATABASE ${database} SET ${name} = ${value}`);
        await runOnce(
          administrator.href,
          `CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
         SELECT pg_stat_statements_reset(0, (SELECT oid FROM pg_database WHERE datname = '${database}'), 0)`,
        );
        const opened = await openDatabase(parseConnectionUrl(engine.url));
        try {
          const { reason, remedy } = refused(await opened.readStatementStatistics());
          assert.match(reason, says);
          assert.match(remedy ?? '', remedies);
        } finally {
          await opened.close();
          await runOnce(administrator.href, `ALTER DATABASE ${database} RESET ${name}`);
        }
      });
    }
  },
);

describeServers('statement statistics of an older extension', TABLE, (engine) => {
  for (const version of ['1.7', '1.8']) {
    test(`version ${version} are read without what it lacks`, async () => {
      await runOnce(engine.url, `DROP EXTENSION IF EXISTS pg_stat_statements`);
      await runOnce(engine.url, `CREATE EXTENSION pg_stat_statements VERSION '${version}'`);
      await runOnce(engine.url, COUNTED(1));
      const { statements, since, notes } = read(await engine.database.readStatementStatistics());
      const wanted = fingerprint(COUNTED(1), 'postgresql').fingerprint;
      const found = statements.find(({ fingerprint: id }) => id === wanted);
      assert.ok((found?.calls ?? 0) >= 1 && (found?.totalMs ?? 0) > 0);
      assert.equal(since, null);
      assert.match(notes.join('\n'), /does not tell since when/);
    });
  }
});

for (const [name, start] of [
  ['PostgreSQL 18', startPostgres18],
  ['PostgreSQL 15', startPostgres15],
] as const) {
  if (!availableServers().includes(name)) continue;
  describe(`a server without the library, ${name}`, () => {
    let server: PostgresServer;
    let database: Database;
    before(async () => {
      server = await start({ settings: { shared_preload_libraries: '' } });
      database = await openDatabase(parseConnectionUrl(server.url));
    });
    after(async () => {
      await database.close();
      await server.stop();
    });

    test('says that it is loaded by a setting and a restart', async () => {
      const { reason, remedy } = refused(await database.readStatementStatistics());
      assert.match(
        reason,
        /pg_stat_statements is not loaded.*shared_preload_libraries and restarts the server/,
      );
      assert.match(remedy ?? '', /shared_preload_libraries = 'pg_stat_statements'[\s\S]*CREATE EXTENSION/);
    });

    test('says so too when the extension was created all the same', async () => {
      await runOnce(server.url, 'CREATE EXTENSION pg_stat_statements');
      const { reason, remedy } = refused(await database.readStatementStatistics());
      assert.match(reason, /pg_stat_statements is not loaded/);
      assert.doesNotMatch(remedy ?? '', /CREATE EXTENSION/);
    });
  });
}
