/** The commands of the "Optimizations" tree. */
import * as vscode from 'vscode';
import type { ShownDocuments } from '../diff/shown-documents.ts';
import { type History, sourceUri } from '../history/history.ts';
import type { Log } from '../log.ts';
import { COMMANDS } from '../product.ts';
import { report } from '../report.ts';
import type { SqlDocuments } from '../statements/sql-documents.ts';
import type { SqlStatement } from '../statements/sql-statement.ts';
import type { OptimizationsTree } from './optimizations-tree.ts';
import type { CandidateNode, RunNode } from './tree-model.ts';

export interface OptimizationCommandParts {
  readonly tree: OptimizationsTree;
  readonly history: History;
  readonly documents: SqlDocuments;
  readonly shown: ShownDocuments;
  readonly log: Log;
}

export function registerOptimizationCommands(parts: OptimizationCommandParts): vscode.Disposable[] {
  const on = <N>(id: string, run: (node: N) => Promise<unknown>): vscode.Disposable =>
    vscode.commands.registerCommand(id, (node: N | undefined) => (node ? run(node) : undefined));
  return [
    vscode.commands.registerCommand(COMMANDS.refreshOptimizations, () => parts.tree.refresh()),
    on<RunNode>(COMMANDS.goToStatement, (node) => goToStatement(parts, node)),
    on<CandidateNode>(COMMANDS.showStoredRewrite, (node) => showRewrite(parts, node)),
    on<RunNode>(COMMANDS.removeOptimization, (node) => remove(parts, node)),
  ];
}

/** Open the file of a run with the statement selected: as it was optimized, or as it was rewritten. */
async function goToStatement({ documents, log }: OptimizationCommandParts, { run }: RunNode): Promise<void> {
  if (run.source === null) return;
  try {
    const document = await vscode.workspace.openTextDocument(sourceUri(run.source));
    const wanted = await fingerprintsOf(documents, document, [
      run.fingerprint,
      ...run.candidates.map((candidate) => candidate.sql),
    ]);
    const editor = await vscode.window.showTextDocument(document);
    if (!wanted) {
      vscode.window.setStatusBarMessage('This statement is not in the file any more.', 5000);
      return;
    }
    const range = new vscode.Range(document.positionAt(wanted.start), document.positionAt(wanted.end));
    editor.selection = new vscode.Selection(range.start, range.start);
    editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  } catch (error) {
    void report(log, error, { what: 'Opening the statement' });
  }
}

/** The document's statement that has the first fingerprint, or that of one of the texts. */
async function fingerprintsOf(
  documents: SqlDocuments,
  document: vscode.TextDocument,
  [original, ...texts]: readonly string[],
): Promise<SqlStatement | null> {
  const { fingerprint } = await import('../../core/sql/fingerprint.ts');
  const dialect = documents.dialect(document);
  const wanted = new Set([original, ...texts.map((text) => fingerprint(text, dialect).fingerprint)]);
  const statements = await documents.statements(document);
  return statements.find(({ text }) => wanted.has(fingerprint(text, dialect).fingerprint)) ?? null;
}

async function showRewrite(
  { shown }: OptimizationCommandParts,
  { run, candidate, label }: CandidateNode,
): Promise<void> {
  const left = await shown.sql('stored', 'original', 'statement.sql', run.text ?? run.normalized);
  const right = await shown.sql('stored', candidate.label, 'statement.sql', candidate.sql);
  await vscode.commands.executeCommand('vscode.diff', left, right, `Stored rewrite: ${label}`, {
    preview: true,
  } satisfies vscode.TextDocumentShowOptions);
}

async function remove({ history }: OptimizationCommandParts, { run }: RunNode): Promise<void> {
  const chosen = await vscode.window.showWarningMessage(
    'Remove this optimization from the list?',
    { modal: true, detail: 'Its measurements are removed too. Your files are not touched.' },
    'Remove',
  );
  if (chosen === 'Remove') await history.remove(run.id);
}
