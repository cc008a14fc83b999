/** From what a server has counted to a faster statement, by clicking, against a real PostgreSQL. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { type PostgresServer, startPostgres18 } from '../../servers/postgres.ts';
import { runOnce } from '../../servers/with-database.ts';
import { addConnection } from '../harness/connections.ts';
import type { Editor } from '../harness/editor.ts';
import {
  activeEditorText,
  codeLenses,
  diffRightSide,
  notification,
  openFile,
  pickQuickItem,
  runCommand,
  screenshot,
  showContainer,
  treeRows,
} from '../harness/workbench.ts';

const SETUP = `
  CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, total numeric(10,2) NOT NULL);
  INSERT INTO orders SELECT n, 1 + n % 40, n % 97 FROM generate_series(1, 1500) n;
  ANALYZE orders;
  CREATE ROLE reader LOGIN PASSWORD 'right-password';
  GRANT SELECT ON orders TO reader;
  GRANT pg_read_all_stats TO reader`;
const SLOW =
  'SELECT o.id FROM orders o WHERE o.total > (SELECT avg(p.total) FROM orders p WHERE p.customer_id = o.customer_id) AND o.id <> 42';

const NAME = 'Busy server';

/** @param opened the editor that all engines share */
export function workloadPath(opened: () => Editor): void {
  describe('the slowest statements', () => {
    let server: PostgresServer;
    let page: Page;

    before(async () => {
      server = await startPostgres18();
      await runOnce(server.url, SETUP);
      const editor = opened();
      ({ page } = editor);
      const file = path.join(editor.workspace, 'own.sql');
      writeFileSync(file, 'SELECT total FROM orders WHERE id = 7;\n');
      await openFile(page, file);
      await addConnection(page, {
        url: `postgresql://reader:right-password@127.0.0.1:${server.port}/postgres?sslmode=disable`,
        name: NAME,
        safety: 'Never: read-only',
      });
      // it opens when it is connected, not before
      await page.locator('.statusbar-item', { hasText: NAME }).locator('.codicon-database').waitFor();
      await showContainer(page, 'SQL Optimizer');
      await row(NAME).locator('.monaco-tl-twistie').click();
      await row(/^orders/).waitFor();
    });
    after(async () => {
      await server?.stop();
    });
    afterEach(async (context) => {
      if (!(context as { passed?: boolean }).passed)
        await screenshot(page, `failed workload ${context.name}`);
    });

    const row = (text: string | RegExp) => treeRows(page, 'Connections').filter({ hasText: text });
    const tab = (text: string | RegExp) => page.locator('.part.editor .tab.active', { hasText: text });

    test('that nobody counts are said with what to run', async () => {
      await row(NAME).first().click({ button: 'right' });
      await page.locator('.monaco-menu .action-label', { hasText: 'Show Slowest Statements' }).click();
      const message = notification(page, /extension that shows them is not in this database/);
      await message.locator('.monaco-button', { hasText: 'Show What to Run' }).click();
      await page.locator('.view-line', { hasText: 'CREATE EXTENSION pg_stat_statements;' }).waitFor();
    });

    test('are not all that is known: what the server is set to is shown', async () => {
      await runCommand(page, 'SQL Optimizer: Show Server Settings');
      await pickQuickItem(page, NAME);
      await tab(`Settings of ${NAME}`).waitFor();
      const text = await activeEditorText(page);
      assert.match(text, /^Settings of Busy server \(PostgreSQL 18\.\d+\): \d+\n/);
      assert.match(text, /Set to something else than their defaults \(\d+\)/);
      assert.match(text, /\nport +\d+ \(default 5432\) +restart +/);
      await screenshot(page, 'server-settings-dark');
    });

    test('are shown with their figures, the costliest first', async () => {
      await runOnce(server.url, 'CREATE EXTENSION pg_stat_statements');
      for (let run = 0; run < 3; run++) await runOnce(server.url, SLOW);
      await runCommand(page, 'SQL Optimizer: Show Slowest Statements');
      await pickQuickItem(page, NAME);
      await tab('Slowest statements of Busy server').waitFor();
      const text = await activeEditorText(page);
      assert.match(text, /^-- The costliest statements on Busy server\. .*pg_stat_statements.* Since \d{4}-/);
      assert.match(text, /-- 1\. [\d.]+ % of the time: \d+ calls? of /);
      assert.match(text, /SELECT o\.id FROM orders o WHERE .* AND o\.id <> \$1;/);
      assert.doesNotMatch(text, /right-password|pg_class/);
      await codeLenses(page, 'Open to Optimize').first().waitFor();
      await screenshot(page, 'slowest-statements-dark');
    });

    test('open in a file that uses their connection, and are optimized there', async () => {
      // the statement stands below its lens; of several the one that is meant is the one at the cursor
      await page.locator('.view-line', { hasText: 'o.id <> $1' }).first().click();
      await runCommand(page, 'SQL Optimizer: Open Slow Statement to Optimize');
      await tab('Untitled').waitFor();
      assert.match(await activeEditorText(page), /^SELECT o\.id FROM orders o WHERE .* AND o\.id <> \$1\s*$/);
      await page.locator('.statusbar-item', { hasText: NAME }).locator('.codicon-database').waitFor();
      await codeLenses(page, 'Optimize with AI').first().click();
      await page.locator('.monaco-diff-editor').waitFor();
      await codeLenses(page, 'Accept').waitFor();
      assert.match(await diffRightSide(page), /GROUP BY|OVER \(/);
      await screenshot(page, 'slow-statement-optimized-dark');
    });

    test('open by their lens too', async () => {
      await page.locator('.part.editor .tab', { hasText: 'Slowest statements of Busy server' }).click();
      await tab('Slowest statements of Busy server').waitFor();
      await codeLenses(page, 'Open to Optimize').first().click();
      await tab('Untitled').waitFor();
    });

    test('are what indexes are recommended for, or the statements of the file are; nothing is created', async () => {
      await page.locator('.part.editor .tab', { hasText: 'own.sql' }).first().click();
      await tab('own.sql').waitFor();
      await runCommand(page, 'SQL Optimizer: Recommend Indexes');
      // the file uses the connection that was chosen for it
      await page.locator('.quick-input-title', { hasText: 'Indexes for which statements?' }).waitFor();
      await pickQuickItem(page, 'What the server has counted');
      await tab(`Indexes of ${NAME}`).waitFor();
      const text = await activeEditorText(page);
      assert.match(text, /^-- Index advice for Busy server\. Nothing was created or dropped\./);
      assert.match(text, /Workload \(pg_stat_statements\): \d+ statements?/);
      assert.match(
        text,
        /CREATE INDEX CONCURRENTLY orders_customer_id_idx ON public\.orders \(customer_id\);/,
      );
      assert.doesNotMatch(text, /right-password/);
      const [found] = await runOnce(
        server.url,
        "SELECT count(*)::int AS n FROM pg_indexes WHERE tablename = 'orders'",
      );
      assert.equal(found?.['n'], 1);
      await screenshot(page, 'index-advice-dark');
    });
  });
}
