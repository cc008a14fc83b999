/**
 * Showplan XML of SQL Server. The plans in `showplans/` are written by the documented schema, showplanxml.xsd
 * (https://schemas.microsoft.com/sqlserver/2004/07/showplan); no server made them.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { type Plan, planNodes } from '../../../src/core/plans/plan.ts';
import { planFindings } from '../../../src/core/plans/plan-findings.ts';
import { planSignature } from '../../../src/core/plans/plan-signature.ts';
import { planText } from '../../../src/core/plans/plan-text.ts';
import { readShowplan } from '../../../src/core/plans/read-showplan.ts';
import { parseXml } from '../../../src/databases/mssql/xml.ts';

async function planOf(name: 'estimated' | 'actual'): Promise<Plan> {
  const text = await readFile(new URL(`./showplans/${name}.xml`, import.meta.url), 'utf8');
  return readShowplan(await parseXml(text), text, name === 'actual');
}

test('an estimated showplan is read with joins, conditions, children and costs', async () => {
  const plan = await planOf('estimated');
  assert.deepEqual([plan.cost, plan.planningMs, plan.executionMs, plan.analyzed], [1.75, 7, null, false]);
  assert.equal(
    planText(plan),
    await readFile(new URL('./showplans/estimated.expected.txt', import.meta.url), 'utf8'),
  );
  const nodes = [...planNodes(plan.root)];
  assert.deepEqual(
    nodes.map(({ operation, relationship, joinType }) => [operation, relationship, joinType]),
    [
      ['Sort (TopN Sort)', null, null],
      ['Hash Match (Aggregate)', 'Outer', null],
      ['Hash Match', 'Outer', 'Left'],
      ['Nested Loops', 'Outer', 'Inner'],
      ['Index Seek', 'Outer', null],
      ['Key Lookup', 'Inner', null],
      ['Clustered Index Scan', 'Inner', null],
    ],
  );
  const [sort, aggregate, join, , seek, lookup, scan] = nodes;
  assert.deepEqual(sort?.sortKey, ['Expr1002 DESC', 'c.name']);
  assert.deepEqual(aggregate?.groupKey, ['c.name']);
  assert.equal(join?.joinCondition, 'c.id = o.customer_id');
  assert.equal(seek?.indexCondition, "c.city = 'Oslo' AND c.age >= (18)");
  assert.deepEqual(
    [seek?.relation, seek?.schema, seek?.alias, seek?.index],
    ['customers', 'dbo', 'c', 'ix_customers_city'],
  );
  assert.equal(lookup?.index, 'pk_customers');
  assert.deepEqual(
    [scan?.index, scan?.filter],
    [null, "CONVERT_IMPLICIT(nvarchar(20),o.status,0)=N'open' AND o.total>(5.00)"],
  );
  assert.equal(planSignature(plan), null, 'too much stays unsaid for a proof');
});

test('an actual showplan carries rows, loops, times, pages and spills over all threads', async () => {
  const plan = await planOf('actual');
  assert.deepEqual([plan.executionMs, plan.analyzed], [42, true]);
  const [sort, join, scan, inner] = [...planNodes(plan.root)];
  assert.deepEqual(
    [sort?.actual?.rows, sort?.actual?.sortSpaceType, sort?.actual?.sortSpaceKb, sort?.actual?.tempWritten],
    [2070, 'Disk', 2000, 250],
  );
  assert.deepEqual(
    [join?.joinType, join?.joinCondition, join?.filter],
    ['Anti', 'orders.id=returns.order_id', null],
  );
  // two threads of one scan: rows and pages add up, times do not
  assert.deepEqual(
    [scan?.actual?.loops, scan?.actual?.rows, scan?.actual?.rowsRemovedByFilter],
    [2, 1035, 8965],
  );
  assert.deepEqual([scan?.actual?.totalMs, scan?.actual?.sharedRead, scan?.actual?.sharedHit], [7, 40, 180]);
  assert.deepEqual([inner?.actual?.loops, inner?.actual?.rows], [2070, 2]);
  // pages below count above
  assert.deepEqual([sort?.actual?.sharedRead, sort?.actual?.sharedHit], [40, 2250]);
  assert.deepEqual(join?.details['Warnings'], ['NoJoinPredicate']);
});

test('findings of showplans speak the words of SQL Server', async () => {
  const catalog = {
    ...catalogFromDdl(
      'CREATE TABLE dbo.orders (id int PRIMARY KEY, customer_id int, total decimal(10,2), status varchar(20), note varchar(60))',
      'tsql',
    ),
  };
  const large = { ...catalog, tables: catalog.tables.map((table) => ({ ...table, rows: 20_000 })) };
  const estimated = planFindings(await planOf('estimated'), large);
  assert.deepEqual(estimated.map(({ kind }) => kind).sort(), [
    'implicit-conversion',
    'missing-index',
    'selective-sequential-scan',
  ]);
  const wish = estimated.find(({ kind }) => kind === 'missing-index');
  assert.match(wish?.message ?? '', /by about 87 %/);
  assert.match(
    wish?.advice ?? '',
    /CREATE INDEX \[ix_orders_status_total\] ON \[dbo\]\.\[orders\] \(\[status\], \[total\]\) INCLUDE \(\[customer_id\]\);/,
  );
  const actual = planFindings(await planOf('actual'), large);
  const spill = actual.find(({ kind }) => kind === 'sort-spill');
  assert.match(spill?.message ?? '', /memory grant and wrote 2,000 kB to tempdb/);
  assert.match(actual.find(({ kind }) => kind === 'row-misestimate')?.advice ?? '', /UPDATE STATISTICS/);
  assert.ok(actual.every(({ advice }) => !/work_mem|ANALYZE/.test(advice)));
});

test('what is no showplan is refused', async () => {
  await assert.rejects(parseXml('<ShowPlanXML>'), /ShowPlanXML/);
  await assert.rejects(parseXml(''));
  const empty = await parseXml('<ShowPlanXML><BatchSequence/></ShowPlanXML>');
  assert.throws(() => readShowplan(empty, '', false), /holds no plan of a statement/);
  // no entity of a document's own is resolved
  await assert.rejects(parseXml('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'));
});
