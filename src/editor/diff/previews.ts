/** The open preview: shows its candidates as diffs, one after the other, and takes the user's decision. */
import * as vscode from 'vscode';
import type { Candidate } from '../../core/optimizer/optimization.ts';
import { EVIDENCE_MEANING } from '../../core/verification/evidence.ts';
import type { History } from '../history/history.ts';
import type { Log } from '../log.ts';
import { COMMANDS, CONTEXT, PREVIEW_LANGUAGE, SCHEMES } from '../product.ts';
import type { StatementReference } from '../statements/statement-reference.ts';
import type { AppliedRewrites } from './applied-rewrites.ts';
import { evidenceDocument } from './evidence-document.ts';
import { counterexamplesText, gainText } from './evidence-text.ts';
import { Preview, type PreviewRequest } from './preview.ts';
import type { ShownDocuments } from './shown-documents.ts';

interface Shown {
  readonly left: vscode.Uri;
  readonly right: vscode.Uri;
}

export class Previews implements vscode.Disposable {
  private readonly documents: ShownDocuments;
  private readonly history: History;
  private readonly applied: AppliedRewrites;
  private readonly log: Log;
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly subscriptions: vscode.Disposable[];
  private current: Preview | null = null;
  private shown: Shown | null = null;
  /** while one candidate's tab takes the place of another's, neither may be there */
  private showing = false;
  /** which candidate is shown, or of what, changed */
  readonly onDidChange = this.changed.event;

  constructor(documents: ShownDocuments, history: History, applied: AppliedRewrites, log: Log) {
    this.documents = documents;
    this.history = history;
    this.applied = applied;
    this.log = log;
    this.subscriptions = [
      this.changed,
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (document.uri.toString() === this.current?.uri.toString()) this.current.follow(contentChanges);
      }),
      vscode.window.tabGroups.onDidChangeTabs(() => {
        if (this.shown && !this.showing && !tabOf(this.shown)) this.forget();
      }),
    ];
  }

  /** The preview whose candidate is the right side of a diff, null for any other document. */
  of(uri: vscode.Uri): Preview | null {
    return this.shown?.right.toString() === uri.toString() ? this.current : null;
  }

  get open(): Preview | null {
    return this.current;
  }

  /** Show the result's candidates; a preview that is open is closed. */
  async show(request: PreviewRequest): Promise<void> {
    await this.close();
    this.current = new Preview(request);
    await this.showCandidate(vscode.ViewColumn.Beside);
  }

  async move(by: 1 | -1): Promise<void> {
    this.current?.move(by);
    await this.showCandidate();
  }

  /** Write the shown candidate into its document: all of it in one step, or nothing. */
  async accept(): Promise<void> {
    const preview = this.current;
    const candidate = preview?.candidate;
    if (!preview || !candidate) return;
    if (!(await confirmed(candidate)) || this.current !== preview) return;
    const document = await vscode.workspace.openTextDocument(preview.uri);
    const edit = preview.editFor(candidate, document);
    const start = preview.range?.start ?? 0;
    const places = selectionsOf(preview.uri);
    if (!edit || !(await vscode.workspace.applyEdit(edit))) return this.tellStale(preview);
    restoreSelections(places);
    await this.close();
    this.log.info(
      `Applied ${candidate.patterns.join(', ') || candidate.origin} to ${preview.uri.fsPath}: ${gainText(candidate)}.`,
    );
    vscode.window.setStatusBarMessage(
      `$(check) Rewrite applied (${gainText(candidate)}). One undo takes it back.`,
      10_000,
    );
    const candidateId = preview.storedId(candidate);
    if (candidateId === null) return;
    const { uri, original } = preview;
    this.applied.add({ uri, start, original, rewritten: candidate.sql, candidateId });
    await this.history.setStatus(candidateId, 'applied');
  }

  async reject(): Promise<void> {
    const preview = this.current;
    const candidate = preview?.candidate;
    if (!preview || !candidate) return;
    preview.reject(candidate);
    if (preview.candidates().length > 0) await this.showCandidate();
    else await this.close();
    const candidateId = preview.storedId(candidate);
    if (candidateId !== null) await this.history.setStatus(candidateId, 'rejected');
  }

  async showCounterexamples(): Promise<void> {
    if (!this.current) return;
    const text = counterexamplesText(this.current.result);
    await this.showText(await this.documents.text('Counterexamples.sql', text, PREVIEW_LANGUAGE));
  }

  async showEvidence(): Promise<void> {
    const candidate = this.current?.candidate;
    if (!candidate) return;
    await this.showText(
      await this.documents.text('Evidence.md', await evidenceDocument(candidate), 'markdown'),
    );
  }

  async close(): Promise<void> {
    const tab = this.shown ? tabOf(this.shown) : null;
    this.forget();
    if (tab) await vscode.window.tabGroups.close(tab, true);
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private async showText(uri: vscode.Uri): Promise<void> {
    const viewColumn = this.shown ? tabOf(this.shown)?.group.viewColumn : undefined;
    await vscode.window.showTextDocument(uri, { viewColumn: viewColumn ?? vscode.ViewColumn.Beside });
  }

  private async showCandidate(column?: vscode.ViewColumn): Promise<void> {
    const preview = this.current;
    const candidate = preview?.candidate;
    if (!preview || !candidate) return;
    const beforeShown = this.shown;
    const before = beforeShown ? tabOf(beforeShown) : null;
    const name = preview.uri.path.split('/').at(-1) ?? 'statement.sql';
    const left = await this.documents.sql('rewrite', 'original', name, preview.original);
    const right = await this.documents.sql('rewrite', candidate.id, name, candidate.sql);
    this.shown = { left, right };
    this.setContext();
    this.showing = true;
    try {
      await vscode.commands.executeCommand('vscode.diff', left, right, title(preview, candidate, name), {
        viewColumn: column ?? before?.group.viewColumn ?? vscode.ViewColumn.Beside,
        preserveFocus: true,
        // a tab of its own: plans and evidence that are opened from it shall not take its place
        preview: false,
      } satisfies vscode.TextDocumentShowOptions);
      const again = beforeShown ? tabOf(beforeShown) : null;
      if (again) await vscode.window.tabGroups.close(again, true);
    } finally {
      this.showing = false;
    }
    this.changed.fire();
  }

  private async tellStale(preview: Preview): Promise<void> {
    const chosen = await vscode.window.showWarningMessage(
      'The statement changed meanwhile, so nothing was written. Run the optimizer again to get a rewrite of what is there now.',
      'Optimize Again',
    );
    if (!chosen) return;
    const reference: StatementReference = { uri: preview.uri.toString(), start: preview.range?.start ?? 0 };
    const start = preview.range === null ? [] : [reference];
    await vscode.commands.executeCommand(COMMANDS.optimize, ...start);
  }

  private forget(): void {
    if (!this.current) return;
    this.current = null;
    this.shown = null;
    this.setContext();
    this.changed.fire();
  }

  private setContext(): void {
    const set = (key: string, value: boolean): void => {
      void vscode.commands.executeCommand('setContext', key, value);
    };
    set(CONTEXT.previewOpen, this.current !== null);
    set(CONTEXT.severalRewrites, (this.current?.candidates().length ?? 0) > 1);
    set(CONTEXT.hasCounterexamples, (this.current?.result.refuted.length ?? 0) > 0);
  }
}

/** What nothing speaks for is written only after a warning. */
async function confirmed({ evidence }: Candidate): Promise<boolean> {
  if (evidence.level !== 'unverified') return true;
  const chosen = await vscode.window.showWarningMessage(
    'Nothing shows that this rewrite returns the same rows.',
    { modal: true, detail: [EVIDENCE_MEANING.unverified, ...evidence.assumptions].join('\n') },
    'Accept Anyway',
  );
  return chosen === 'Accept Anyway';
}

function title(preview: Preview, candidate: Candidate, name: string): string {
  const all = preview.candidates();
  const place = all.length > 1 ? `rewrite ${preview.position + 1} of ${all.length}` : 'rewrite';
  return `${name}: ${place}, ${gainText(candidate)}`;
}

function tabOf({ left, right }: Shown): vscode.Tab | null {
  for (const { tabs } of vscode.window.tabGroups.all) {
    for (const tab of tabs) {
      const { input } = tab;
      if (!(input instanceof vscode.TabInputTextDiff) || input.modified.scheme !== SCHEMES.preview) continue;
      const same =
        input.original.toString() === left.toString() && input.modified.toString() === right.toString();
      if (same) return tab;
    }
  }
  return null;
}

/** The cursors of the editors that show a document. */
function selectionsOf(uri: vscode.Uri): (readonly [vscode.TextEditor, readonly vscode.Selection[]])[] {
  return vscode.window.visibleTextEditors
    .filter((editor) => editor.document.uri.toString() === uri.toString())
    .map((editor) => [editor, editor.selections] as const);
}

/** An edit pushes a cursor inside of it to its end: put it back to its line and column. */
function restoreSelections(places: ReturnType<typeof selectionsOf>): void {
  for (const [editor, selections] of places) {
    editor.selections = selections.map(
      ({ anchor, active }) =>
        new vscode.Selection(
          editor.document.validatePosition(anchor),
          editor.document.validatePosition(active),
        ),
    );
  }
}
