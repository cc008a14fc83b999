/** What tables look like when no database is chosen: from CREATE TABLE in the file itself, or in one that the user names. */
import * as vscode from 'vscode';
import type { Catalog } from '../../core/catalog/catalog.ts';
import type { Dialect } from '../../core/sql/dialect.ts';

/** 'connection': the user wants to choose a database instead. */
export type OfflineChoice = Catalog | 'connection' | null;

/** Files of the workspace that are looked into for CREATE TABLE, at most. */
const MOST_FILES = 300;
/** Characters of a file that is looked into, at most: a schema without data is smaller. */
const MOST_CHARACTERS = 5_000_000;

/**
 * A catalog for statements without a connection.
 *
 * @param tables the tables that the statements name, as written
 * @returns null when the user dismissed the question
 */
export async function offlineCatalog(
  document: vscode.TextDocument,
  dialect: Dialect,
  tables: readonly string[],
): Promise<OfflineChoice> {
  const [{ catalogFromDdl }, { findTable }] = await Promise.all([
    import('../../core/catalog/from-ddl.ts'),
    import('../../core/catalog/catalog.ts'),
  ]);
  const own = catalogFromDdl(document.getText(), dialect);
  if (tables.every((table) => findTable(own, table.split('.')) !== null)) return own;
  const chosen = await choose(await schemaFiles(tables));
  if (chosen === null || chosen === 'connection') return chosen;
  const schema = await vscode.workspace.openTextDocument(chosen);
  return catalogFromDdl(schema.getText(), dialect);
}

async function choose(files: readonly vscode.Uri[]): Promise<vscode.Uri | 'connection' | null> {
  type Item = vscode.QuickPickItem & { readonly take?: () => Promise<vscode.Uri | 'connection' | null> };
  const items: Item[] = [
    {
      label: '$(plug) Choose a Database',
      detail: 'Its tables are read, and both statements are compared on its data, too.',
      take: async () => 'connection',
    },
    { label: 'Files that create these tables', kind: vscode.QuickPickItemKind.Separator },
    ...files.map((uri) => ({
      label: `$(file-code) ${vscode.workspace.asRelativePath(uri)}`,
      take: async () => uri,
    })),
    {
      label: '$(folder-opened) Another Schema File …',
      detail: 'A file with the CREATE TABLE statements of these tables.',
      take: openSchemaFile,
    },
  ];
  const chosen = await vscode.window.showQuickPick(items, {
    title: 'Verify My Own Rewrite: Where are the tables described?',
    placeHolder: 'Keys, types and NOT NULL decide whether two statements return the same',
  });
  return (await chosen?.take?.()) ?? null;
}

async function openSchemaFile(): Promise<vscode.Uri | null> {
  const chosen = await vscode.window.showOpenDialog({
    title: 'Schema File',
    openLabel: 'Use as Schema',
    filters: { SQL: ['sql'] },
  });
  return chosen?.[0] ?? null;
}

/** SQL files of the workspace that create all the tables, as far as a search for words can tell. */
async function schemaFiles(tables: readonly string[]): Promise<vscode.Uri[]> {
  const names = tables.map((table) => (table.split('.').at(-1) ?? table).toLowerCase());
  const found: vscode.Uri[] = [];
  for (const uri of await vscode.workspace.findFiles('**/*.sql', '**/node_modules/**', MOST_FILES)) {
    const bytes = await vscode.workspace.fs.readFile(uri);
    if (bytes.length > MOST_CHARACTERS) continue;
    const text = new TextDecoder().decode(bytes).toLowerCase();
    if (/\bcreate\s+(\w+\s+)?table\b/.test(text) && names.every((name) => text.includes(name)))
      found.push(uri);
  }
  return found;
}
