/** What is remembered of optimizations. The store is opened at the first use; without it everything else works. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { MeasuredOutcome } from '../../core/learning/estimate.ts';
import type { Optimization } from '../../core/optimizer/optimization.ts';
import type { Dialect } from '../../core/sql/dialect.ts';
import type { KnownConnection } from '../../store/connections.ts';
import type { OptimizationSummary } from '../../store/optimizations.ts';
import type { CandidateStatus } from '../../store/schema.ts';
import type { Store } from '../../store/store.ts';
import type { ConnectionProfile } from '../connections/profile.ts';
import type { OpenSession } from '../connections/sessions.ts';
import type { Log } from '../log.ts';
import { CONTEXT } from '../product.ts';
import { keepLiterals } from '../settings.ts';

/** One run to remember. */
export interface FinishedRun {
  readonly document: vscode.Uri;
  readonly text: string;
  readonly dialect: OpenSession['database']['info']['dialect'];
  readonly session: OpenSession | null;
  readonly result: Optimization;
}

/** The store's ids of the candidates of a run, by their labels; empty when nothing could be stored. */
export type CandidateIds = ReadonlyMap<string, string>;

/** Outcomes that estimates are made from: the latest count most, the server and the data change. */
const REMEMBERED = 400;
/** Milliseconds between two looks for what another window wrote. */
const LOOK_MS = 3000;

export class History implements vscode.Disposable {
  private readonly context: vscode.ExtensionContext;
  private readonly log: Log;
  private readonly changed = new vscode.EventEmitter<void>();
  private store: Promise<Store> | null = null;
  private told = false;
  private timer: NodeJS.Timeout | undefined;
  readonly onDidChange = this.changed.event;

  constructor(context: vscode.ExtensionContext, log: Log) {
    this.context = context;
    this.log = log;
  }

  /** Remember a run. Never throws: a store that fails is reported, and the run goes on. */
  async record(run: FinishedRun): Promise<CandidateIds> {
    const ids = await this.attempt(async (store) => {
      const connectionId = run.session ? await rememberConnection(store, run.session) : null;
      const statementId = await store.statements.remember(await describeStatement(run));
      const recorded = await store.optimizations.record({
        statementId,
        connectionId,
        source: sourceName(run.document),
        productVersion: String(this.context.extension.packageJSON.version),
        dialect: run.dialect,
        result: run.result,
      });
      return recorded.candidateIds;
    });
    this.changed.fire();
    return ids ?? new Map();
  }

  async setStatus(candidateId: string, status: CandidateStatus): Promise<void> {
    await this.attempt((store) => store.optimizations.setStatus(candidateId, status));
    this.changed.fire();
  }

  /** The last runs, newest first. */
  async recent(limit: number): Promise<readonly OptimizationSummary[]> {
    return (await this.attempt((store) => store.optimizations.recent(limit))) ?? [];
  }

  /** What rewrites of an engine gained, newest first, for estimates. */
  async measuredOutcomes(dialect: Dialect): Promise<readonly MeasuredOutcome[]> {
    const found = await this.attempt((store) => store.optimizations.measuredOutcomes(dialect, REMEMBERED));
    return found ?? [];
  }

  async remove(optimizationId: string): Promise<void> {
    await this.attempt((store) => store.optimizations.remove(optimizationId));
    this.changed.fire();
  }

  /** While `visible`, look now and then whether another window wrote. */
  watch(visible: boolean): void {
    clearInterval(this.timer);
    if (!visible) return;
    this.timer = setInterval(() => {
      void this.attempt(async (store) => {
        if (await store.changedElsewhere()) this.changed.fire();
      });
    }, LOOK_MS);
  }

  /** Open the store with other settings at its next use. */
  async reopen(): Promise<void> {
    const store = this.store;
    this.store = null;
    try {
      if (store) await (await store).close();
    } catch (error) {
      this.log.error('Closing the store failed', error);
    }
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.reopen();
  }

  dispose(): void {
    clearInterval(this.timer);
    this.changed.dispose();
  }

  private async attempt<T>(work: (store: Store) => Promise<T>): Promise<T | null> {
    try {
      return await work(await this.open());
    } catch (error) {
      await this.tell(error);
      return null;
    }
  }

  private open(): Promise<Store> {
    this.store ??= this.openStore().catch((error) => {
      this.store = null; // the next use tries again
      throw error;
    });
    return this.store;
  }

  private async openStore(): Promise<Store> {
    const folder = this.context.globalStorageUri.fsPath;
    await mkdir(folder, { recursive: true });
    const [{ openStore }, { redactLiterals }] = await Promise.all([
      import('../../store/store.ts'),
      import('./redact.ts'),
    ]);
    const store = await openStore(path.join(folder, 'store.sqlite'), {
      keepLiterals: keepLiterals(),
      redact: redactLiterals,
    });
    void vscode.commands.executeCommand('setContext', CONTEXT.storeProblem, false);
    return store;
  }

  private async tell(error: unknown): Promise<void> {
    this.log.error('The store failed', error);
    await vscode.commands.executeCommand('setContext', CONTEXT.storeProblem, true);
    if (this.told) return;
    this.told = true;
    const message = error instanceof Error ? error.message : String(error);
    const shown = vscode.window.showWarningMessage(
      `Optimizations are not remembered: ${message}`,
      'Show Log',
    );
    void shown.then((chosen) => {
      if (chosen) this.log.show();
    });
  }
}

async function rememberConnection(store: Store, { profile, database }: OpenSession): Promise<string> {
  await store.connections.remember(knownConnection(profile, database.info));
  return profile.key;
}

function knownConnection(profile: ConnectionProfile, info: OpenSession['database']['info']): KnownConnection {
  const server = profile.engine !== 'embedded';
  return {
    id: profile.key,
    name: profile.name,
    dialect: info.dialect,
    host: server ? profile.host : null,
    port: server ? profile.port : null,
    database: info.database,
    user: info.user,
    product: info.product,
    version: info.versionText,
  };
}

async function describeStatement({ text, dialect, session }: FinishedRun) {
  const [{ analyzeStatement }, { fingerprint }, { statementKind, tablesOf }, { unknownCatalog }] =
    await Promise.all([
      import('../../core/sql/analyze.ts'),
      import('../../core/sql/fingerprint.ts'),
      import('../../core/sql/statement-facts.ts'),
      import('../statements/analysis.ts'),
    ]);
  const analyzed = analyzeStatement(text, session?.catalog ?? unknownCatalog(dialect));
  return {
    ...fingerprint(text, dialect),
    dialect,
    kind: statementKind(analyzed.tree),
    text,
    tables: tablesOf(analyzed),
  };
}

/** How a document is named in the store: its path, or its URI when it is no file. */
export function sourceName(uri: vscode.Uri): string {
  return uri.scheme === 'file' ? uri.fsPath : uri.toString();
}

/** The document that {@link sourceName} named. */
export function sourceUri(source: string): vscode.Uri {
  return path.isAbsolute(source) ? vscode.Uri.file(source) : vscode.Uri.parse(source);
}
