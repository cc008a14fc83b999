/** Parameters without values on engines that plan for values only: a price all the same, for values that are assumed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatabaseError } from '../../../src/core/database.ts';
import { assumeValues, plannable } from '../../../src/core/optimizer/assumed-values.ts';
import { optimizeStatement } from '../../../src/core/optimizer/optimize.ts';
import { explainStatement } from '../../../src/core/plans/explain-statement.ts';
import { planNodes } from '../../../src/core/plans/plan.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';
import { describeEngines } from '../../servers/engines.ts';

const NUMBERS = `(SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 1 AS n FROM digit a, digit b, digit c, digit e) AS numbers`;
/** Every text that is in the tables begins with this, so that one that leaks is seen. */
const SECRET = 'hush';
const SETUP = `
  CREATE TABLE digit (d int PRIMARY KEY);
  INSERT INTO digit VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
  CREATE TABLE customers (id int PRIMARY KEY, email varchar(60) NOT NULL, token binary(4) NOT NULL, KEY by_email (email), KEY by_token (token));
  INSERT INTO customers SELECT n, concat('${SECRET}', n, '@example.com'), unhex(lpad(hex(n), 8, '0')) FROM ${NUMBERS} WHERE n <= 1000;
  CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, status varchar(20), placed datetime NOT NULL, total decimal(10,2) NOT NULL,
    KEY by_customer (customer_id), KEY by_placed (placed), KEY by_status (status));
  INSERT INTO orders SELECT n, 1 + n % 1000, CASE WHEN n % 10 = 0 THEN '${SECRET}open' ELSE '${SECRET}done' END,
    '2024-01-01' + INTERVAL n HOUR, n % 97 FROM ${NUMBERS};
  CREATE TABLE hollow (id int PRIMARY KEY, a int);
  ANALYZE TABLE customers, orders`;

describeEngines('parameters without values', { mariadb: SETUP, mysql: SETUP }, (engine) => {
  const assumed = async (sql: string) => {
    const statement = analyzeStatement(sql, await engine.database.readCatalog());
    return engine.database.readOnly(async (session) => {
      const values = await assumeValues(session, statement, {});
      if (typeof values === 'string') return { refusal: values, texts: [], note: '', plan: null };
      const valued = plannable(statement, values);
      assert.ok(valued);
      return {
        refusal: null,
        texts: valued.values.map(({ text }) => text),
        note: values.note,
        plan: await session.explain(valued.sql, valued),
      };
    });
  };

  for (const [sql, texts, note] of [
    ['SELECT * FROM customers WHERE id = ?', [/^1$/], 'parameter 1 is a value of customers.id'],
    [
      'SELECT * FROM customers WHERE id = :id OR id = :id + 1',
      [/^1$/, /^1$/],
      ':id is a value of customers.id',
    ],
    ['SELECT * FROM customers WHERE id = @wanted', [/^1$/], '@wanted is a value of customers.id'],
    ['SELECT * FROM orders o WHERE o.status = %s LIMIT %s', [/^hushdone$/, /^20$/], 'parameter 2 is 20 rows'],
    [
      'SELECT * FROM customers WHERE id IN (?, ?, ?)',
      [/^1$/, /^2$/, /^3$/],
      'parameter 3 is a value of customers.id',
    ],
    ['SELECT * FROM orders WHERE placed < ?', [/^2024-05-1\d /], 'a bound within orders.placed'],
    ['SELECT * FROM orders WHERE ? < placed', [/^2024-10-\d\d/], 'a bound within orders.placed'],
    [
      'SELECT * FROM orders WHERE placed >= ? AND placed < ?',
      [/^2024-07-1\d/, /^2024-08-0\d/],
      'parameter 2 is a bound within',
    ],
    ['SELECT * FROM orders WHERE id BETWEEN ? AND ?', [/^47\d\d$/, /^52\d\d$/], 'a bound within orders.id'],
    ['SELECT * FROM customers WHERE email LIKE ?', [/^hus%$/], 'a beginning of customers.email'],
    ["SELECT * FROM customers WHERE email LIKE CONCAT('%', ?, '%')", [/^hus$/], 'a part of customers.email'],
    [
      'SELECT * FROM customers WHERE lower(email) = ?',
      [/^hush1@example.com$/],
      'a value of an expression of customers.email',
    ],
    ['SELECT * FROM customers WHERE token = ?', [/^0x00000001$/], 'a value of customers.token'],
    ['SELECT * FROM orders WHERE placed >= ? - INTERVAL 1 DAY', [/^2024-10/], 'a bound within orders.placed'],
    [
      'SELECT * FROM orders WHERE (placed, id) > (?, ?) ORDER BY placed, id LIMIT 10',
      [/^2024-10/, /^66\d\d$/],
      'parameter 2 is a bound',
    ],
    [
      'SELECT * FROM orders WHERE (? IS NULL OR status = ?)',
      [/^1$/, /^hushdone$/],
      'parameter 1 is not NULL',
    ],
    [
      'SELECT customer_id FROM orders GROUP BY customer_id HAVING count(*) > ?',
      [/^10$/],
      'parameter 1 is a number',
    ],
    [
      'WITH recent AS (SELECT customer_id AS who, total FROM orders) SELECT * FROM recent WHERE who = ?',
      [/^2$/],
      'orders.customer_id',
    ],
    [
      'SELECT * FROM orders AS o FORCE INDEX (by_status) WHERE o.id > ?',
      [/^66\d\d$/],
      'a bound within orders.id',
    ],
    [
      'SELECT ?, CASE WHEN status = ? THEN ? END FROM orders WHERE placed > now() - INTERVAL ? DAY',
      [/^1$/, /^hushdone$/, /^1$/, /^1$/],
      'parameter 4 is a number',
    ],
    [
      'SELECT id FROM customers c WHERE (SELECT count(*) FROM orders o WHERE o.customer_id = c.id AND o.total > ?) > ?',
      [/^\d+\.\d+$/, /^10$/],
      'parameter 2 is a number',
    ],
    [
      'SELECT id FROM customers c WHERE (SELECT max(o.placed) FROM orders o WHERE o.customer_id = c.id) > ?',
      [/^2024-10-\d\d/],
      'a bound within orders.placed',
    ],
    ['SELECT * FROM orders LIMIT ?, ?', [/^20$/, /^20$/], 'parameter 1 is 20 rows'],
    [
      'SELECT * FROM orders WHERE id IN (SELECT id FROM orders WHERE customer_id = ?)',
      [/^2$/],
      'orders.customer_id',
    ],
  ] as const) {
    test(`get values that fit: ${sql}`, async () => {
      const found = await assumed(sql);
      assert.equal(found.refusal, null);
      assert.ok(found.plan && found.plan.cost >= 0 && !found.plan.analyzed);
      assert.equal(found.texts.length, texts.length);
      for (const [index, expected] of texts.entries()) assert.match(found.texts[index] ?? '', expected);
      assert.ok(found.note.includes(note), found.note);
      assert.ok(!found.note.includes(SECRET));
    });
  }

  for (const [sql, why] of [
    ['SELECT * FROM orders WHERE substr(status, ?) = 1', /^parameter 1 is compared with nothing/],
    ['SELECT * FROM orders WHERE id = ? AND abs(?) > 1', /^parameter 2 is compared with nothing/],
    ['SELECT * FROM hollow WHERE a = ?', /^hollow\.a has no values to plan parameter 1 with/],
    [
      "SELECT * FROM customers WHERE json_extract(email, '$.a') = ?",
      /^Values of customers could not be read|has no values/,
    ],
  ] as const) {
    test(`get none where none is known, and it is said why: ${sql}`, async () => {
      assert.match((await assumed(sql)).refusal ?? '', why);
    });
  }

  test('price rewrites, which is said of them, and nothing is called measured', async () => {
    const catalog = await engine.database.readCatalog();
    const found = await optimizeStatement({
      text: `SELECT c.email FROM customers c WHERE (SELECT count(*) FROM orders o WHERE o.customer_id = c.id AND o.total > ?) > 0 AND c.email LIKE ?`,
      ...{ catalog, database: engine.database, scratch: null, options: { measure: true } },
    });
    const priced = found.candidates.filter(({ cost }) => cost !== null);
    assert.ok(priced.length > 0, JSON.stringify(found));
    for (const { cost, evidence, measured } of priced) {
      assert.ok(cost?.assumed && cost.before > 0 && cost.after > 0);
      assert.ok(evidence.assumptions.some((line) => /^Planned for assumed values.*orders\.total/.test(line)));
      assert.equal(measured, null);
    }
    if (found.best !== null)
      assert.match(
        found.reason,
        /cheaper for values that were assumed for its parameters; it was not measured/,
      );
    assert.ok(!JSON.stringify(found).includes(SECRET));
  });

  test('that cannot be priced leave rewrites without a price, with the reason', async () => {
    const catalog = await engine.database.readCatalog();
    const found = await optimizeStatement({
      text: 'SELECT c.id FROM customers c WHERE (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) > 0 AND abs(?) > 0',
      ...{ catalog, database: engine.database, scratch: null, options: { measure: false } },
    });
    assert.ok(found.candidates.length > 0);
    assert.ok(found.candidates.every(({ cost }) => cost === null));
    assert.match(
      found.reason,
      /It was not priced: parameter 1 is compared with nothing whose values are known/,
    );
  });

  test('are planned without a value in the plan, in its raw form, or in an error', async () => {
    const catalog = await engine.database.readCatalog();
    const target = { database: engine.database, catalog, timeoutMs: 30_000 };
    const signal = AbortSignal.timeout(60_000);
    const sql =
      'SELECT * FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.email LIKE ? AND o.status = ? AND c.id BETWEEN ? AND ?';
    const { plan, text } = await explainStatement(sql, target, false, signal);
    assert.ok([...planNodes(plan.root)].some(({ relation }) => relation === 'customers'));
    assert.match(
      text,
      /Planned for assumed values, since this server plans for values only: parameter 1 is a beginning of customers\.email/,
    );
    assert.match(text, /\?/, 'a condition is shown');
    assert.ok(!JSON.stringify(plan).includes(SECRET), JSON.stringify(plan));
    assert.ok(
      !/\b(47|48|52|53)\d\b/.test(
        JSON.stringify(plan.root).replace(/"(cost|startupCost|totalCost|estimatedRows)":[\d.]+/g, ''),
      ),
    );
    await assert.rejects(
      () =>
        engine.database.readOnly((session) =>
          session.explain('SELECT * FROM customers WHERE missing = ?', {
            values: [{ kind: 'text', text: SECRET }],
          }),
        ),
      (error) =>
        DatabaseError.is(error, 'undefinedObject') &&
        !error.message.includes(SECRET) &&
        /error 1054/.test(error.message),
    );
  });

  test('of a write are told as for every write: it is not planned where only reading is allowed', async () => {
    const statement = analyzeStatement(
      'UPDATE orders SET status = ? WHERE id = ?',
      await engine.database.readCatalog(),
    );
    await engine.database.readOnly(async (session) => {
      const values = await assumeValues(session, statement, {});
      assert.ok(typeof values !== 'string');
      const valued = plannable(statement, values);
      assert.ok(valued);
      await assert.rejects(
        () => session.explain(valued.sql, valued),
        (error) =>
          DatabaseError.is(error, 'readOnly') &&
          /plans no such statement/.test(error.message) &&
          !error.message.includes(SECRET),
      );
    });
  });

  test('reach the server as the adapter quotes them, whatever is in them', async () => {
    const values = [{ kind: 'text', text: "') OR 1=1; DROP TABLE orders; -- \\' 😀" }] as const;
    const plan = await engine.database.readOnly((session) =>
      session.explain('SELECT * FROM customers WHERE email = ?', { values }),
    );
    assert.ok(plan.cost >= 0);
    const number = [{ kind: 'number', text: '1 OR 1=1' }] as const;
    assert.ok(
      await engine.database.readOnly((session) =>
        session.explain('SELECT * FROM customers WHERE id = ?', { values: number }),
      ),
    );
    assert.equal(
      (await engine.database.readOnly((session) => session.query('SELECT count(*) FROM orders')))
        .rows[0]?.[0],
      '10000',
    );
    await assert.rejects(
      () =>
        engine.database.readOnly((session) =>
          session.explain('SELECT * FROM customers WHERE id = ? AND email = ?', { values }),
        ),
      (error) =>
        DatabaseError.is(error, 'other') && /2 parameters, and there are 1 values/.test(error.message),
    );
  });
});
