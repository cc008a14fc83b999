import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { root } from '../../scripts/bootstrap.mjs';
import { launchChromium } from './harness/editor.ts';
import { codeLenses, openFile } from './harness/workbench.ts';

test('npm start opens an editor with the extension at work in the sample, and Ctrl+C stops everything', async () => {
  const start = spawn(
    process.execPath,
    [path.join(root, 'scripts', 'start.mjs'), '--server', '--port', '0'],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const ended = new Promise<number | null>((resolve) => start.once('exit', resolve));
  let messages = '';
  start.stderr.on('data', (chunk) => {
    messages += chunk;
  });
  const url = await new Promise<string>((resolve, reject) => {
    start.stdout.once('data', (chunk) => resolve(String(chunk).trim()));
    void ended.then((code) => reject(new Error(`It ended with ${code}:\n${messages}`)));
  });
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(url);
    await page.locator('.monaco-workbench').waitFor();
    const folder = decodeURI(new URL(url).searchParams.get('folder') ?? '');
    await openFile(page, path.join(folder, 'slow.sql'));
    await codeLenses(page, /Optimize with AI/)
      .first()
      .waitFor();
  } finally {
    await browser.close();
    start.kill('SIGINT');
  }
  assert.equal(await ended, 0, messages);
  await assert.rejects(fetch(new URL(url).origin), 'the server is gone');
});
