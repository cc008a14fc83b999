/**
 * MySQL's three forms of a plan, and MariaDB's where no live server of the version is at hand. The texts follow the
 * formats that the makers document:
 * https://dev.mysql.com/doc/refman/8.4/en/explain.html (TREE, ANALYZE, JSON),
 * https://dev.mysql.com/worklog/task/?id=6510 (costs in JSON),
 * https://dev.mysql.com/blog-archive/new-json-format-for-explain/ (version 2 of JSON),
 * https://mariadb.com/kb/en/explain-format-json/ (before 10.9: one key for each table),
 * https://jira.mariadb.org/browse/MDEV-30032 (costs since 11.0).
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mariadbTotals } from '../../../src/core/plans/mariadb-run-totals.ts';
import { planNodes } from '../../../src/core/plans/plan.ts';
import { planSignature } from '../../../src/core/plans/plan-signature.ts';
import { readMariadbPlan } from '../../../src/core/plans/read-mariadb-plan.ts';
import { readMysqlPlan } from '../../../src/core/plans/read-mysql-plan.ts';
import { readMysqlTree } from '../../../src/core/plans/read-mysql-tree.ts';
import { withTableNames } from '../../../src/core/plans/table-names.ts';

describe('MySQL’s tree', () => {
  const TREE = `-> Limit: 10 row(s)  (cost=5421 rows=10) (actual time=41.2..41.3 rows=10 loops=1)
    -> Sort: c.\`name\`, limit input to 10 row(s) per chunk  (cost=5421 rows=8000) (actual time=41.2..41.2 rows=10 loops=1)
        -> Stream results  (cost=5421 rows=8000) (actual time=0.31..39 rows=7210 loops=1)
            -> Nested loop left join  (cost=5421 rows=8000) (actual time=0.29..35.5 rows=7210 loops=1)
                -> Filter: (o.total > 10.00)  (cost=2032 rows=6670) (actual time=0.11..9.2 rows=7210 loops=1)
                    -> Table scan on o  (cost=2032 rows=20000) (actual time=0.1..7.9 rows=20000 loops=1)
                -> Single-row index lookup on c using PRIMARY (id = o.customer_id)  (cost=0.25 rows=1) (actual time=632e-6..665e-6 rows=1 loops=7210)
`;

  test('gives nodes with their tables, conditions and figures', () => {
    const plan = readMysqlTree(TREE);
    assert.deepEqual(
      [...planNodes(plan.root)].map((node) => node.operation),
      ['Limit', 'Sort', 'Stream results', 'Nested Loop', 'Filter', 'Table scan', 'Single-row index lookup'],
    );
    assert.deepEqual([plan.cost, plan.analyzed, plan.executionMs], [5421, true, 41.3]);
    const nodes = [...planNodes(plan.root)];
    const join = nodes[3];
    assert.equal(join?.joinType, 'Left');
    assert.deepEqual(
      join?.children.map((child) => child.relationship),
      ['Outer', 'Inner'],
    );
    assert.equal(nodes[4]?.filter, '(o.total > 10.00)');
    const lookup = nodes[6];
    assert.deepEqual(
      [lookup?.alias, lookup?.index, lookup?.indexCondition],
      ['c', 'PRIMARY', 'id = o.customer_id'],
    );
    assert.deepEqual([lookup?.actual?.loops, lookup?.actual?.totalMs], [7210, 0.000665]);
    assert.equal(nodes[5]?.estimatedRows, 20_000);
  });

  test('of a hash join, a subquery, a CTE and a step that never ran', () => {
    const plan = readMysqlTree(`-> Filter: (t2.c1 > (select #2))  (cost=3.5 rows=5)
    -> Inner hash join (t2.c2 = t1.c1)  (cost=3.5 rows=5)
        -> Table scan on t2  (cost=0.07 rows=5)
        -> Hash
            -> Covering index range scan on t1 using c1_idx over (5 < c1)  (cost=1.1..2.2 rows=5)
    -> Select #2 (subquery in condition; run only once)
        -> Aggregate: avg(x.a)  (cost=2.5 rows=1) (never executed)
            -> Table scan on x  (cost=2..2.6 rows=7) (never executed)
                -> Materialize CTE x  (cost=1.5..1.5 rows=7) (never executed)
                    -> Table scan on t3  (cost=0.9 rows=7) (never executed)
    -> Select #3 (subquery in projection; dependent)
        -> Rows fetched before execution  (cost=0..0 rows=1)
`);
    const nodes = [...planNodes(plan.root)];
    const join = nodes.find((node) => node.operation === 'Hash Join');
    assert.deepEqual([join?.joinType, join?.joinCondition], ['Inner', 't2.c2 = t1.c1']);
    const range = nodes.find((node) => node.alias === 't1');
    assert.deepEqual(
      [range?.operation, range?.index, range?.indexCondition, range?.startupCost, range?.totalCost],
      ['Covering index range scan', 'c1_idx', '5 < c1', 1.1, 2.2],
    );
    assert.deepEqual(
      nodes.flatMap((node) => (node.subplan ? [`${node.relationship} ${node.subplan}`] : [])),
      ['InitPlan Subquery #2', 'SubPlan Subquery #3'],
    );
    assert.equal(nodes.find((node) => node.operation === 'Materialize CTE')?.cte, 'x');
    assert.equal(nodes.find((node) => node.alias === 't3')?.actual?.loops, 0);
  });

  test('with a sort that tells no cost is as dear as what is below', () => {
    const plan = readMysqlTree('-> Sort: o.total DESC\n    -> Table scan on o  (cost=2032 rows=20000)\n');
    assert.equal(plan.cost, 2032);
    assert.deepEqual(plan.root.sortKey, ['o.total DESC']);
  });

  test('that is none is refused', () => {
    assert.throws(() => readMysqlTree('<not executable by iterator executor>'), TypeError);
  });
});

describe('MySQL’s JSON, version 1', () => {
  const table = (name: string, more: object) => ({
    table: {
      table_name: name,
      access_type: 'ALL',
      rows_examined_per_scan: 20_000,
      rows_produced_per_join: 6666,
      filtered: '33.33',
      cost_info: {
        read_cost: '1366.00',
        eval_cost: '666.60',
        prefix_cost: '2032.60',
        data_read_per_join: '1M',
      },
      used_columns: ['id', 'total'],
      ...more,
    },
  });
  const read = (block: object) => readMysqlPlan(JSON.stringify({ query_block: { select_id: 1, ...block } }));

  test('gives joins, sorts and conditions', () => {
    const plan = read({
      cost_info: { query_cost: '9365.20' },
      ordering_operation: {
        using_temporary_table: true,
        using_filesort: true,
        cost_info: { sort_cost: '6666.00' },
        nested_loop: [
          table('o', { attached_condition: '(`shop`.`o`.`total` > 10.00)' }),
          table('c', {
            access_type: 'eq_ref',
            key: 'PRIMARY',
            used_key_parts: ['id'],
            ref: ['shop.o.customer_id'],
            rows_examined_per_scan: 1,
            filtered: '100.00',
            cost_info: { read_cost: '1.00', eval_cost: '666.60', prefix_cost: '2699.20' },
          }),
          table('d', { using_join_buffer: 'hash join', rows_produced_per_join: 12 }),
        ],
      },
    });
    assert.equal(plan.cost, 9365.2);
    const nodes = [...planNodes(plan.root)];
    assert.deepEqual(
      nodes.map((node) => node.operation),
      ['Sort', 'Hash Join', 'Nested Loop', 'Table scan', 'Single-row index lookup', 'Table scan'],
    );
    assert.equal(Math.round(nodes[3]?.estimatedRows ?? 0), 6666);
    assert.equal(nodes[4]?.indexCondition, 'id = shop.o.customer_id');
    assert.equal(nodes[2]?.totalCost, 2699.2);
    assert.equal(planSignature(plan), null, 'plans of MySQL are never called equal');
  });

  test('adds a dependent subquery as often as it runs, another one once', () => {
    const inner = { query_block: { select_id: 2, cost_info: { query_cost: '3.00' }, ...table('p', {}) } };
    const subquery = (dependent: boolean) =>
      read({
        cost_info: { query_cost: '2032.60' },
        ...table('o', { attached_subqueries: [{ dependent, cacheable: !dependent, ...inner }] }),
      });
    assert.equal(subquery(false).cost, 2032.6 + 3);
    assert.equal(subquery(true).cost, 2032.6 + 20_000 * 3);
    const projected = read({
      cost_info: { query_cost: '100.00' },
      ...table('o', {}),
      select_list_subqueries: [{ dependent: true, cacheable: false, ...inner }],
    });
    assert.equal(projected.cost, 100 + 6666 * 3);
    assert.deepEqual(
      projected.root.children.map((node) => node.relationship),
      ['SubPlan'],
    );
  });

  test('adds what is stored for a derived table and the parts of a union', () => {
    const stored = read({
      cost_info: { query_cost: '50.00' },
      ...table('d', {
        materialized_from_subquery: {
          using_temporary_table: true,
          dependent: false,
          query_block: { select_id: 2, cost_info: { query_cost: '7.00' }, ...table('o', {}) },
        },
      }),
    });
    assert.equal(stored.cost, 57);
    const part = { query_block: { select_id: 1, cost_info: { query_cost: '7.00' }, ...table('o', {}) } };
    const union = read({
      union_result: {
        using_temporary_table: true,
        table_name: '<union1,2>',
        access_type: 'ALL',
        query_specifications: [
          { dependent: false, cacheable: true, ...part },
          { dependent: false, cacheable: true, ...part },
        ],
      },
    });
    assert.deepEqual([union.root.operation, union.cost], ['Union', 14]);
    assert.equal(read({ message: 'No tables used' }).root.operation, 'No tables used');
  });
});

describe('MySQL’s JSON, version 2', () => {
  const step = {
    operation: 'Filter: (o.total > 10.00)',
    access_type: 'filter',
    condition: '(o.total > 10.00)',
    estimated_rows: 6666.0,
    estimated_total_cost: 2032.6,
    inputs: [
      {
        operation: 'Index lookup on o using by_customer (customer_id = 5)',
        access_type: 'index',
        index_name: 'by_customer',
        table_name: 'orders',
        alias: 'o',
        schema_name: 'shop',
        estimated_rows: 40.0,
        estimated_total_cost: 14.1,
      },
    ],
  };

  test('is read with and without the frame of later servers', () => {
    for (const text of [
      { query: 'select 1', ...step },
      { query: 'select 1', query_plan: step, query_type: 'select' },
    ]) {
      const plan = readMysqlPlan(JSON.stringify(text));
      assert.equal(plan.cost, 2032.6);
      const [filter, lookup] = [...planNodes(plan.root)];
      assert.deepEqual([filter?.operation, filter?.filter], ['Filter', '(o.total > 10.00)']);
      assert.deepEqual(
        [lookup?.schema, lookup?.relation, lookup?.alias, lookup?.index, lookup?.estimatedRows],
        ['shop', 'orders', 'o', 'by_customer', 40],
      );
    }
    assert.throws(() => readMysqlPlan('{}'), TypeError);
    assert.throws(() => readMysqlPlan('no'), SyntaxError);
  });
});

describe('MariaDB’s JSON', () => {
  test('before 10.9 has one key for each table of a join: none is lost', () => {
    const plan = readMariadbPlan(`{
      "query_block": {
        "select_id": 1,
        "table": { "table_name": "A", "access_type": "ALL", "rows": 10, "filtered": 100, "attached_condition": "A.b = 3" },
        "block-nl-join": {
          "table": { "table_name": "B", "access_type": "ALL", "rows": 20, "filtered": 50 },
          "buffer_type": "flat", "buffer_size": "256Kb", "join_type": "BNL",
          "attached_condition": "A.a + B.a < 3 and A.c = \\"x: {\\""
        },
        "table": { "table_name": "C", "access_type": "eq_ref", "key": "PRIMARY", "used_key_parts": ["id"], "ref": ["test.A.c"], "rows": 1, "filtered": 100 }
      }
    }`);
    assert.deepEqual(
      [...planNodes(plan.root)].map((node) => node.alias ?? node.operation),
      ['Nested Loop', 'Block Nested Loop', 'A', 'B', 'C'],
    );
    assert.equal(plan.root.estimatedRows, 100);
    assert.match([...planNodes(plan.root)][1]?.joinCondition ?? '', /x: \{/);
  });

  test('since 11.0 brings its own cost', () => {
    const plan = readMariadbPlan(
      JSON.stringify({
        query_block: {
          select_id: 1,
          cost: 1.25,
          nested_loop: [
            {
              table: { table_name: 'a', access_type: 'ALL', loops: 1, rows: 1000, cost: 1.25, filtered: 100 },
            },
          ],
          subqueries: [
            {
              query_block: {
                select_id: 2,
                cost: 0.5,
                nested_loop: [
                  {
                    table: {
                      table_name: 'b',
                      access_type: 'ALL',
                      loops: 1,
                      rows: 10,
                      cost: 0.5,
                      filtered: 100,
                    },
                  },
                ],
              },
            },
          ],
        },
      }),
    );
    assert.equal(plan.cost, 1.75);
  });

  test('the time of a union is that of its parts, and planning counts', () => {
    const block = (ms: number, pages: number) => ({
      query_block: {
        select_id: 1,
        r_total_time_ms: ms,
        nested_loop: [
          {
            table: {
              table_name: 't',
              access_type: 'ALL',
              r_loops: 1,
              r_rows: 1,
              r_engine_stats: { pages_accessed: pages, pages_read_count: 1 },
            },
          },
        ],
      },
    });
    const totals = mariadbTotals(
      JSON.stringify({
        query_optimization: { r_total_time_ms: 0.5 },
        query_block: { union_result: { query_specifications: [block(2, 10), block(3, 20)] } },
      }),
    );
    assert.deepEqual(totals, { elapsedMs: 5.5, pagesAccessed: 30, pagesRead: 2 });
  });
});

describe('tables behind aliases', () => {
  test('are named where an alias means one table in all of the statement', () => {
    const tree = '-> Nested loop inner join\n    -> Table scan on a\n    -> Table scan on b\n';
    const names = (sql: string) =>
      [...planNodes(withTableNames(readMysqlTree(tree), sql, 'mysql').root)].flatMap(
        ({ relation, schema }) =>
          relation === null ? [] : [schema === null ? relation : `${schema}.${relation}`],
      );
    assert.deepEqual(names('SELECT 1 FROM shop.orders a, customer AS b'), ['shop.orders', 'customer']);
    assert.deepEqual(names('SELECT 1 FROM orders a, customer b WHERE EXISTS (SELECT 1 FROM other a)'), [
      'a',
      'customer',
    ]);
  });
});
