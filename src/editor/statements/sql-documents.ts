/** The open SQL files with their statements and findings, kept up to date while they are edited. */
import * as vscode from 'vscode';
import type { Catalog } from '../../core/catalog/catalog.ts';
import type { Dialect } from '../../core/sql/dialect.ts';
import type { ActiveConnections } from '../connections/active-connections.ts';
import type { Sessions } from '../connections/sessions.ts';
import type { Log } from '../log.ts';
import { affects, dialectSetting, liveLimit, ruleSeverities } from '../settings.ts';
import type { DocumentFindings } from './document-findings.ts';
import { isSqlDocument } from './sql-languages.ts';
import type { SqlStatement, StatementFindings } from './sql-statement.ts';

/** Milliseconds of rest after an edit before the findings are looked for. */
const DEBOUNCE_MS = 250;

export type Refusal = 'binary' | 'tooLarge';

interface Tracked {
  readonly document: vscode.TextDocument;
  findings: DocumentFindings | null;
  found: readonly StatementFindings[];
  timer: NodeJS.Timeout | undefined;
  run: AbortController | null;
}

export class SqlDocuments implements vscode.Disposable {
  private readonly active: ActiveConnections;
  private readonly sessions: Sessions;
  private readonly log: Log;
  private readonly tracked = new Map<string, Tracked>();
  private readonly analysed = new vscode.EventEmitter<vscode.TextDocument>();
  private readonly subscriptions: vscode.Disposable[];
  private readonly failed = new Set<string>();
  /** the findings of a document are new */
  readonly onDidAnalyze = this.analysed.event;

  constructor(active: ActiveConnections, sessions: Sessions, log: Log) {
    this.active = active;
    this.sessions = sessions;
    this.log = log;
    const all = (): void => {
      for (const each of this.tracked.values()) this.schedule(each, 0);
    };
    this.subscriptions = [
      this.analysed,
      vscode.workspace.onDidOpenTextDocument((document) => this.track(document)),
      vscode.workspace.onDidCloseTextDocument((document) => this.forget(document)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        const tracked = this.tracked.get(document.uri.toString());
        if (tracked) this.schedule(tracked, DEBOUNCE_MS);
      }),
      active.onDidChange(all),
      sessions.onDidChange(all),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (affects(event, 'dialect', 'liveAnalysisLimit')) all();
      }),
    ];
    for (const document of vscode.workspace.textDocuments) this.track(document);
  }

  /** Why a document is not looked at while it is edited, null when it is. */
  refusal(document: vscode.TextDocument): Refusal | null {
    const text = document.getText();
    if (text.includes('\0')) return 'binary';
    return text.length > liveLimit(document.uri) ? 'tooLarge' : null;
  }

  /** The statements of a document as it is now; none for a binary file. */
  async statements(document: vscode.TextDocument): Promise<readonly SqlStatement[]> {
    const text = document.getText();
    if (text.includes('\0')) return [];
    const catalog = await this.catalog(document);
    const findings = await this.findingsOf(this.tracked.get(document.uri.toString()));
    return findings.statements(text, catalog);
  }

  /**
   * What was found last, without the rules that are off; its offsets are those of the version that was analysed.
   */
  findings(document: vscode.TextDocument): readonly StatementFindings[] {
    const found = this.tracked.get(document.uri.toString())?.found ?? [];
    const severities = ruleSeverities(document.uri);
    if (![...severities.values()].includes('off')) return found;
    return found.map(({ statement, findings }) => ({
      statement,
      findings: findings.filter((finding) => severities.get(finding.pattern) !== 'off'),
    }));
  }

  dialect(document: vscode.TextDocument): Dialect {
    return this.openCatalog(document)?.dialect ?? dialectSetting(document.uri);
  }

  /** The catalog of the open connection of a document; without one, a catalog that knows nothing. */
  async catalog(document: vscode.TextDocument): Promise<Catalog> {
    const { unknownCatalog } = await import('./analysis.ts');
    return this.openCatalog(document) ?? unknownCatalog(dialectSetting(document.uri));
  }

  dispose(): void {
    for (const each of this.tracked.values()) stop(each);
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private openCatalog(document: vscode.TextDocument): Catalog | null {
    const profile = this.active.of(document.uri);
    const state = profile ? this.sessions.state(profile.key) : null;
    return state?.kind === 'open' ? state.catalog : null;
  }

  private track(document: vscode.TextDocument): void {
    if (!isSqlDocument(document)) return;
    const tracked: Tracked = {
      document,
      findings: null,
      found: [],
      timer: undefined,
      run: null,
    };
    this.tracked.set(document.uri.toString(), tracked);
    this.schedule(tracked, 0);
  }

  private forget(document: vscode.TextDocument): void {
    const tracked = this.tracked.get(document.uri.toString());
    if (!tracked) return;
    stop(tracked);
    this.tracked.delete(document.uri.toString());
    this.analysed.fire(document);
  }

  private schedule(tracked: Tracked, delayMs: number): void {
    stop(tracked);
    tracked.timer = setTimeout(() => {
      const run = new AbortController();
      tracked.run = run;
      this.analyse(tracked, run.signal).catch((error) =>
        this.log.error('Looking for findings failed', error),
      );
    }, delayMs);
  }

  private async analyse(tracked: Tracked, signal: AbortSignal): Promise<void> {
    const { document } = tracked;
    if (this.refusal(document) !== null) {
      tracked.found = [];
      this.analysed.fire(document);
      return;
    }
    const findings = await this.findingsOf(tracked);
    const catalog = await this.catalog(document);
    if (signal.aborted) return;
    const found = await findings.update(document.getText(), catalog, signal);
    if (found === null || signal.aborted) return;
    tracked.found = found;
    this.analysed.fire(document);
  }

  /** The analysis of a document; a new one for a document that is not shown. */
  private async findingsOf(tracked: Tracked | undefined): Promise<DocumentFindings> {
    if (tracked?.findings) return tracked.findings;
    const { documentFindings } = await import('./analysis.ts');
    const made = documentFindings(({ pattern, error }) => this.logOnce(pattern.id, error));
    if (!tracked) return made;
    tracked.findings ??= made;
    return tracked.findings;
  }

  private logOnce(pattern: string, error: unknown): void {
    if (this.failed.has(pattern)) return;
    this.failed.add(pattern);
    this.log.error(`The pattern ${pattern} failed on a statement; the others are not affected`, error);
  }
}

function stop(tracked: Tracked): void {
  clearTimeout(tracked.timer);
  tracked.run?.abort();
}
