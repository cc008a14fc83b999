/** "Show What Is Sent to the Model": the exact question about a statement, without asking it. */
import * as vscode from 'vscode';
import type { ActiveConnections } from '../connections/active-connections.ts';
import type { Sessions } from '../connections/sessions.ts';
import type { Log } from '../log.ts';
import { withCancellableProgress } from '../progress.ts';
import { report } from '../report.ts';
import { optimizeSettings } from '../settings.ts';
import type { SqlDocuments } from '../statements/sql-documents.ts';
import { findStatement } from '../statements/statement-reference.ts';
import type { Consent } from './consent.ts';
import type { Models } from './models.ts';

export interface ShowSentParts {
  readonly models: Models;
  readonly consent: Consent;
  readonly documents: SqlDocuments;
  readonly active: ActiveConnections;
  readonly sessions: Sessions;
  readonly log: Log;
}

/** @param argument a statement's reference; without one the statement at the cursor is meant */
export async function showSent(parts: ShowSentParts, argument: unknown): Promise<void> {
  const { models, consent, documents, active, sessions, log } = parts;
  const found = await findStatement(documents, argument);
  if (typeof found === 'string') {
    void vscode.window.showInformationMessage(found);
    return;
  }
  const { document, statement } = found;
  const profile = active.of(document.uri);
  try {
    const nothing = await withCancellableProgress('SQL Optimizer', async (signal, say) => {
      const chosen = await models.chosen(signal);
      const session = profile ? await sessions.open(profile, { signal, onProgress: say }) : null;
      const { captureTask } = await import('../../core/optimizer/capture-task.ts');
      const { timeoutMs } = optimizeSettings(document.uri);
      const task = await captureTask({
        text: statement.text,
        catalog: session?.catalog ?? (await documents.catalog(document)),
        database: session?.database ?? null,
        ...{ timeoutMs, signal },
      });
      if (typeof task === 'string') return task;
      await consent.showSent(chosen, await models.withPast(task), signal);
      return null;
    });
    if (nothing !== null) void vscode.window.showInformationMessage(`Nothing is sent. ${nothing}`);
  } catch (error) {
    void report(log, error, { what: 'Showing what is sent', connection: profile?.key });
  }
}
