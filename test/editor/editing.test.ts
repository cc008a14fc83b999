/** What editing does to findings, previews and accepted rewrites, seen from inside the extension host. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { build } from 'esbuild';
import { openEditor } from './harness/editor.ts';
import { runInExtensionHost } from './harness/in-host.ts';

test('findings, previews and accepted rewrites follow the text', async (context) => {
  await using editor = await openEditor({ inHost: true, settings: { 'files.hotExit': 'off' } });
  const module = path.join(path.dirname(editor.workspace), 'editing.cjs');
  await build({
    entryPoints: [path.join(import.meta.dirname, 'suites', 'editing.ts')],
    outfile: module,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['vscode'],
  });
  const environment = { ID: 'ai-sql-optimizer.ai-sql-optimizer' };
  const { exitCode, log } = await runInExtensionHost(editor, module, environment, 300_000);
  for (const line of log.filter((each) => /passed: |failed: /.test(each))) {
    const [, outcome, name = ''] = /(passed|failed): (.*)/s.exec(line) ?? [];
    await context.test(name.split('\n')[0] ?? '', () => {
      assert.equal(outcome, 'passed', line);
    });
  }
  assert.equal(exitCode, 0, log.filter((line) => line.startsWith('error')).join('\n'));
});
