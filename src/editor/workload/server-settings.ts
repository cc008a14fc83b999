/** "Show Server Settings": what a server is set to and what it takes to change it, as a read-only document. */
import * as vscode from 'vscode';
import type { ConnectionCommands } from '../connections/connection-commands.ts';
import type { Sessions } from '../connections/sessions.ts';
import type { ShownDocuments } from '../diff/shown-documents.ts';
import type { Log } from '../log.ts';
import { withCancellableProgress } from '../progress.ts';
import { report } from '../report.ts';
import { optimizeSettings } from '../settings.ts';

export interface ServerSettingsParts {
  readonly connections: ConnectionCommands;
  readonly sessions: Sessions;
  readonly shown: ShownDocuments;
  readonly log: Log;
}

/** @param argument a row of the tree of connections; without one the user chooses */
export async function showServerSettings(
  { connections, sessions, shown, log }: ServerSettingsParts,
  argument: unknown,
): Promise<void> {
  const profile = await connections.profileOf(argument);
  if (!profile) return;
  try {
    const text = await withCancellableProgress('SQL Optimizer: server settings', async (signal, say) => {
      const session = await sessions.open(profile, { signal, onProgress: say });
      say('Reading what the server is set to');
      const { timeoutMs } = optimizeSettings();
      const [settings, { settingsText }] = await Promise.all([
        sessions.use(session, ({ database }) => database.readServerSettings({ timeoutMs, signal })),
        import('../../core/settings/settings-text.ts'),
      ]);
      const { product, version } = session.database.info;
      return settingsText(settings, profile.name, `${product} ${version.join('.')}`);
    });
    const name = `Settings of ${profile.name.replaceAll(/[/\\?#]/g, ' ')}.txt`;
    await vscode.window.showTextDocument(await shown.text(name, text), { preview: false });
  } catch (error) {
    void report(log, error, { what: 'Reading the server’s settings', connection: profile.key });
  }
}
