/** The profiles of all scopes, their passwords, and the changes that the user makes to them. */
import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import type { Log } from '../log.ts';
import { SETTINGS } from '../product.ts';
import { affects } from '../settings.ts';
import {
  type ConnectionProfile,
  EMPTY_DRAFT,
  newId,
  type ProfileDraft,
  type ProfileSecrets,
  readProfiles,
  secretName,
  toSetting,
} from './profile.ts';
import { sshSecretName } from './profile-ssh.ts';

const SETTING = 'connections';
const SAMPLE_USED = 'sampleUsed';
export const SAMPLE_KEY = 'sample:shop';

export class Profiles implements vscode.Disposable {
  private readonly context: vscode.ExtensionContext;
  private readonly log: Log;
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly subscriptions: vscode.Disposable[] = [this.changed];
  private read: readonly ConnectionProfile[] | null = null;
  /** something about the profiles, or about which of them exist, changed */
  readonly onDidChange = this.changed.event;

  constructor(context: vscode.ExtensionContext, log: Log) {
    this.context = context;
    this.log = log;
    const forget = (): void => {
      this.read = null;
      this.changed.fire();
    };
    this.subscriptions.push(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (affects(event, SETTING)) forget();
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(forget),
    );
  }

  /** What the tree lists: the sample once it was used, then the user's profiles, then the workspace's. */
  listed(): readonly ConnectionProfile[] {
    return this.sampleUsed ? [this.sample, ...this.configured()] : this.configured();
  }

  /** What can be chosen: the sample comes first, used or not. */
  choices(): readonly ConnectionProfile[] {
    return [this.sample, ...this.configured()];
  }

  find(key: string): ConnectionProfile | null {
    return this.choices().find((profile) => profile.key === key) ?? null;
  }

  get sampleUsed(): boolean {
    return this.context.globalState.get<boolean>(SAMPLE_USED) ?? false;
  }

  async setSampleUsed(used: boolean): Promise<void> {
    if (used === this.sampleUsed) return;
    await this.context.globalState.update(SAMPLE_USED, used);
    this.changed.fire();
  }

  get sample(): ConnectionProfile {
    return {
      ...EMPTY_DRAFT,
      key: SAMPLE_KEY,
      id: 'shop',
      scope: 'sample',
      name: 'Sample shop',
      engine: 'embedded',
      init: this.sampleScript(),
      readOnly: true,
    };
  }

  /** @returns the new profile; its secrets, if any, go to the secret storage before the settings are written */
  async add(
    draft: ProfileDraft,
    scope: 'user' | 'workspace',
    secrets: ProfileSecrets,
  ): Promise<ConnectionProfile> {
    const entries = this.entries(scope);
    const id = newId(draft.name, entries.map(idOf));
    const profile: ConnectionProfile = { ...draft, id, scope, key: `${scope}:${id}` };
    await this.storeSecrets(profile, secrets);
    await this.write(scope, [...entries, toSetting(id, draft)]);
    return profile;
  }

  /**
   * Change a profile.
   *
   * @param password the new one; null deletes it; undefined keeps the stored one as long as host, user and the rest of
   *   what it is bound to stay the same
   * @param sshSecret a new one for the jump host; undefined keeps the stored one in the same way
   */
  async update(
    profile: ConnectionProfile,
    draft: ProfileDraft,
    password?: string | null,
    sshSecret?: string,
  ): Promise<ConnectionProfile> {
    if (profile.scope === 'sample') return profile;
    const changed: ConnectionProfile = { ...profile, ...draft };
    const [before, after] = [secretName(profile), secretName(changed)];
    if (before !== after || password === null) await this.context.secrets.delete(before);
    if (typeof password === 'string') await this.context.secrets.store(after, password);
    await this.changeSshSecret(profile, changed, sshSecret);
    const entries = this.entries(profile.scope);
    await this.write(
      profile.scope,
      entries.map((entry) => (idOf(entry) === profile.id ? toSetting(profile.id, draft) : entry)),
    );
    return changed;
  }

  /** Remove a profile with its password. */
  async remove(profile: ConnectionProfile): Promise<void> {
    if (profile.scope === 'sample') return this.setSampleUsed(false);
    await this.context.secrets.delete(secretName(profile));
    await this.write(
      profile.scope,
      this.entries(profile.scope).filter((entry) => idOf(entry) !== profile.id),
    );
    await this.changeSshSecret(profile, { ...profile, ssh: null }, undefined);
  }

  /** What the secret storage holds for a profile. */
  async secrets(profile: ConnectionProfile): Promise<ProfileSecrets> {
    const { secrets } = this.context;
    const { ssh, scope } = profile;
    return {
      password: (await secrets.get(secretName(profile))) ?? null,
      ssh: ssh ? ((await secrets.get(sshSecretName(scope, ssh))) ?? null) : null,
    };
  }

  /** Keep what is given of a profile's secrets. */
  async storeSecrets(profile: ConnectionProfile, { password, ssh }: ProfileSecrets): Promise<void> {
    if (password !== null) await this.context.secrets.store(secretName(profile), password);
    if (profile.ssh && ssh !== null) {
      await this.context.secrets.store(sshSecretName(profile.scope, profile.ssh), ssh);
    }
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  /** The secret of a jump host goes with the last connection that uses it. */
  private async changeSshSecret(
    before: ConnectionProfile,
    after: ConnectionProfile,
    secret: string | undefined,
  ): Promise<void> {
    const name = ({ scope, ssh }: ConnectionProfile) => (ssh ? sshSecretName(scope, ssh) : null);
    const [old, now] = [name(before), name(after)];
    const others = this.configured().filter(({ key }) => key !== before.key);
    if (old !== null && old !== now && !others.some((other) => name(other) === old)) {
      await this.context.secrets.delete(old);
    }
    if (now !== null && secret !== undefined) await this.context.secrets.store(now, secret);
  }

  private configured(): readonly ConnectionProfile[] {
    if (this.read) return this.read;
    const scopes = vscode.workspace.isTrusted ? (['user', 'workspace'] as const) : (['user'] as const);
    const all = scopes.map((scope) => readProfiles(this.value(scope), scope));
    for (const problem of all.flatMap((each) => each.problems)) this.log.warn(problem);
    this.read = all.flatMap((each) => each.profiles);
    return this.read;
  }

  private value(scope: 'user' | 'workspace'): unknown {
    const inspected = vscode.workspace.getConfiguration(SETTINGS).inspect<unknown>(SETTING);
    return scope === 'user' ? inspected?.globalValue : inspected?.workspaceValue;
  }

  private entries(scope: 'user' | 'workspace'): readonly unknown[] {
    const value = this.value(scope);
    return Array.isArray(value) ? value : [];
  }

  private async write(scope: 'user' | 'workspace', entries: readonly unknown[]): Promise<void> {
    const place = scope === 'user' ? vscode.ConfigurationTarget.Global : vscode.ConfigurationTarget.Workspace;
    const value = entries.length > 0 ? entries : undefined;
    await vscode.workspace.getConfiguration(SETTINGS).update(SETTING, value, place);
  }

  /** The workspace's own sample when it is opened (and trusted), so that edits to it count; else the packaged one. */
  private sampleScript(): string {
    const folders = vscode.workspace.isTrusted ? (vscode.workspace.workspaceFolders ?? []) : [];
    const own = folders
      .filter((folder) => folder.uri.scheme === 'file')
      .flatMap((folder) => [
        vscode.Uri.joinPath(folder.uri, 'examples', 'shop', 'shop.sql').fsPath,
        vscode.Uri.joinPath(folder.uri, 'shop.sql').fsPath,
      ])
      .find((file) => existsSync(file));
    return own ?? vscode.Uri.joinPath(this.context.extensionUri, 'examples', 'shop', 'shop.sql').fsPath;
  }
}

function idOf(entry: unknown): string {
  const id = typeof entry === 'object' && entry !== null && 'id' in entry ? entry.id : null;
  return typeof id === 'string' ? id : '';
}
