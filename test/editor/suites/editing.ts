/** Runs inside the extension host: what editing does to findings, previews and accepted rewrites. No database is needed. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';

const SLOW = `-- keep me
SELECT k.name
FROM countries k
WHERE (SELECT count(*) FROM orders o WHERE o.country_code = k.country_code) > 0;
`;
const COUNT = 'count-to-exists';
const folder = (): string => vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';

/** Waits until `check` gives something; fails with `what` after 60 seconds. */
async function until<T>(what: string, check: () => T | Promise<T>): Promise<NonNullable<T>> {
  for (let waited = 0; waited < 60_000; waited += 50) {
    const value = await check();
    if (value) return value as NonNullable<T>;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`never came: ${what}`);
}

async function open(name: string, text: string) {
  const file = path.join(folder(), name);
  writeFileSync(file, text);
  const document = await vscode.workspace.openTextDocument(file);
  const editor = await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.One });
  return { document, editor };
}

const findings = (document: vscode.TextDocument) =>
  vscode.languages.getDiagnostics(document.uri).filter(({ source }) => source === 'SQL Optimizer');
const codes = (document: vscode.TextDocument) => findings(document).map(({ code }) => code);
const lenses = (uri: vscode.Uri) =>
  vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri, 100);
const titlesOf = async (uri: vscode.Uri) => (await lenses(uri)).map(({ command }) => command?.title ?? '');
const previewTab = () =>
  vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .find(
      ({ input }) => input instanceof vscode.TabInputTextDiff && input.modified.scheme === 'sqlopt-preview',
    );

async function preview(document: vscode.TextDocument): Promise<vscode.TabInputTextDiff> {
  const start = document.getText().indexOf('SELECT');
  void vscode.commands.executeCommand('aiSqlOptimizer.optimizeStatement', {
    uri: document.uri.toString(),
    start,
  });
  const tab = await until('the diff', previewTab);
  const input = tab.input as vscode.TabInputTextDiff;
  await until('the lenses of the diff', async () => (await lenses(input.modified)).length > 0);
  return input;
}

const replace = (document: vscode.TextDocument, from: string, to: string) => {
  const at = document.getText().indexOf(from);
  const edit = new vscode.WorkspaceEdit();
  const range = new vscode.Range(document.positionAt(at), document.positionAt(at + from.length));
  edit.replace(document.uri, range, to);
  return vscode.workspace.applyEdit(edit);
};

const checks: Record<string, () => Promise<void>> = {
  async 'a finding is a diagnostic with quick fixes for the rewrite, suppression and the rule'() {
    const { document } = await open('fix.sql', SLOW);
    await until('the finding', () => codes(document).includes(COUNT));
    const diagnostic = findings(document).find(({ code }) => code === COUNT);
    assert.ok(diagnostic);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      document.uri,
      diagnostic.range,
    );
    const titles = actions.map(({ title }) => title).filter((title) => title.startsWith('SQL Optimizer'));
    assert.ok(titles.includes('SQL Optimizer: Show the rewrite'), titles.join());
    assert.ok(titles.includes(`SQL Optimizer: Suppress '${COUNT}' for this statement`));
    assert.ok(titles.includes(`SQL Optimizer: Turn the rule '${COUNT}' off`));
  },

  async 'a finding over several statements opens the same diff, and one undo takes the rewrite back'() {
    const before = `-- tags\nINSERT INTO tags (id, name) VALUES (1, 'a');\nINSERT INTO tags (id, name) VALUES (2, 'b');\nINSERT INTO tags (id, name) VALUES (3, 'c');\nSELECT 2;\n`;
    const { document } = await open('script.sql', before);
    const rule = 'row-by-row-inserts';
    await until('the finding', () => codes(document).includes(rule));
    const diagnostic = findings(document).find(({ code }) => code === rule);
    assert.ok(diagnostic);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      document.uri,
      diagnostic.range,
    );
    const fix = actions.find(({ title }) => title === 'SQL Optimizer: Show the rewrite');
    assert.ok(fix?.command, actions.map(({ title }) => title).join());
    void vscode.commands.executeCommand(fix.command.command, ...(fix.command.arguments ?? []));
    const tab = await until('the diff', previewTab);
    const { original, modified } = tab.input as vscode.TabInputTextDiff;
    const texts = await Promise.all(
      [original, modified].map(async (uri) => (await vscode.workspace.openTextDocument(uri)).getText()),
    );
    assert.equal(texts[0], before.slice(before.indexOf('INSERT'), before.indexOf(';\nSELECT')));
    assert.equal(texts[1], "INSERT INTO tags (id, name) VALUES (1, 'a'),\n  (2, 'b'),\n  (3, 'c')");
    await until('the lenses of the diff', async () => (await lenses(modified)).length > 0);
    await vscode.commands.executeCommand('aiSqlOptimizer.acceptRewrite');
    await until('the rewrite', () => document.getText() === `-- tags\n${texts[1]};\nSELECT 2;\n`);
    await until('the diff to close', () => !previewTab());
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand('undo');
    assert.equal(document.getText(), before);
  },

  async 'suppressing puts a comment above the statement, hides the finding, and one undo takes it back'() {
    const { document } = await open('suppress.sql', SLOW);
    await until('the finding', () => codes(document).includes(COUNT));
    const start = SLOW.indexOf('SELECT');
    await vscode.commands.executeCommand('aiSqlOptimizer.suppressFinding', {
      uri: document.uri.toString(),
      start,
      pattern: COUNT,
    });
    assert.ok(
      document.getText().includes(`-- keep me\n-- sqlopt-ignore ${COUNT}\nSELECT`),
      document.getText(),
    );
    await until('the finding to go', () => !codes(document).includes(COUNT));
    await vscode.commands.executeCommand('undo');
    assert.equal(document.getText(), SLOW);
    await until('the finding to come back', () => codes(document).includes(COUNT));
  },

  async 'a rule has the severity of the settings, and can be off'() {
    const { document } = await open('rule.sql', SLOW);
    await until('the finding', () => codes(document).includes(COUNT));
    const settings = () => vscode.workspace.getConfiguration('aiSqlOptimizer');
    await settings().update('rules', { [COUNT]: 'error' }, vscode.ConfigurationTarget.Workspace);
    await until('the error', () =>
      findings(document).some(
        ({ code, severity }) => code === COUNT && severity === vscode.DiagnosticSeverity.Error,
      ),
    );
    void vscode.commands.executeCommand('aiSqlOptimizer.turnRuleOff', {
      uri: document.uri.toString(),
      start: 0,
      pattern: COUNT,
    });
    await until('the rule to be off', () => !codes(document).includes(COUNT));
    assert.equal(settings().inspect<Record<string, string>>('rules')?.workspaceValue?.[COUNT], 'off');
    await settings().update('rules', undefined, vscode.ConfigurationTarget.Workspace);
    await until('the rule to be on', () => codes(document).includes(COUNT));
    await settings().update('diagnostics.enabled', false, vscode.ConfigurationTarget.Workspace);
    await until('all to be off', () => findings(document).length === 0);
    await settings().update('diagnostics.enabled', undefined, vscode.ConfigurationTarget.Workspace);
    await until('all to be on', () => codes(document).includes(COUNT));
  },

  async 'lenses stand above every statement, own prefix on all others, and a setting hides them'() {
    const { document } = await open('lenses.sql', `${SLOW}\nSELECT 2;\n`);
    await until('the finding', () => codes(document).includes(COUNT));
    const titles = () => titlesOf(document.uri);
    assert.deepEqual((await titles()).filter((title) => title.includes('Optimize with AI')).length, 2);
    for (const title of await titles())
      assert.match(title, /^(\$\(sparkle\) Optimize with AI|SQL Optimizer: )/);
    const settings = vscode.workspace.getConfiguration('aiSqlOptimizer');
    await settings.update('lenses', 'optimize', vscode.ConfigurationTarget.Workspace);
    assert.equal((await titles()).length, 2);
    await settings.update('lenses', 'off', vscode.ConfigurationTarget.Workspace);
    assert.equal((await titles()).length, 0);
    await settings.update('lenses', undefined, vscode.ConfigurationTarget.Workspace);
  },

  async 'without a database a rewrite is labelled as not measured'() {
    const { document } = await open('offline.sql', SLOW);
    const { modified } = await preview(document);
    const titles = await titlesOf(modified);
    assert.ok(titles.includes('Not measured'), titles.join());
    await vscode.commands.executeCommand('aiSqlOptimizer.rejectRewrite');
    await until('the diff to close', () => !previewTab());
    assert.equal(document.getText(), SLOW);
  },

  async 'the preview is read-only and holds exactly the two texts'() {
    const { document } = await open('exact.sql', SLOW);
    const { original, modified } = await preview(document);
    const [left, right] = await Promise.all(
      [original, modified].map((uri) => vscode.workspace.openTextDocument(uri)),
    );
    assert.ok(left && right);
    assert.equal(left.getText(), SLOW.slice(SLOW.indexOf('SELECT'), SLOW.lastIndexOf(';')));
    assert.match(right.getText(), /^SELECT k\.name\nFROM countries k\nWHERE EXISTS/);
    assert.equal(vscode.workspace.fs.isWritableFileSystem(modified.scheme), undefined);
    await vscode.commands.executeCommand('aiSqlOptimizer.rejectRewrite');
    await until('the diff to close', () => !previewTab());
  },

  async 'accepting keeps the cursor, the comments and the rest; it does not save; one undo restores'() {
    const { document, editor } = await open('accept.sql', `${SLOW}SELECT 2;\n`);
    editor.selection = new vscode.Selection(2, 5, 2, 5);
    const before = document.getText();
    await preview(document);
    await vscode.commands.executeCommand('aiSqlOptimizer.acceptRewrite');
    await until('the rewrite', () => /EXISTS/.test(document.getText()));
    assert.ok(document.getText().startsWith('-- keep me\n') && document.getText().endsWith('SELECT 2;\n'));
    assert.ok(document.isDirty);
    const shown = vscode.window.visibleTextEditors.find((each) => each.document === document);
    assert.ok(shown?.selection.active.isEqual(new vscode.Position(2, 5)));
    await until('the diff to close', () => !previewTab());
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand('undo');
    assert.equal(document.getText(), before);
  },

  async 'edits elsewhere move the statement and do not stop the rewrite'() {
    const { document } = await open('moved.sql', SLOW);
    await preview(document);
    await replace(document, '-- keep me', '-- another\n-- and longer comment');
    await vscode.commands.executeCommand('aiSqlOptimizer.acceptRewrite');
    await until('the rewrite', () => /WHERE EXISTS/.test(document.getText()));
    assert.ok(document.getText().startsWith('-- another\n-- and longer comment\nSELECT k.name\n'));
  },

  async 'a statement that changed meanwhile is left alone'() {
    const { document } = await open('stale.sql', SLOW);
    await preview(document);
    await replace(document, 'k.name', 'k.country_code');
    const changed = document.getText();
    void vscode.commands.executeCommand('aiSqlOptimizer.acceptRewrite');
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(document.getText(), changed);
    await vscode.commands.executeCommand('aiSqlOptimizer.rejectRewrite');
    await until('the diff to close', () => !previewTab());
  },

  async 'Windows line ends stay'() {
    const { document } = await open('crlf.sql', SLOW.replaceAll('\n', '\r\n'));
    await preview(document);
    await vscode.commands.executeCommand('aiSqlOptimizer.acceptRewrite');
    await until('the rewrite', () => /EXISTS/.test(document.getText()));
    assert.doesNotMatch(document.getText(), /[^\r]\n/);
  },

  async 'a binary file named .sql is left alone, with a reason'() {
    const { document } = await open('binary.sql', `${SLOW.repeat(1000)}\0${SLOW}`);
    assert.deepEqual(await lenses(document.uri), []);
    assert.deepEqual(findings(document), []);
  },

  async 'a file of 5 MB opens without lenses, and its statement can still be optimized'() {
    const { document } = await open('large.sql', SLOW + 'SELECT 1234567890;\n'.repeat(270_000));
    assert.deepEqual(await lenses(document.uri), []);
    await preview(document);
    await vscode.commands.executeCommand('aiSqlOptimizer.rejectRewrite');
    await until('the diff to close', () => !previewTab());
  },

  async 'a half-typed statement breaks nothing around it'() {
    const { document } = await open('typing.sql', `${SLOW}\n`);
    const editor = vscode.window.activeTextEditor;
    assert.ok(editor);
    for (const text of ['SELECT ', "a, '", 'FROM (', 'WHERE x IN (SELECT', ';']) {
      await editor.edit((edit) => edit.insert(document.positionAt(document.getText().length), text));
      const titles = await titlesOf(document.uri);
      assert.ok(
        titles.some((title) => title.includes('Optimize with AI')),
        text,
      );
    }
    await until('the finding', () => codes(document).includes(COUNT));
  },

  async 'closing a file takes its diagnostics away'() {
    const file = path.join(folder(), 'closed.sql');
    writeFileSync(file, SLOW);
    const uri = vscode.Uri.file(file);
    await vscode.commands.executeCommand('vscode.open', uri);
    const document = await until('the document', () =>
      vscode.workspace.textDocuments.find((each) => each.uri.fsPath === file),
    );
    await until('the finding', () => codes(document).includes(COUNT));
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
    await until('the diagnostics to go', () => findings(document).length === 0);
  },
};

export async function run(): Promise<void> {
  await vscode.extensions.getExtension(process.env['ID'] ?? '')?.activate();
  const failed: string[] = [];
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check();
      console.log(`passed: ${name}`);
    } catch (error) {
      failed.push(name);
      console.error(`failed: ${name}: ${(error as Error).stack}`);
    }
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  }
  if (failed.length > 0) throw new Error(`${failed.length} failed: ${failed.join('; ')}`);
}
