/** The whole path by clicking: lens, diff, accept, one undo, measurements in the store, the tree that shows them. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { root } from '../../scripts/bootstrap.mjs';
import { type Editor, globalStorage, openEditor } from './harness/editor.ts';
import {
  activeEditorText,
  codeLenses,
  diffLeftSide,
  diffRightSide,
  openFile,
  pickQuickItem,
  runCommand,
  screenshot,
  showContainer,
  treeRows,
} from './harness/workbench.ts';

const SOURCE = `-- Payments of an amount in cents
SELECT p.payment_id, p.order_id
FROM payments p
-- as the bank writes it
WHERE p.amount * 100 = 4198;

-- Countries that have ever ordered
SELECT k.country_code, k.name
FROM countries k
WHERE (SELECT count(*)
       FROM customers c
       JOIN orders o ON o.customer_id = c.customer_id
       WHERE c.country_code = k.country_code) > 0;
`;

// what is built is looked at in the light theme, what is packaged in the dark one
const theme = process.env['SQLOPT_TEST_VSIX'] ? 'dark' : 'light';

describe(`from a lens to a stored measurement, ${theme}`, () => {
  let editor: Editor;
  let page: Page;
  let file: string;

  before(async () => {
    editor = await openEditor({ theme, workspace: path.join(root, 'examples', 'shop') });
    ({ page } = editor);
    file = path.join(editor.workspace, 'try.sql');
    writeFileSync(file, SOURCE);
    await openFile(page, file);
  });
  after(() => editor?.[Symbol.asyncDispose]());
  afterEach(async (context) => {
    if (!(context as { passed?: boolean }).passed) await screenshot(page, `failed ${theme} ${context.name}`);
  });

  const lens = (title: string | RegExp): Locator => codeLenses(page, title);
  const run = (): Locator => treeRows(page, 'Optimizations').filter({ hasText: 'SELECT' });
  const shown = (text: string): Promise<void> =>
    page.locator('.part.editor .tab', { hasText: text }).first().waitFor();

  test('the sample database is chosen in the status bar and needs nothing', async () => {
    await page.locator('.statusbar-item', { hasText: 'No database' }).click();
    await pickQuickItem(page, 'Sample shop');
    await page
      .locator('.statusbar-item', { hasText: 'Sample shop' })
      .locator('.codicon-database')
      .waitFor({ timeout: 120_000 });
  });

  test('the lens opens the rewrites as a diff beside, measured, with the focus left where it was', async () => {
    await lens(/1 finding/)
      .first()
      .waitFor();
    await screenshot(page, `lenses-${theme}`);
    await lens('Optimize with AI').nth(1).click();
    await page.locator('.monaco-diff-editor').waitFor({ timeout: 120_000 });
    await shown('rewrite 1 of');
    await lens('Accept').waitFor();
    await lens(/Measured .*× faster/).waitFor();
    assert.match(await diffRightSide(page), /EXISTS/i);
    assert.match(await diffLeftSide(page), /> 0/);
    assert.match(
      (await page.locator('.editor-group-container.active .tab.active').textContent()) ?? '',
      /try\.sql/,
      'the focus went to the diff',
    );
    await screenshot(page, `diff-${theme}`);
  });

  test('next and previous show the other rewrites in the same place', async () => {
    const first = await diffRightSide(page);
    await lens('Next').click();
    await shown('rewrite 2 of');
    await lens('Accept').waitFor();
    assert.notEqual(await diffRightSide(page), first);
    assert.equal(await page.locator('.monaco-diff-editor').count(), 1);
    await lens('Previous').click();
    await shown('rewrite 1 of');
    await lens('Accept').waitFor();
  });

  test('the plans of both are compared, and the evidence can be read', async () => {
    await lens('Compare plans').click();
    await shown('Plans: before and after');
    await page.locator('.view-line', { hasText: 'Scan' }).first().waitFor();
    await screenshot(page, `plans-${theme}`);
    await runCommand(page, 'View: Close Editor');
    await shown('rewrite 1 of');
    await lens('Proved equal').click();
    await shown('Evidence.md');
    await page.locator('.view-line', { hasText: 'What speaks for this rewrite' }).waitFor();
    await screenshot(page, `evidence-${theme}`);
    await runCommand(page, 'View: Close Editor');
    await lens('Accept').waitFor();
    await screenshot(page, `diff-focused-${theme}`);
  });

  test('accepting changes the text, keeps comments, does not save, and one undo restores', async () => {
    await lens('Accept').click();
    await page.locator('.monaco-diff-editor').waitFor({ state: 'detached' });
    const text = await activeEditorText(page);
    assert.match(text, /EXISTS/i);
    assert.match(text, /-- Countries that have ever ordered/);
    assert.match(text, /-- as the bank writes it/);
    assert.equal(readFileSync(file, 'utf8'), SOURCE, 'it was saved');
    await screenshot(page, `accepted-${theme}`);
    await showContainer(page, 'SQL Optimizer');
    await run()
      .filter({ hasText: /Applied, .*× faster/ })
      .waitFor();
    await screenshot(page, `tree-${theme}`);
    await page.locator('.tab.active', { hasText: 'try.sql' }).click();
    await page.keyboard.press('ControlOrMeta+z');
    await page.locator('.view-line', { hasText: '> 0' }).waitFor();
    assert.equal((await activeEditorText(page)).trimEnd(), SOURCE.trimEnd());
    await run().filter({ hasText: 'Undone' }).waitFor();
  });

  test('the plan of a statement opens as text beside it', async () => {
    await lens('SQL Optimizer: Plan').first().click();
    await shown('Plan of try.sql line 2');
    await page.locator('.view-line', { hasText: 'Scan' }).first().waitFor();
    await screenshot(page, `plan-${theme}`);
  });

  test('the store holds the measured times of before and after', () => {
    const store = path.join(globalStorage(editor), 'store.sqlite');
    assert.ok(existsSync(store));
    const database = new DatabaseSync(store, { readOnly: true });
    try {
      const rows = database
        .prepare(
          `SELECT m.role, m.median_ms, m.runs, c.status
             FROM measurements m JOIN candidates c ON c.id = m.candidate_id
             WHERE c.status = 'reverted' ORDER BY m.role`,
        )
        .all() as { role: string; median_ms: number; runs: number; status: string }[];
      assert.deepEqual(
        rows.map(({ role }) => role),
        ['after', 'before'],
      );
      const [fast, slow] = rows;
      assert.ok(fast && slow && fast.median_ms < slow.median_ms && fast.runs >= 2);
    } finally {
      database.close();
    }
  });
});
