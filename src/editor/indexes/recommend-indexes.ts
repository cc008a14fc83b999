/**
 * "Recommend Indexes": what is missing and what is needless on a connection, as a read-only document. Its statements are
 * shown, never run.
 */
import * as vscode from 'vscode';
import type { ActiveConnections } from '../connections/active-connections.ts';
import type { ConnectionCommands } from '../connections/connection-commands.ts';
import type { ConnectionProfile } from '../connections/profile.ts';
import type { OpenSession, Sessions } from '../connections/sessions.ts';
import type { ShownDocuments } from '../diff/shown-documents.ts';
import type { Log } from '../log.ts';
import { withCancellableProgress } from '../progress.ts';
import { report } from '../report.ts';
import { optimizeSettings } from '../settings.ts';
import { isSqlDocument } from '../statements/sql-languages.ts';

export interface RecommendParts {
  readonly connections: ConnectionCommands;
  readonly active: ActiveConnections;
  readonly sessions: Sessions;
  readonly shown: ShownDocuments;
  readonly log: Log;
}

/** What indexes are looked for. */
interface Source {
  /** null: what the server has counted */
  readonly document: vscode.TextDocument | null;
}

/** @param argument a row of the tree of connections; without one that of the active file, else one that the user chooses */
export async function recommendIndexes(parts: RecommendParts, argument: unknown): Promise<void> {
  const { connections, active, sessions, shown, log } = parts;
  const document = vscode.window.activeTextEditor?.document;
  const file = document && isSqlDocument(document) && document.getText().trim() !== '' ? document : null;
  const ofFile = argument === undefined && file ? active.of(file.uri) : null;
  const profile = ofFile ?? (await connections.profileOf(argument));
  if (!profile) return;
  const source = await chooseSource(file);
  if (!source) return;
  try {
    const text = await withCancellableProgress('SQL Optimizer: indexes', async (signal, say) => {
      const session = await sessions.open(profile, { signal, onProgress: say });
      return sessions.use(session, (open) => advise(open, profile, source, signal, say));
    });
    const name = `Indexes of ${profile.name.replaceAll(/[/\\?#]/g, ' ')}.sql`;
    await vscode.window.showTextDocument(await shown.text(name, text, 'sql'), { preview: false });
  } catch (error) {
    void report(log, error, { what: 'Looking for indexes', connection: profile.key });
  }
}

/** The statements of the active file, or the server's; undefined when the user goes away. */
async function chooseSource(file: vscode.TextDocument | null): Promise<Source | undefined> {
  if (!file) return { document: null };
  const name = file.uri.path.split('/').at(-1) ?? 'the active file';
  const items = [
    {
      label: `The statements of ${name}`,
      detail: 'A comment “-- calls: 120” above a statement gives its weight',
      source: { document: file },
    },
    {
      label: 'What the server has counted',
      detail: 'The statements that cost the most, with their calls',
      source: { document: null },
    },
  ];
  const chosen = await vscode.window.showQuickPick(items, { title: 'Indexes for which statements?' });
  return chosen?.source;
}

async function advise(
  { database }: OpenSession,
  profile: ConnectionProfile,
  source: Source,
  signal: AbortSignal,
  say: (message: string) => void,
): Promise<string> {
  const [
    { adviseOnIndexes },
    { DEFAULT_MIN_SAVING_PCT },
    { adviceText },
    { workloadFromTexts, workloadOfServer },
  ] = await Promise.all([
    import('../../core/indexes/advise.ts'),
    import('../../core/indexes/advice-request.ts'),
    import('../../core/indexes/advice-text.ts'),
    import('../../core/indexes/workload.ts'),
  ]);
  const { timeoutMs } = optimizeSettings(source.document?.uri);
  // indexes may have come and gone since the session began
  say('Reading the tables and indexes');
  const catalog = await database.readCatalog({ signal });
  const { workload, note } = source.document
    ? { workload: await workloadFromTexts([source.document.getText()], catalog, signal), note: undefined }
    : await workloadOfServer(database, catalog, { timeoutMs, signal });
  const advice = await adviseOnIndexes({
    ...{ catalog, database, workload, workloadNote: note, timeoutMs, signal },
    options: { whatIf: 'auto', budgetBytes: null, most: null, minSavingPct: DEFAULT_MIN_SAVING_PCT },
    onProgress: say,
  });
  return adviceText(advice, profile.name);
}
