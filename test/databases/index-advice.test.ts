/** Index advice on real servers: what is recommended is used, gains what was said, and nothing is left behind by asking. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { runCommandLine } from '../../src/cli/run.ts';
import { type Database, DatabaseError } from '../../src/core/database.ts';
import type { IndexAdvice } from '../../src/core/indexes/advice.ts';
import { AdviceRefused, type WhatIfChoice } from '../../src/core/indexes/advice-request.ts';
import { adviseOnIndexes } from '../../src/core/indexes/advise.ts';
import type { Validation } from '../../src/core/indexes/cost-oracle.ts';
import { judgeIndexes } from '../../src/core/indexes/judge-indexes.ts';
import { workloadFromTexts } from '../../src/core/indexes/workload.ts';
import { planNodes } from '../../src/core/plans/plan.ts';
import { parseConnectionUrl } from '../../src/databases/connection-url.ts';
import { openDatabase } from '../../src/databases/open-database.ts';
import { describeEngines, type Engine } from '../servers/engines.ts';
import { runOnce } from '../servers/with-database.ts';

const TABLES = `
  CREATE TABLE customers (id int PRIMARY KEY, country varchar(2) NOT NULL);
  CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, day date NOT NULL, total int NOT NULL, shop int NOT NULL, paid int NOT NULL,
    CONSTRAINT of_customer FOREIGN KEY (customer_id) REFERENCES customers (id));`;
const POSTGRES = `
  CREATE TABLE customers (id int PRIMARY KEY, country varchar(2) NOT NULL, mail text NOT NULL);
  CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, day date NOT NULL, total int NOT NULL,
    shop int NOT NULL, paid int NOT NULL);
  INSERT INTO customers SELECT n, 'de', 'U' || n || '@example.com' FROM generate_series(1, 1000) n;
  INSERT INTO orders SELECT n, 1 + (n * 7919) % 1000, date '2024-01-01' + n % 365, n % 997, n * 31 % 211, n * 17 % 1009 FROM generate_series(1, 20000) n;
  CREATE INDEX "By ""Day""" ON orders (day DESC NULLS LAST) WITH (fillfactor = 70);
  CREATE INDEX day_again ON orders (day DESC NULLS LAST) WITH (fillfactor = 70);
  CREATE INDEX total_a ON orders (total);
  CREATE INDEX total_b ON orders (total);
  COMMENT ON INDEX total_a IS 'mine'; COMMENT ON INDEX total_b IS 'mine too';
  ANALYZE`;
const MARIADB = `${TABLES}
  INSERT INTO customers SELECT seq, 'de' FROM seq_1_to_1000;
  INSERT INTO orders SELECT seq, 1 + (seq * 7919) % 1000, '2024-01-01' + INTERVAL seq % 365 DAY, seq % 997, seq * 31 % 211, seq * 17 % 1009 FROM seq_1_to_20000;
  CREATE INDEX day_once ON orders (day);
  CREATE INDEX \`day again\` ON orders (day) COMMENT 'it''s (odd';
  ANALYZE TABLE orders`;

const WORKLOAD = `
-- calls: 100
SELECT id, total FROM orders WHERE shop = 17 AND paid BETWEEN 100 AND 300;
SELECT count(*) FROM customers WHERE country = 'de'`;
const FIRST = 'SELECT id, total FROM orders WHERE shop = 17 AND paid BETWEEN 100 AND 300';

async function advise(database: Database, whatIf: WhatIfChoice, sql = WORKLOAD): Promise<IndexAdvice> {
  const catalog = await database.readCatalog();
  return adviseOnIndexes({
    ...{ catalog, database, workload: await workloadFromTexts([sql], catalog), timeoutMs: 60_000 },
    options: { whatIf, budgetBytes: null, most: null, minSavingPct: 10 },
    signal: AbortSignal.timeout(300_000),
    onProgress: () => {},
  });
}

async function planOf(
  database: Database,
  sql: string,
): Promise<{ cost: number; indexes: (string | null)[] }> {
  const plan = await database.readOnly((session) => session.explain(sql));
  return { cost: plan.cost, indexes: [...planNodes(plan.root)].map(({ index }) => index) };
}

const INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname";

async function indexesOf({ database }: Engine) {
  return (await database.readOnly((session) => session.query(INDEXES))).rows;
}

/** Run DDL where the engine lets us, which the product itself never does. */
async function run(engine: Engine, ddl: string): Promise<void> {
  await runOnce(engine.url, ddl);
}

describeEngines('index advice', { postgresql: POSTGRES, mariadb: MARIADB }, (engine) => {
  const postgres = engine.dialect === 'postgresql';
  const expected: Validation = !postgres ? 'estimate' : engine.name === 'PostgreSQL 15' ? 'what-if' : 'trial';

  test('recommends an index that is used, at about the cost that was said, and leaves nothing behind', async () => {
    const { database } = engine;
    if (engine.name === 'PostgreSQL 15') await run(engine, 'CREATE EXTENSION hypopg');
    const before = postgres ? await indexesOf(engine) : [];
    const advice = await advise(database, engine.name === 'PostgreSQL 18' ? 'trial' : 'auto');
    const [found, ...more] = advice.recommendations.filter(({ action }) => action === 'create');
    assert.deepEqual(more, []);
    assert.ok(found, JSON.stringify(advice, null, 1));
    assert.deepEqual(
      [found.validated, found.columns, found.queries.map(({ calls }) => calls)],
      [
        expected,
        [
          { name: 'shop', order: 'asc' },
          { name: 'paid', order: 'asc' },
        ],
        [100],
      ],
    );
    assert.equal(found.confidence, expected === 'estimate' ? 'low' : 'high');
    if (postgres) assert.deepEqual(await indexesOf(engine), before);
    const [query] = found.queries;
    assert.ok(query);
    const old = await planOf(database, FIRST);
    assert.equal(old.cost, query.costBefore);
    assert.ok(!old.indexes.includes(found.name));
    if (engine.name === 'embedded') return;
    await run(engine, found.ddl);
    try {
      const now = await planOf(database, FIRST);
      assert.ok(now.indexes.includes(found.name), JSON.stringify(now));
      const said = query.costBefore - query.costAfter;
      const real = old.cost - now.cost;
      // an estimate knows the order of magnitude, a planner that was asked knows better
      const apart = expected === 'estimate' ? 0.5 : 0.1;
      assert.ok(Math.abs(said - real) <= apart * real, `said ${said}, real ${real}`);
      const again = await advise(database, engine.name === 'PostgreSQL 18' ? 'trial' : 'auto');
      assert.deepEqual(
        again.recommendations.filter(({ action }) => action === 'create'),
        [],
        'what is there is not recommended',
      );
    } finally {
      await run(engine, found.undo ?? '');
    }
  });

  if (postgres)
    test('is asked of the planner for statements with parameters too, whose values nobody knows', async () => {
      const sql = 'SELECT id, total FROM orders WHERE shop = $1 AND paid = $2';
      const asked = await advise(engine.database, engine.name === 'PostgreSQL 15' ? 'hypopg' : 'trial', sql);
      const [found] = asked.recommendations.filter(({ action }) => action === 'create');
      assert.deepEqual(
        found?.columns.map((column) => 'name' in column && column.name),
        ['paid', 'shop'],
        JSON.stringify(asked),
      );
      assert.deepEqual([found.confidence, found.queries.length], ['medium', 1]);
      assert.ok((found.benefit?.pct ?? 0) > 50);
    });

  if (!postgres)
    test('assumes values for parameters, which the server wants for a plan', async () => {
      const sql = 'SELECT id, total FROM orders WHERE shop = ? AND paid = ?';
      const { recommendations, workload, statistics } = await advise(engine.database, 'auto', sql);
      assert.match(statistics.notes.join(), /values were assumed/);
      assert.deepEqual(workload.skipped, []);
      const [found] = recommendations.filter(({ action }) => action === 'create');
      assert.deepEqual(
        [found?.columns.map((column) => 'name' in column && column.name), found?.confidence],
        [['paid', 'shop'], 'low'],
      );
    });

  const server = engine.name !== 'embedded';
  if (server)
    test('offers a duplicate to be dropped, and its undo brings it back as it was', async () => {
      const advice = await advise(engine.database, 'estimate');
      const drops = advice.recommendations.filter(({ action }) => action === 'drop');
      const definition = async () =>
        postgres
          ? await runOnce(engine.url, INDEXES)
          : (await runOnce(engine.url, 'SHOW CREATE TABLE orders')).map((row) =>
              String(Object.values(row)[1]).split('\n').sort(),
            );
      const before = await definition();
      assert.equal(drops.length, 1, JSON.stringify(drops));
      const [drop] = drops;
      await run(engine, drop?.ddl ?? '');
      assert.notDeepEqual(await definition(), before);
      await run(engine, drop?.undo ?? '');
      assert.deepEqual(await definition(), before);
      if (!postgres) return;
      assert.ok(advice.duplicates.some(({ index, drop: offer }) => /^total_/.test(index) && offer === null));
    });

  if (postgres)
    test('recommends an index on an expression where the planner can be asked, and not where it cannot', async () => {
      const sql = "SELECT id FROM customers WHERE lower(mail) = 'u77@example.com'";
      const asked = await advise(engine.database, engine.name === 'PostgreSQL 15' ? 'hypopg' : 'trial', sql);
      const [found] = asked.recommendations.filter(({ action }) => action === 'create');
      assert.deepEqual(found?.columns, [{ expression: 'lower(mail)', order: 'asc' }], JSON.stringify(asked));
      assert.match(found.ddl, /ON public\.customers \(\(?lower\(mail\)\)?\);$/);
      assert.match(found.reason, /will refuse rows whose mail is longer/);
      const { rejected } = await advise(engine.database, 'estimate', sql);
      assert.match(rejected[0]?.reason ?? '', /an expression finds cannot be estimated/);
      if (engine.name === 'embedded') return;
      await run(engine, `${found.ddl}`);
      assert.ok((await planOf(engine.database, sql)).indexes.includes(found.name));
      const again = await advise(engine.database, 'estimate', sql);
      assert.deepEqual(
        [again.rejected, again.recommendations.filter(({ action }) => action === 'create')],
        [[], []],
      );
      await run(engine, `${found.undo}`);
    });

  test('says of a foreign key without an index what serves it', async () => {
    // InnoDB makes one by itself
    const sql = 'SELECT id FROM orders WHERE customer_id = 17';
    const { foreignKeys, recommendations } = await advise(engine.database, 'estimate', sql);
    const created = recommendations.find(({ action }) => action === 'create');
    if (!postgres) assert.deepEqual([foreignKeys, created], [[], undefined]);
    else {
      assert.deepEqual([foreignKeys.length, foreignKeys[0]?.ddl], [1, null]);
      assert.match(foreignKeys[0]?.reason ?? '', /The recommended orders_customer_id_idx serves it/);
      assert.deepEqual([created?.validated, created?.confidence], ['estimate', 'low']);
    }
  });

  if (engine.name !== 'PostgreSQL 15')
    test('refuses a way that the engine does not have', async () => {
      await assert.rejects(
        advise(engine.database, postgres ? 'hypopg' : 'trial'),
        (error: unknown) =>
          error instanceof AdviceRefused &&
          (postgres ? /CREATE EXTENSION hypopg/ : /DDL commits/).test(error.message),
      );
    });

  if (!postgres || !server) return;

  test('leaves nothing of a trial that is cancelled, and lets others write again', async () => {
    const before = await indexesOf(engine);
    const stop = new AbortController();
    const index = { ddl: 'CREATE INDEX ON public.orders (total, day)', schema: 'public' };
    await assert.rejects(
      engine.database.whatIf?.('trial', async (session) => {
        await session.use([index]);
        assert.ok((await session.sizeOf(index)) > 8192);
        stop.abort();
        await session.explain(FIRST, { signal: stop.signal });
      }) ?? Promise.resolve(),
      (error: unknown) => DatabaseError.is(error, 'cancelled'),
    );
    assert.deepEqual(await indexesOf(engine), before);
    await run(engine, "SET lock_timeout = '20s'; UPDATE orders SET total = total WHERE id = 1");
  });

  if (engine.name === 'PostgreSQL 15')
    test('leaves no hypothetical index in a connection, not after a cancelled call either', async () => {
      const left = async () =>
        (await engine.database.readOnly((session) => session.query('SELECT count(*) FROM hypopg()')))
          .rows[0]?.[0];
      await advise(engine.database, 'hypopg');
      assert.equal(await left(), '0');
      const { whatIf } = engine.database;
      const stop = new AbortController();
      const index = { ddl: 'CREATE INDEX ON public.orders (total, day)', schema: 'public' };
      await assert.rejects(
        whatIf?.('hypopg', async (session) => {
          await session.use([index]);
          stop.abort();
          await session.explain(FIRST, { signal: stop.signal });
        }) ?? Promise.resolve(),
      );
      assert.equal(await left(), '0');
    });

  test('a trial that fails or is refused is told, and leaves nothing', async () => {
    const before = await indexesOf(engine);
    await run(
      engine,
      `DROP ROLE IF EXISTS index_reader; CREATE ROLE index_reader LOGIN PASSWORD 'reader'; GRANT SELECT ON orders, customers TO index_reader`,
    );
    const url = new URL(engine.url);
    url.username = 'index_reader';
    url.password = 'reader';
    const reader = await openDatabase(parseConnectionUrl(url.href));
    try {
      const { recommendations, rejected } = await advise(reader, 'trial');
      assert.deepEqual(
        recommendations.filter(({ action }) => action === 'create'),
        [],
      );
      assert.match(rejected[0]?.reason ?? '', /The server would not have it: .*(owner|permission)/i);
      if (engine.name !== 'PostgreSQL 15') return;
      const asked = await advise(reader, 'auto');
      assert.equal(asked.statistics.validated, 'what-if');
      assert.ok(asked.recommendations.some(({ action }) => action === 'create'));
    } finally {
      await reader.close();
      await run(engine, 'DROP OWNED BY index_reader; DROP ROLE index_reader');
    }
    assert.deepEqual(await indexesOf(engine), before);
  });

  test('is printed by the command line, for a folder and within limits', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'sqlopt-workload-'));
    try {
      await writeFile(path.join(folder, 'a.sql'), `-- calls: 7\n${FIRST};`);
      await writeFile(path.join(folder, 'b.sql'), 'SELECT id FROM orders WHERE total = 5');
      const said: string[] = [];
      const run_ = (...args: string[]) =>
        runCommandLine(['indexes', '--connection', engine.url, '--workload', folder, ...args], {
          env: {},
          stdout: (text) => said.push(text),
          stderr: () => {},
        });
      assert.equal(await run_('--json', '--budget', '100MB', '--max', '1', '--what-if', 'estimate'), 0);
      const advice = JSON.parse(said.join('')) as IndexAdvice;
      const [found] = advice.recommendations;
      assert.deepEqual(
        [found?.action, found?.queries[0]?.calls, found?.name],
        ['create', 7, 'orders_shop_paid_idx'],
      );
      assert.ok((advice.workload.costAfter ?? 0) < (advice.workload.costBefore ?? 0));
      said.length = 0;
      assert.equal(await run_('--budget', '8KB'), 0);
      assert.match(said.join(''), /It does not fit into the budget/);
      assert.doesNotMatch(said.join(''), /^CREATE INDEX/m);
      said.length = 0;
      // nobody counts statements in this database
      const terminal = { env: {}, stdout: (text: string) => said.push(text), stderr: () => {} };
      assert.equal(await runCommandLine(['indexes', '--connection', engine.url], terminal), 0);
      assert.match(
        said.join(''),
        /Without statements, no missing index is looked for.*CREATE EXTENSION pg_stat_statements/,
      );
      assert.match(said.join(''), /^DROP INDEX CONCURRENTLY/m);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('an index with another purpose is told by what rests on it', async () => {
    await run(
      engine,
      `CREATE TABLE tied (id int PRIMARY KEY, a int NOT NULL, b int UNIQUE);
       CREATE UNIQUE INDEX tied_a ON tied (a); CREATE UNIQUE INDEX tied_a_again ON tied (a);
       ALTER TABLE tied REPLICA IDENTITY USING INDEX tied_a_again;
       CREATE TABLE child (b int REFERENCES tied (b));
       CREATE INDEX unfinished ON tied (a, b); CREATE INDEX unread ON tied (a, id);
       UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'unfinished'::regclass`,
    );
    const details = await engine.database.readSchemaDetails?.();
    const of = (name: string) => details?.indexes.find(({ index }) => index === name)?.restsOn;
    assert.deepEqual(of('tied_pkey'), ['the constraint tied_pkey']);
    assert.deepEqual(of('tied_b_key'), ['the constraint tied_b_key', 'the foreign key child_b_fkey']);
    assert.deepEqual(of('tied_a_again'), ['logical replication (REPLICA IDENTITY USING INDEX)']);
    assert.deepEqual(of('tied_a'), []);
    const catalog = await engine.database.readCatalog();
    const usage = await engine.database.readIndexUsage();
    assert.ok(usage.available && details);
    const at = (days: number) =>
      judgeIndexes({ catalog, details, usage, now: Date.now() + days * 86_400_000 }).unused.find(
        ({ index }) => index === 'unread',
      );
    assert.equal(at(0)?.drop, null);
    assert.match(at(0)?.reason ?? '', /are counted for 0 days only/);
    assert.deepEqual(at(60)?.drop, {
      ddl: 'DROP INDEX CONCURRENTLY public.unread;',
      undo: 'CREATE INDEX CONCURRENTLY unread ON public.tied USING btree (a, id);',
    });
    const { recommendations } = await advise(engine.database, 'estimate');
    const onTied = recommendations.filter(({ of: { table } }) => table === 'tied');
    assert.deepEqual(
      onTied.map(({ action, name, ddl }) => [action, name, ddl]),
      [
        ['drop', 'tied_a', 'DROP INDEX CONCURRENTLY public.tied_a;'],
        ['rebuild', 'unfinished', 'REINDEX INDEX CONCURRENTLY public.unfinished;'],
      ],
    );
    await run(engine, onTied[1]?.ddl ?? '');
    const after = await advise(engine.database, 'estimate');
    assert.deepEqual(after.invalid, []);
    await run(engine, 'DROP TABLE child, tied');
  });
});

describe('index advice without a connection', () => {
  test('judges what the schema has, and says why it recommends nothing', async () => {
    const { catalogFromDdl } = await import('../../src/core/catalog/from-ddl.ts');
    const catalog = catalogFromDdl(
      `${TABLES} CREATE INDEX a ON orders (day); CREATE INDEX b ON orders (day)`,
      'postgresql',
    );
    const advice = await adviseOnIndexes({
      ...{ catalog, database: null, workload: await workloadFromTexts([WORKLOAD], catalog), timeoutMs: 1000 },
      options: { whatIf: 'auto', budgetBytes: null, most: null, minSavingPct: 10 },
      signal: AbortSignal.timeout(60_000),
      onProgress: () => {},
    });
    assert.deepEqual(advice.recommendations, []);
    assert.deepEqual(
      advice.duplicates.map(({ index }) => index),
      ['b'],
    );
    assert.match(advice.statistics.notes.join(), /without a connection no index is recommended/);
  });
});
