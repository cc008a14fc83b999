/** Plans of real servers, read and compared. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planNodes } from '../../src/core/plans/plan.ts';
import { planSignature } from '../../src/core/plans/plan-signature.ts';
import { describeEngines } from '../servers/engines.ts';

const SETUP = `
  CREATE TABLE customer (id integer PRIMARY KEY, name text NOT NULL);
  CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer NOT NULL REFERENCES customer, total numeric, note text);
  INSERT INTO customer SELECT g, 'c' || g FROM generate_series(1, 500) AS g;
  INSERT INTO orders SELECT g, 1 + g % 500, g % 97, repeat('x', g % 50) FROM generate_series(1, 20000) AS g;
  CREATE INDEX ON orders (customer_id);
  ANALYZE`;

describeEngines('plans', SETUP, (engine) => {
  const explain = (sql: string, analyze = false) =>
    engine.database.readOnly((session) => session.explain(sql, { verbose: !analyze, analyze }));
  const signature = async (sql: string) => planSignature(await explain(sql));

  test('are read with joins, conditions, children and names', async () => {
    const plan = await explain(
      `SELECT c.name, sum(o.total) FROM customer c JOIN orders o ON o.customer_id = c.id
        WHERE o.total > 10 GROUP BY c.name ORDER BY 2 DESC`,
    );
    const nodes = [...planNodes(plan.root)];
    assert.equal(plan.root.operation, 'Sort');
    assert.deepEqual(plan.root.sortKey.length, 1);
    const join = nodes.find((node) => node.operation === 'Hash Join');
    assert.equal(join?.joinType, 'Inner');
    assert.match(join?.joinCondition ?? '', /o\.customer_id = c\.id/);
    const scan = nodes.find((node) => node.relation === 'orders');
    assert.deepEqual([scan?.schema, scan?.alias, scan?.operation], ['public', 'o', 'Seq Scan']);
    assert.match(scan?.filter ?? '', /total > '10'::numeric/);
    assert.ok(nodes.some((node) => node.groupKey.length === 1 && /Aggregate$/.test(node.operation)));
    assert.equal(plan.cost, plan.root.totalCost);
  });

  test('carry actual figures when the statement ran: rows, loops, blocks, removed rows, memory of sorts', async () => {
    const plan = await explain('SELECT note FROM orders WHERE total = 5 ORDER BY note', true);
    const sort = plan.root;
    const scan = [...planNodes(plan.root)].find((node) => node.relation === 'orders');
    assert.equal(plan.analyzed, true);
    assert.equal(sort.actual?.rows, 207);
    assert.equal(sort.actual?.sortSpaceType, 'Memory');
    assert.ok((sort.actual?.sortSpaceKb ?? 0) > 0);
    assert.equal(scan?.actual?.rowsRemovedByFilter, 20_000 - 207);
    assert.ok((scan?.actual?.sharedHit ?? 0) + (scan?.actual?.sharedRead ?? 0) > 100);
  });

  test('of subqueries keep their names and relationships', async () => {
    const plan = await explain(
      'SELECT (SELECT max(total) FROM orders o WHERE o.customer_id = c.id) FROM customer c WHERE c.id < (SELECT avg(id) FROM orders)',
    );
    const relationships = [...planNodes(plan.root)].flatMap(({ relationship, subplan }) =>
      subplan === null ? [] : [`${relationship} ${subplan.replace(/ \d+.*/, '')}`],
    );
    assert.deepEqual(relationships.sort(), ['InitPlan InitPlan', 'SubPlan SubPlan']);
  });

  test('are equal for statements that differ in writing only', async () => {
    for (const [one, other] of [
      ['SELECT o.id FROM orders o WHERE o.total > 3', 'SELECT id FROM orders WHERE total > 3'],
      [
        'SELECT x.id FROM orders x WHERE x.customer_id = 3 AND x.total > 3',
        'SELECT y.id FROM orders y WHERE y.customer_id = 3 AND y.total > 3',
      ],
      [
        'SELECT c.id FROM customer c JOIN orders o ON o.customer_id = c.id',
        'SELECT k.id FROM customer k, orders p WHERE p.customer_id = k.id',
      ],
      ['SELECT id FROM orders WHERE id IN (1, 2)', 'SELECT id FROM orders o WHERE o.id = ANY (ARRAY[1, 2])'],
      ['SELECT id FROM (SELECT * FROM orders) s WHERE total > 3', 'SELECT id FROM orders s WHERE total > 3'],
    ] as const) {
      assert.notEqual(await signature(one), null, one);
      assert.equal(await signature(one), await signature(other), one);
    }
  });

  test('are never equal when something differs', async () => {
    for (const [one, other] of [
      ['SELECT id FROM orders WHERE total > 3', 'SELECT id FROM orders WHERE total > 4'],
      ['SELECT id FROM orders WHERE total > 3', 'SELECT id FROM orders WHERE total >= 3'],
      ['SELECT id FROM orders', 'SELECT customer_id FROM orders'],
      [`SELECT id FROM orders o WHERE note = 'o.x'`, `SELECT id FROM orders p WHERE note = 'p.x'`],
      [
        'SELECT a.id FROM orders a JOIN orders b ON a.id = b.customer_id',
        'SELECT b.id FROM orders a JOIN orders b ON a.id = b.customer_id',
      ],
      ['SELECT count(*) FROM orders', 'SELECT count(note) FROM orders'],
      ['SELECT id FROM orders ORDER BY total', 'SELECT id FROM orders ORDER BY total DESC'],
      [
        'SELECT c.id FROM customer c LEFT JOIN orders o ON o.customer_id = c.id',
        'SELECT c.id FROM customer c JOIN orders o ON o.customer_id = c.id',
      ],
      [
        'SELECT id FROM orders UNION ALL SELECT id FROM customer',
        'SELECT id FROM customer UNION ALL SELECT id FROM orders',
      ],
    ] as const) {
      assert.notEqual(await signature(one), await signature(other), one);
    }
  });

  test('with something that EXPLAIN leaves unsaid have no signature', async () => {
    for (const sql of [
      'SELECT id FROM orders LIMIT 5',
      'SELECT * FROM (VALUES (1), (2)) v',
      'SELECT id FROM orders FOR UPDATE',
      'SELECT DISTINCT ON (customer_id) id FROM orders ORDER BY customer_id, id',
    ]) {
      assert.equal(await signature(sql), null, sql);
    }
    const window =
      'SELECT sum(total) OVER (PARTITION BY customer_id ORDER BY id ROWS 2 PRECEDING) FROM orders';
    const frame = window.replace('ROWS 2', 'ROWS 3');
    if (engine.name === 'PostgreSQL 15') assert.equal(await signature(window), null);
    else {
      assert.notEqual(await signature(window), null);
      assert.notEqual(await signature(window), await signature(frame));
    }
    assert.equal(planSignature(await explain('SELECT 1', true)), null);
  });
});
