/** "Verify My Own Rewrite" by clicking: wrong and right rewrites, the version in git, cancelling, a sandbox that dies. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { type Editor, openEditor } from './harness/editor.ts';
import {
  activeEditorText,
  answerQuickInput,
  notification,
  openFile,
  pickQuickItem,
  runCommand,
  screenshot,
} from './harness/workbench.ts';

const SCHEMA = `CREATE TABLE customers (
  customer_id integer PRIMARY KEY,
  referred_by integer REFERENCES customers
);
`;
const ORIGINAL =
  'SELECT c.customer_id FROM customers c WHERE c.customer_id NOT IN (SELECT referred_by FROM customers)';
const WRONG =
  'SELECT c.customer_id FROM customers c WHERE NOT EXISTS (SELECT 1 FROM customers r WHERE r.referred_by = c.customer_id)';
const RIGHT =
  'SELECT c.customer_id FROM customers c WHERE c.customer_id NOT IN (SELECT r.referred_by FROM customers r WHERE r.referred_by IS NOT NULL)';
/** Counts 10^15 rows once its table has one: nobody waits for its end. */
const endless = (comparison: string): string => {
  const digits = Array.from({ length: 10 }, (_, digit) => `(${digit})`).join();
  const tables = Array.from({ length: 15 }, (_, i) => `(VALUES ${digits}) v${i}(x)`).join(', ');
  return `SELECT c.customer_id FROM customers c WHERE (SELECT count(*) FROM ${tables}) ${comparison} c.customer_id`;
};

const FILES: Readonly<Record<string, string>> = {
  'schema.sql': SCHEMA,
  'wrong.sql': `${ORIGINAL};\n\n${WRONG};\n`,
  'right.sql': `${WRONG};\n\n${RIGHT};\n`,
  'endless.sql': `${endless('>')};\n\n${endless('>=')};\n`,
  'report.sql': `SELECT count(*) FROM customers;\n\n-- who referred nobody\n${ORIGINAL};\n`,
};
const CHANGED = `${FILES['report.sql']?.replace(ORIGINAL, WRONG)}\nSELECT max(referred_by) FROM customers WHERE customer_id > 7;\n`;
const VERIFY = 'SQL Optimizer: Verify My Own Rewrite';

describe('verifying a rewrite of one’s own', () => {
  const repository = mkdtempSync(path.join(os.tmpdir(), 'sqlopt-repository-'));
  let editor: Editor;
  let page: Page;

  before(async () => {
    const git = (...args: string[]) => execFileSync('git', args, { cwd: repository, stdio: 'pipe' });
    for (const [name, text] of Object.entries(FILES)) writeFileSync(path.join(repository, name), text);
    git('init', '--quiet');
    git('add', 'schema.sql', 'report.sql');
    git(
      '-c',
      'user.name=Test',
      '-c',
      'user.email=test@example.com',
      'commit',
      '--quiet',
      '-m',
      'Add queries',
    );
    writeFileSync(path.join(repository, 'report.sql'), CHANGED);
    editor = await openEditor({ theme: 'light', workspace: repository, settings: { 'git.enabled': true } });
    ({ page } = editor);
  });
  after(async () => {
    await editor?.[Symbol.asyncDispose]();
    rmSync(repository, { recursive: true, force: true });
  });
  beforeEach(() => runCommand(page, 'Notifications: Clear All Notifications'));
  afterEach(async (context) => {
    if (!(context as { passed?: boolean }).passed) await screenshot(page, `failed verify ${context.name}`);
  });

  const open = async (name: string): Promise<void> => {
    await runCommand(page, 'View: Close All Editors');
    await openFile(page, path.join(editor.workspace, name));
  };
  /** Verify the two statements of a file, with the tables of schema.sql. */
  const verifyBoth = async (name: string): Promise<void> => {
    await open(name);
    await page.keyboard.press('ControlOrMeta+a');
    await runCommand(page, VERIFY);
    await pickQuickItem(page, 'schema.sql');
  };
  const verifyLine = async (line: number): Promise<void> => {
    await runCommand(page, 'Go to Line/Column...');
    await answerQuickInput(page, `:${line}`);
    await runCommand(page, VERIFY);
  };
  const tab = (name: string) => page.locator('.part.editor .tab.active', { hasText: name });
  const line = (text: string) => page.locator('.view-line', { hasText: text }).first();
  const activeTab = async (): Promise<string> =>
    (await page.locator('.editor-group-container.active .tab.active').textContent()) ?? '';

  test('a wrong rewrite is refuted, its counterexample opens beside, and the focus stays', async () => {
    await verifyBoth('wrong.sql');
    await notification(page, /^Refuted: they return different results. Line 1 and line 3 differ/).waitFor({
      timeout: 120_000,
    });
    await tab('Counterexample.sql').waitFor();
    await line('On this database').waitFor();
    await line('INSERT INTO').waitFor();
    await line('(no rows)').waitFor();
    assert.match(await activeTab(), /wrong\.sql/, 'the focus went to the counterexample');
    await screenshot(page, 'verify-refuted-light');
    await runCommand(page, 'Preferences: Toggle between Light/Dark Themes');
    await page.locator('.monaco-workbench.vs-dark').waitFor();
    await screenshot(page, 'verify-refuted-dark');
  });

  test('a right rewrite is tested, with the meaning of the level and its details', async () => {
    await verifyBoth('right.sql');
    const message = notification(page, /^Tested: equal on generated adversarial databases/);
    await message.waitFor({ timeout: 120_000 });
    await screenshot(page, 'verify-tested-dark');
    await message.locator('.monaco-button', { hasText: 'Show Details' }).click();
    await tab('Verification.md').waitFor();
    await line('generated databases tried').waitFor();
    assert.match(await activeTab(), /right\.sql/);
    await screenshot(page, 'verify-details-dark');
  });

  test('a changed statement is compared with its version in the last commit', async () => {
    await open('report.sql');
    await verifyLine(4);
    const item = page.locator('.quick-input-list .monaco-list-row', { hasText: 'last commit' });
    await item.filter({ hasText: 'NOT IN (SELECT referred_by FROM customers)' }).waitFor();
    await screenshot(page, 'verify-choose-dark');
    await item.click();
    await pickQuickItem(page, 'schema.sql');
    await notification(page, /Refuted.*The last commit and line 4 differ/).waitFor({ timeout: 120_000 });
    await line('Before (the last commit)').waitFor();
  });

  test('a new statement, an unchanged one and a file that git does not know are told apart, kindly', async () => {
    await open('report.sql');
    await verifyLine(6);
    await pickQuickItem(page, 'last commit');
    await notification(page, /This statement is new.*Choose another statement/).waitFor();
    await verifyLine(1);
    await pickQuickItem(page, 'last commit');
    await notification(page, /the same in the last commit.*Change it first/).waitFor();
    await open('wrong.sql');
    await verifyLine(1);
    await pickQuickItem(page, 'last commit');
    await notification(page, /not in the last commit. Commit it first/).waitFor();
  });

  test('the second statement is chosen from those of the file', async () => {
    await open('wrong.sql');
    await verifyLine(3);
    await pickQuickItem(page, 'line 1');
    await pickQuickItem(page, 'schema.sql');
    await notification(page, /Refuted.*Line 1 and line 3/).waitFor({ timeout: 120_000 });
  });

  test('cancelling ends a comparison that would never end', async () => {
    await verifyBoth('endless.sql');
    const progress = notification(page, /verifying: Looking for data/);
    await progress.waitFor();
    await screenshot(page, 'verify-progress-dark');
    await progress.locator('.monaco-button', { hasText: 'Cancel' }).click();
    await page.locator('.statusbar-item', { hasText: 'Verification cancelled' }).waitFor();
    await progress.waitFor({ state: 'detached' });
  });

  test('a sandbox that is killed meanwhile is said so; the editor stays usable and the next run works', async () => {
    await verifyBoth('endless.sql');
    await notification(page, /verifying: Looking for data/).waitFor();
    process.kill(sandbox(editor), 'SIGKILL');
    const message = notification(page, /^Unknown: .*The process of the test databases ended in the middle/);
    await message.waitFor();
    await screenshot(page, 'verify-killed-dark');
    await page.keyboard.press('ControlOrMeta+Home');
    await page.keyboard.type('-- still here\n');
    assert.match(await activeEditorText(page), /^-- still here\n/);
    await page.keyboard.press('ControlOrMeta+z');
    await verifyBoth('wrong.sql');
    await notification(page, /^Refuted/).waitFor({ timeout: 120_000 });
  });

  test('on a connection both are compared on its data, too', async () => {
    await open('right.sql');
    await page.locator('.statusbar-item', { hasText: 'No database' }).click();
    await pickQuickItem(page, 'Sample shop');
    await page
      .locator('.statusbar-item', { hasText: 'Sample shop' })
      .locator('.codicon-database')
      .waitFor({ timeout: 120_000 });
    await page.keyboard.press('ControlOrMeta+a');
    await runCommand(page, VERIFY);
    const message = notification(page, /^(Tested|Proved)/);
    await message.waitFor({ timeout: 120_000 });
    await message.locator('.monaco-button', { hasText: 'Show Details' }).click();
    await line('Equal on your data').waitFor();
  });
});

/** The process of the sandbox that works for an editor; no other embedded database may be open in it. */
function sandbox(editor: Editor): number {
  const found = descendants(editor.server.pid ?? 0).find(({ command }) => command.includes('embedded-child'));
  assert.ok(found, 'no sandbox is running');
  return found.pid;
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

function descendants(root: number): Process[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  const all = lines.map((text): Process => {
    const [pid, parent, ...args] = text.trim().split(/\s+/);
    return { pid: Number(pid), parent: Number(parent), command: args.join(' ') };
  });
  const below = (parent: number): Process[] =>
    all.filter((each) => each.parent === parent).flatMap((each) => [each, ...below(each.pid)]);
  return below(root);
}
