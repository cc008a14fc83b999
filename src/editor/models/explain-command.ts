/** "Explain in Plain Words": computed facts as a document, and the model's words for them as they come. */
import * as vscode from 'vscode';
import type { Candidate } from '../../core/optimizer/optimization.ts';
import type { AnalyzedStatement } from '../../core/sql/query-model.ts';
import { ModelError } from '../../models/model-error.ts';
import type { ActiveConnections } from '../connections/active-connections.ts';
import type { ConnectionProfile } from '../connections/profile.ts';
import type { Sessions } from '../connections/sessions.ts';
import type { Previews } from '../diff/previews.ts';
import type { ShownDocuments } from '../diff/shown-documents.ts';
import type { Log } from '../log.ts';
import { SCHEMES } from '../product.ts';
import { type Say, withCancellableProgress } from '../progress.ts';
import { isCancelled, report } from '../report.ts';
import { modelSettings, optimizeSettings } from '../settings.ts';
import type { SqlDocuments } from '../statements/sql-documents.ts';
import { findStatement } from '../statements/statement-reference.ts';
import type { Models } from './models.ts';

export interface ExplainParts {
  readonly models: Models;
  readonly documents: SqlDocuments;
  readonly active: ActiveConnections;
  readonly sessions: Sessions;
  readonly previews: Previews;
  readonly shown: ShownDocuments;
  readonly log: Log;
}

/** What is explained. */
interface Subject {
  readonly document: vscode.TextDocument;
  readonly text: string;
  /** the shown rewrite; null when the statement itself is meant */
  readonly candidate: Candidate | null;
}

export class ExplainCommand {
  private readonly parts: ExplainParts;

  constructor(parts: ExplainParts) {
    this.parts = parts;
  }

  /** @param argument a statement's reference; in a preview the rewrite is meant, else the statement at the cursor */
  async run(argument: unknown): Promise<void> {
    const subject = await this.subject(argument);
    if (typeof subject === 'string') {
      void vscode.window.showInformationMessage(subject);
      return;
    }
    try {
      await withCancellableProgress('SQL Optimizer: explanation', (signal, say) =>
        this.explain(subject, signal, say),
      );
    } catch (error) {
      void report(this.parts.log, error, { what: 'Explaining' });
    }
  }

  private async subject(argument: unknown): Promise<Subject | string> {
    const { previews, documents } = this.parts;
    const preview = previews.open;
    const inPreview = vscode.window.activeTextEditor?.document.uri.scheme === SCHEMES.preview;
    if (inPreview && preview?.candidate) {
      const document = await vscode.workspace.openTextDocument(preview.uri);
      return { document, text: preview.original, candidate: preview.candidate };
    }
    const found = await findStatement(documents, argument);
    if (typeof found === 'string') return found;
    return { document: found.document, text: found.statement.text, candidate: null };
  }

  private async explain(subject: Subject, signal: AbortSignal, say: Say): Promise<void> {
    const { shown } = this.parts;
    const { facts, statement, connection } = await this.facts(subject, signal, say);
    const head = `# Explanation\n\n## Facts\n\n${facts.map((fact) => `- ${fact}`).join('\n')}\n`;
    const uri = await shown.text('Explanation.md', head, 'markdown');
    await vscode.window.showTextDocument(uri, {
      viewColumn: vscode.ViewColumn.Beside,
      preserveFocus: true,
      preview: true,
    });
    if (!modelSettings().enabled) return;
    try {
      const chosen = await this.parts.models.allowed(connection, signal);
      const { explain } = await import('../../models/explain/explain.ts');
      const words = (text: string): string =>
        `${head}\n## In the words of ${chosen.settings.model}\n\n${text}\n`;
      const { maskLiterals: literals, maskIdentifiers: identifiers, model } = chosen.settings;
      const rewrite = subject.candidate?.sql ?? null;
      const result = await explain(
        chosen.provider,
        model,
        { statement, rewrite, facts, masking: { literals, identifiers } },
        { signal, onProgress: say, onText: (text) => shown.update(uri, words(text)) },
      );
      const warning =
        result.unfounded.length > 0
          ? `\n> These figures are the model’s own and in none of the facts: ${result.unfounded.join(', ')}.\n`
          : '';
      shown.update(uri, `${words(result.text)}${warning}`);
    } catch (error) {
      if (isCancelled(error) || ModelError.is(error, 'cancelled')) return;
      if (!ModelError.is(error)) throw error;
      shown.update(uri, `${head}\nNo model words these facts: ${error.message}\n`);
    }
  }

  private async facts(
    { document, text, candidate }: Subject,
    signal: AbortSignal,
    say: Say,
  ): Promise<{
    readonly facts: readonly string[];
    readonly statement: AnalyzedStatement;
    readonly connection: ConnectionProfile | null;
  }> {
    const { active, sessions, documents } = this.parts;
    const [
      { analyzeStatement },
      { numberPlaceholders },
      { planStatement },
      { rewriteFacts, statementFacts },
    ] = await Promise.all([
      import('../../core/sql/analyze.ts'),
      import('../../core/optimizer/parameters.ts'),
      import('../../core/optimizer/plan-statement.ts'),
      import('../../models/explain/facts.ts'),
    ]);
    const profile = active.of(document.uri);
    const session = profile ? await sessions.open(profile, { signal, onProgress: say }) : null;
    const statement = analyzeStatement(text, session?.catalog ?? (await documents.catalog(document)));
    if (candidate) return { facts: rewriteFacts(candidate), statement, connection: profile };
    const bound = numberPlaceholders(statement);
    const { timeoutMs } = optimizeSettings(document.uri);
    const plan =
      session && bound
        ? await sessions.use(session, ({ database }) =>
            planStatement(database, statement, bound, { timeoutMs, signal }).then(({ plan }) => plan),
          )
        : null;
    return { facts: statementFacts(statement, plan), statement, connection: profile };
  }
}
