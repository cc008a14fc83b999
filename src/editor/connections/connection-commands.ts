/** The commands of connections. */
import * as vscode from 'vscode';
import { parseConnectionUrl, redactUrl } from '../../databases/connection-url.ts';
import { roleSentence } from '../../databases/role-sentence.ts';
import type { Log } from '../log.ts';
import { COMMANDS } from '../product.ts';
import { withCancellableProgress } from '../progress.ts';
import { isCancelled, report } from '../report.ts';
import { isSqlDocument } from '../statements/sql-languages.ts';
import type { ActiveConnections } from './active-connections.ts';
import {
  askChangedConnection,
  askNameAndPlace,
  askNewConnection,
  type ConnectionAnswers,
} from './connection-form.ts';
import { stateText } from './connections-tree.ts';
import { importConnections } from './import-connections.ts';
import { openDraft } from './open-connection.ts';
import {
  type ConnectionProfile,
  fromConnectionSettings,
  PROFILE_COLORS,
  type ProfileDraft,
  type ProfileSecrets,
  target,
} from './profile.ts';
import { type Profiles, SAMPLE_KEY } from './profiles.ts';
import type { OpenSession, Sessions } from './sessions.ts';
import type { TrustedHosts } from './trusted-hosts.ts';

export class ConnectionCommands {
  private readonly profiles: Profiles;
  private readonly sessions: Sessions;
  private readonly active: ActiveConnections;
  private readonly trustedHosts: TrustedHosts;
  private readonly log: Log;

  constructor(
    profiles: Profiles,
    sessions: Sessions,
    active: ActiveConnections,
    trustedHosts: TrustedHosts,
    log: Log,
  ) {
    this.trustedHosts = trustedHosts;
    this.profiles = profiles;
    this.sessions = sessions;
    this.active = active;
    this.log = log;
  }

  register(): vscode.Disposable[] {
    const on = (id: string, run: (argument: unknown) => Promise<unknown>): vscode.Disposable =>
      vscode.commands.registerCommand(id, (argument: unknown) => run(argument));
    const onProfile = (
      id: string,
      run: (profile: ConnectionProfile) => Promise<unknown>,
      only: (profile: ConnectionProfile) => boolean = () => true,
    ): vscode.Disposable =>
      on(id, async (argument) => {
        const profile = await this.profileOf(argument, only);
        if (profile) await run(profile);
      });
    const own = (profile: ConnectionProfile): boolean => profile.scope !== 'sample';
    return [
      on(COMMANDS.addConnection, () => this.add(askNewConnection())),
      on(COMMANDS.addConnectionFromUrl, () => this.addFromUrl()),
      on(COMMANDS.importConnections, () => importConnections(this.profiles, this.log)),
      on(COMMANDS.useSample, () => this.useSample()),
      on(COMMANDS.chooseConnection, () => this.choose()),
      on(COMMANDS.refreshConnections, () => this.refresh()),
      on(COMMANDS.forgetJumpHosts, () => this.trustedHosts.forget()),
      onProfile(COMMANDS.connect, (profile) => this.connect(profile)),
      onProfile(COMMANDS.disconnect, (profile) => this.sessions.close(profile.key)),
      onProfile(COMMANDS.testConnection, (profile) => this.test(profile)),
      onProfile(COMMANDS.useForFile, (profile) => this.use(profile)),
      onProfile(COMMANDS.editConnection, (profile) => this.edit(profile), own),
      onProfile(COMMANDS.removeConnection, (profile) => this.remove(profile)),
      onProfile(COMMANDS.colorConnection, (profile) => this.color(profile), own),
      onProfile(COMMANDS.groupConnection, (profile) => this.group(profile), own),
      onProfile(COMMANDS.showReader, (profile) => this.showReader(profile)),
      on(COMMANDS.useForFolder, (argument) => this.useForFolder(argument)),
      onProfile(COMMANDS.toggleReadOnly, (profile) => this.toggleReadOnly(profile), own),
    ];
  }

  find(key: string): ConnectionProfile | null {
    return this.profiles.find(key);
  }

  /** Let the user choose the connection of the shown SQL file. @returns the choice; null for none or given up */
  async choose(): Promise<ConnectionProfile | null> {
    type Item = vscode.QuickPickItem & { readonly run: () => Promise<ConnectionProfile | null> };
    const document = sqlDocument();
    const current = document ? this.active.of(document.uri) : null;
    const items: Item[] = this.profiles.choices().map((profile) => ({
      label: `$(${profile.engine === 'embedded' ? 'package' : 'database'}) ${profile.name}`,
      description: [target(profile), stateText(this.sessions.state(profile.key))].join(' · '),
      ...(profile.scope === 'sample'
        ? { detail: 'A web shop in the embedded PostgreSQL. Nothing to install, nothing to configure.' }
        : {}),
      picked: profile.key === current?.key,
      run: () => this.use(profile),
    }));
    const separator = { label: '', kind: vscode.QuickPickItemKind.Separator, run: async () => null };
    items.push(
      separator,
      { label: '$(add) Add connection…', run: () => this.add(askNewConnection()) },
      { label: '$(link) Add connection from URL…', run: () => this.addFromUrl() },
      {
        label: '$(desktop-download) Import connections…',
        description: 'from .env files and other extensions',
        run: async () => {
          await importConnections(this.profiles, this.log);
          return null;
        },
      },
    );
    if (current) {
      items.push({
        label: '$(circle-slash) No database for this file',
        run: async () => {
          await this.active.choose(document?.uri, null);
          return null;
        },
      });
    }
    const chosen = await vscode.window.showQuickPick(items, {
      title: 'SQL Optimizer: connection of this file',
      placeHolder: 'Where do the statements of this file run?',
      matchOnDescription: true,
    });
    return chosen ? chosen.run() : null;
  }

  /** Connect with progress; a failure is reported. @returns null when it failed or was cancelled */
  async connect(profile: ConnectionProfile): Promise<OpenSession | null> {
    if (profile.scope === 'sample') await this.profiles.setSampleUsed(true);
    try {
      return await withCancellableProgress(`SQL Optimizer: ${profile.name}`, (signal, say) =>
        this.sessions.open(profile, { signal, onProgress: say }),
      );
    } catch (error) {
      void report(this.log, error, { what: `Connecting to ${profile.name}`, connection: profile.key });
      return null;
    }
  }

  private async use(profile: ConnectionProfile): Promise<ConnectionProfile> {
    if (profile.scope === 'sample') await this.profiles.setSampleUsed(true);
    await this.active.choose(sqlDocument()?.uri, profile.key);
    await this.connect(profile);
    return profile;
  }

  private async useSample(): Promise<void> {
    const sample = this.profiles.find(SAMPLE_KEY);
    if (sample) await this.use(sample);
  }

  private async addFromUrl(): Promise<ConnectionProfile | null> {
    const problemOf = (url: string): string | null => {
      try {
        const read = fromConnectionSettings(parseConnectionUrl(url));
        return typeof read === 'string' ? read : null;
      } catch (error) {
        return error instanceof Error ? redactUrl(error.message) : String(error);
      }
    };
    const url = await vscode.window.showInputBox({
      title: 'Add connection from URL',
      prompt: 'A password in it goes to the editor’s secret storage and nowhere else.',
      placeHolder: 'postgresql://user:password@host:5432/database?sslmode=verify-full',
      ignoreFocusOut: true,
      validateInput: (value) => (value.trim() === '' ? null : problemOf(value)),
    });
    if (url === undefined || url.trim() === '') return null;
    const read = fromConnectionSettings(parseConnectionUrl(url));
    if (typeof read === 'string') return null;
    const { draft, secrets } = read;
    return this.add(
      askNameAndPlace({
        draft,
        password: secrets.password ?? '',
        sshSecret: secrets.ssh ?? undefined,
        scope: 'user',
      }),
    );
  }

  private async add(asked: Promise<ConnectionAnswers | null>): Promise<ConnectionProfile | null> {
    const answers = await asked;
    if (!answers) return null;
    const password = answers.password === undefined || answers.password === '' ? null : answers.password;
    const secrets: ProfileSecrets = { password, ssh: answers.sshSecret ?? null };
    const choice = await this.testBeforeSaving(answers.draft, secrets);
    if (choice === 'cancel') return null;
    if (choice === 'edit') return this.add(askNewConnection(answers.draft));
    const profile = await this.profiles.add(answers.draft, answers.scope, secrets);
    const document = sqlDocument();
    if (choice === 'works') {
      await this.active.choose(document?.uri, profile.key);
      await this.connect(profile);
    }
    return profile;
  }

  private async edit(profile: ConnectionProfile): Promise<void> {
    const answers = await askChangedConnection(profile);
    if (!answers) return;
    const { draft, password, sshSecret } = answers;
    const stays = target(profile) === target(draft) && profile.tls === draft.tls;
    // what is stored for the changed connection: nothing, when it leads elsewhere
    const kept = await this.profiles.secrets({ ...profile, ...draft });
    const choice = await this.testBeforeSaving(draft, {
      password: password ?? (stays ? kept.password : null),
      ssh: sshSecret ?? kept.ssh,
    });
    if (choice === 'cancel') return;
    if (choice === 'edit') return this.edit({ ...profile, ...draft });
    await this.sessions.close(profile.key);
    const changed = await this.profiles.update(profile, draft, password, sshSecret);
    if (choice === 'works') await this.connect(changed);
  }

  /** Try a connection; when it fails, the user decides. */
  private async testBeforeSaving(
    draft: ProfileDraft,
    secrets: ProfileSecrets,
  ): Promise<'works' | 'save' | 'edit' | 'cancel'> {
    const problem = await this.tryOut(draft, secrets);
    if (problem === null) return 'works';
    if (problem === 'cancelled') return 'cancel';
    const chosen = await vscode.window.showWarningMessage(
      `The connection does not work yet: ${problem}`,
      'Change It',
      'Save Anyway',
    );
    return chosen === 'Change It' ? 'edit' : chosen === 'Save Anyway' ? 'save' : 'cancel';
  }

  /** @returns null when it works, else why not */
  private async tryOut(draft: ProfileDraft, secrets: ProfileSecrets): Promise<string | 'cancelled' | null> {
    try {
      await withCancellableProgress(`SQL Optimizer: testing ${draft.name}`, async (signal, say) => {
        const around = { hostKeys: this.trustedHosts, log: this.log };
        const database = await openDraft(draft, secrets, { signal, onProgress: say }, around);
        await database.close();
      });
      return null;
    } catch (error) {
      if (isCancelled(error)) return 'cancelled';
      this.log.error(`Testing ${draft.name} failed`, error);
      return redactUrl(error instanceof Error ? error.message : String(error));
    }
  }

  private async test(profile: ConnectionProfile): Promise<void> {
    const problem = await this.tryOut(profile, await this.profiles.secrets(profile));
    if (problem === null) void vscode.window.showInformationMessage(`${profile.name} works.`);
    else if (problem !== 'cancelled') {
      const chosen = await vscode.window.showErrorMessage(
        `${profile.name} does not work: ${problem}`,
        ...(profile.scope === 'sample' ? [] : ['Edit Connection']),
        'Show Log',
      );
      if (chosen === 'Edit Connection') await this.edit(profile);
      if (chosen === 'Show Log') this.log.show();
    }
  }

  private async remove(profile: ConnectionProfile): Promise<void> {
    if (profile.scope !== 'sample') {
      const chosen = await vscode.window.showWarningMessage(
        `Remove the connection "${profile.name}"?`,
        { modal: true, detail: 'Its password is removed too. The database itself is not touched.' },
        'Remove',
      );
      if (chosen !== 'Remove') return;
    }
    await this.sessions.close(profile.key);
    await this.profiles.remove(profile);
  }

  private async color(profile: ConnectionProfile): Promise<void> {
    const items = [
      ...PROFILE_COLORS.map((color) => ({ label: color, color })),
      { label: 'none', color: null },
    ];
    const chosen = await vscode.window.showQuickPick(items, { title: `Colour of ${profile.name}` });
    if (chosen) await this.profiles.update(profile, { ...profile, color: chosen.color });
  }

  /** Put a connection under a heading of the list. */
  private async group(profile: ConnectionProfile): Promise<void> {
    const names = [...new Set(this.profiles.listed().flatMap(({ group }) => group ?? []))].sort();
    const chosen = await vscode.window.showQuickPick(
      [
        ...names.map((label) => ({ label, group: label, fresh: false })),
        { label: '$(add) New group…', group: null, fresh: true },
        { label: '$(circle-slash) No group', group: null, fresh: false },
      ],
      { title: `Group of ${profile.name}` },
    );
    if (!chosen) return;
    const entered = chosen.fresh
      ? await vscode.window.showInputBox({
          title: 'New group',
          prompt: 'Its name in the list of connections',
        })
      : chosen.group;
    if (entered === undefined) return;
    await this.profiles.update(profile, { ...profile, group: entered?.trim() || null });
  }

  /** Show the statements for a user that may only read. */
  private async showReader(profile: ConnectionProfile): Promise<void> {
    const state = this.sessions.state(profile.key);
    if (state.kind !== 'open' || !state.role) {
      const why = state.kind === 'open' ? 'may only read already' : 'is not connected';
      void vscode.window.showInformationMessage(`${profile.name} ${why}.`);
      return;
    }
    const content = `-- ${roleSentence(state.role)}\n-- Fill in a password and let the server's administrator run this:\n${state.role.ddl}\n`;
    const document = await vscode.workspace.openTextDocument({ language: 'sql', content });
    await vscode.window.showTextDocument(document);
  }

  /** Choose the connection for the files below a folder: the clicked one, else the shown file's. */
  private async useForFolder(argument: unknown): Promise<void> {
    const shown = sqlDocument()?.uri;
    const folder =
      argument instanceof vscode.Uri
        ? argument
        : shown && shown.scheme !== 'untitled'
          ? vscode.Uri.joinPath(shown, '..')
          : vscode.workspace.workspaceFolders?.[0]?.uri;
    if (!folder) return;
    const items = [
      ...this.profiles.choices().map((profile) => ({
        label: profile.name,
        description: target(profile),
        profile,
      })),
      { label: '$(circle-slash) No connection of its own', profile: null },
    ];
    const chosen = await vscode.window.showQuickPick(items, {
      title: `Connection for files under ${vscode.workspace.asRelativePath(folder)}`,
      placeHolder: 'Files that have a connection of their own keep it',
    });
    if (chosen) await this.active.chooseForFolder(folder, chosen.profile);
  }

  private async toggleReadOnly(profile: ConnectionProfile): Promise<void> {
    await this.profiles.update(profile, { ...profile, readOnly: !profile.readOnly });
  }

  /** Read the catalogs of the open connections again. */
  private async refresh(): Promise<void> {
    for (const profile of this.profiles.listed()) {
      const state = this.sessions.state(profile.key);
      if (state.kind !== 'open') continue;
      try {
        await withCancellableProgress(`SQL Optimizer: reading ${profile.name}`, (signal) =>
          this.sessions.refresh(state, signal),
        );
      } catch (error) {
        void report(this.log, error, { what: `Reading ${profile.name}`, connection: profile.key });
      }
    }
  }

  /** The connection that a command is about: that of a tree's row, else one that the user chooses. */
  async profileOf(
    argument: unknown,
    only: (profile: ConnectionProfile) => boolean = () => true,
  ): Promise<ConnectionProfile | null> {
    const key =
      typeof argument === 'object' && argument !== null && 'key' in argument ? argument.key : undefined;
    if (typeof key === 'string') {
      const profile = this.profiles.find(key);
      return profile && only(profile) ? profile : null;
    }
    const items = this.profiles
      .choices()
      .filter(only)
      .map((profile) => ({ label: profile.name, description: target(profile), profile }));
    if (items.length === 0) {
      const chosen = await vscode.window.showInformationMessage(
        'There is no connection yet.',
        'Add Connection',
      );
      if (chosen) await this.add(askNewConnection());
      return null;
    }
    return (await vscode.window.showQuickPick(items, { title: 'Which connection?' }))?.profile ?? null;
  }
}

function sqlDocument(): vscode.TextDocument | undefined {
  const document = vscode.window.activeTextEditor?.document;
  return document && isSqlDocument(document) ? document : undefined;
}
