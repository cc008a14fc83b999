/** A language model in the editor, by clicking: its rewrite beside the library's, consent, and the way without a server. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { root } from '../../scripts/bootstrap.mjs';
import { type ChatCall, CODER, StandInOllama } from '../servers/ollama.ts';
import { type Editor, openEditor, writeMachineSettings } from './harness/editor.ts';
import {
  codeLenses,
  diffRightSide,
  notification,
  openFile,
  pickQuickItem,
  runCommand,
  screenshot,
} from './harness/workbench.ts';

const SOURCE = `-- Countries that have ever ordered
SELECT k.country_code, k.name
FROM countries k
WHERE (SELECT count(*)
       FROM customers c
       JOIN orders o ON o.customer_id = c.customer_id
       WHERE c.country_code = k.country_code AND o.total > 10.5) > 0;
`;

/** What the library does not find: the countries of the orders, at once. */
const REWRITE = `SELECT k.country_code, k.name FROM countries k WHERE k.country_code IN (
  SELECT c.country_code FROM orders o JOIN customers c ON c.customer_id = o.customer_id WHERE o.total > :v1)`;

const answer = JSON.stringify({ rewrites: [{ sql: REWRITE, why: 'All countries at once.' }] });

// One editor for all of them: what changes in between is what its user would change, the settings.
let editor: Editor;
let page: Page;
before(async () => {
  editor = await openEditor({ workspace: path.join(root, 'examples', 'shop') });
  ({ page } = editor);
  try {
    const file = path.join(editor.workspace, 'try.sql');
    writeFileSync(file, SOURCE);
    await openFile(page, file);
    await page.locator('.statusbar-item', { hasText: 'No database' }).click();
    await pickQuickItem(page, 'Sample shop');
    await page
      .locator('.statusbar-item', { hasText: 'Sample shop' })
      .locator('.codicon-database')
      .waitFor({ timeout: 300_000 });
  } catch (error) {
    await screenshot(page, 'failed models opening');
    throw error;
  }
});
after(() => editor?.[Symbol.asyncDispose]());

/** Use a server from now on: the choice of models shows when the editor has read the settings. */
async function useServer(url: string, model: string | null, choice: string | RegExp): Promise<void> {
  await runCommand(page, 'Notifications: Clear All Notifications');
  await runCommand(page, 'View: Close All Editors');
  writeMachineSettings(editor, {
    'aiSqlOptimizer.model.enabled': true,
    'aiSqlOptimizer.model.ollama.url': url,
    ...(model === null ? {} : { 'aiSqlOptimizer.model.name': model }),
  });
  const offered = page.locator('.quick-input-list .monaco-list-row', { hasText: choice }).first();
  for (let look = 1; ; look++) {
    await runCommand(page, 'SQL Optimizer: Choose Model');
    const seen = await offered.waitFor({ timeout: 5000 }).then(
      () => true,
      () => false,
    );
    await page.keyboard.press('Escape');
    await page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
    if (seen) break;
    assert.ok(look < 20, `${choice} is not offered`);
  }
  await openFile(page, path.join(editor.workspace, 'try.sql'));
}

/** All rewrites of the open preview, until the first comes again. */
async function rewrites(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (;;) {
    await codeLenses(page, 'Accept').waitFor();
    const text = (await diffRightSide(page)).replace(/\s+/g, ' ');
    if (found.includes(text)) return found;
    found.push(text);
    if ((await codeLenses(page, 'Next').count()) === 0) return found;
    const tab = page.locator('.part.editor .tab', { hasText: /rewrite \d+ of/ }).first();
    const title = (await tab.textContent()) ?? '';
    await codeLenses(page, 'Next').click();
    await page
      .locator('.part.editor .tab', { hasText: /rewrite \d+ of/, hasNotText: title })
      .first()
      .waitFor();
  }
}

describe('with a model on this machine', () => {
  let server: StandInOllama;
  before(async () => {
    server = await StandInOllama.start({
      script: ({ messages }) => ({
        kind: 'answer',
        text: messages[0]?.content.startsWith('You explain') ? 'It counts orders above :v1.' : answer,
      }),
    });
    await useServer(server.url, null, CODER.name);
  });
  after(() => server?.[Symbol.asyncDispose]());
  afterEach(async (context) => {
    if (!(context as { passed?: boolean }).passed) await screenshot(page, `failed models ${context.name}`);
  });

  test('“Optimize with AI” shows its verified rewrite beside those of the library', async () => {
    await codeLenses(page, 'Optimize with AI').first().click();
    await page.locator('.monaco-diff-editor').waitFor({ timeout: 180_000 });
    const shown = await rewrites(page);
    assert.ok(
      shown.some((text) => /EXISTS/i.test(text)),
      `no rewrite of the library: ${shown.join('\n')}`,
    );
    assert.ok(
      shown.some((text) => /k\.country_code IN \(/.test(text) && /o\.total > 10\.5/.test(text)),
      `no rewrite of the model: ${shown.join('\n')}`,
    );
    assert.equal(server.chats.length, 1);
    for (
      let turn = 0;
      turn < shown.length && (await codeLenses(page, 'From a model').count()) === 0;
      turn++
    ) {
      await codeLenses(page, 'Next').click();
      await codeLenses(page, 'Accept').waitFor();
    }
    await codeLenses(page, 'Tested equal').waitFor();
    await screenshot(page, 'model-rewrite');
  });

  test('its values were not sent, and what is sent can be read', async () => {
    const call = server.chats[0] as ChatCall;
    const text = call.messages.map(({ content }) => content).join('\n');
    assert.doesNotMatch(text, /10\.5|ever ordered/);
    assert.match(text, /CREATE TABLE countries/);
    await runCommand(page, 'View: Close All Editors');
    await openFile(page, path.join(editor.workspace, 'try.sql'));
    await runCommand(page, 'SQL Optimizer: Show What Is Sent to the Model');
    await page.locator('.part.editor .tab', { hasText: 'Sent to the model.md' }).waitFor();
    await page.locator('.view-line', { hasText: 'which is this machine' }).first().waitFor();
    await screenshot(page, 'model-sent');
    assert.equal(server.chats.length, 1, 'nothing was sent for it');
  });

  test('a statement is explained: our facts, the model’s words with the values back', async () => {
    await runCommand(page, 'View: Close All Editors');
    await openFile(page, path.join(editor.workspace, 'try.sql'));
    await runCommand(page, 'SQL Optimizer: Explain in Plain Words');
    await page.locator('.part.editor .tab', { hasText: 'Explanation.md' }).waitFor();
    await page.locator('.view-line', { hasText: 'Step: Seq Scan on orders o' }).first().waitFor();
    await page
      .locator('.editor-group-container .view-lines', { hasText: 'In the words of' })
      .first()
      .waitFor();
    await page.locator('.view-line', { hasText: 'It counts orders above 10.5.' }).first().waitFor();
    await screenshot(page, 'model-explanation');
  });

  test('the model is chosen from those that are installed, and one can be downloaded', async () => {
    await runCommand(page, 'SQL Optimizer: Choose Model');
    await page.locator('.quick-input-widget .monaco-list-row', { hasText: CODER.name }).waitFor();
    await screenshot(page, 'model-choice');
    await pickQuickItem(page, /Download a model/);
    await pickQuickItem(page, /Another one/);
    await page.locator('.quick-input-widget input').fill('small:1b');
    await page.keyboard.press('Enter');
    await notification(page, 'small:1b is ready').waitFor();
    const settings = readFileSync(path.join(editor.server.profile, 'Machine', 'settings.json'), 'utf8');
    assert.match(settings, /"aiSqlOptimizer\.model\.name": "small:1b"/);
  });
});

describe('with a model that is not on this machine', () => {
  let server: StandInOllama;
  before(async () => {
    // a model of ollama.com: the server here only passes questions on
    const models = [{ ...CODER, name: 'gpt-oss:120b-cloud' }];
    server = await StandInOllama.start({ models, script: () => ({ kind: 'answer', text: answer }) });
    await useServer(server.url, 'gpt-oss:120b-cloud', 'gpt-oss:120b-cloud');
  });
  after(() => server?.[Symbol.asyncDispose]());
  beforeEach(() => runCommand(page, 'Notifications: Clear All Notifications'));
  afterEach(async (context) => {
    if (!(context as { passed?: boolean }).passed) await screenshot(page, `failed consent ${context.name}`);
  });

  const optimize = async (): Promise<void> => {
    await runCommand(page, 'View: Close All Editors');
    await openFile(page, path.join(editor.workspace, 'try.sql'));
    await codeLenses(page, 'Optimize with AI').first().click();
  };

  test('nothing is sent before it was shown and allowed', async () => {
    await optimize();
    await notification(page, 'is not on this machine').waitFor({ timeout: 120_000 });
    await page.locator('.part.editor .tab', { hasText: 'Sent to the model.md' }).waitFor();
    await screenshot(page, 'model-consent');
    assert.equal(server.chats.length, 0);
    await notification(page, 'is not on this machine').getByText('Not Now').click();
    await page.locator('.monaco-diff-editor').waitFor({ timeout: 120_000 });
    assert.equal(server.chats.length, 0);
  });

  test('once allowed it is not asked again', async () => {
    await optimize();
    await notification(page, 'is not on this machine').getByText('Send', { exact: true }).click();
    await page.locator('.monaco-diff-editor').waitFor({ timeout: 180_000 });
    assert.ok(server.chats.length > 0);
    const asked = server.chats.length;
    await optimize();
    await page.locator('.monaco-diff-editor').waitFor({ timeout: 180_000 });
    assert.ok(server.chats.length > asked);
    assert.equal(await notification(page, 'is not on this machine').count(), 0);
  });
});

describe('without a server', () => {
  before(async () => {
    const server = await StandInOllama.start();
    const { url } = server;
    await server[Symbol.asyncDispose]();
    await useServer(url, null, /Get Ollama/);
  });
  afterEach(async (context) => {
    if (!(context as { passed?: boolean }).passed) await screenshot(page, `failed no server ${context.name}`);
  });

  test('the library’s rewrites are shown, and once it is said how to add a model', async () => {
    // it goes away by itself after a while, so it is waited for from the beginning
    const hint = notification(page, 'With a language model, others are tried too')
      .waitFor({ timeout: 180_000 })
      .then(() => screenshot(page, 'model-hint'));
    await codeLenses(page, 'Optimize with AI').first().click();
    await hint;
    await page.locator('.monaco-diff-editor').waitFor({ timeout: 120_000 });
    assert.match(await diffRightSide(page), /EXISTS/i);
    await runCommand(page, 'Notifications: Clear All Notifications');
    await runCommand(page, 'View: Close All Editors');
    await openFile(page, path.join(editor.workspace, 'try.sql'));
    await codeLenses(page, 'Optimize with AI').first().click();
    await page.locator('.monaco-diff-editor').waitFor({ timeout: 120_000 });
    await codeLenses(page, 'Accept').waitFor();
    assert.equal(await notification(page, 'With a language model').count(), 0);
  });

  test('choosing a model says how to get a server', async () => {
    await runCommand(page, 'SQL Optimizer: Choose Model');
    await pickQuickItem(page, /Get Ollama/);
    await notification(page, 'Ollama runs language models on your own machine').waitFor();
  });
});
