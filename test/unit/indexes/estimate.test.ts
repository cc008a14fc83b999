/** What an index is estimated to save, by plans that are written here. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Catalog } from '../../../src/core/catalog/catalog.ts';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import type { Candidate } from '../../../src/core/indexes/candidates.ts';
import { estimatedCost } from '../../../src/core/indexes/estimate.ts';
import { indexSize } from '../../../src/core/indexes/index-size.ts';
import type { Plan, PlanNode } from '../../../src/core/plans/plan.ts';
import { planNode } from '../../../src/core/plans/plan-node.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';

const ROWS = 100_000;
const SCAN = 2250;

function catalogOf(distinct: number): Catalog {
  const catalog = catalogFromDdl(
    'CREATE TABLE t (id int PRIMARY KEY, a int, b int); CREATE TABLE s (x int)',
    'postgresql',
  );
  const shape = { nullFraction: 0, correlation: 0, averageWidth: 4, mostCommon: [], histogram: [] };
  return {
    ...catalog,
    tables: catalog.tables.map((table) => ({
      ...table,
      ...{ rows: ROWS, bytes: 1000 * 8192 },
      columns: table.columns.map((column) => ({ ...column, statistics: { ...shape, distinct } })),
    })),
  };
}

function indexOn(catalog: Catalog, ...columns: string[]): Candidate {
  return {
    table: catalog.tables[0] ?? assert.fail(),
    keys: columns.map((column) => ({ column, expression: null, descending: false })),
    equal: columns.length,
  };
}

function planOf(root: PlanNode): Plan {
  return {
    ...{ root, cost: root.totalCost, planningMs: null, executionMs: null },
    ...{ settings: {}, analyzed: false, raw: null },
  };
}

function scan(more: Partial<PlanNode> = {}): PlanNode {
  const named = { operation: 'Seq Scan', relation: 't', alias: 't' };
  return planNode({ ...named, totalCost: SCAN, estimatedRows: 10, ...more });
}

const costOf = (sql: string, root: PlanNode, distinct: number, ...columns: string[]): number => {
  const catalog = catalogOf(distinct);
  return estimatedCost(analyzeStatement(sql, catalog), planOf(root), [indexOn(catalog, ...columns)]);
};

describe('an estimate', () => {
  const sql = 'SELECT * FROM t WHERE a = 7';

  test('of a search for few rows is far below the scan', () => {
    const cost = costOf(sql, scan(), 10_000, 'a');
    // ten rows on ten pages, a page of the index, going down: about 4 * 11 and a little
    assert.ok(cost > 20 && cost < 60, `${cost}`);
  });

  test('of a search for many rows is that of the scan', () => {
    assert.equal(costOf(sql, scan({ estimatedRows: 50_000 }), 2, 'a'), SCAN);
  });

  test('knows that the planner expects more rows than an average value has', () => {
    assert.equal(costOf(sql, scan({ estimatedRows: 60_000 }), 10_000, 'a'), SCAN);
  });

  test('gives nothing for an index that begins with another column', () => {
    assert.equal(costOf(sql, scan(), 10_000, 'b', 'a'), SCAN);
    assert.equal(costOf(sql, scan(), 10_000, 'b'), SCAN);
  });

  test('counts a correlated subquery as often as it is run', () => {
    const nested = 'SELECT (SELECT max(b) FROM t WHERE t.a = s.x) FROM s';
    const root = planNode({
      ...{ operation: 'Seq Scan', relation: 's', alias: 's', totalCost: 100 * SCAN },
      children: [scan({ relationship: 'SubPlan' })],
    });
    const cost = costOf(nested, root, 10_000, 'a');
    assert.ok(cost < 5 * SCAN, `${cost}`);
  });

  test('shares what subqueries cost among several, and leaves it to them', () => {
    const two = 'SELECT (SELECT max(b) FROM t WHERE t.a = s.x), (SELECT 1 FROM t u WHERE u.b = s.x) FROM s';
    const root = planNode({
      ...{ operation: 'Seq Scan', relation: 's', alias: 's', totalCost: 200 * SCAN },
      children: [scan({ relationship: 'SubPlan' }), scan({ relationship: 'SubPlan', alias: 'u' })],
    });
    // the other one stays as it is
    const cost = costOf(two, root, 10_000, 'a');
    assert.ok(cost > 95 * SCAN && cost < 110 * SCAN, `${cost}`);
    const filtered = planNode({
      ...scan(),
      totalCost: 100 * SCAN,
      children: [scan({ relationship: 'SubPlan', alias: 'u' })],
    });
    const outer = 'SELECT * FROM t WHERE t.a = 7 AND 3 > (SELECT count(*) FROM t u WHERE u.b = t.b)';
    assert.ok(costOf(outer, filtered, 10_000, 'a') > 98 * SCAN);
  });

  test('promises nothing where the plan reads only the beginning', () => {
    const root = planNode({ operation: 'Limit', totalCost: 3, children: [scan()] });
    assert.equal(costOf(`${sql} LIMIT 1`, root, 10_000, 'a'), 3);
  });

  test('puts a join by lookups against the scan', () => {
    const joined = 'SELECT 1 FROM s JOIN t ON t.a = s.x';
    const root = (outer: number) =>
      planNode({
        ...{ operation: 'Hash Join', totalCost: SCAN + 100 },
        children: [
          planNode({ operation: 'Seq Scan', relation: 's', alias: 's', totalCost: 50, estimatedRows: outer }),
          scan({ estimatedRows: ROWS }),
        ],
      });
    assert.ok(costOf(joined, root(5), 10_000, 'a') < SCAN / 2);
    assert.equal(costOf(joined, root(50_000), 10_000, 'a'), SCAN + 100);
  });
});

describe('the size of an index', () => {
  test('is a range: shared entries at the lower end, loosely filled pages at the upper one', () => {
    const few = indexSize(indexOn(catalogOf(10), 'a'), 'postgresql');
    const all = indexSize(indexOn(catalogOf(ROWS), 'a'), 'postgresql');
    // 100,000 rows: about 0.7 MB where values repeat, 2.2 MB where they do not
    assert.ok(few.low > 500_000 && few.low < 900_000, `${few.low}`);
    assert.ok(all.low > 1_900_000 && all.low < 2_400_000 && all.high > all.low, JSON.stringify(all));
  });
});
