/** Notices when an accepted rewrite is undone, and when it is redone. */
import * as vscode from 'vscode';
import type { History } from '../history/history.ts';
import { rangeAfter } from './tracked-range.ts';

export interface AppliedRewrite {
  readonly uri: vscode.Uri;
  /** offset of the statement */
  readonly start: number;
  readonly original: string;
  readonly rewritten: string;
  /** the store's id of the candidate */
  readonly candidateId: string;
}

export class AppliedRewrites implements vscode.Disposable {
  private readonly history: History;
  private readonly subscription: vscode.Disposable;
  private applied: (AppliedRewrite & { readonly status: 'applied' | 'reverted' })[] = [];

  constructor(history: History) {
    this.history = history;
    this.subscription = vscode.workspace.onDidChangeTextDocument((event) => this.look(event));
  }

  add(rewrite: AppliedRewrite): void {
    this.applied.push({ ...rewrite, status: 'applied' });
  }

  dispose(): void {
    this.subscription.dispose();
  }

  private look({ document, contentChanges, reason }: vscode.TextDocumentChangeEvent): void {
    const uri = document.uri.toString();
    const changes = contentChanges.map((change) => ({
      offset: change.rangeOffset,
      length: change.rangeLength,
      text: change.text,
    }));
    this.applied = this.applied.map((each) => {
      if (each.uri.toString() !== uri) return each;
      // edits before the statement move it; those inside of it leave its start where it is
      const before = changes.filter((change) => change.offset + change.length <= each.start);
      const start = rangeAfter({ start: each.start, end: each.start }, before)?.start ?? each.start;
      if (reason === undefined) return { ...each, start };
      const wanted = reason === vscode.TextDocumentChangeReason.Undo ? 'reverted' : 'applied';
      const text = wanted === 'reverted' ? each.original : each.rewritten;
      if (each.status === wanted || !document.getText().startsWith(text, start)) return { ...each, start };
      void this.history.setStatus(each.candidateId, wanted);
      return { ...each, start, status: wanted };
    });
  }
}
