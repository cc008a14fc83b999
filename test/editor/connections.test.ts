/** Connections as a person makes, changes, loses and removes them, against a real PostgreSQL. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { startJumpHost } from '../servers/jump-host.ts';
import { type PostgresServer, startPostgres18 } from '../servers/postgres.ts';
import { runOnce } from '../servers/with-database.ts';
import { addConnection } from './harness/connections.ts';
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
    editor = await openEditor({
      theme: 'dark',
      settings: {
        'sqltools.connections': [
          { name: 'Reports', driver: 'MariaDB', server: 'reports.example', database: 'r', username: 'u' },
        ],
      },
    });
    ({ page } = editor);
    mkdirSync(path.join(editor.workspace, 'api'));
    writeFileSync(
      path.join(editor.workspace, 'api', '.env'),
      'APP_URL=https://shop.example\nREPLICA_URL=postgres://app:env-password@replica.example/replica\n',
    );
    writeFileSync(path.join(editor.workspace, '.env.example'), 'DATABASE_URL=postgres://a:b@c/template\n');
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
    // the last one comes when the editor has said that the workspace is trusted
    await actions.filter({ hasText: 'Import Connections' }).waitFor();
    assert.deepEqual(await actions.allTextContents(), [
      'Open the Sample Database',
      'Add Connection',
      'Add Connection from URL',
      'Import Connections',
    ]);
    await status('No database').waitFor();
    await screenshot(page, 'connections-welcome-dark');
  });

  test('a pasted URL becomes a connection whose password is in no file', async () => {
    await addConnection(page, {
      url: `postgresql://reader:right-password@127.0.0.1:${server.port}/postgres?sslmode=disable`,
      name: 'Orders',
      safety: 'Ask me',
    });
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
    for (const step of ['Host', 'Port', 'Database', 'User', 'Encryption', 'Password', 'Jump host']) {
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
    await addConnection(page, {
      url: 'postgresql://reader:x@127.0.0.1:1/nowhere?sslmode=disable',
      name: 'Nowhere',
      safety: 'Ask me',
    });
    const warning = notification(page, /does not work yet/);
    await warning.waitFor();
    await screenshot(page, 'connections-refused-dark');
    assert.equal(await row('Nowhere').count(), 0);
    await warning.locator('.monaco-button', { hasText: 'Save Anyway' }).click();
    await row('Nowhere').waitFor();
  });

  test('connections of .env files and of other extensions are offered, chosen and not connected to', async () => {
    await runCommand(page, 'SQL Optimizer: Import Connections');
    const offered = page.locator('.quick-input-list .monaco-list-row');
    await step('Import connections');
    await offered.filter({ hasText: 'SQLTools settings' }).waitFor();
    await screenshot(page, 'connections-import-dark');
    const texts = await offered.allTextContents();
    assert.equal(texts.length, 2, texts.join('\n'));
    assert.match(texts.join('\n'), /replica.*api\/\.env.*line 2.*REPLICA_URL.*with its password/);
    assert.match(texts.join('\n'), /Reports.*SQLTools settings/);
    assert.doesNotMatch(texts.join('\n'), /env-password/);
    await pickQuickItem(page, 'REPLICA_URL');
    await page.keyboard.press('Enter');
    await notification(page, /Imported replica. Nothing was connected to/).waitFor();
    await row('replica').waitFor();
    assert.equal(await row('Reports').count(), 0, 'only what was chosen');
    await row('replica').locator('.codicon-plug').first().waitFor();
    assert.match(settings(), /"host": "replica.example"/);
    for (const file of filesBelow(editor.server.profile)) {
      assert.ok(!readFileSync(file).includes('env-password'), `${file} holds the password`);
    }
    await runCommand(page, 'SQL Optimizer: Import Connections');
    await step('Import connections');
    await offered.filter({ hasText: 'SQLTools settings' }).waitFor();
    assert.equal(await offered.count(), 1, 'what is there is not offered again');
    await page.keyboard.press('Escape');
  });

  test('a jump host is asked about once, with its fingerprint, and then leads to the server', async () => {
    const host = await startJumpHost({ password: 'jump-password' });
    try {
      await addConnection(page, {
        url: `postgresql://reader:new-password@127.0.0.1:${server.port}/postgres?sslmode=disable&ssh=jumper%40127.0.0.1%3A${host.port}&ssh_password=jump-password`,
        name: 'Behind',
        safety: 'Ask me',
      });
      const question = page.locator('.monaco-dialog-box', { hasText: 'Trust the jump host 127.0.0.1?' });
      await question.waitFor();
      assert.ok((await question.textContent())?.includes(host.fingerprint), 'the fingerprint is shown');
      await screenshot(page, 'connections-jump-host-dark');
      await question.locator('.monaco-button', { hasText: 'Trust and Connect' }).click();
      await row('Behind').locator('.monaco-tl-twistie.collapsible').waitFor();
      assert.ok(host.clients > 0 && host.forwarded > 0, 'it goes through the jump host');
      assert.match(settings(), /"user": "jumper"/);
      for (const file of filesBelow(editor.server.profile)) {
        assert.ok(!readFileSync(file).includes('jump-password'), `${file} holds the secret`);
      }
      await runCommand(page, 'SQL Optimizer: Disconnect');
      await pickQuickItem(page, 'Behind');
      while (host.clients > 0) await page.waitForTimeout(100);
      await runCommand(page, 'SQL Optimizer: Connect');
      await pickQuickItem(page, 'Behind');
      await row('Behind').locator('.monaco-tl-twistie.collapsible').waitFor();
      assert.equal(await question.count(), 0, 'it is not asked about again');
    } finally {
      await host.stop();
    }
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

  test('connections are grouped under headings', async () => {
    await runCommand(page, 'SQL Optimizer: Move Connection to Group');
    await pickQuickItem(page, 'Orders (test)');
    await pickQuickItem(page, 'New group');
    await answerQuickInput(page, 'Production');
    await row(/^Production/).waitFor();
    await row('Orders (test)').waitFor();
    await screenshot(page, 'connections-group-dark');
    assert.match(settings(), /"group": "Production"/);
  });

  test('files under a folder take its connection, unless they have one of their own', async () => {
    mkdirSync(path.join(editor.workspace, 'reports'));
    const below = path.join(editor.workspace, 'reports', 'below.sql');
    writeFileSync(below, 'SELECT 1;\n');
    await openFile(page, below);
    await status('Behind').waitFor();
    await runCommand(page, 'SQL Optimizer: Use Connection for Files under This Folder');
    await pickQuickItem(page, 'Nowhere');
    await status('Nowhere').waitFor();
    assert.match(settings(), /"[^"]*\/reports": "user:nowhere"/);
    await openFile(page, path.join(editor.workspace, 'one.sql'));
    await status('Behind').waitFor();
  });

  test('a role that may do more than read is pointed out, with the statements for one that may not', async () => {
    await runOnce(server.url, 'GRANT UPDATE ON orders TO reader');
    await runCommand(page, 'SQL Optimizer: Disconnect');
    await pickQuickItem(page, 'Orders (test)');
    await row('Orders (test)').locator('.codicon-plug').first().waitFor();
    await runCommand(page, 'SQL Optimizer: Connect');
    await pickQuickItem(page, 'Orders (test)');
    await row('Orders (test)').locator('.monaco-tl-twistie.collapsible').click();
    await row('may do more than read').click();
    await page.locator('.view-line', { hasText: 'GRANT SELECT ON ALL TABLES IN SCHEMA' }).waitFor();
    await screenshot(page, 'connections-role-dark');
    await runCommand(page, 'View: Revert and Close Editor');
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
