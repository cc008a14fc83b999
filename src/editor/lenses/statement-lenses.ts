/** The lenses above every statement: optimize, plan, findings. */
import * as vscode from 'vscode';
import { COMMANDS } from '../product.ts';
import { affects, diagnosticsEnabled, lensSetting } from '../settings.ts';
import type { SqlDocuments } from '../statements/sql-documents.ts';
import { isSqlDocument, sqlSelector } from '../statements/sql-languages.ts';
import type { SqlStatement } from '../statements/sql-statement.ts';
import type { StatementReference } from '../statements/statement-reference.ts';

export class StatementLenses implements vscode.CodeLensProvider, vscode.Disposable {
  private readonly documents: SqlDocuments;
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly subscriptions: vscode.Disposable[];
  private readonly shown = new Map<string, string>();
  readonly onDidChangeCodeLenses = this.changed.event;

  constructor(documents: SqlDocuments) {
    this.documents = documents;
    this.subscriptions = [
      this.changed,
      documents.onDidAnalyze((document) => {
        if (this.countsOf(document) !== this.shown.get(document.uri.toString())) this.changed.fire();
      }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.shown.delete(uri.toString())),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (affects(event, 'lenses', 'diagnostics', 'rules')) this.changed.fire();
      }),
      // Lenses that the editor draws anew in a window that nobody sees stay dead text until they are asked for again.
      vscode.window.onDidChangeWindowState(({ focused }) => {
        if (focused) this.changed.fire();
      }),
      vscode.languages.registerCodeLensProvider(sqlSelector(), this),
    ];
  }

  async provideCodeLenses(
    document: vscode.TextDocument,
    token: vscode.CancellationToken,
  ): Promise<vscode.CodeLens[]> {
    const choice = lensSetting(document.uri);
    if (choice === 'off' || !isSqlDocument(document) || this.documents.refusal(document) !== null) return [];
    const statements = await this.documents.statements(document);
    if (token.isCancellationRequested) return [];
    this.shown.set(document.uri.toString(), this.countsOf(document));
    const counts = new Map<string, number>();
    if (choice === 'all' && diagnosticsEnabled(document.uri)) {
      for (const { statement, findings } of this.documents.findings(document)) {
        counts.set(statement.comments + statement.text, findings.length);
      }
    }
    return statements.flatMap((statement) => {
      const count = counts.get(statement.comments + statement.text) ?? 0;
      return lenses(document, statement, choice === 'all', count);
    });
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  /** What the lenses say of findings, to see whether they have to be drawn again. */
  private countsOf(document: vscode.TextDocument): string {
    return this.documents
      .findings(document)
      .map(({ findings }) => findings.length)
      .join();
  }
}

function lenses(
  document: vscode.TextDocument,
  statement: SqlStatement,
  all: boolean,
  findings: number,
): vscode.CodeLens[] {
  const start = document.positionAt(statement.start);
  const range = new vscode.Range(start, start);
  const reference: StatementReference = { uri: document.uri.toString(), start: statement.start };
  const lens = (title: string, command: string, tooltip: string): vscode.CodeLens =>
    new vscode.CodeLens(range, { title, command, tooltip, arguments: [reference] });
  const optimize = lens(
    '$(sparkle) Optimize with AI',
    COMMANDS.optimize,
    'Find a faster statement with the same result',
  );
  if (!all) return [optimize];
  const plan = lens(
    'SQL Optimizer: Plan',
    COMMANDS.explain,
    'Show how the database would run this statement',
  );
  if (findings === 0) return [optimize, plan];
  const title = `SQL Optimizer: ${findings} ${findings === 1 ? 'finding' : 'findings'}`;
  return [optimize, plan, lens(title, COMMANDS.showFindings, 'Show what is slow here')];
}
