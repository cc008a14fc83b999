/**
 * "Show Slowest Statements": what the server has counted, as a read-only document. Each statement has a lens that opens it
 * in a SQL file of its own, which uses the same connection.
 */
import * as vscode from 'vscode';
import type { StatementPlace } from '../../core/workload/report-text.ts';
import type { StatisticsUnavailable } from '../../core/workload/statement-statistics.ts';
import type { ActiveConnections } from '../connections/active-connections.ts';
import type { ConnectionCommands } from '../connections/connection-commands.ts';
import type { ConnectionProfile } from '../connections/profile.ts';
import type { Sessions } from '../connections/sessions.ts';
import type { ShownDocuments } from '../diff/shown-documents.ts';
import type { Log } from '../log.ts';
import { COMMANDS, SCHEMES } from '../product.ts';
import { withCancellableProgress } from '../progress.ts';
import { report } from '../report.ts';
import { optimizeSettings } from '../settings.ts';

export interface SlowestParts {
  readonly connections: ConnectionCommands;
  readonly active: ActiveConnections;
  readonly sessions: Sessions;
  readonly shown: ShownDocuments;
  readonly log: Log;
}

/** Statements that are shown. */
const SHOWN = 25;

/** One shown document. */
interface Shown {
  readonly text: string;
  readonly places: readonly StatementPlace[];
  /** the statements that can be opened, by rank */
  readonly statements: ReadonlyMap<number, string>;
  /** key of the connection */
  readonly connection: string;
}

/** What a lens passes to the command: plain data. */
interface SlowReference {
  readonly uri: string;
  readonly rank: number;
}

export class SlowestStatements implements vscode.CodeLensProvider, vscode.Disposable {
  private readonly parts: SlowestParts;
  private readonly documents = new Map<string, Shown>();
  /** files that were opened here and have no name yet */
  private readonly opened = new Set<string>();
  private readonly subscriptions: readonly vscode.Disposable[];

  constructor(parts: SlowestParts) {
    this.parts = parts;
    this.subscriptions = [
      vscode.languages.registerCodeLensProvider({ scheme: SCHEMES.text }, this),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.closed(uri)),
    ];
  }

  /** @param argument a row of the tree of connections; without one the user chooses */
  async show(argument: unknown): Promise<void> {
    const { connections, log } = this.parts;
    const profile = await connections.profileOf(argument);
    if (!profile) return;
    try {
      const made = await withCancellableProgress('SQL Optimizer: slowest statements', (signal, say) =>
        this.read(profile, signal, say),
      );
      if ('available' in made) await tellMissing(profile, made);
      else await this.showDocument(profile, made);
    } catch (error) {
      void report(log, error, { what: 'Reading the slowest statements', connection: profile.key });
    }
  }

  /**
   * Open a statement in a SQL file of its own.
   *
   * @param argument what a lens passes; without one the statement at the cursor is meant
   */
  async open(argument: unknown): Promise<void> {
    const found = isSlowReference(argument) ? argument : this.atCursor();
    const shown = found ? this.documents.get(found.uri) : undefined;
    const sql = found ? shown?.statements.get(found.rank) : undefined;
    if (!shown || sql === undefined) {
      void vscode.window.showInformationMessage(
        'Show the slowest statements of a connection, and put the cursor into one that can be optimized.',
      );
      return;
    }
    const content = `${sql}\n`;
    const document = await vscode.workspace.openTextDocument({ language: 'sql', content });
    this.opened.add(document.uri.toString());
    await this.parts.active.bind(document.uri, shown.connection);
    await vscode.window.showTextDocument(document, { preview: false });
  }

  provideCodeLenses({ uri }: vscode.TextDocument): vscode.CodeLens[] {
    const shown = this.documents.get(uri.toString());
    if (!shown) return [];
    return shown.places.flatMap(({ rank, firstLine }) => {
      if (!shown.statements.has(rank)) return [];
      const reference: SlowReference = { uri: uri.toString(), rank };
      const command = {
        command: COMMANDS.openSlowStatement,
        title: '$(go-to-file) Open to Optimize',
        tooltip: 'Open the statement in a SQL file of its own, which uses the same connection',
        arguments: [reference],
      };
      return [new vscode.CodeLens(new vscode.Range(firstLine, 0, firstLine, 0), command)];
    });
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private async read(
    profile: ConnectionProfile,
    signal: AbortSignal,
    say: (message: string) => void,
  ): Promise<Shown | StatisticsUnavailable> {
    const { sessions } = this.parts;
    const session = await sessions.open(profile, { signal, onProgress: say });
    say('Reading what the server has counted');
    const { timeoutMs } = optimizeSettings();
    const statistics = await sessions.use(session, ({ database }) =>
      database.readStatementStatistics({ limit: SHOWN, timeoutMs, signal }),
    );
    if (!statistics.available) return statistics;
    const [{ workloadReport }, { reportText }, { hintLines }, { readHints }] = await Promise.all([
      import('../../core/workload/report.ts'),
      import('../../core/workload/report-text.ts'),
      import('../../core/workload/hint-text.ts'),
      import('../../core/workload/read-hints.ts'),
    ]);
    const hints = await sessions.use(session, ({ database }) => readHints(database, { timeoutMs, signal }));
    const made = workloadReport(statistics, session.catalog, SHOWN);
    const statements = new Map<number, string>();
    for (const { rank, optimizable } of made.statements) {
      const text = statistics.statements[rank - 1]?.text.trim().replace(/;+$/, '');
      // what is no query and no change of rows may hold a password, and is shown without its values only
      if (optimizable && text !== undefined) statements.set(rank, text);
    }
    const textOf = ({ rank, sql }: { readonly rank: number; readonly sql: string }) =>
      statements.get(rank) ?? sql;
    return {
      ...reportText(made, profile.name, textOf, hints ? hintLines(hints) : []),
      statements,
      connection: profile.key,
    };
  }

  private async showDocument(profile: ConnectionProfile, shown: Shown): Promise<void> {
    const name = `Slowest statements of ${profile.name.replaceAll(/[/\\?#]/g, ' ')}.sql`;
    const uri = await this.parts.shown.text(name, shown.text, 'sql');
    this.documents.set(uri.toString(), shown);
    await vscode.window.showTextDocument(uri, { preview: false });
  }

  private atCursor(): SlowReference | null {
    const editor = vscode.window.activeTextEditor;
    const uri = editor?.document.uri.toString() ?? '';
    const line = editor?.selection.active.line ?? 0;
    const places = this.documents.get(uri)?.places ?? [];
    const place = places.find(({ firstLine, lastLine }) => firstLine <= line && line <= lastLine);
    return place ? { uri, rank: place.rank } : null;
  }

  /** The next file without a name may get the same one: it must not get this one's connection. */
  private closed(uri: vscode.Uri): void {
    this.documents.delete(uri.toString());
    if (!this.opened.has(uri.toString())) return;
    // a file whose language is changed is closed and opened again
    setImmediate(() => {
      if (vscode.workspace.textDocuments.some((document) => document.uri.toString() === uri.toString())) {
        return;
      }
      this.opened.delete(uri.toString());
      void this.parts.active.bind(uri, null);
    });
  }
}

/** Say why there are no figures, with what an administrator would run. */
async function tellMissing(
  { name }: ConnectionProfile,
  { reason, remedy }: StatisticsUnavailable,
): Promise<void> {
  const chosen = await vscode.window.showInformationMessage(
    `${name}: ${reason}`,
    ...(remedy === null ? [] : ['Show What to Run']),
  );
  if (chosen === undefined || remedy === null) return;
  const content = `-- ${reason}\n-- For the server's administrator:\n${remedy}\n`;
  const document = await vscode.workspace.openTextDocument({ language: 'sql', content });
  await vscode.window.showTextDocument(document);
}

function isSlowReference(value: unknown): value is SlowReference {
  if (typeof value !== 'object' || value === null || !('uri' in value) || !('rank' in value)) return false;
  return typeof value.uri === 'string' && typeof value.rank === 'number';
}
