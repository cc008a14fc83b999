/** Plans of a live MariaDB, read into the one model. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Catalog } from '../../../src/core/catalog/catalog.ts';
import { type Plan, planNodes } from '../../../src/core/plans/plan.ts';
import { planFindings } from '../../../src/core/plans/plan-findings.ts';
import { planSignature } from '../../../src/core/plans/plan-signature.ts';
import { planText } from '../../../src/core/plans/plan-text.ts';
import { describeEngines } from '../../servers/engines.ts';

const MARIADB = `
  CREATE TABLE customer (id int PRIMARY KEY, name varchar(40) NOT NULL);
  CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, total decimal(10,2), note varchar(60), KEY by_customer (customer_id));
  INSERT INTO customer SELECT seq, concat('c', seq) FROM seq_1_to_500;
  INSERT INTO orders SELECT seq, 1 + seq % 500, seq % 97, repeat('x', seq % 50) FROM seq_1_to_20000;
  ANALYZE TABLE customer, orders`;

describeEngines('plans', { mariadb: MARIADB }, (engine) => {
  let catalog: Catalog;
  before(async () => {
    catalog = await engine.database.readCatalog();
  });
  const explain = (sql: string, analyze = false): Promise<Plan> =>
    engine.database.readOnly((session) => session.explain(sql, { verbose: !analyze, analyze }));
  const cost = async (sql: string) => (await explain(sql)).cost;
  const operations = async (sql: string) =>
    [...planNodes((await explain(sql)).root)].map((node) => node.operation);

  test('are read with joins, conditions, children and the names of tables', async () => {
    const plan = await explain(
      `SELECT c.name, sum(o.total) FROM customer c JOIN orders o ON o.customer_id = c.id
        WHERE o.total > 10 GROUP BY c.name ORDER BY 2 DESC`,
    );
    assert.equal(plan.root.operation, 'Sort');
    assert.deepEqual(plan.root.sortKey, ['sum(o.total) desc']);
    const join = [...planNodes(plan.root)].find((node) => node.operation === 'Nested Loop');
    assert.deepEqual(
      join?.children.map((child) => child.relationship),
      ['Outer', 'Inner'],
    );
    const lookup = join?.children[1];
    assert.deepEqual(
      [lookup?.relation, lookup?.alias, lookup?.index, lookup?.operation],
      ['orders', 'o', 'by_customer', 'Index lookup'],
    );
    assert.match(lookup?.indexCondition ?? '', /customer_id = .*c\.id/);
    assert.equal(lookup?.filter, 'o.total > 10');
    assert.equal(plan.cost, plan.root.totalCost);
    assert.match(planText(plan), /→ Index lookup using by_customer on orders o {2}\(cost/);
  });

  test('carry actual figures when the statement ran: rows, loops, pages, removed rows, sorts', async () => {
    const plan = await explain('SELECT note FROM orders WHERE total = 5 ORDER BY note', true);
    const nodes = [...planNodes(plan.root)];
    const sort = nodes.find((node) => node.operation === 'Sort');
    const scan = nodes.find((node) => node.relation === 'orders');
    assert.equal(plan.analyzed, true);
    assert.ok(plan.executionMs !== null && plan.executionMs > 0);
    assert.equal(sort?.actual?.rows, 207);
    assert.equal(sort?.actual?.sortSpaceType, 'Memory');
    assert.ok((sort?.actual?.sortSpaceKb ?? 0) > 0);
    assert.equal(Math.round(scan?.actual?.rowsRemovedByFilter ?? 0), 20_000 - 207);
    assert.ok((scan?.actual?.sharedHit ?? 0) > 50);
  });

  test('are read whatever literals are in them, which the server does not escape', async () => {
    for (const literal of [
      `'it''s'`,
      `'a"b'`,
      `'a\tb'`,
      `'a\\\\b'`,
      `'", "key": "x'`,
      `'{}[]:,'`,
      `'a\\nb'`,
    ]) {
      const sql = `SELECT o.id FROM orders o JOIN customer c ON c.id = o.customer_id WHERE o.id < 500 AND concat(o.id, c.name) <> ${literal}`;
      for (const analyze of [false, true]) {
        const plan = await engine.database.readOnly((session) => session.explain(sql, { analyze }));
        const relations = [...planNodes(plan.root)].flatMap(({ relation }) => relation ?? []);
        assert.deepEqual([...new Set(relations)].sort(), ['customer', 'orders'], literal);
        const conditions = JSON.stringify(plan.raw);
        assert.match(conditions, /concat\(/, literal);
      }
      const timing = await engine.database.readOnly((session) => session.time(sql));
      assert.ok(timing.rows > 0, literal);
    }
  });

  test('of subqueries say which ones run for each row', async () => {
    const plan = await explain(
      'SELECT (SELECT max(total) FROM orders o WHERE o.customer_id = c.id) FROM customer c WHERE c.id < (SELECT avg(id) FROM orders)',
    );
    const relationships = [...planNodes(plan.root)].flatMap(({ relationship, subplan }) =>
      subplan === null ? [] : [`${relationship} ${subplan}`],
    );
    assert.deepEqual(relationships.sort(), ['InitPlan Subquery #3', 'SubPlan Subquery #2']);
  });

  test('of every kind of step are read without losing a table', async () => {
    for (const [sql, expected] of [
      ['SELECT id FROM orders UNION SELECT id FROM customer', ['Union', 'Index scan', 'Index scan']],
      ['SELECT id FROM orders UNION ALL SELECT 1', ['Union all', 'Index scan', 'No tables used']],
      ['SELECT 1', ['No tables used']],
      ['SELECT * FROM orders WHERE 1 = 0', ['Impossible WHERE']],
      ['SELECT note FROM orders WHERE id = 7', ['Constant row']],
      ['SELECT DISTINCT note FROM orders', ['Temporary table', 'Table scan']],
      [
        'SELECT id, row_number() OVER (ORDER BY note) FROM orders',
        ['Window functions', 'Temporary table', 'Table scan'],
      ],
      [
        'SELECT o.id FROM orders o JOIN customer c ON c.name = o.note',
        ['Block Nested Loop', 'Table scan', 'Table scan'],
      ],
      ['SELECT * FROM (SELECT * FROM orders LIMIT 9) d', ['Table scan', 'Table scan']],
    ] as const) {
      const found = await operations(sql);
      assert.deepEqual([...found].sort(), [...expected].sort(), sql);
    }
    const recursive = await operations(
      'WITH RECURSIVE n AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM n WHERE a < 5) SELECT * FROM n',
    );
    assert.ok(recursive.includes('Recursive union all') || recursive.includes('Recursive union'));
  });

  test('have prices in one unit, whatever the form of the statement', async () => {
    const wholeTable = await cost('SELECT * FROM orders WHERE total = 5');
    assert.ok((await cost('SELECT * FROM orders WHERE customer_id = 5')) < wholeTable / 10);
    assert.ok((await cost('SELECT * FROM orders WHERE id = 5')) < wholeTable / 100);
    const twice = await cost(
      'SELECT note FROM orders WHERE total = 5 UNION ALL SELECT note FROM orders WHERE total = 6',
    );
    assert.ok(Math.abs(twice - 2 * wholeTable) < wholeTable / 10);
    const perRow = await cost(
      'SELECT o.id FROM orders o WHERE o.total > (SELECT avg(p.total) FROM orders p WHERE p.customer_id = o.customer_id)',
    );
    const grouped = await cost(
      'SELECT o.id FROM orders o JOIN (SELECT customer_id, avg(total) AS a FROM orders GROUP BY customer_id) g ON g.customer_id = o.customer_id WHERE o.total > g.a',
    );
    assert.ok(perRow > 3 * grouped, `${perRow} and ${grouped}`);
    const listed = await cost(
      'SELECT name FROM customer WHERE id NOT IN (SELECT customer_id FROM orders WHERE total > 5)',
    );
    assert.ok(listed > 20_000, 'what is stored for an IN counts');
  });

  test('tell of trouble in words of the engine', async () => {
    const scan = planFindings(await explain("SELECT id FROM orders WHERE note = 'never'", true), catalog);
    assert.ok(scan.some(({ kind, node }) => kind === 'selective-sequential-scan' && /orders/.test(node)));
    const repeated = planFindings(
      await explain(
        'SELECT o.id FROM orders o WHERE o.total > (SELECT avg(p.total) FROM orders p WHERE p.customer_id = o.customer_id)',
      ),
      catalog,
    );
    assert.ok(repeated.some(({ kind }) => kind === 'repeated-subplan'));
    const loop = planFindings(
      await explain('SELECT count(*) FROM orders a JOIN orders b ON a.note = b.note'),
      catalog,
    );
    assert.ok(loop.some(({ kind }) => kind === 'nested-loop-blow-up'));
  });

  test('never have a signature: they leave too much unsaid', async () => {
    for (const sql of ['SELECT id FROM orders', 'SELECT 1', 'SELECT count(*) FROM orders GROUP BY note']) {
      assert.equal(planSignature(await explain(sql)), null, sql);
    }
  });
});
