/** The extension in a real editor: activation, and lenses of a long file. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openEditor } from '../test/editor/harness/editor.ts';
import { runInExtensionHost } from '../test/editor/harness/in-host.ts';
import { activationTimes, codeLenses, openFile } from '../test/editor/harness/workbench.ts';
import { type Timing, timing } from './side-by-side.ts';

/** How often the extension is activated in a fresh editor. */
const ACTIVATIONS = 3;

/** Activation as the editor reports it: loading the code, and `activate()`. */
export async function benchActivation(): Promise<Timing[]> {
  const load: number[] = [];
  const activate: number[] = [];
  for (let round = 0; round < ACTIVATIONS; round++) {
    await using editor = await openEditor();
    const file = path.join(editor.workspace, 'one.sql');
    writeFileSync(file, 'SELECT 1;\n');
    await openFile(editor.page, file);
    await codeLenses(editor.page).first().waitFor();
    const times = await activationTimes(editor.page);
    load.push(times.load);
    activate.push(times.activate);
  }
  return [timing('activation: load the code', load), timing('activation: activate()', activate)];
}

/**
 * Lenses of a long file, asked for as the editor asks: at first, and again after one statement was edited.
 *
 * @returns also how many lenses there were
 */
export async function benchLenses(script: string): Promise<{ timings: Timing[]; lenses: number }> {
  await using editor = await openEditor({ inHost: true });
  const file = path.join(editor.workspace, 'long.sql');
  const result = path.join(path.dirname(editor.workspace), 'lenses.json');
  const module = path.join(path.dirname(editor.workspace), 'lenses.cjs');
  writeFileSync(file, script);
  writeFileSync(module, lensProgram);
  const { exitCode, log } = await runInExtensionHost(editor, module, { FILE: file, RESULT: result });
  if (exitCode !== 0) throw new Error(log.join('\n'));
  const { first, edited, lenses } = JSON.parse(readFileSync(result, 'utf8'));
  return {
    lenses,
    timings: [timing('lenses of the long file, first time', [first]), timing('lenses after an edit', edited)],
  };
}

/** Runs inside the extension host, so it is a program text of its own. */
const lensProgram = `
const vscode = require('vscode');
const { writeFileSync } = require('node:fs');
exports.run = async () => {
  await vscode.extensions.getExtension('ai-sql-optimizer.ai-sql-optimizer').activate();
  const document = await vscode.workspace.openTextDocument(process.env.FILE);
  const editor = await vscode.window.showTextDocument(document);
  const ask = async () => {
    const began = performance.now();
    const lenses = await vscode.commands.executeCommand('vscode.executeCodeLensProvider', document.uri);
    return { ms: performance.now() - began, count: lenses.length };
  };
  const first = await ask();
  const edited = [];
  const line = [...Array(document.lineCount).keys()].find((at) => at > document.lineCount / 2 && /^SELECT/i.test(document.lineAt(at).text));
  for (let round = 0; round < 20; round++) {
    await editor.edit((edit) => edit.insert(new vscode.Position(line ?? 0, 6), ' '));
    edited.push((await ask()).ms);
  }
  writeFileSync(process.env.RESULT, JSON.stringify({ first: first.ms, edited, lenses: first.count }));
};
`;
