import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { runSuite } from '../../../scripts/test/run-suite.mjs';

describe('the runner of a suite', () => {
  /** Runs a test file of the given text, without the failures that it prints. */
  async function runText(t: TestContext, text: string, limitMs = 60_000) {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'sqlopt-runner-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const printed = t.mock.method(console, 'error', () => {});
    const file = path.join(folder, 'sample.test.ts');
    writeFileSync(
      file,
      `import { describe, test } from 'node:test';\nimport assert from 'node:assert/strict';\n${text}`,
    );
    const env = { ...process.env };
    delete env['NODE_TEST_CONTEXT']; // else the inner run takes itself for a part of this one
    const rows = await runSuite({
      name: 'sample',
      against: 'Node',
      files: [file],
      node: process.execPath,
      env,
      concurrency: 1,
      limitMs,
      running: new Set(),
      groupOf: ({ names }: { names: readonly string[] }) =>
        names[0] === 'PostgreSQL 15' ? names[0] : undefined,
    });
    return { rows, printed: printed.mock.calls.map((call) => String(call.arguments[0])).join('\n') };
  }

  test('counts tests, not the blocks around them, by what they ran against', async (t) => {
    const { rows } = await runText(
      t,
      `describe('PostgreSQL 15', () => { test('a', () => {}); test('b', { skip: 'no reason' }, () => {}); });
       test('c', () => {}); test('d', () => assert.equal(1, 2)); describe('block', () => { test('e', () => assert.fail()); });`,
    );
    const counts = rows.map(({ against, passed, failed, skipped }) => ({ against, passed, failed, skipped }));
    assert.deepEqual(counts, [
      {
        against: 'PostgreSQL 15',
        passed: 1,
        failed: 0,
        skipped: [{ name: 'PostgreSQL 15 › b', reason: 'no reason' }],
      },
      { against: 'Node', passed: 1, failed: 2, skipped: [] },
    ]);
  });

  test('begins files in the order in which they are given', async (t) => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'sqlopt-runner-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const begun = path.join(folder, 'begun.txt');
    const files = ['long', 'another', 'middle'].map((name) => {
      const file = path.join(folder, `${name}.test.ts`);
      writeFileSync(
        file,
        `import { appendFileSync } from 'node:fs';\nimport { test } from 'node:test';\ntest('a', () => appendFileSync(${JSON.stringify(begun)}, '${name} '));`,
      );
      return file;
    });
    const env = { ...process.env };
    delete env['NODE_TEST_CONTEXT'];
    const [row] = await runSuite({
      ...{ name: 'sample', against: 'Node', files, node: process.execPath, env },
      ...{ concurrency: 1, limitMs: 60_000, running: new Set() },
    });
    assert.equal(row?.passed, 3);
    assert.equal(readFileSync(begun, 'utf8'), 'long another middle ');
  });

  test('names the block around a test that is written in another file', async (t) => {
    const { rows } = await runText(
      t,
      `import { writeFileSync } from 'node:fs';
       const shared = import.meta.dirname + '/shared.ts';
       writeFileSync(shared, "import { test } from 'node:test'; export const add = () => test('a', () => {});");
       const { add } = await import(shared);
       describe('PostgreSQL 15', () => { add(); });`,
    );
    assert.deepEqual(
      rows.map(({ against, passed }) => ({ against, passed })),
      [{ against: 'PostgreSQL 15', passed: 1 }],
    );
  });

  test('takes a file that cannot be loaded for a failure, and says why', async (t) => {
    const { rows, printed } = await runText(t, "throw new Error('this is broken');");
    assert.equal(rows[0]?.failed, 1);
    assert.match(printed, /this is broken/);
  });

  test('ends a suite that hangs and counts that as a failure', async (t) => {
    const { rows } = await runText(
      t,
      "test('hangs', () => new Promise(() => { setInterval(() => {}, 1000); }));",
      1500,
    );
    assert.equal(rows.reduce((sum, { failed }) => sum + failed, 0) > 0, true);
  });
});
