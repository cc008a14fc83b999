/** Says in the language status when a file is not analysed while it is edited, and why. */
import * as vscode from 'vscode';
import { SETTINGS } from '../product.ts';
import type { SqlDocuments } from '../statements/sql-documents.ts';
import { isSqlDocument, sqlSelector } from '../statements/sql-languages.ts';

export class DocumentStatus implements vscode.Disposable {
  private readonly documents: SqlDocuments;
  private readonly subscriptions: vscode.Disposable[];
  private item: vscode.LanguageStatusItem | null = null;

  constructor(documents: SqlDocuments) {
    this.documents = documents;
    const update = (): void => this.update();
    this.subscriptions = [documents.onDidAnalyze(update), vscode.window.onDidChangeActiveTextEditor(update)];
    this.update();
  }

  dispose(): void {
    this.item?.dispose();
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private update(): void {
    const document = vscode.window.activeTextEditor?.document;
    const refusal = document && isSqlDocument(document) ? this.documents.refusal(document) : null;
    if (refusal === null) {
      this.item?.dispose();
      this.item = null;
      return;
    }
    this.item ??= vscode.languages.createLanguageStatusItem('aiSqlOptimizer.analysis', sqlSelector());
    this.item.name = 'AI SQL Optimizer';
    this.item.severity = vscode.LanguageStatusSeverity.Warning;
    if (refusal === 'binary') {
      this.item.text = 'SQL Optimizer: this file is not text';
      this.item.detail = 'It holds zero bytes, so it is not analysed.';
      this.item.command = undefined;
      return;
    }
    this.item.text = 'SQL Optimizer: large file';
    this.item.detail =
      'It is not analysed while you type. “Optimize with AI” works on the statement at the cursor.';
    this.item.command = {
      command: 'workbench.action.openSettings',
      title: 'Change Limit',
      arguments: [`${SETTINGS}.liveAnalysisLimit`],
    };
  }
}
