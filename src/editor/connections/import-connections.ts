/** Connections that other tools have written down in this workspace and in the editor's settings, offered for import. */
import * as vscode from 'vscode';
import type { FoundConnection } from '../../databases/import/from-environment.ts';
import type { ForeignSetting } from '../../databases/import/from-settings.ts';
import type { Log } from '../log.ts';
import { fromConnectionSettings, type ProfileDraft, type ProfileSecrets, target } from './profile.ts';
import type { Profiles } from './profiles.ts';

/** Levels of folders below the workspace's, and folders in all, that are looked through for .env files. */
const DEPTH = 3;
const MOST_FOLDERS = 1000;
/** Bytes of a file that is read. */
const MOST_BYTES = 100_000;
/** Folders that hold other people's files. */
const SKIPPED = /^(\.git|\.hg|\.venv|venv|node_modules|vendor|target|dist|build|out)$/;
/** `.env`, `.env.local`, … but not the templates that hold no real values. */
const ENV_FILE = /^\.env(\.(?!.*(example|sample|template|dist|defaults?)$)[\w.-]+)?$/i;

interface Offer {
  readonly draft: ProfileDraft;
  readonly secrets: ProfileSecrets;
  /** '.env, line 3, DATABASE_URL' */
  readonly place: string;
}

/**
 * Look for connections, let the user choose, and save the chosen ones: their secrets in the secret storage, the rest in
 * the user's settings. Nothing is connected to. Only in a trusted workspace: its files would be the ones to say where
 * a connection leads.
 */
export async function importConnections(profiles: Profiles, log: Log): Promise<void> {
  if (!vscode.workspace.isTrusted) {
    const chosen = await vscode.window.showWarningMessage(
      'Connections are imported from files of trusted workspaces only.',
      'Manage Workspace Trust',
    );
    if (chosen) await vscode.commands.executeCommand('workbench.trust.manage');
    return;
  }
  const { offers, unsupported } = await lookFor(profiles, log);
  if (unsupported.length > 0) log.info(`Not offered for import: ${unsupported.join('; ')}.`);
  if (offers.length === 0) {
    void vscode.window.showInformationMessage(
      'No new connection was found in the .env files of this workspace or in the settings of SQLTools, mssql and pgsql.',
    );
    return;
  }
  const chosen = await vscode.window.showQuickPick(offers.map(item), {
    title: 'Import connections',
    placeHolder: 'Passwords go to the secret storage; nothing is connected to',
    canPickMany: true,
    matchOnDescription: true,
    matchOnDetail: true,
    ignoreFocusOut: true,
  });
  if (!chosen || chosen.length === 0) return;
  for (const { offer } of chosen) await profiles.add(offer.draft, 'user', offer.secrets);
  const names = chosen.map(({ label }) => label).join(', ');
  log.info(`Imported: ${chosen.map(({ offer }) => `${offer.draft.name} (${offer.place})`).join(', ')}.`);
  void vscode.window.showInformationMessage(
    `Imported ${names}. Nothing was connected to; where the connections were found, they are unchanged.`,
  );
}

function item(offer: Offer): vscode.QuickPickItem & { readonly offer: Offer } {
  const { draft, secrets, place } = offer;
  return {
    label: draft.name,
    description: `${draft.engine} ${target(draft)}`,
    detail: `$(file) ${place}${secrets.password === null ? '' : ' · with its password'}`,
    offer,
  };
}

async function lookFor(
  profiles: Profiles,
  log: Log,
): Promise<{ readonly offers: readonly Offer[]; readonly unsupported: readonly string[] }> {
  const [{ distinct }, found] = await Promise.all([
    import('../../databases/import/from-environment.ts'),
    Promise.all([fromEnvFiles(log), fromSettings()]),
  ]);
  const there = new Set(profiles.choices().map((profile) => `${profile.engine} ${target(profile)}`));
  const offers: Offer[] = [];
  const unsupported: string[] = [];
  for (const { name, settings, place } of distinct(found.flat())) {
    const read = fromConnectionSettings(settings);
    if (typeof read === 'string') unsupported.push(`${place} (${settings.engine})`);
    else if (!there.has(`${read.draft.engine} ${target(read.draft)}`)) {
      offers.push({ draft: { ...read.draft, name }, secrets: read.secrets, place });
    }
  }
  return { offers, unsupported };
}

async function fromEnvFiles(log: Log): Promise<readonly FoundConnection[]> {
  const [{ readEnvFile }, { findInEnvironment }] = await Promise.all([
    import('../../databases/import/env-file.ts'),
    import('../../databases/import/from-environment.ts'),
  ]);
  const all: FoundConnection[] = [];
  for (const file of await envFiles()) {
    try {
      const bytes = await vscode.workspace.fs.readFile(file);
      if (bytes.length > MOST_BYTES) continue;
      const name = vscode.workspace.asRelativePath(file);
      for (const found of findInEnvironment(readEnvFile(new TextDecoder().decode(bytes)))) {
        all.push({ ...found, place: `${name}, ${found.place}` });
      }
    } catch (error) {
      log.error(`${vscode.workspace.asRelativePath(file)} could not be read`, error);
    }
  }
  return all;
}

/** The editor's own file search would follow exclusions that often name these very files. */
async function envFiles(): Promise<readonly vscode.Uri[]> {
  const files: vscode.Uri[] = [];
  let folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri);
  let seen = 0;
  for (let depth = 0; depth <= DEPTH && folders.length > 0; depth++) {
    const below: vscode.Uri[] = [];
    for (const folder of folders) {
      if (++seen > MOST_FOLDERS) return files;
      for (const [name, type] of await entries(folder)) {
        const uri = vscode.Uri.joinPath(folder, name);
        if (type === vscode.FileType.Directory && !SKIPPED.test(name)) below.push(uri);
        if ((type & vscode.FileType.File) !== 0 && ENV_FILE.test(name)) files.push(uri);
      }
    }
    folders = below;
  }
  return files;
}

async function entries(folder: vscode.Uri): Promise<readonly [string, vscode.FileType][]> {
  try {
    return await vscode.workspace.fs.readDirectory(folder);
  } catch {
    // a folder that may not be read holds nothing to offer
    return [];
  }
}

async function fromSettings(): Promise<readonly FoundConnection[]> {
  const { FOREIGN_SETTINGS, findInSetting } = await import('../../databases/import/from-settings.ts');
  return (Object.keys(FOREIGN_SETTINGS) as ForeignSetting[]).flatMap((name) => {
    const inspected = vscode.workspace.getConfiguration().inspect<unknown>(name);
    return [inspected?.globalValue, inspected?.workspaceValue, inspected?.workspaceFolderValue].flatMap(
      (value) => findInSetting(name, value),
    );
  });
}
