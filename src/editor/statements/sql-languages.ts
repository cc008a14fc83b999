/** Which documents are SQL files: the built-in language and those of widespread extensions. */
import type * as vscode from 'vscode';

export const SQL_LANGUAGES: readonly string[] = [
  'sql',
  'pgsql',
  'postgres',
  'mysql',
  'mariadb',
  'mssql',
  'tsql',
];

/** Documents that only show something: the source control's old versions, output, our own previews. */
const SHOWN_ONLY: readonly string[] = [
  'git',
  'output',
  'sqlopt-preview',
  'sqlopt-text',
  'vscode-scm',
  'debug',
  'comment',
];

export function isSqlDocument(document: Pick<vscode.TextDocument, 'languageId' | 'uri'>): boolean {
  return SQL_LANGUAGES.includes(document.languageId) && !SHOWN_ONLY.includes(document.uri.scheme);
}

/** The same as a selector, for what the editor asks providers for. */
export function sqlSelector(): vscode.DocumentSelector {
  return SQL_LANGUAGES.map((language) => ({ language }));
}
