/** The command line as it is shipped: bundled, with its child process and chunks, on every Node that is at hand. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { root } from '../../scripts/bootstrap.mjs';

/** The project's Node, and the machine's own when that is another one (the lower bound is 20). */
function nodes(): Map<string, string> {
  const found = new Map([[process.version, process.execPath]]);
  for (const folder of (process.env['PATH'] ?? '').split(path.delimiter)) {
    const file = path.join(folder, process.platform === 'win32' ? 'node.exe' : 'node');
    if (folder.includes('node_modules') || !existsSync(file)) continue;
    const version = spawnSync(realpathSync(file), ['--version'], { encoding: 'utf8' }).stdout?.trim() ?? '';
    if (Number(/^v(\d+)/.exec(version)?.[1] ?? 0) >= 20) found.set(version, file);
  }
  return found;
}

describe('the built command line, with its embedded PostgreSQL', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sqlopt-cli-'));
  after(() => rmSync(folder, { recursive: true }));
  const schema = path.join(folder, 'schema.sql');
  const query = path.join(folder, 'query.sql');
  writeFileSync(
    schema,
    `CREATE TABLE countries (code text PRIMARY KEY, name text NOT NULL);
     CREATE TABLE customers (id int PRIMARY KEY, country text NOT NULL REFERENCES countries);
     INSERT INTO countries SELECT 'c' || n, 'Country ' || n FROM generate_series(1, 20) n;
     INSERT INTO customers SELECT n, 'c' || (n % 15 + 1) FROM generate_series(1, 3000) n;
     ANALYZE;`,
  );
  writeFileSync(
    query,
    `SELECT k.name FROM countries k
     WHERE (SELECT count(*) FROM customers c WHERE c.country = k.code) > 0;`,
  );

  for (const [version, node] of nodes()) {
    const sqlopt = (...args: string[]) =>
      spawnSync(node, [path.join(root, 'dist', 'cli.js'), ...args], { encoding: 'utf8', cwd: folder });

    test(`lists its patterns on Node ${version}`, () => {
      const { status, stdout, stderr } = sqlopt('patterns', '--json');
      assert.equal(status, 0, stderr);
      assert.ok(JSON.parse(stdout).length >= 20);
    });

    test(`does the main job on Node ${version}`, () => {
      const run = sqlopt(
        'optimize',
        query,
        '--connection',
        `embedded:?init=${schema}`,
        '--no-model',
        '--json',
        '--quiet',
      );
      assert.equal(run.status, 0, run.stderr);
      const [statement] = JSON.parse(run.stdout).statements;
      const best = statement.candidates.find(({ id }: { id: string }) => id === statement.best);
      assert.match(best?.sql ?? statement.reason, /EXISTS|JOIN/);
    });

    test(`lists its tools for agents on Node ${version}`, () => {
      const params = {
        protocolVersion: '2025-06-18',
        capabilities: {},
        clientInfo: { name: 't', version: '1' },
      };
      const messages = [
        { jsonrpc: '2.0', id: 1, method: 'initialize', params },
        { jsonrpc: '2.0', method: 'notifications/initialized' },
        { jsonrpc: '2.0', id: 2, method: 'tools/list' },
      ];
      const input = messages.map((message) => `${JSON.stringify(message)}\n`).join('');
      const file = path.join(root, 'dist', 'cli.js');
      const { stdout, stderr } = spawnSync(node, [file, 'mcp'], { encoding: 'utf8', cwd: folder, input });
      assert.match(stdout, /"verify_rewrite"/, stderr);
    });

    test(`says in one sentence what is wrong on Node ${version}`, () => {
      const { status, stderr } = sqlopt('optimize', 'missing.sql');
      assert.equal(status, 2);
      assert.match(stderr, /missing\.sql/);
      assert.doesNotMatch(stderr, /\n\s+at /);
    });
  }
});
