/** "Verify My Own Rewrite": are two statements the same? Tries to prove that they are not, and shows what it found. */
import * as vscode from 'vscode';
import type { Catalog } from '../../core/catalog/catalog.ts';
import type { ScratchDatabase } from '../../core/database.ts';
import type { PairVerdict } from '../../core/verification/verify-pair.ts';
import type { ActiveConnections } from '../connections/active-connections.ts';
import type { ConnectionProfile } from '../connections/profile.ts';
import type { OpenSession, Sessions } from '../connections/sessions.ts';
import type { ShownDocuments } from '../diff/shown-documents.ts';
import type { Log } from '../log.ts';
import type { OpenScratch, Scratch } from '../optimize/scratch.ts';
import { COMMANDS, PREVIEW_LANGUAGE } from '../product.ts';
import { type Say, withCancellableProgress } from '../progress.ts';
import { isCancelled, report } from '../report.ts';
import { optimizeSettings } from '../settings.ts';
import type { SqlDocuments } from '../statements/sql-documents.ts';
import { isSqlDocument } from '../statements/sql-languages.ts';
import { meantStatements } from './meant-statements.ts';
import { offlineCatalog } from './offline-catalog.ts';
import { chooseSecondStatement, pairOf } from './second-statement.ts';
import {
  type ComparedPair,
  counterexampleDocument,
  verdictDocument,
  verdictSentence,
} from './verdict-text.ts';

/** The parts that the command works with. */
export interface VerifyParts {
  readonly documents: SqlDocuments;
  readonly active: ActiveConnections;
  readonly sessions: Sessions;
  readonly scratch: Scratch;
  readonly shown: ShownDocuments;
  readonly log: Log;
}

/** Where statements are compared: on a connection, or on what a schema alone says. */
type Target =
  | { readonly kind: 'connection'; readonly profile: ConnectionProfile }
  | { readonly kind: 'offline'; readonly catalog: Catalog };

export class VerifyCommand {
  private readonly parts: VerifyParts;
  /** pairs under way, so that a second call does not start a second run */
  private readonly running = new Set<string>();

  constructor(parts: VerifyParts) {
    this.parts = parts;
  }

  async run(): Promise<void> {
    const document = vscode.window.activeTextEditor?.document;
    const profile = document ? this.parts.active.of(document.uri) : null;
    try {
      const pair = await this.meantPair();
      if (!document || !pair) return;
      const target = await this.target(document, pair);
      if (target) await this.verifyOnce(document, pair, target);
    } catch (error) {
      if (isCancelled(error)) {
        vscode.window.setStatusBarMessage(
          '$(circle-slash) Verification cancelled: nothing was decided.',
          8000,
        );
      }
      void report(this.parts.log, error, { what: 'Verifying', connection: profile?.key });
    }
  }

  private async meantPair(): Promise<ComparedPair | null> {
    const { documents } = this.parts;
    const editor = vscode.window.activeTextEditor;
    if (!editor || !isSqlDocument(editor.document)) {
      return say('Open a SQL file, and select two statements or put the cursor into one.');
    }
    const { document } = editor;
    if (documents.refusal(document) === 'binary') {
      return say('This file is not text, so there are no statements in it.');
    }
    const selections = editor.selections.map(({ start, end }) => ({
      start: document.offsetAt(start),
      end: document.offsetAt(end),
    }));
    const meant = meantStatements(await documents.statements(document), selections, document.getText());
    switch (meant.kind) {
      case 'none':
        return say(meant.message);
      case 'pair':
        return pairOf(document, meant.before, meant.after);
      case 'one':
        return chooseSecondStatement(documents, document, meant.statement);
      default:
        return meant satisfies never;
    }
  }

  private async target(document: vscode.TextDocument, pair: ComparedPair): Promise<Target | null> {
    const { active, documents } = this.parts;
    const profile = active.of(document.uri);
    if (profile) return { kind: 'connection', profile };
    const catalog = await offlineCatalog(
      document,
      documents.dialect(document),
      await tablesOfPair(pair, await documents.catalog(document)),
    );
    if (catalog === null) return null;
    if (catalog !== 'connection') return { kind: 'offline', catalog };
    await vscode.commands.executeCommand(COMMANDS.chooseConnection);
    const chosen = active.of(document.uri);
    return chosen ? { kind: 'connection', profile: chosen } : null;
  }

  private async verifyOnce(document: vscode.TextDocument, pair: ComparedPair, target: Target): Promise<void> {
    const name = JSON.stringify([document.uri.toString(), pair.before.text, pair.after.text]);
    if (this.running.has(name)) return;
    this.running.add(name);
    try {
      const verdict = await withCancellableProgress('SQL Optimizer: verifying', (signal, progress) =>
        this.verify(document, pair, target, signal, progress),
      );
      this.parts.log.info(
        `Verified ${document.uri.fsPath}, ${pair.before.place} and ${pair.after.place}: ${verdict.verdict}. ${verdict.reason}`,
      );
      await this.present(verdict, pair);
    } finally {
      this.running.delete(name);
    }
  }

  private async verify(
    document: vscode.TextDocument,
    { before, after }: ComparedPair,
    target: Target,
    signal: AbortSignal,
    progress: Say,
  ): Promise<PairVerdict> {
    const { sessions, scratch } = this.parts;
    const { timeoutMs } = optimizeSettings(document.uri);
    const { verifyPair } = await import('../../core/verification/verify-pair.ts');
    const work = (open: OpenSession | null, catalog: Catalog): Promise<PairVerdict> =>
      scratch.during(
        { dialect: catalog.dialect, session: open },
        async (openScratch) => {
          const started = async (openOne: OpenScratch): Promise<ScratchDatabase> => {
            progress('Starting a test database …');
            const database = await openOne();
            progress('Looking for data on which they differ …');
            return database;
          };
          const own = openScratch === null ? null : () => started(openScratch);
          const database = open?.database ?? null;
          return verifyPair(before.text, after.text, catalog, own, database, { signal, timeoutMs });
        },
        signal,
      );
    if (target.kind === 'offline') return work(null, target.catalog);
    const onProgress = (message: string): void => progress(message);
    const session = await sessions.open(target.profile, { signal, onProgress });
    return sessions.use(session, (open) => work(open, open.catalog));
  }

  private async present(verdict: PairVerdict, pair: ComparedPair): Promise<void> {
    const { shown } = this.parts;
    const sentence = verdictSentence(verdict, pair);
    if (verdict.verdict === 'refuted') {
      const text = counterexampleDocument(verdict, pair);
      const counterexample = (): Thenable<unknown> =>
        this.showBeside(shown.text('Counterexample.sql', text, PREVIEW_LANGUAGE));
      await counterexample();
      const chosen = await vscode.window.showWarningMessage(sentence, 'Show Counterexample');
      if (chosen) await counterexample();
      return;
    }
    const tell =
      verdict.verdict === 'unknown'
        ? vscode.window.showWarningMessage(sentence, 'Show Details')
        : vscode.window.showInformationMessage(sentence, 'Show Details');
    if (await tell) {
      await this.showBeside(shown.text('Verification.md', verdictDocument(verdict, pair), 'markdown'));
    }
  }

  private async showBeside(uri: Promise<vscode.Uri>): Promise<void> {
    await vscode.window.showTextDocument(await uri, {
      viewColumn: vscode.ViewColumn.Beside,
      preserveFocus: true,
      preview: true,
    });
  }
}

async function tablesOfPair({ before, after }: ComparedPair, catalog: Catalog): Promise<string[]> {
  const [{ analyzeStatement }, { tablesOf }] = await Promise.all([
    import('../../core/sql/analyze.ts'),
    import('../../core/sql/statement-facts.ts'),
  ]);
  const tables = [before, after].flatMap(({ text }) => tablesOf(analyzeStatement(text, catalog)));
  return [...new Set(tables)];
}

function say(message: string): null {
  void vscode.window.showInformationMessage(message);
  return null;
}
