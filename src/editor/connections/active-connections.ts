/** Which connection a file works with: its own choice, else what was last chosen in this workspace. */
import * as vscode from 'vscode';
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
  private readonly subscription: vscode.Disposable;
  readonly onDidChange = this.changed.event;

  constructor(state: vscode.Memento, profiles: Profiles) {
    this.state = state;
    this.profiles = profiles;
    this.subscription = profiles.onDidChange(() => this.changed.fire());
  }

  /** The connection of a document, null when none is chosen or the chosen one is gone. */
  of(uri: vscode.Uri): ConnectionProfile | null {
    const key = this.byFile()[uri.toString()] ?? this.state.get<string>(LAST);
    return key === undefined || key === NONE ? null : this.profiles.find(key);
  }

  /** @param key of a profile; null for no connection */
  async choose(uri: vscode.Uri | undefined, key: string | null): Promise<void> {
    if (uri) {
      const { [uri.toString()]: _, ...others } = this.byFile();
      const kept = Object.entries(others).slice(-(MOST_FILES - 1));
      await this.state.update(BY_FILE, Object.fromEntries([...kept, [uri.toString(), key ?? NONE]]));
    }
    if (key !== null || !uri) await this.state.update(LAST, key ?? undefined);
    this.changed.fire();
  }

  dispose(): void {
    this.subscription.dispose();
    this.changed.dispose();
  }

  private byFile(): Readonly<Record<string, string>> {
    return this.state.get<Record<string, string>>(BY_FILE) ?? {};
  }
}
