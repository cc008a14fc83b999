/** The path by clicking on SQL Server's stand-in, as far as prepared answers carry: URL, tables, lens, diff, accept, plan. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { type MssqlStandIn, startMssqlStandIn } from '../../servers/tds/mssql-stand-in.ts';
import { SLOW, shopAnswer } from '../../servers/tds/shop.ts';
import { addConnection } from '../harness/connections.ts';
import type { Editor } from '../harness/editor.ts';
import {
  activeEditorText,
  codeLenses,
  diffRightSide,
  openFile,
  runCommand,
  screenshot,
  showContainer,
  treeRows,
} from '../harness/workbench.ts';

const NAME = 'SQL Server shop';

/** @param opened the editor that all engines share */
export function sqlServerPath(opened: () => Editor): void {
  describe('from a lens to an accepted rewrite on SQL Server (stand-in)', () => {
    let server: MssqlStandIn;
    let page: Page;

    before(async () => {
      server = await startMssqlStandIn(shopAnswer);
      const editor = opened();
      ({ page } = editor);
      const file = path.join(editor.workspace, 'sql-server.sql');
      writeFileSync(file, `-- Orders above the average\n${SLOW};\n`);
      await openFile(page, file);
      // an editor that loses the focus before it has asked for lenses asks when it has the focus again
      await codeLenses(page, 'Optimize with AI').first().waitFor();
    });
    after(async () => {
      await row(NAME).locator('.monaco-tl-twistie').click();
      await page.locator('.tab', { hasText: 'sql-server.sql' }).first().click();
      await runCommand(page, 'File: Revert File');
      await runCommand(page, 'View: Close All Editors');
      await server?.close();
    });
    afterEach(async (context) => {
      if (!(context as { passed?: boolean }).passed)
        await screenshot(page, `failed sql server ${context.name}`);
    });

    const lens = (title: string | RegExp): Locator => codeLenses(page, title);
    const row = (text: string | RegExp): Locator => treeRows(page, 'Connections').filter({ hasText: text });
    const shown = (text: string): Promise<void> =>
      page.locator('.part.editor .tab', { hasText: text }).first().waitFor();

    test('a pasted URL of SQL Server becomes the connection of the file, and its tables are shown', async () => {
      await addConnection(page, { url: server.url, name: NAME, safety: 'Never: read-only' });
      await page.locator('.statusbar-item', { hasText: NAME }).locator('.codicon-database').waitFor();
      assert.equal(server.logins[0]?.password, 'sw0rdfish');
      await showContainer(page, 'SQL Optimizer');
      await row(NAME).locator('.monaco-tl-twistie').click();
      await row(/orders/)
        .first()
        .waitFor();
      await screenshot(page, 'sql-server-connected-dark');
    });

    test('the lens opens a rewrite as a diff, and accepting changes the text', async () => {
      await page.locator('.editor-group-container.active .monaco-editor .view-lines').first().click();
      await lens('Optimize with AI').first().click();
      await page.locator('.monaco-diff-editor').waitFor();
      await lens('Accept').waitFor();
      await lens(/Measured .*× faster/).waitFor();
      assert.match(await diffRightSide(page), /GROUP BY|OVER \(/);
      await screenshot(page, 'sql-server-diff-dark');
      await lens('Accept').click();
      await page.locator('.monaco-diff-editor').waitFor({ state: 'detached' });
      const text = await activeEditorText(page);
      assert.match(text, /-- Orders above the average/);
      assert.doesNotMatch(text, /> \(SELECT/);
    });

    test('the plan is read from showplan XML', async () => {
      await lens('SQL Optimizer: Plan').first().click();
      await shown('Plan of sql-server.sql');
      await page.locator('.view-line', { hasText: 'Table Scan on orders' }).first().waitFor();
    });
  });
}
