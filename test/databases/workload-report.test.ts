/** The agents' tool `workload_report` on every engine at hand, and what it says where there are no figures. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TOOLS, ToolArguments, type ToolContext, ToolError } from '../../src/core/agents/tools.ts';
import { catalogFromDdl } from '../../src/core/catalog/from-ddl.ts';
import { type Database, DatabaseError } from '../../src/core/database.ts';
import type { Optimization } from '../../src/core/optimizer/optimization.ts';
import type { HintReport, IndexReport, WorkloadReport } from '../../src/core/workload/report.ts';
import {
  QUERY_STORE_STATE,
  QUERY_STORE_TOTALS,
  queryStoreTop,
} from '../../src/databases/mssql/statement-queries.ts';
import { describeFreshServers, describeServers } from '../servers/engines.ts';
import { spyOn } from '../servers/spied-database.ts';
import type { Answer } from '../servers/tds/answers.ts';
import { describeSqlServer } from '../servers/tds/describe-sql-server.ts';
import { SHOP_SQL, SLOW, shopAnswer } from '../servers/tds/shop.ts';
import { runOnce } from '../servers/with-database.ts';

async function call(name: string, args: object, context: ToolContext): Promise<unknown> {
  const tool = TOOLS.find((each) => each.name === name) ?? assert.fail(name);
  return tool.run(new ToolArguments({ ...args }), context, AbortSignal.timeout(300_000));
}

async function contextOf(database: Database): Promise<ToolContext> {
  const catalog = await database.readCatalog();
  return { catalog, database, scratch: null, proposer: null, timeoutMs: 60_000 };
}

const TABLES = `
  CREATE TABLE customers (id int PRIMARY KEY, email varchar(100));
  CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, total int NOT NULL);`;
const POSTGRES = `CREATE EXTENSION pg_stat_statements; ${TABLES}
  INSERT INTO customers SELECT n, n || '@example.com' FROM generate_series(1, 300) n;
  INSERT INTO orders SELECT n, 1 + n % 200, n % 97 FROM generate_series(1, 2000) n; ANALYZE`;
const MARIADB = `${TABLES}
  INSERT INTO customers SELECT seq, concat(seq, '@example.com') FROM seq_1_to_300;
  INSERT INTO orders SELECT seq, 1 + seq % 200, seq % 97 FROM seq_1_to_2000`;
const COSTLY = `SELECT c.id FROM customers c
  WHERE (SELECT count(*) FROM orders o WHERE o.customer_id = c.id AND o.total > 42) > 0 AND c.email <> 'secret@example.com'`;

describeFreshServers('workload_report', { postgresql: POSTGRES, mariadb: MARIADB }, (engine) => {
  test('names what costs most, without values, and runs none of it', async () => {
    for (let run = 0; run < 5; run++) await runOnce(engine.url, COSTLY);
    const database = spyOn(engine.database);
    const report = (await call(
      'workload_report',
      { limit: 50 },
      await contextOf(database),
    )) as WorkloadReport;
    const found =
      report.statements.find(({ sql }) => /email`? (<>|!=) /.test(sql)) ??
      assert.fail(JSON.stringify(report));
    assert.deepEqual([found.calls, found.optimizable], [5, true]);
    assert.ok(found.sharePct > 0 && found.sharePct <= 100, `${found.sharePct} %`);
    assert.deepEqual(
      report.statements.map(({ rank }) => rank),
      report.statements.map((_, index) => index + 1),
    );
    assert.ok(report.statements.reduce((sum, { totalMs }) => sum + totalMs, 0) <= report.counted.totalMs + 1);
    assert.ok(
      found.findings.some(({ pattern, fixable }) => pattern === 'correlated-aggregate-to-join' && fixable),
    );
    assert.ok(report.next.includes(found.rank));
    const words = report.statements.map(({ sql, findings, hint }) => [sql, findings, hint]);
    assert.doesNotMatch(JSON.stringify(words), /secret|\b42\b/);
    assert.deepEqual(
      database.sent.filter(({ sql }) => /orders/.test(sql)),
      [],
    );
  });

  test('gives statements that optimize_sql takes as they are', async () => {
    const context = await contextOf(engine.database);
    const report = (await call('workload_report', {}, context)) as WorkloadReport;
    const found = report.statements.find(({ sql }) => /email`? (<>|!=) /.test(sql)) ?? assert.fail();
    const { statements } = (await call('optimize_sql', { sql: found.sql }, context)) as {
      readonly statements: readonly (Optimization & { readonly fingerprint: string })[];
    };
    assert.equal(statements[0]?.fingerprint, found.fingerprint);
    assert.ok((statements[0]?.candidates.length ?? 0) > 0, statements[0]?.reason);
    const priced = statements[0]?.candidates.filter(({ cost }) => cost !== null) ?? [];
    assert.ok(priced.length > 0);
    // MariaDB plans for values only: it is said that they were assumed
    const assumed = engine.dialect === 'mariadb';
    assert.ok(priced.every(({ cost }) => (cost?.assumed === true) === assumed));
    if (assumed) assert.match(found.hint ?? '', /Put typical values/);
  });

  test('names indexes that nothing has read, with the time since when', async () => {
    await runOnce(engine.url, 'CREATE INDEX by_nobody ON orders (total, id)');
    if (engine.dialect === 'mariadb') await runOnce(engine.url, 'CREATE INDEX by_half ON orders (total)');
    // MariaDB counts for a table that somebody has opened
    await runOnce(engine.url, 'SELECT count(*) FROM orders WHERE id = 1');
    const { indexes, serverHints } = (await call(
      'workload_report',
      {},
      await contextOf(engine.database),
    )) as {
      readonly indexes: IndexReport;
      readonly serverHints?: HintReport;
    };
    assert.ok('unused' in indexes, JSON.stringify(indexes));
    assert.ok(indexes.unused.some(({ table, index }) => table === 'orders' && index === 'by_nobody'));
    assert.match(indexes.notes[0] ?? '', /since the counts began/);
    if (engine.dialect === 'postgresql') assert.equal(serverHints, undefined);
    else {
      assert.ok(serverHints && 'redundant' in serverHints, JSON.stringify(serverHints));
      const [{ index, dominant } = assert.fail('no hint')] = serverHints.redundant;
      assert.deepEqual([index, dominant.index], ['by_half', 'by_nobody']);
      assert.match(serverHints.notes[0] ?? '', /Hints of the server’s own.*none is a recommendation/);
    }
  });
});

describeServers('workload_report without figures', 'CREATE TABLE orders (id int)', (engine) => {
  test('says what to do, and other tools go on', async () => {
    const context = await contextOf(engine.database);
    await assert.rejects(call('workload_report', {}, context), (error: unknown) => {
      assert.ok(error instanceof ToolError);
      assert.match(error.message, /not in this database[\s\S]*CREATE EXTENSION pg_stat_statements;/);
      return true;
    });
    const plan = (await call('explain_plan', { sql: 'SELECT id FROM orders' }, context)) as { text: string };
    assert.match(plan.text, /Seq Scan on orders/);
  });
});

describe('workload_report without a database', () => {
  test('says that one is needed', async () => {
    const catalog = catalogFromDdl(TABLES, 'postgresql');
    const context = { catalog, database: null, scratch: null, proposer: null, timeoutMs: 1000 };
    await assert.rejects(call('workload_report', {}, context), /come from a database, and none is connected/);
  });
});

const STORED = {
  sql: `${SHOP_SQL}
GO
ALTER DATABASE CURRENT SET QUERY_STORE = ON (QUERY_CAPTURE_MODE = ALL);
GO
${SLOW} AND o.Status <> 'geheim';`,
  answer: (sql: string, mode: Parameters<typeof shopAnswer>[1]): Answer => {
    const nvarchar = (row: readonly string[]): Answer => ({
      columns: row.map((_, index) => ({ name: `c${index}`, type: 'nvarchar(max)' })),
      rows: [row],
    });
    if (sql === QUERY_STORE_STATE) return nvarchar(['2', '2']);
    if (sql === QUERY_STORE_TOTALS) return nvarchar(['3', '40', '400000', '2024-04-01T00:00:00']);
    if (sql === queryStoreTop(10)) {
      const time = '2024-05-01T10:00:00';
      return nvarchar([
        '0xAB',
        `${SLOW} AND o.Status <> 'geheim'`,
        '4',
        '100000',
        '90000',
        '8',
        '400',
        '4',
        time,
        time,
      ]);
    }
    return shopAnswer(sql, mode);
  },
};

describeSqlServer('workload_report', STORED, (server) => {
  test('leaves out the values that the server keeps in its texts', async () => {
    const context = await contextOf(server.database);
    const report = (await call('workload_report', {}, context)) as WorkloadReport;
    assert.equal(report.source, 'query_store');
    const found =
      report.statements.find(({ sql }) => sql.includes('AVG(p.Total)')) ??
      assert.fail(JSON.stringify(report));
    assert.doesNotMatch(JSON.stringify(report), /geheim/);
    assert.match(found.sql, /o\.Status <> @v1/);
    assert.ok(found.sharePct > 0 && found.optimizable);
    if (server.standIn) assert.deepEqual([found.sharePct, found.totalMs, found.meanMs], [25, 100, 25]);
    assert.ok(found.findings.some(({ pattern }) => pattern === 'correlated-aggregate-to-join'));
  });
});

describeServers('workload_report with a server that fails in between', { postgresql: POSTGRES }, (engine) => {
  test('tells the statements without the indexes', async () => {
    await runOnce(engine.url, COSTLY);
    const context = await contextOf(engine.database);
    const failing: Database = {
      ...spyOn(engine.database),
      readIndexUsage: () => Promise.reject(new DatabaseError('timeout', 'It took too long.')),
    };
    const report = (await call(
      'workload_report',
      {},
      { ...context, database: failing },
    )) as WorkloadReport & {
      readonly indexes: IndexReport;
    };
    assert.ok(report.statements.length > 0);
    assert.deepEqual(report.indexes, { unavailable: 'It took too long.', remedy: null });
  });
});
