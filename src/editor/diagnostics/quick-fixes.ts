/** Quick fixes of findings: the verified rewrite as a diff, suppression, the rule's off switch. */
import * as vscode from 'vscode';
import { suppressionEdit } from '../../core/patterns/suppression.ts';
import { COMMANDS, SETTINGS } from '../product.ts';
import type { SqlDocuments } from '../statements/sql-documents.ts';
import { sqlSelector } from '../statements/sql-languages.ts';
import { statementAt } from '../statements/sql-statement.ts';
import { isReference, type StatementReference } from '../statements/statement-reference.ts';
import type { FindingDiagnostic, FindingsDiagnostics } from './findings-diagnostics.ts';

export class QuickFixes implements vscode.CodeActionProvider {
  private readonly diagnostics: FindingsDiagnostics;

  constructor(diagnostics: FindingsDiagnostics) {
    this.diagnostics = diagnostics;
  }

  register(): vscode.Disposable {
    return vscode.languages.registerCodeActionsProvider(sqlSelector(), this, {
      providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
    });
  }

  provideCodeActions(document: vscode.TextDocument, range: vscode.Range): vscode.CodeAction[] {
    return this.diagnostics.at(document, range).flatMap((diagnostic) => actions(document, diagnostic));
  }
}

function actions(document: vscode.TextDocument, diagnostic: FindingDiagnostic): vscode.CodeAction[] {
  const { pattern, fixable } = diagnostic.finding;
  const reference: StatementReference = {
    uri: document.uri.toString(),
    start: diagnostic.statementStart,
    pattern,
  };
  const action = (title: string, command: string): vscode.CodeAction => {
    const made = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
    made.command = { title, command, arguments: [reference] };
    made.diagnostics = [diagnostic];
    return made;
  };
  const all = [
    action(`SQL Optimizer: Suppress '${pattern}' for this statement`, COMMANDS.suppress),
    action(`SQL Optimizer: Turn the rule '${pattern}' off`, COMMANDS.turnRuleOff),
  ];
  if (fixable) {
    const fix = action('SQL Optimizer: Show the rewrite', COMMANDS.optimize);
    fix.isPreferred = true;
    all.unshift(fix);
  }
  return all;
}

/** Put a suppression comment above the statement. One undo takes it back. */
export async function suppress(documents: SqlDocuments, argument: unknown): Promise<void> {
  if (!isReference(argument) || argument.pattern === undefined) return;
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(argument.uri, true));
  const source = document.getText();
  const statement = statementAt(await documents.statements(document), argument.start, source);
  if (!statement) return;
  const change = suppressionEdit(source, statement, argument.pattern);
  const edit = new vscode.WorkspaceEdit();
  edit.insert(document.uri, document.positionAt(change.start), change.text);
  await vscode.workspace.applyEdit(edit);
}

/** Turn a rule off where its setting is already written: in the workspace if it is there, else for the user. */
export async function turnRuleOff(argument: unknown): Promise<void> {
  if (!isReference(argument) || argument.pattern === undefined) return;
  const configuration = vscode.workspace.getConfiguration(SETTINGS);
  const inspected = configuration.inspect<Record<string, string>>('rules');
  const inWorkspace = inspected?.workspaceValue !== undefined;
  const rules = (inWorkspace ? inspected?.workspaceValue : inspected?.globalValue) ?? {};
  await configuration.update(
    'rules',
    { ...rules, [argument.pattern]: 'off' },
    inWorkspace ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global,
  );
  const chosen = await vscode.window.showInformationMessage(
    `The rule '${argument.pattern}' is off now. The setting aiSqlOptimizer.rules turns it on again.`,
    'Open Setting',
  );
  if (chosen) await vscode.commands.executeCommand('workbench.action.openSettings', `${SETTINGS}.rules`);
}
