/** Asks what a statement is compared with: its version in git, or another statement of the file. */
import * as vscode from 'vscode';
import type { SqlDocuments } from '../statements/sql-documents.ts';
import type { SqlStatement } from '../statements/sql-statement.ts';
import { committedText } from './git-head.ts';
import type { ComparedPair, NamedStatement } from './verdict-text.ts';

type InGit =
  | { readonly kind: 'found'; readonly text: string; readonly detail: string }
  | { readonly kind: 'none'; readonly message: string };

/** @returns null when the user dismissed the question, or was told why there is nothing to compare with */
export async function chooseSecondStatement(
  documents: SqlDocuments,
  document: vscode.TextDocument,
  statement: SqlStatement,
): Promise<ComparedPair | null> {
  const statements = await documents.statements(document);
  const others = statements.filter((each) => each.start !== statement.start);
  const inGit = await committedVersion(documents, document, statement, statements);
  const mine = named(document, statement);
  const withGit = (): ComparedPair | null => {
    if (inGit.kind === 'found') {
      return { before: { place: 'the last commit', text: inGit.text }, after: mine };
    }
    void vscode.window.showInformationMessage(inGit.message);
    return null;
  };
  if (others.length === 0) return withGit();
  type Item = vscode.QuickPickItem & { readonly take?: () => ComparedPair | null };
  const items: Item[] = [
    {
      label: '$(git-commit) Its version in the last commit',
      detail: inGit.kind === 'found' ? inGit.detail : inGit.message,
      take: withGit,
    },
    { label: 'Other statements of this file', kind: vscode.QuickPickItemKind.Separator },
    ...others.map((other) => ({
      label: oneLine(other.text),
      description: named(document, other).place,
      take: () => pairOf(document, statement, other),
    })),
  ];
  const chosen = await vscode.window.showQuickPick(items, {
    title: 'Verify My Own Rewrite',
    placeHolder: `What shall the statement of ${mine.place} return the same as?`,
    matchOnDescription: true,
  });
  return chosen?.take?.() ?? null;
}

/** Two statements of a document, the upper one first. */
export function pairOf(document: vscode.TextDocument, one: SqlStatement, other: SqlStatement): ComparedPair {
  const [before, after] = one.start < other.start ? [one, other] : [other, one];
  return { before: named(document, before), after: named(document, after) };
}

function named(document: vscode.TextDocument, { start, text }: SqlStatement): NamedStatement {
  return { place: `line ${document.positionAt(start).line + 1}`, text };
}

async function committedVersion(
  documents: SqlDocuments,
  document: vscode.TextDocument,
  statement: SqlStatement,
  statements: readonly SqlStatement[],
): Promise<InGit> {
  const committed = await committedText(document.uri);
  if (committed.kind === 'none') return committed;
  const [{ DocumentFindings }, { canonicalText }, { matchOlderVersion }, catalog] = await Promise.all([
    import('../statements/document-findings.ts'),
    import('../../core/optimizer/canonical.ts'),
    import('./git-match.ts'),
    documents.catalog(document),
  ]);
  const old = new DocumentFindings(() => []).statements(committed.text, catalog);
  const current = statements.find((each) => each.start === statement.start) ?? statement;
  const match = matchOlderVersion(current, statements, old, (text) => canonicalText(text, catalog.dialect));
  switch (match.kind) {
    case 'changed':
      return { kind: 'found', text: match.old.text, detail: oneLine(match.old.text) };
    case 'same':
      return {
        kind: 'none',
        message:
          'This statement is the same in the last commit, so there is nothing to verify. Change it first, or choose another statement of the file.',
      };
    case 'new':
      return {
        kind: 'none',
        message:
          'This statement is new: the last commit has nothing like it. Choose another statement of the file to compare it with.',
      };
    default:
      return match satisfies never;
  }
}

function oneLine(sql: string): string {
  const line = sql.replace(/\s+/g, ' ').trim();
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}
