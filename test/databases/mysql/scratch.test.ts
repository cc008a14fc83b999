/** Counterexamples on a scratch database of the user's own MariaDB, with the user's permission. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Catalog } from '../../../src/core/catalog/catalog.ts';
import { DatabaseError, type ScratchDatabase } from '../../../src/core/database.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';
import { searchCounterexample } from '../../../src/core/verification/search/search.ts';
import { verifyPair } from '../../../src/core/verification/verify-pair.ts';
import { parseConnectionUrl } from '../../../src/databases/connection-url.ts';
import { openDatabase } from '../../../src/databases/open-database.ts';
import { describeEngines } from '../../servers/engines.ts';
import { runOnce } from '../../servers/with-database.ts';

const MARIADB = `
  CREATE TABLE customer (id int PRIMARY KEY, name varchar(40) NOT NULL, code varchar(10) COLLATE utf8mb4_nopad_bin, region int);
  CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total decimal(10,2), status enum('open', 'done') NOT NULL,
    placed datetime NOT NULL, note text, raw varbinary(8), flags bit(2), doc json, seen timestamp NULL,
    CONSTRAINT of_customer FOREIGN KEY (customer_id) REFERENCES customer (id));
  CREATE VIEW open_orders AS SELECT id, total FROM orders WHERE status = 'open'`;

/** The second does not return what the first returns. */
const WRONG: readonly (readonly [string, string])[] = [
  ['SELECT id FROM orders WHERE total > 5', 'SELECT id FROM orders WHERE total >= 5'],
  [
    'SELECT id FROM customer WHERE id NOT IN (SELECT customer_id FROM orders)',
    'SELECT id FROM customer c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id)',
  ],
  [
    'SELECT c.id, o.id AS o FROM customer c LEFT JOIN orders o ON o.customer_id = c.id',
    'SELECT c.id, o.id AS o FROM customer c JOIN orders o ON o.customer_id = c.id',
  ],
  ['SELECT DISTINCT customer_id FROM orders', 'SELECT customer_id FROM orders'],
  [
    'SELECT customer_id FROM orders UNION SELECT region FROM customer',
    'SELECT customer_id FROM orders UNION ALL SELECT region FROM customer',
  ],
  ['SELECT count(note) AS n FROM orders', 'SELECT count(*) AS n FROM orders'],
  // texts: equal to the server, and not the same
  ["SELECT id FROM customer WHERE name = 'a'", "SELECT id FROM customer WHERE BINARY name = 'a'"],
  ['SELECT count(DISTINCT name) AS n FROM customer', 'SELECT count(DISTINCT BINARY name) AS n FROM customer'],
  ["SELECT id FROM customer WHERE code = 'a'", "SELECT id FROM customer WHERE code LIKE 'A'"],
  ["SELECT id FROM orders WHERE status = 'open'", "SELECT id FROM orders WHERE status <> 'open'"],
  ["SELECT id FROM orders WHERE placed < '2024-03-31'", "SELECT id FROM orders WHERE placed <= '2024-03-31'"],
  ['SELECT id FROM orders WHERE YEAR(placed) = 2024', "SELECT id FROM orders WHERE placed >= '2024-01-01'"],
  [
    'SELECT id FROM orders ORDER BY total DESC, id LIMIT 2',
    'SELECT id FROM orders ORDER BY total, id LIMIT 2',
  ],
  ["SELECT id FROM orders WHERE raw = x'01'", "SELECT id FROM orders WHERE raw <> x'01'"],
  ["SELECT id FROM orders WHERE flags = b'01'", "SELECT id FROM orders WHERE flags <> b'01'"],
  ['SELECT id FROM orders WHERE seen < NOW()', 'SELECT id FROM orders WHERE seen > NOW()'],
];

const RIGHT: readonly (readonly [string, string])[] = [
  [
    'SELECT id FROM customer WHERE id IN (SELECT customer_id FROM orders WHERE total > 5)',
    'SELECT id FROM customer c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.total > 5)',
  ],
  [
    'SELECT id FROM orders WHERE YEAR(placed) = 2024 ORDER BY id',
    "SELECT id FROM orders WHERE placed >= '2024-01-01' AND placed < '2025-01-01' ORDER BY id",
  ],
  [
    'SELECT o.id FROM orders o WHERE o.total > (SELECT avg(p.total) FROM orders p WHERE p.customer_id = o.customer_id)',
    'SELECT o.id FROM orders o JOIN (SELECT customer_id, avg(total) AS a FROM orders GROUP BY customer_id) g ON g.customer_id = o.customer_id WHERE o.total > g.a',
  ],
  [
    'SELECT id FROM orders WHERE customer_id = 1 OR customer_id = 2',
    'SELECT id FROM orders WHERE customer_id IN (1, 2)',
  ],
];

describeEngines('generated databases', { mariadb: MARIADB }, (engine) => {
  let catalog: Catalog;
  let scratch: ScratchDatabase;
  before(async () => {
    catalog = await engine.database.readCatalog();
    scratch = await openScratch();
  });
  after(() => scratch?.close());
  const openScratch = (): Promise<ScratchDatabase> => {
    const opened = engine.database.openScratch?.();
    assert.ok(opened);
    return opened;
  };

  const search = (one: string, other: string, databases = 200) =>
    searchCounterexample(analyzeStatement(one, catalog), analyzeStatement(other, catalog), catalog, scratch, {
      databases,
      budgetMs: 20_000,
    });
  const left = async () =>
    (await runOnce(engine.url, "SHOW DATABASES LIKE 'sqlopt\\\\_scratch\\\\_%'")).length;

  test('refute what does not return the same', async () => {
    for (const [one, other] of WRONG) {
      const result = await search(one, other);
      assert.equal(result.verdict, 'refuted', `${other}: ${JSON.stringify(result)}`);
    }
  });

  test('have a counterexample that a person can run', async () => {
    const result = await search(
      'SELECT id, note FROM orders WHERE total > 5',
      "SELECT id, coalesce(note, '') AS note FROM orders WHERE total > 5",
    );
    assert.ok(result.verdict === 'refuted');
    const { setup, before: one, after: other } = result.counterexample;
    assert.match(setup, /CREATE TABLE orders[\s\S]*ENGINE=InnoDB;\nINSERT INTO orders/);
    assert.match(one, /NULL/);
    assert.doesNotMatch(other, /NULL/);
  });

  test('are survived by what returns the same', async () => {
    for (const [one, other] of RIGHT) {
      const result = await search(one, other, 60);
      assert.ok(result.verdict === 'survived', `${other}: ${JSON.stringify(result)}`);
      assert.ok(result.reached >= 10, `${result.reached} reached`);
      assert.deepEqual(result.notes, []);
    }
  });

  test('raise the level of evidence from observed to tested', async () => {
    await runOnce(engine.url, "INSERT INTO orders (id, total, status, placed) VALUES (1, 7, 'open', now())");
    const [one, other] = [
      'SELECT id FROM orders WHERE total > 5 OR total IS NULL',
      'SELECT id FROM orders WHERE NOT total <= 5 OR total IS NULL',
    ];
    const without = await verifyPair(one, other, catalog, null, engine.database);
    assert.equal(without.verdict, 'observed');
    const tested = await verifyPair(one, other, catalog, async () => scratch, engine.database, {
      databases: 60,
    });
    assert.equal(tested.verdict, 'tested', tested.reason);
  });

  test('are not built where a name would reach the user’s own tables', async () => {
    const name = engine.database.info.database;
    for (const sql of [
      `SELECT id FROM ${name}.orders`,
      'SELECT id FROM open_orders',
      'SELECT id FROM orders WHERE id = ?',
    ]) {
      const result = await search(sql, sql.replace('id FROM', 'id + 0 AS id FROM'));
      assert.equal(result.verdict, 'unknown', sql);
    }
    const written = await search('DELETE FROM orders WHERE total > 5', 'DELETE FROM orders WHERE total >= 5');
    assert.equal(written.verdict, 'unknown');
    const rows = await runOnce(engine.url, 'SELECT count(*) AS n FROM orders');
    assert.equal(Number(rows[0]?.['n']), 1);
  });

  test('are gone afterwards, also when a statement does not end', async () => {
    const own = await openScratch();
    assert.equal(await left(), 2);
    await assert.rejects(
      () =>
        own.execute('SELECT count(*) FROM seq_1_to_1000000 a, seq_1_to_1000000 b WHERE a.seq + b.seq = 7', {
          timeoutMs: 300,
        }),
      (error) => DatabaseError.is(error, 'timeout'),
    );
    assert.deepEqual((await own.execute('SELECT 1')).rows, [['1']]);
    await own.close();
    assert.equal(await left(), 1);
  });

  test('need the privilege to create a database, and say so', async () => {
    await runOnce(
      engine.url,
      `CREATE USER IF NOT EXISTS reader@'127.0.0.1' IDENTIFIED BY 'reader'; GRANT SELECT ON ${engine.database.info.database}.* TO reader@'127.0.0.1'`,
    );
    const url = new URL(engine.url);
    url.username = url.password = 'reader';
    const reader = await openDatabase(parseConnectionUrl(url.href));
    try {
      await assert.rejects(
        async () => reader.openScratch?.(),
        (error) => DatabaseError.is(error, 'permission') && /GRANT …/.test(error.message),
      );
    } finally {
      await reader.close();
      await runOnce(engine.url, "DROP USER reader@'127.0.0.1'");
    }
  });
});
