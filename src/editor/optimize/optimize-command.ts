/** "Optimize with AI": from a statement in a file to a preview of verified rewrites. */
import * as vscode from 'vscode';
import type { Optimization } from '../../core/optimizer/optimization.ts';
import type { ActiveConnections } from '../connections/active-connections.ts';
import { type ConnectionProfile, sendingName } from '../connections/profile.ts';
import type { OpenSession, Sessions } from '../connections/sessions.ts';
import { counterexamplesText } from '../diff/evidence-text.ts';
import type { Previews } from '../diff/previews.ts';
import type { ShownDocuments } from '../diff/shown-documents.ts';
import type { History } from '../history/history.ts';
import type { Log } from '../log.ts';
import type { Models } from '../models/models.ts';
import { COMMANDS, PREVIEW_LANGUAGE } from '../product.ts';
import { type Say, withCancellableProgress } from '../progress.ts';
import { report } from '../report.ts';
import { modelSettings, optimizeSettings } from '../settings.ts';
import type { SqlDocuments } from '../statements/sql-documents.ts';
import {
  type FoundStatement,
  findStatement,
  isReference,
  type StatementReference,
} from '../statements/statement-reference.ts';
import type { Scratch } from './scratch.ts';
import { showScriptRewrite } from './script-rewrites.ts';

/** The parts that the command works with. */
export interface OptimizeParts {
  readonly documents: SqlDocuments;
  readonly active: ActiveConnections;
  readonly sessions: Sessions;
  readonly scratch: Scratch;
  readonly models: Models;
  readonly history: History;
  readonly previews: Previews;
  readonly shown: ShownDocuments;
  readonly log: Log;
}

interface Outcome {
  readonly result: Optimization;
  readonly session: OpenSession | null;
}

export class OptimizeCommand {
  private readonly parts: OptimizeParts;
  /** statements under way, so that a second click does not start a second run */
  private readonly running = new Set<string>();

  constructor(parts: OptimizeParts) {
    this.parts = parts;
  }

  async run(argument: unknown): Promise<void> {
    if (isReference(argument) && (await this.isOfScript(argument))) return;
    const found = await findStatement(this.parts.documents, argument);
    if (typeof found === 'string') {
      void vscode.window.showInformationMessage(found);
      return;
    }
    const { document, statement } = found;
    const name = `${document.uri.toString()}#${statement.start}`;
    if (this.running.has(name)) return;
    this.running.add(name);
    const profile = this.parts.active.of(document.uri);
    try {
      const pattern = isReference(argument) ? argument.pattern : undefined;
      const outcome = await withCancellableProgress('SQL Optimizer', (signal, say) =>
        this.optimize(found, { profile, pattern }, signal, say),
      );
      await this.present(found, outcome, pattern);
    } catch (error) {
      void report(this.parts.log, error, { what: 'Optimizing', connection: profile?.key });
    } finally {
      this.running.delete(name);
    }
  }

  /** A finding over several statements has its rewrite already: it is shown. */
  private async isOfScript(reference: StatementReference): Promise<boolean> {
    if (reference.pattern === undefined) return false;
    try {
      return await showScriptRewrite(this.parts, reference);
    } catch (error) {
      void report(this.parts.log, error, { what: 'Showing the rewrite' });
      return true;
    }
  }

  private async optimize(
    { document, statement }: FoundStatement,
    {
      profile,
      pattern,
    }: { readonly profile: ConnectionProfile | null; readonly pattern: string | undefined },
    signal: AbortSignal,
    say: Say,
  ): Promise<Outcome> {
    const { sessions, documents, scratch, models, history, log } = this.parts;
    const session = profile
      ? await sessions.open(profile, { signal, onProgress: (message) => say(message) })
      : null;
    const [{ optimizeStatement }, catalog] = await Promise.all([
      import('../../core/optimizer/optimize.ts'),
      documents.catalog(document),
    ]);
    const { measure, runs, timeoutMs } = optimizeSettings(document.uri);
    const past = session ? await history.measuredOutcomes(session.catalog.dialect) : [];
    const started = performance.now();
    const work = (open: OpenSession | null): Promise<Optimization> =>
      scratch.during({ dialect: (open?.catalog ?? catalog).dialect, session: open }, (openScratch) =>
        optimizeStatement({
          text: statement.text,
          catalog: open?.catalog ?? catalog,
          database: open?.database ?? null,
          scratch: openScratch,
          history: past,
          proposer: models.proposer({
            connection: open ? sendingName(open.profile) : null,
            connectionName: open?.profile.name ?? null,
          }),
          options: { measure, runs, timeoutMs, modelTimeoutMs: modelSettings().timeoutMs, wanted: pattern },
          signal,
          onProgress: ({ message, fraction }) => say(message, fraction),
        }),
      );
    const result = session ? await sessions.use(session, work) : await work(null);
    log.info(
      `Optimized ${document.uri.fsPath}:${document.positionAt(statement.start).line + 1} in ${Math.round(performance.now() - started)} ms: ` +
        `${result.findings.length} findings, ${result.candidates.length} candidates, ${result.refuted.length} refuted. ${result.reason}`,
    );
    if (result.model?.problem) void models.explainProblem(result.model.problem);
    return { result, session };
  }

  private async present(
    { document, statement }: FoundStatement,
    { result, session }: Outcome,
    pattern: string | undefined,
  ): Promise<void> {
    const { history, previews, documents } = this.parts;
    const stored = await history.record({
      document: document.uri,
      text: statement.text,
      dialect: session?.catalog.dialect ?? documents.dialect(document),
      session,
      result,
    });
    const preview = (): Promise<void> =>
      previews.show({
        document,
        range: { start: statement.start, end: statement.end },
        original: statement.text,
        result,
        connection: session?.profile.key ?? null,
        stored,
        pattern,
      });
    if (result.candidates.length === 0) return this.sayNothingFound(result, session);
    const better = result.best !== null || session === null || pattern !== undefined;
    if (better) await preview();
    if (session === null) return this.offerConnection();
    if (better) return;
    const chosen = await vscode.window.showInformationMessage(result.reason, 'Show Rewrites');
    if (chosen) await preview();
  }

  private async sayNothingFound(result: Optimization, session: OpenSession | null): Promise<void> {
    const buttons = [
      ...(session === null ? ['Choose Database'] : []),
      ...(result.refuted.length > 0 ? ['Show Counterexamples'] : []),
    ];
    const advice =
      session === null
        ? ' No database is chosen for this file: with its keys and NOT NULL columns known, more can be rewritten.'
        : '';
    const chosen = await vscode.window.showInformationMessage(`${result.reason}${advice}`, ...buttons);
    if (chosen === 'Choose Database') await vscode.commands.executeCommand(COMMANDS.chooseConnection);
    if (chosen === 'Show Counterexamples') {
      const text = counterexamplesText(result);
      const uri = await this.parts.shown.text('Counterexamples.sql', text, PREVIEW_LANGUAGE);
      await vscode.window.showTextDocument(uri, { viewColumn: vscode.ViewColumn.Beside });
    }
  }

  private async offerConnection(): Promise<void> {
    const chosen = await vscode.window.showInformationMessage(
      'These rewrites were not measured and not compared on data, because no database is chosen for this file.',
      'Choose Database',
    );
    if (chosen) await vscode.commands.executeCommand(COMMANDS.chooseConnection);
  }
}
