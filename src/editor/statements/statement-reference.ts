/** How commands name a statement, and how the statement is found. */
import * as vscode from 'vscode';
import type { SqlDocuments } from './sql-documents.ts';
import { isSqlDocument } from './sql-languages.ts';
import { type SqlStatement, statementAt } from './sql-statement.ts';

/** What lenses and quick fixes pass to commands: plain data. */
export interface StatementReference {
  readonly uri: string;
  /** offset of the statement, or of a place in it */
  readonly start: number;
  /** id of the pattern whose rewrite is wanted */
  readonly pattern?: string;
}

export interface FoundStatement {
  readonly document: vscode.TextDocument;
  readonly statement: SqlStatement;
}

/**
 * The statement that a command is about: the referenced one, else the one at the cursor.
 *
 * @param argument whatever the command was called with
 * @returns a sentence for the user when there is none
 */
export async function findStatement(
  documents: SqlDocuments,
  argument: unknown,
): Promise<FoundStatement | string> {
  const reference = isReference(argument) ? argument : null;
  const editor = vscode.window.activeTextEditor;
  const document = reference
    ? await vscode.workspace.openTextDocument(vscode.Uri.parse(reference.uri, true))
    : editor?.document;
  if (!document || !isSqlDocument(document)) return 'Open a SQL file and put the cursor into a statement.';
  if (documents.refusal(document) === 'binary')
    return 'This file is not text, so there are no statements in it.';
  const offset = reference?.start ?? document.offsetAt(editor?.selection.start ?? new vscode.Position(0, 0));
  const statement = statementAt(await documents.statements(document), offset, document.getText());
  return statement ? { document, statement } : 'There is no SQL statement in this file yet.';
}

export function isReference(value: unknown): value is StatementReference {
  if (typeof value !== 'object' || value === null || !('uri' in value) || !('start' in value)) return false;
  return typeof value.uri === 'string' && typeof value.start === 'number';
}
