/** Plans as documents: of a statement, and of a rewrite beside its original. */
import * as vscode from 'vscode';
import type { ActiveConnections } from '../connections/active-connections.ts';
import type { ConnectionCommands } from '../connections/connection-commands.ts';
import type { ConnectionProfile } from '../connections/profile.ts';
import type { OpenSession, Sessions } from '../connections/sessions.ts';
import type { Previews } from '../diff/previews.ts';
import type { ShownDocuments } from '../diff/shown-documents.ts';
import type { Log } from '../log.ts';
import { withCancellableProgress } from '../progress.ts';
import { report } from '../report.ts';
import { optimizeSettings } from '../settings.ts';
import type { SqlDocuments } from '../statements/sql-documents.ts';
import { findStatement } from '../statements/statement-reference.ts';

export interface PlanParts {
  readonly documents: SqlDocuments;
  readonly active: ActiveConnections;
  readonly sessions: Sessions;
  readonly connections: ConnectionCommands;
  readonly previews: Previews;
  readonly shown: ShownDocuments;
  readonly log: Log;
}

export class PlanCommands {
  private readonly parts: PlanParts;

  constructor(parts: PlanParts) {
    this.parts = parts;
  }

  /** Show how the database would run a statement; without a connection the user is asked for one. */
  async explain(argument: unknown): Promise<void> {
    const { documents, active, connections, shown, log } = this.parts;
    const found = await findStatement(documents, argument);
    if (typeof found === 'string') {
      void vscode.window.showInformationMessage(found);
      return;
    }
    const { document, statement } = found;
    const profile = active.of(document.uri) ?? (await connections.choose());
    if (!profile) return;
    try {
      const { timeoutMs } = optimizeSettings(document.uri);
      const text = await withCancellableProgress('SQL Optimizer: plan', async (signal, say) => {
        const session = await this.parts.sessions.open(profile, { signal, onProgress: say });
        return this.planOf(session, statement.text, timeoutMs, signal);
      });
      const line = document.positionAt(statement.start).line + 1;
      const name = document.uri.path.split('/').at(-1) ?? 'statement';
      const uri = await shown.text(`Plan of ${name} line ${line}.txt`, text);
      await vscode.window.showTextDocument(uri, {
        viewColumn: vscode.ViewColumn.Beside,
        preserveFocus: true,
        preview: true,
      });
    } catch (error) {
      void report(log, error, { what: 'Reading the plan', connection: profile.key });
    }
  }

  /** The plan of the original beside that of the shown rewrite. */
  async compare(): Promise<void> {
    const { previews, shown, log } = this.parts;
    const preview = previews.open;
    const candidate = preview?.candidate;
    if (!preview || !candidate || preview.connection === null) return;
    const profile = this.profile(preview.connection);
    if (!profile) return;
    try {
      const { timeoutMs } = optimizeSettings(preview.uri);
      const [before, after] = await withCancellableProgress('SQL Optimizer: plans', async (signal, say) => {
        const session = await this.parts.sessions.open(profile, { signal, onProgress: say });
        return [
          await this.planOf(session, preview.original, timeoutMs, signal),
          await this.planOf(session, candidate.sql, timeoutMs, signal),
        ] as const;
      });
      const left = await shown.text('Plan before.txt', before);
      const right = await shown.text('Plan after.txt', after);
      await vscode.commands.executeCommand('vscode.diff', left, right, 'Plans: before and after', {
        preview: true,
      } satisfies vscode.TextDocumentShowOptions);
    } catch (error) {
      void report(log, error, { what: 'Comparing the plans', connection: profile.key });
    }
  }

  private profile(key: string): ConnectionProfile | null {
    const state = this.parts.sessions.state(key);
    return state.kind === 'open' ? state.profile : this.parts.connections.find(key);
  }

  private async planOf(
    session: OpenSession,
    statement: string,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<string> {
    const [{ analyzeStatement }, { numberPlaceholders }, { planStatement }, { planText }, { planFindings }] =
      await Promise.all([
        import('../../core/sql/analyze.ts'),
        import('../../core/optimizer/parameters.ts'),
        import('../../core/optimizer/plan-statement.ts'),
        import('../../core/plans/plan-text.ts'),
        import('../../core/plans/plan-findings.ts'),
      ]);
    const analyzed = analyzeStatement(statement, session.catalog);
    const bound = numberPlaceholders(analyzed);
    if (!bound) {
      return 'The statement has template placeholders, so the database cannot plan it. Fill them in to see a plan.\n';
    }
    const { plan, assumed } = await this.parts.sessions.use(session, ({ database }) =>
      planStatement(database, analyzed, bound, { timeoutMs, signal }),
    );
    const findings = planFindings(plan, session.catalog).map(
      (finding) => `\n${finding.node}\n  ${finding.message}\n  ${finding.advice}\n`,
    );
    const generic = bound.parameters > 0 ? 'Planned for any value of its parameters.' : null;
    const said = assumed ?? generic;
    const parameters = said === null ? '' : `${said}\n`;
    return `Estimated by the planner; nothing was executed.\n${parameters}\n${planText(plan)}${findings.join('')}`;
  }
}
