/** Connections as a person makes, changes, loses and removes them, against a real PostgreSQL. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { type PostgresServer, startPostgres18 } from '../servers/postgres.ts';
import { runOnce } from '../servers/with-database.ts';
import { type Editor, openEditor } from './harness/editor.ts';
import {
  answerQuickInput,
  notification,
  openFile,
  pickQuickItem,
  runCommand,
  screenshot,
  showContainer,
  treeRows,
  welcomeActions,
} from './harness/workbench.ts';

describe('connections', () => {
  let server: PostgresServer;
  let editor: Editor;
  let page: Page;

  before(async () => {
    server = await startPostgres18();
    await runOnce(server.url, 'CREATE TABLE orders (order_id int PRIMARY KEY, total numeric NOT NULL)');
    await runOnce(server.url, "CREATE ROLE reader LOGIN PASSWORD 'right-password'");
    await runOnce(server.url, 'GRANT SELECT ON orders TO reader');
    editor = await openEditor({ theme: 'dark' });
    ({ page } = editor);
    const file = path.join(editor.workspace, 'one.sql');
    writeFileSync(file, 'SELECT total FROM orders WHERE order_id = 7;\n');
    await openFile(page, file);
  });
  after(async () => {
    await editor?.[Symbol.asyncDispose]();
    await server?.stop();
  });

  afterEach(async (context) => {
    if (!(context as { passed?: boolean }).passed) await screenshot(page, `failed ${context.name}`);
  });

  const row = (text: string | RegExp) => treeRows(page, 'Connections').filter({ hasText: text });
  const step = (title: string) => page.locator('.quick-input-title', { hasText: title }).waitFor();
  const status = (text: string | RegExp) => page.locator('.statusbar-item', { hasText: text });
  const settings = (): string =>
    readFileSync(path.join(editor.server.profile, 'User', 'settings.json'), 'utf8');

  test('an empty list says how to begin, the sample first', async () => {
    await showContainer(page, 'SQL Optimizer');
    const actions = welcomeActions(page, 'Connections');
    await actions.first().waitFor();
    assert.deepEqual(await actions.allTextContents(), [
      'Open the Sample Database',
      'Add Connection',
      'Add Connection from URL',
    ]);
    await status('No database').waitFor();
    await screenshot(page, 'connections-welcome-dark');
  });

  test('a pasted URL becomes a connection whose password is in no file', async () => {
    await runCommand(page, 'SQL Optimizer: Add Connection from URL');
    await answerQuickInput(
      page,
      `postgresql://reader:right-password@127.0.0.1:${server.port}/postgres?sslmode=disable`,
    );
    await step('Name');
    await answerQuickInput(page, 'Orders');
    await step('Safety');
    await pickQuickItem(page, 'Ask me');
    await step('Where to keep it');
    await pickQuickItem(page, 'User settings');
    await row('Orders').waitFor();
    await status('Orders').waitFor();
    await page.locator('.statusbar-item .codicon-database').waitFor();
    assert.match(settings(), /"host": "127.0.0.1"/);
    for (const file of filesBelow(editor.server.profile)) {
      assert.ok(!readFileSync(file).includes('right-password'), `${file} holds the password`);
    }
  });

  test('an open connection shows its tables and columns', async () => {
    await row('Orders').locator('.monaco-tl-twistie').click();
    await row('never analysed').locator('.monaco-tl-twistie').click();
    await row('order_id').waitFor();
    await screenshot(page, 'connections-tree-dark');
  });

  test('a lost server is shown, and reconnecting brings it back', async () => {
    await server.kill();
    await runCommand(page, 'SQL Optimizer: Show Plan');
    await notification(page, /Reading the plan failed/).waitFor();
    await page.locator('.statusbar-item .codicon-debug-disconnect').waitFor();
    await screenshot(page, 'connections-lost-dark');
    await server.restart();
    await notification(page, /failed/)
      .locator('.monaco-button', { hasText: 'Reconnect' })
      .click();
    await page.locator('.statusbar-item .codicon-database').waitFor();
  });

  test('a wrong password is asked for again and is kept when it is right', async () => {
    await runOnce(server.url, "ALTER ROLE reader PASSWORD 'new-password'");
    await runCommand(page, 'SQL Optimizer: Disconnect');
    await pickQuickItem(page, 'Orders');
    await page.locator('.statusbar-item .codicon-plug').waitFor();
    await runCommand(page, 'SQL Optimizer: Connect');
    await pickQuickItem(page, 'Orders');
    const input = page.locator('.quick-input-widget');
    await input.filter({ hasText: 'Password for Orders' }).waitFor();
    await answerQuickInput(page, 'new-password');
    await page.locator('.statusbar-item .codicon-database').waitFor();
    await runCommand(page, 'SQL Optimizer: Disconnect');
    await pickQuickItem(page, 'Orders');
    await page.locator('.statusbar-item .codicon-plug').waitFor();
    await runCommand(page, 'SQL Optimizer: Connect');
    await pickQuickItem(page, 'Orders');
    await page.locator('.statusbar-item .codicon-database').waitFor();
  });

  test('a connection is changed by its steps, with a way back', async () => {
    await runCommand(page, 'SQL Optimizer: Edit Connection');
    await pickQuickItem(page, 'Orders');
    const title = page.locator('.quick-input-title');
    await title.filter({ hasText: 'Edit Orders: Host' }).waitFor();
    await page.keyboard.press('Enter');
    await title.filter({ hasText: 'Port' }).waitFor();
    await answerQuickInput(page, '99999');
    await page.locator('.quick-input-message', { hasText: 'from 1 to 65535' }).waitFor();
    await page.locator('.quick-input-titlebar .codicon-quick-input-back').click();
    await title.filter({ hasText: 'Host' }).waitFor();
    for (const step of ['Host', 'Port', 'Database', 'User', 'Encryption', 'Password']) {
      await title.filter({ hasText: step }).waitFor();
      await page.keyboard.press('Enter');
    }
    await title.filter({ hasText: 'Name' }).waitFor();
    await answerQuickInput(page, 'Orders (test)');
    await row('Orders (test)').waitFor();
    assert.match(settings(), /"name": "Orders \(test\)"/);
    await page.locator('.statusbar-item .codicon-database').waitFor();
  });

  test('a connection that does not work is saved only when the user says so', async () => {
    await runCommand(page, 'SQL Optimizer: Add Connection from URL');
    await answerQuickInput(page, 'postgresql://reader:x@127.0.0.1:1/nowhere?sslmode=disable');
    await step('Name');
    await answerQuickInput(page, 'Nowhere');
    await step('Safety');
    await pickQuickItem(page, 'Ask me');
    await step('Where to keep it');
    await pickQuickItem(page, 'User settings');
    const warning = notification(page, /does not work yet/);
    await warning.waitFor();
    await screenshot(page, 'connections-refused-dark');
    assert.equal(await row('Nowhere').count(), 0);
    await warning.locator('.monaco-button', { hasText: 'Save Anyway' }).click();
    await row('Nowhere').waitFor();
  });

  test('colour and read-only are shown', async () => {
    await runCommand(page, 'SQL Optimizer: Turn Read-Only On or Off');
    await pickQuickItem(page, 'Orders (test)');
    await row(/Orders.*read-only/).waitFor();
    await runCommand(page, 'SQL Optimizer: Change Colour of Connection');
    await pickQuickItem(page, 'Orders (test)');
    await pickQuickItem(page, 'red');
    // the theme's red; the green of an open connection is rgb(137, 209, 133)
    await row('Orders').locator('.codicon-database[style*="rgb(2"]').waitFor();
    await screenshot(page, 'connections-colour-dark');
    assert.match(settings(), /"color": "red"/);
  });

  test('removing asks first and then forgets the profile', async () => {
    await runCommand(page, 'SQL Optimizer: Remove Connection');
    await pickQuickItem(page, 'Nowhere');
    await page.locator('.monaco-dialog-box', { hasText: 'Remove the connection' }).waitFor();
    await page.locator('.monaco-dialog-box .monaco-button', { hasText: 'Remove' }).first().click();
    await row('Nowhere').waitFor({ state: 'detached' });
    assert.doesNotMatch(settings(), /Nowhere/);
    assert.match(settings(), /Orders/);
  });
});

/** Small files of a profile: settings, state, logs. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}
