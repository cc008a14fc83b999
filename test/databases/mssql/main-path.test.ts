/** The main job through the command line on SQL Server, as far as recorded exchanges carry: explain, optimize, verify, lint. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { runCommandLine } from '../../../src/cli/run.ts';
import type { OptimizedStatement } from '../../../src/cli/verbs/optimize.ts';
import type { IndexAdvice } from '../../../src/core/indexes/advice.ts';
import { describeSqlServer } from '../../servers/tds/describe-sql-server.ts';
import { SHOP_SQL, SLOW, shopAnswer } from '../../servers/tds/shop.ts';

async function sqlopt(...args: string[]): Promise<{ status: number; output: string; errors: string }> {
  const said = { output: '', errors: '' };
  const status = await runCommandLine(args, {
    env: {},
    stdout: (text) => {
      said.output += text;
    },
    stderr: (text) => {
      said.errors += text;
    },
  });
  return { status, ...said };
}

describeSqlServer('the command line', { sql: SHOP_SQL, answer: shopAnswer }, (server) => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sqlopt-mssql-cli-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));
  const fileOf = async (name: string, text: string): Promise<string> => {
    const file = path.join(folder, name);
    await writeFile(file, text);
    return file;
  };

  test('explain shows the plan, and what it took when it may run', async () => {
    const file = await fileOf('slow.sql', SLOW);
    const planned = await sqlopt('explain', '--connection', server.url, file);
    assert.equal(planned.status, 0, planned.errors);
    assert.match(planned.errors, /Connected to (SQL Server|Azure SQL) \d+/);
    assert.match(planned.output, /on orders.*\(cost /);
    const analyzed = await sqlopt('explain', '--analyze', '--connection', server.url, file);
    assert.match(analyzed.output, /actual .* rows/);
  });

  test('optimize finds a rewrite that the server prices and that gives the same rows', async () => {
    const file = await fileOf('slow.sql', `${SLOW};\n`);
    const run = await sqlopt(
      'optimize',
      '--json',
      '--no-model',
      '--measure',
      '--runs',
      '3',
      '--connection',
      server.url,
      file,
    );
    assert.equal(run.status, 0, run.errors);
    const [statement] = (JSON.parse(run.output) as { statements: OptimizedStatement[] }).statements;
    assert.deepEqual(statement?.refuted, []);
    const candidate = statement?.candidates.find(({ evidence }) => evidence.level === 'proved');
    assert.ok(candidate, run.output);
    assert.ok(
      candidate.cost !== null && candidate.evidence.rowsCompared > 0,
      'priced, and compared on the data',
    );
    assert.equal(candidate.measured?.before.rows, candidate.measured?.after.rows);
    if (!server.standIn) return;
    assert.deepEqual(candidate.cost, { before: 50, after: 1 });
    assert.ok(statement?.best, 'it measured faster');
  });

  test('verify refutes a wrong rewrite with rows of the data', async () => {
    const run = await sqlopt(
      ...['verify', '--json', '--connection', server.url],
      ...['--before', await fileOf('a.sql', 'SELECT Id FROM sales.Orders WHERE Total >= 50')],
      ...['--after', await fileOf('b.sql', 'SELECT Id FROM sales.Orders WHERE Total < 50')],
    );
    assert.equal((JSON.parse(run.output) as { verdict: string }).verdict, 'refuted', run.output + run.errors);
  });

  test('indexes judges what is there, prices statements, and offers no drop that it could not undo', async () => {
    const file = await fileOf('slow.sql', SLOW);
    const run = await sqlopt('indexes', '--json', '--connection', server.url, '--workload', file);
    assert.equal(run.status, 0, run.errors);
    const advice = JSON.parse(run.output) as IndexAdvice;
    assert.equal(advice.workload.statements, 1, run.output);
    assert.equal(advice.statistics.validated, 'estimate');
    assert.deepEqual(
      advice.recommendations.filter(({ action }) => action !== 'create'),
      [],
    );
    for (const { ddl, undo } of advice.recommendations) {
      assert.match(ddl, /^CREATE INDEX /);
      assert.match(undo ?? '', /^DROP INDEX .* ON /);
    }
    const trial = await sqlopt(
      'indexes',
      '--what-if',
      'trial',
      '--connection',
      server.url,
      '--workload',
      file,
    );
    assert.equal(trial.status, 2);
    assert.match(trial.errors, /cannot build an index for a trial/);
  });

  test('lint finds by the catalog of the server, and statements with variables are planned, not run', async () => {
    const linted = await sqlopt('lint', '--connection', server.url, await fileOf('slow.sql', SLOW));
    assert.match(linted.output, /correlated-aggregate-to-join/);
    const text = 'SELECT Id FROM sales.Orders WHERE CustomerId = @customer OR CustomerId = 7';
    const run = await sqlopt(
      'optimize',
      '--json',
      '--no-model',
      '--measure',
      '--connection',
      server.url,
      await fileOf('v.sql', text),
    );
    const [statement] = (JSON.parse(run.output) as { statements: OptimizedStatement[] }).statements;
    for (const candidate of statement?.candidates ?? []) assert.equal(candidate.measured, null);
    if (!server.standIn) return;
    assert.ok(server.standIn.statements.includes(`DECLARE @customer int; ${text}`), 'it was planned');
    assert.ok(!server.standIn.statements.includes(text), 'it was never run as it stands');
  });
});
