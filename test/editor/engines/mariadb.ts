/** The whole path by clicking on MariaDB: lens, diff, accept, one undo, measurements in the store, the tree that shows them. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { type MariadbServer, startMariadb } from '../../servers/mariadb.ts';
import { runOnce } from '../../servers/with-database.ts';
import { addConnection } from '../harness/connections.ts';
import { type Editor, globalStorage } from '../harness/editor.ts';
import {
  activeEditorText,
  codeLenses,
  diffLeftSide,
  diffRightSide,
  openFile,
  runCommand,
  screenshot,
  showContainer,
  treeRows,
} from '../harness/workbench.ts';

const NAME = 'MariaDB shop';

const SOURCE = `-- Orders above their customer's average
SELECT o.id
FROM \`orders\` o -- backticks stay
WHERE o.total > (SELECT avg(p.total) FROM orders p WHERE p.customer_id = o.customer_id);
`;

/** No key on customer_id: the subquery reads all orders for each of them. */
const SETUP = `
  CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, total decimal(10,2) NOT NULL);
  INSERT INTO orders SELECT seq, 1 + seq % 40, seq % 97 FROM seq_1_to_1500;
  ANALYZE TABLE orders;
  CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'right-password';
  GRANT SELECT ON test.* TO reader@'127.0.0.1'`;

/** @param opened the editor that all engines share */
export function mariadbPath(opened: () => Editor): void {
  describe('from a lens to a stored measurement on MariaDB', () => {
    let server: MariadbServer;
    let editor: Editor;
    let page: Page;
    let file: string;

    before(async () => {
      server = await startMariadb();
      await runOnce(server.url, SETUP);
      editor = opened();
      ({ page } = editor);
      file = path.join(editor.workspace, 'mariadb.sql');
      writeFileSync(file, SOURCE);
      await openFile(page, file);
      // an editor that loses the focus before it has asked for lenses asks when it has the focus again
      await codeLenses(page, 'Optimize with AI').first().waitFor();
    });
    after(async () => {
      // what the next suite looks for is not to be found here
      await row(NAME).locator('.monaco-tl-twistie').click();
      await runCommand(page, 'View: Close All Editors');
      await server?.stop();
    });
    afterEach(async (context) => {
      if (!(context as { passed?: boolean }).passed) await screenshot(page, `failed mariadb ${context.name}`);
    });

    const lens = (title: string | RegExp): Locator => codeLenses(page, title);
    const row = (text: string | RegExp): Locator => treeRows(page, 'Connections').filter({ hasText: text });
    const run = (): Locator => treeRows(page, 'Optimizations').filter({ hasText: 'SELECT' });
    const shown = (text: string): Promise<void> =>
      page.locator('.part.editor .tab', { hasText: text }).first().waitFor();

    test('a pasted URL of MariaDB becomes the connection of the file, and its tables are shown', async () => {
      const { port } = new URL(server.url);
      await addConnection(page, {
        url: `mariadb://reader:right-password@127.0.0.1:${port}/test?sslmode=disable`,
        name: NAME,
        safety: 'Never: read-only',
        testDatabases: 'No',
      });
      await page.locator('.statusbar-item', { hasText: NAME }).locator('.codicon-database').waitFor();
      await showContainer(page, 'SQL Optimizer');
      await row(NAME).locator('.monaco-tl-twistie').click();
      await row(/^orders/).waitFor();
      await screenshot(page, 'mariadb-connected-dark');
    });

    test('the lens opens a rewrite as a diff, proved and measured', async () => {
      await page.locator('.editor-group-container.active .monaco-editor .view-lines').first().click();
      await lens('Optimize with AI').first().click();
      await page.locator('.monaco-diff-editor').waitFor();
      await shown('rewrite 1 of');
      await lens('Accept').waitFor();
      await lens(/Measured .*× faster/).waitFor();
      await lens('Proved equal').waitFor();
      assert.match(await diffLeftSide(page), /WHERE o\.total > \(/);
      // which of two shapes is the faster one depends on the machine: a join with the groups, or a window
      assert.match(await diffRightSide(page), /GROUP BY|OVER \(/);
      await screenshot(page, 'mariadb-diff-dark');
    });

    test('accepting changes the text, keeps comments, does not save, and one undo restores', async () => {
      await lens('Accept').click();
      await page.locator('.monaco-diff-editor').waitFor({ state: 'detached' });
      const text = await activeEditorText(page);
      assert.doesNotMatch(text, /WHERE o\.total > \(SELECT/);
      assert.match(text, /-- Orders above their customer's average/);
      assert.match(text, /-- backticks stay/);
      assert.equal(readFileSync(file, 'utf8'), SOURCE, 'it was saved');
      await run()
        .filter({ hasText: /Applied, .*× faster/ })
        .waitFor();
      await screenshot(page, 'mariadb-accepted-dark');
      await page.locator('.tab.active', { hasText: 'mariadb.sql' }).click();
      await page.keyboard.press('ControlOrMeta+z');
      await page.locator('.view-line', { hasText: 'WHERE o.total > (' }).waitFor();
      assert.equal((await activeEditorText(page)).trimEnd(), SOURCE.trimEnd());
      await run().filter({ hasText: 'Undone' }).waitFor();
    });

    test('the plan is read from MariaDB', async () => {
      await lens('SQL Optimizer: Plan').first().click();
      await shown('Plan of mariadb.sql line 2');
      await page.locator('.view-line', { hasText: 'Table scan' }).first().waitFor();
    });

    test('the store holds the measured times of before and after, and what ran there', () => {
      const store = path.join(globalStorage(editor), 'store.sqlite');
      assert.ok(existsSync(store));
      const database = new DatabaseSync(store, { readOnly: true });
      try {
        const rows = database
          .prepare(
            `SELECT m.role, m.median_ms, m.runs
           FROM measurements m JOIN candidates c ON c.id = m.candidate_id
           WHERE c.status = 'reverted' ORDER BY m.role`,
          )
          .all() as { role: string; median_ms: number; runs: number }[];
        const [fast, slow] = rows;
        assert.deepEqual(
          rows.map(({ role }) => role),
          ['after', 'before'],
        );
        assert.ok(fast && slow && fast.median_ms < slow.median_ms && fast.runs >= 2);
      } finally {
        database.close();
      }
    });
  });
}
