/** `sqlopt mcp` through the official client: every tool is listed and called, and nothing is written. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { root } from '../../scripts/bootstrap.mjs';
import type { OptimizedStatement } from '../../src/cli/verbs/optimize.ts';
import type { IndexAdvice } from '../../src/core/indexes/advice.ts';
import type { WorkloadReport } from '../../src/core/workload/report.ts';
import { withDatabase } from '../servers/with-database.ts';

const SETUP = `
CREATE EXTENSION pg_stat_statements;
CREATE TABLE customers (id int PRIMARY KEY, email text);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, total int NOT NULL);
INSERT INTO customers SELECT n, n || '@example.com' FROM generate_series(1, 300) n;
INSERT INTO orders SELECT n, 1 + n % 200, n % 97 FROM generate_series(1, 1000) n;
ANALYZE;`;

const COUNTED =
  'SELECT c.id FROM customers c WHERE (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) > 0';

interface Answer {
  readonly isError?: boolean;
  readonly structuredContent?: Record<string, unknown>;
  readonly content: readonly { readonly type: string; readonly text?: string }[];
}

describe('the MCP server', () => {
  const database = withDatabase('PostgreSQL 18', SETUP);
  const client = new Client({ name: 'test', version: '1' });
  before(async () => {
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: ['--disable-warning=ExperimentalWarning', path.join(root, 'src', 'cli.ts'), 'mcp', '--quiet'],
        env: { SQLOPT_CONNECTION: database.url },
        stderr: 'inherit',
      }),
    );
  });
  after(() => client.close());

  const call = async (name: string, args: Record<string, unknown>): Promise<Answer> =>
    (await client.callTool({ name, arguments: args }, undefined, { timeout: 300_000 })) as unknown as Answer;

  test('lists its tools, each of which says that it only reads', async () => {
    const { tools } = await client.listTools();
    assert.deepEqual(
      tools.map(({ name }) => name),
      ['optimize_sql', 'explain_plan', 'verify_rewrite', 'workload_report', 'recommend_indexes'],
    );
    for (const { annotations, description } of tools) {
      assert.equal(annotations?.readOnlyHint, true);
      assert.ok((description ?? '').length > 80);
    }
  });

  test('optimize_sql gives verified candidates, measured when that is wanted', async () => {
    const { structuredContent } = await call('optimize_sql', { sql: `${COUNTED};`, measure: true });
    const statements = structuredContent?.['statements'] as OptimizedStatement[] | undefined;
    const [statement] = statements ?? [];
    const [first] = statement?.candidates ?? [];
    assert.match(first?.evidence.level ?? '', /proved|tested/, statement?.reason);
    assert.ok(first?.measured);
  });

  test('explain_plan gives the plan with what is wrong with it', async () => {
    const { structuredContent } = await call('explain_plan', { sql: COUNTED, analyze: true });
    assert.match(String(structuredContent?.['text']), /Seq Scan on orders o .*actual/);
    assert.ok(Array.isArray(structuredContent?.['findings']));
  });

  test('verify_rewrite refutes a wrong rewrite with a database', async () => {
    const after = 'SELECT c.id FROM customers c JOIN orders o ON o.customer_id = c.id';
    const { structuredContent } = await call('verify_rewrite', { before: COUNTED, after });
    assert.equal(structuredContent?.['verdict'], 'refuted');
    assert.match(JSON.stringify(structuredContent?.['counterexample']), /INSERT INTO/);
  });

  test('workload_report names the costliest statements, and what it says can be optimized is', async () => {
    await database.run(`${COUNTED} AND c.email <> 'secret@example.com'`);
    const { structuredContent } = await call('workload_report', { limit: 20 });
    const report = structuredContent as unknown as WorkloadReport;
    assert.equal(report.source, 'pg_stat_statements');
    assert.ok(report.since !== null);
    assert.doesNotMatch(JSON.stringify(report), /secret@/);
    const found = report.statements.find(({ sql }) => /c\.email <> \$/.test(sql));
    assert.deepEqual([found?.calls, found?.optimizable], [1, true], JSON.stringify(report));
    assert.ok(found && report.next.includes(found.rank));
    assert.ok(found.sharePct >= 0 && found.sharePct <= 100);
    assert.ok(report.counted.totalMs >= found.totalMs);
    const optimized = await call('optimize_sql', { sql: found.sql });
    const [statement] = (optimized.structuredContent?.['statements'] ?? []) as OptimizedStatement[];
    assert.match(statement?.candidates[0]?.evidence.level ?? '', /proved|tested/, statement?.reason);
  });

  test('recommend_indexes gives DDL for a workload, and for what the server has counted, without values', async () => {
    const { structuredContent } = await call('recommend_indexes', {
      sql: "-- calls: 50\nSELECT total FROM orders WHERE customer_id = 7;\nSELECT id FROM orders WHERE id = 3 AND 'hidden' <> ''",
    });
    const advice = structuredContent as unknown as IndexAdvice;
    const [found] = advice.recommendations;
    assert.equal(
      found?.ddl,
      'CREATE INDEX CONCURRENTLY orders_customer_id_idx ON public.orders (customer_id);',
    );
    assert.equal(found.undo, 'DROP INDEX CONCURRENTLY public.orders_customer_id_idx;');
    assert.deepEqual([found.queries[0]?.calls, found.validated, found.confidence], [50, 'estimate', 'low']);
    assert.ok((found.benefit?.costAfter ?? 0) < (found.benefit?.costBefore ?? 0));
    assert.equal(advice.foreignKeys.length, 1);
    assert.doesNotMatch(JSON.stringify(advice), /hidden/);
    const counted = (await call('recommend_indexes', { most: 1 }))
      .structuredContent as unknown as IndexAdvice;
    assert.equal(counted.workload.source, 'pg_stat_statements');
    assert.ok(counted.workload.statements > 0 && counted.recommendations.length <= 1);
    assert.doesNotMatch(JSON.stringify(counted), /secret@/);
  });

  const WRONG: readonly (readonly [string, Record<string, unknown>, RegExp])[] = [
    ['explain_plan', { sql: 'DELETE FROM orders', analyze: true }, /not executed/],
    ['explain_plan', { sql: 'SELECT 1; SELECT 2' }, /one statement/],
    ['optimize_sql', { sql: '' }, /SQL text/],
    ['optimize_sql', { sql: 'SELECT 1', measure: 'yes' }, /true or false/],
    ['verify_rewrite', { before: 'SELECT 1', after: 'SELECT 2', budgetSeconds: 9999 }, /1 to 120/],
    ['workload_report', { limit: 0 }, /1 to 50/],
    ['recommend_indexes', { sql: ' ' }, /SQL text/],
    ['recommend_indexes', { most: 0 }, /1 to 50/],
    ['drop_table', {}, /no tool "drop_table"/],
  ];
  for (const [name, args, words] of WRONG) {
    test(`${name} with ${JSON.stringify(args)} is answered by a sentence`, async () => {
      const answer = await call(name, args);
      assert.equal(answer.isError, true);
      assert.match(answer.content[0]?.text ?? '', words);
    });
  }

  test('nothing was written', async () => {
    await call('optimize_sql', {
      sql: 'DELETE FROM orders WHERE customer_id NOT IN (SELECT id FROM customers)',
      measure: true,
    });
    const [row] = await database.run('SELECT count(*)::int AS n FROM orders');
    assert.equal(row?.['n'], 1000);
    const indexes = await database.run("SELECT indexname FROM pg_indexes WHERE schemaname = 'public'");
    assert.equal(indexes.length, 2);
  });
});
