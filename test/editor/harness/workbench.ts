/** Doing things in the editor's window the way a person does: by keyboard and mouse. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Frame, Locator, Page } from 'playwright-core';
import { root } from '../../../scripts/bootstrap.mjs';

/**
 * Runs a command by its title through the command palette.
 *
 * @param title as the palette shows it, category included ("SQL Optimizer: Add Connection")
 */
export async function runCommand(page: Page, title: string): Promise<void> {
  const input = page.locator('.quick-input-widget input.input');
  await page.keyboard.press('F1');
  await input.waitFor();
  await input.fill(`>${title}`);
  const row = page
    .locator('.quick-input-list .monaco-list-row')
    .filter({ has: page.locator('.label-name', { hasText: exactly(title) }) })
    .first();
  await row.click();
}

/**
 * Opens a file in the active group.
 *
 * @param name its absolute path (`path.join(editor.workspace, 'a.sql')`); a bare name works where the editor's file
 *   search does, which the oldest server lacks
 */
export async function openFile(page: Page, name: string): Promise<void> {
  const input = page.locator('.quick-input-widget input.input');
  await page.keyboard.press('ControlOrMeta+p');
  await input.waitFor();
  await input.fill(name);
  await page
    // the row that Enter takes: before the filter applies, that is whatever was open last
    .locator('.quick-input-list .monaco-list-row.focused', { hasText: path.basename(name) })
    .first()
    .waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.tab.active', { hasText: path.basename(name) }).waitFor();
  await page.locator('.editor-group-container.active .monaco-editor .view-line').first().waitFor();
}

/** Fills the open quick input (a box or a pick) and accepts it. */
export async function answerQuickInput(page: Page, text: string): Promise<void> {
  const input = page.locator('.quick-input-widget input.input');
  await input.waitFor();
  await input.fill(text);
  await page.keyboard.press('Enter');
}

/** Attempts to click a row that the hover of another row may cover. */
const CLICKS = 12;

/**
 * Chooses a row of the open quick pick by its label. The pick opens where the mouse may rest, and the hover of the row
 * below it covers other rows: so the mouse goes away first, and again when a busy machine shows a hover in between.
 */
export async function pickQuickItem(page: Page, label: string | RegExp): Promise<void> {
  const row = page.locator('.quick-input-list .monaco-list-row', { hasText: label }).first();
  await row.waitFor();
  for (let attempt = 1; ; attempt++) {
    await page.mouse.move(1, 1);
    try {
      await row.click(attempt === CLICKS ? {} : { timeout: 10_000 });
      return;
    } catch (error) {
      if (attempt === CLICKS) throw error;
    }
  }
}

/** The code lenses of the visible editors, in the order of their lines. */
export function codeLenses(page: Page, title?: string | RegExp): Locator {
  const lenses = page.locator('.codelens-decoration a');
  return title === undefined ? lenses : lenses.filter({ hasText: title });
}

/**
 * Shows another window, as a person does who comes back to it: it gets the focus. The browser's pages, driven as here,
 * all claim to have it all the time, so that the window is told.
 */
export async function comeBackTo(page: Page): Promise<void> {
  await page.bringToFront();
  await page.evaluate(`(async () => {
    const hasFocus = document.hasFocus;
    document.hasFocus = () => false;
    window.dispatchEvent(new Event('blur'));
    await new Promise((resolve) => setTimeout(resolve, 500));
    document.hasFocus = hasFocus;
    window.dispatchEvent(new Event('focus'));
  })()`);
}

/** The text of the right side of the open diff, as it is shown (the visible lines). */
export async function diffRightSide(page: Page): Promise<string> {
  return shownText(page.locator('.monaco-diff-editor .editor.modified .view-lines'));
}

/** The text of the left side of the open diff, as it is shown (the visible lines). */
export async function diffLeftSide(page: Page): Promise<string> {
  return shownText(page.locator('.monaco-diff-editor .editor.original .view-lines'));
}

/** The visible text of the active (non-diff) editor. */
export async function activeEditorText(page: Page): Promise<string> {
  return shownText(
    page.locator('.editor-group-container.active .editor-instance .monaco-editor .view-lines').first(),
  );
}

/**
 * Monaco places its lines absolutely, in an order of its own: they are sorted by where they stand, and its no-break
 * spaces become spaces again.
 */
async function shownText(lines: Locator): Promise<string> {
  await lines.locator('.view-line').first().waitFor();
  const rows = await lines.locator('.view-line').evaluateAll((elements) =>
    elements.map((element) => ({
      top: Number.parseFloat((element as unknown as { style: { top: string } }).style.top),
      text: element.textContent ?? '',
    })),
  );
  return rows
    .sort((left, right) => left.top - right.top)
    .map(({ text }) => text.replaceAll('\u00a0', ' '))
    .join('\n');
}

/** Shows one of the activity bar's containers by its title. */
export async function showContainer(page: Page, title: string): Promise<void> {
  const tab = page
    .locator('.activitybar .action-item', { has: page.locator(`[aria-label^="${title}"]`) })
    .first();
  if (!((await tab.getAttribute('class')) ?? '').includes('checked')) await tab.click();
  await page.locator('.sidebar .composite.title, .sidebar .pane-header').first().waitFor();
}

/** The rows of a tree view, by the view's title. */
export function treeRows(page: Page, view: string): Locator {
  return page
    .locator('.pane', { has: page.locator('.pane-header', { hasText: view }) })
    .locator('.monaco-list-row');
}

/** The buttons and links of a view that is empty. */
export function welcomeActions(page: Page, view: string): Locator {
  return page
    .locator('.pane', { has: page.locator('.pane-header', { hasText: view }) })
    .locator('.welcome-view-content :is(.monaco-button, a)');
}

/** A message that popped up, by its text. */
export function notification(page: Page, text: string | RegExp): Locator {
  return page.locator('.notification-toast .notification-list-item', {
    has: page.locator('.notification-list-item-message', { hasText: text }),
  });
}

/** The document of a webview panel or view; the only open one unless a part of its content is named. */
export async function webviewFrame(page: Page): Promise<Frame> {
  await page.locator('iframe.webview.ready').first().waitFor();
  const outer = await page.locator('iframe.webview.ready').first().elementHandle();
  const frame = await outer?.contentFrame();
  const inner = await (await frame?.waitForSelector('#active-frame'))?.contentFrame();
  if (inner === undefined || inner === null) throw new Error('The webview has no content frame.');
  return inner;
}

/**
 * Keeps a picture of the window in .cache/screenshots (outside the repository) for people to look at.
 *
 * @returns the file
 */
export async function screenshot(page: Page, name: string): Promise<string> {
  const folder = path.join(root, '.cache', 'screenshots');
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${name}.png`);
  await page.screenshot({ path: file });
  return file;
}

/**
 * How long the extension took to activate, as the editor itself tells it ("Developer: Startup Performance").
 *
 * @returns milliseconds: loading the code, and activate() itself
 */
export async function activationTimes(
  page: Page,
  extension = 'ai-sql-optimizer.ai-sql-optimizer',
): Promise<{ load: number; activate: number }> {
  await runCommand(page, 'Developer: Startup Performance');
  await page.locator('.tab.active', { hasText: 'Startup Performance' }).waitFor();
  const editor = page.locator('.editor-group-container.active .monaco-editor').first();
  await editor.locator('.view-line').first().waitFor();
  // The report is longer than the window: look for the extension's own line instead of scrolling through it. Again and
  // again, for the report is written anew when the editor has all its figures, and a search does not move to what comes later.
  await editor.click();
  await page.keyboard.press('ControlOrMeta+f');
  await page.locator('.find-widget.visible textarea').first().fill(extension);
  const line = editor.locator('.view-line', { hasText: extension }).first();
  for (let look = 0; look < 60 && !(await line.isVisible()); look++) {
    await page.keyboard.press('Enter');
    await page.waitForTimeout(500);
  }
  await page.keyboard.press('Escape');
  await line.waitFor();
  const text = ((await line.textContent()) ?? '').replaceAll('\u00a0', ' ');
  const cells = text.split('|').map((cell) => cell.trim());
  // | Extension | Eager | Load Code | Call Activate | Finish Activate | Event | By |
  const [load, activate] = cells.slice(3, 5).map(Number);
  if (load === undefined || activate === undefined || Number.isNaN(load + activate)) {
    throw new Error(`The editor's report was not understood: ${text}`);
  }
  return { load, activate };
}

function exactly(text: string): RegExp {
  return new RegExp(`^\\s*${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`);
}
