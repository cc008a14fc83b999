/** The shortest proof that the extension lives: run on what was built, on the packaged VSIX and on the oldest editor. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { globalStorage, openEditor } from './harness/editor.ts';
import { runInExtensionHost } from './harness/in-host.ts';
import { activationTimes, codeLenses, openFile, screenshot } from './harness/workbench.ts';

describe('the extension in a fresh editor', () => {
  test('activates for a SQL file, shows its lens over every statement and stays silent on the console', async (t) => {
    await using editor = await openEditor();
    const file = path.join(editor.workspace, 'two.sql');
    writeFileSync(file, 'SELECT 1 AS one;\n\n-- the second\nSELECT 2 AS two;\n');
    await openFile(editor.page, file);
    const lenses = codeLenses(editor.page, /Optimize with AI/);
    await lenses.nth(1).waitFor();
    // the editor draws them anew when the other lenses of a statement come: for a moment there are none
    for (let look = 0; look < 100 && (await lenses.count()) !== 2; look++) {
      await editor.page.waitForTimeout(100);
    }
    assert.equal(await lenses.count(), 2);
    await screenshot(editor.page, 'smoke');
    const { load, activate } = await activationTimes(editor.page);
    t.diagnostic(`activation: ${load} ms to load the code, ${activate} ms in activate()`);
    const ours = editor.consoleErrors.filter((text) => /ai-sql-optimizer|sqlopt/i.test(text));
    assert.deepEqual(ours, []);
    assert.ok(globalStorage(editor));
  });

  test('costs nothing where no SQL is opened, and registers every command of its manifest', async () => {
    await using editor = await openEditor({ inHost: true });
    await inHost(
      editor,
      `const extension = vscode.extensions.getExtension(process.env.ID);
       assert.ok(extension, 'the extension is not installed');
       const document = await vscode.workspace.openTextDocument({ language: 'plaintext', content: 'SELECT 1' });
       await vscode.window.showTextDocument(document);
       assert.equal(extension.isActive, false);
       await extension.activate();
       const present = new Set(await vscode.commands.getCommands(true));
       const missing = extension.packageJSON.contributes.commands.map(({ command }) => command).filter((id) => !present.has(id));
       assert.deepEqual(missing, []);`,
    );
  });
});

type OpenEditor = Awaited<ReturnType<typeof openEditor>>;

/** Runs the body of an async function inside the extension host. */
async function inHost(editor: OpenEditor, body: string): Promise<void> {
  const module = path.join(path.dirname(editor.workspace), 'suite.cjs');
  writeFileSync(
    module,
    `const vscode = require('vscode');\nconst assert = require('node:assert/strict');\nexports.run = async () => {\n${body}\n};\n`,
  );
  const { exitCode, log } = await runInExtensionHost(editor, module, {
    ID: 'ai-sql-optimizer.ai-sql-optimizer',
  });
  assert.equal(exitCode, 0, log.filter((line) => line.startsWith('error')).join('\n'));
}
