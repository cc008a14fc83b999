/** Findings as the editor's diagnostics. */
import * as vscode from 'vscode';
import type { Finding } from '../../core/optimizer/optimization.ts';
import type { Severity } from '../../core/patterns/pattern.ts';
import { affects, diagnosticsEnabled, type RuleSeverity, ruleSeverities } from '../settings.ts';
import type { SqlDocuments } from '../statements/sql-documents.ts';
import type { StatementFindings } from '../statements/sql-statement.ts';
import { isReference } from '../statements/statement-reference.ts';

export const DIAGNOSTIC_SOURCE = 'SQL Optimizer';

const SEVERITIES: Readonly<Record<Severity, vscode.DiagnosticSeverity>> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  info: vscode.DiagnosticSeverity.Information,
  hint: vscode.DiagnosticSeverity.Hint,
};

/** A diagnostic with what its quick fixes need. */
export class FindingDiagnostic extends vscode.Diagnostic {
  readonly finding: Finding;
  /** offset of the statement in the analysed version */
  readonly statementStart: number;

  constructor(
    range: vscode.Range,
    finding: Finding,
    severity: vscode.DiagnosticSeverity,
    statementStart: number,
  ) {
    super(range, finding.message, severity);
    this.source = DIAGNOSTIC_SOURCE;
    this.code = finding.pattern;
    this.finding = finding;
    this.statementStart = statementStart;
  }
}

export class FindingsDiagnostics implements vscode.Disposable {
  private readonly documents: SqlDocuments;
  private readonly collection = vscode.languages.createDiagnosticCollection('aiSqlOptimizer');
  private readonly byDocument = new Map<string, readonly FindingDiagnostic[]>();
  private readonly subscriptions: vscode.Disposable[];

  constructor(documents: SqlDocuments) {
    this.documents = documents;
    this.subscriptions = [
      this.collection,
      documents.onDidAnalyze((document) => this.publish(document)),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (!affects(event, 'diagnostics', 'rules')) return;
        for (const document of vscode.workspace.textDocuments) this.publish(document);
      }),
    ];
  }

  /** The diagnostics of a document that touch a range. */
  at(document: vscode.TextDocument, range: vscode.Range): FindingDiagnostic[] {
    const all = this.byDocument.get(document.uri.toString()) ?? [];
    return all.filter((diagnostic) => diagnostic.range.intersection(range) !== undefined);
  }

  /** Put the cursor on a statement's first finding and open the list of problems. */
  async reveal(argument: unknown): Promise<void> {
    if (isReference(argument)) {
      const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(argument.uri, true));
      const first = this.byDocument
        .get(argument.uri)
        ?.find((diagnostic) => diagnostic.statementStart === argument.start);
      if (first) {
        const selection = new vscode.Range(first.range.start, first.range.start);
        await vscode.window.showTextDocument(document, { selection });
      }
    }
    await vscode.commands.executeCommand('workbench.actions.view.problems');
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private publish(document: vscode.TextDocument): void {
    const found = this.documents.findings(document);
    const diagnostics =
      document.isClosed || !diagnosticsEnabled(document.uri)
        ? []
        : toDiagnostics(document, found, ruleSeverities(document.uri));
    this.byDocument.set(document.uri.toString(), diagnostics);
    this.collection.set(document.uri, diagnostics);
    if (document.isClosed) this.byDocument.delete(document.uri.toString());
  }
}

function toDiagnostics(
  document: vscode.TextDocument,
  found: readonly StatementFindings[],
  severities: ReadonlyMap<string, RuleSeverity>,
): FindingDiagnostic[] {
  return found.flatMap(({ statement, findings }) =>
    findings.flatMap((finding) => {
      const severity = severities.get(finding.pattern) ?? finding.severity;
      if (severity === 'off') return [];
      const range = new vscode.Range(
        document.positionAt(statement.start + finding.range.start),
        document.positionAt(statement.start + finding.range.end),
      );
      return [new FindingDiagnostic(range, finding, SEVERITIES[severity], statement.start)];
    }),
  );
}
