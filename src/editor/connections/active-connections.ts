/**
 * Which connection a file works with: its own choice, else its folder's, else what was last chosen in this workspace.
 */
import * as vscode from 'vscode';
import { SETTINGS } from '../product.ts';
import { affects, folderConnections } from '../settings.ts';
import { connectionOfFolder, folderEntry } from './folders.ts';
import type { ConnectionProfile } from './profile.ts';
import type { Profiles } from './profiles.ts';

const BY_FILE = 'connectionByFile';
const LAST = 'lastConnection';
/** Files whose choice is remembered; older ones fall back to the workspace's. */
const MOST_FILES = 500;
/** A file that shall have no connection although the workspace has one. */
const NONE = 'none';

export class ActiveConnections implements vscode.Disposable {
  private readonly state: vscode.Memento;
  private readonly profiles: Profiles;
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly subscriptions: readonly vscode.Disposable[];
  readonly onDidChange = this.changed.event;

  constructor(state: vscode.Memento, profiles: Profiles) {
    this.state = state;
    this.profiles = profiles;
    this.subscriptions = [
      profiles.onDidChange(() => this.changed.fire()),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (affects(event, 'connectionByFolder')) this.changed.fire();
      }),
    ];
  }

  /** The connection of a document, null when none is chosen or the chosen one is gone. */
  of(uri: vscode.Uri): ConnectionProfile | null {
    const key = this.byFile()[uri.toString()] ?? ofFolder(uri) ?? this.state.get<string>(LAST);
    return key === undefined || key === NONE ? null : this.profiles.find(key);
  }

  /** @param key of a profile; null for no connection */
  async choose(uri: vscode.Uri | undefined, key: string | null): Promise<void> {
    if (uri) await this.remember(uri, key ?? NONE);
    if (key !== null || !uri) await this.state.update(LAST, key ?? undefined);
    this.changed.fire();
  }

  /** Use a connection for one document, whatever others use. @param key of a profile; null forgets the choice */
  async bind(uri: vscode.Uri, key: string | null): Promise<void> {
    await this.remember(uri, key);
    this.changed.fire();
  }

  /**
   * Use a connection for the files below a folder; those that have a choice of their own keep it.
   *
   * @param profile null forgets the folder's connection
   */
  async chooseForFolder(folder: vscode.Uri, profile: ConnectionProfile | null): Promise<void> {
    const root = vscode.workspace.getWorkspaceFolder(folder)?.uri.path ?? null;
    const { user, workspace } = folderConnections();
    if (profile) {
      const { scope, path, value } = folderEntry(folder.path, profile, root);
      await write(scope, { ...(scope === 'user' ? user : workspace), [path]: value });
      return;
    }
    const place = { key: '', id: '' };
    const own = folderEntry(folder.path, { ...place, scope: 'user' }, root).path;
    const shared = folderEntry(folder.path, { ...place, scope: 'workspace' }, root).path;
    if (own in user) await write('user', without(user, own));
    if (shared in workspace) await write('workspace', without(workspace, shared));
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    this.changed.dispose();
  }

  private async remember(uri: vscode.Uri, key: string | null): Promise<void> {
    const { [uri.toString()]: _, ...others } = this.byFile();
    const kept = Object.entries(others).slice(-(MOST_FILES - 1));
    const own = key === null ? [] : [[uri.toString(), key] as const];
    await this.state.update(BY_FILE, Object.fromEntries([...kept, ...own]));
  }

  private byFile(): Readonly<Record<string, string>> {
    return this.state.get<Record<string, string>>(BY_FILE) ?? {};
  }
}

function ofFolder(uri: vscode.Uri): string | null {
  const root = vscode.workspace.getWorkspaceFolder(uri)?.uri.path ?? null;
  return connectionOfFolder(uri.path, { ...folderConnections(), root });
}

function without(entries: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entries).filter(([key]) => key !== name));
}

async function write(scope: 'user' | 'workspace', entries: Readonly<Record<string, unknown>>): Promise<void> {
  const place = scope === 'user' ? vscode.ConfigurationTarget.Global : vscode.ConfigurationTarget.Workspace;
  const value = Object.keys(entries).length > 0 ? entries : undefined;
  await vscode.workspace.getConfiguration(SETTINGS).update('connectionByFolder', value, place);
}
