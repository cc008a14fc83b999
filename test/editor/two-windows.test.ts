/** Two windows of one profile write to the store at once: nothing is lost, and each shows what the other did. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { globalStorage, openEditor } from './harness/editor.ts';
import {
  codeLenses,
  comeBackTo,
  openFile,
  screenshot,
  showContainer,
  treeRows,
} from './harness/workbench.ts';

const slow = (table: string): string =>
  `SELECT k.name FROM ${table} k WHERE (SELECT count(*) FROM orders o WHERE o.code = k.code) > 0;\n`;

test('what one window optimizes is kept beside the other’s and shown in both', async () => {
  await using editor = await openEditor();
  const first = editor.page;
  const open = async (page: Page, table: string): Promise<void> => {
    const file = path.join(editor.workspace, `${table}.sql`);
    writeFileSync(file, slow(table));
    await openFile(page, file);
    await showContainer(page, 'SQL Optimizer');
    await codeLenses(page, 'Optimize with AI').first().waitFor({ timeout: 120_000 });
  };
  await open(first, 'countries');
  const second = await editor.openWindow();
  await open(second, 'regions');
  for (const page of [first, second]) {
    await comeBackTo(page);
    await codeLenses(page, 'Optimize with AI').first().click();
  }
  for (const page of [first, second]) {
    await page.bringToFront();
    for (const file of ['countries.sql', 'regions.sql']) {
      await treeRows(page, 'Optimizations').filter({ hasText: file }).waitFor({ timeout: 120_000 });
    }
  }
  await screenshot(first, 'two-windows');
  const database = new DatabaseSync(path.join(globalStorage(editor), 'store.sqlite'), { readOnly: true });
  try {
    const { runs } = database.prepare('SELECT count(*) AS runs FROM optimizations').get() as { runs: number };
    assert.equal(runs, 2);
  } finally {
    database.close();
  }
});
