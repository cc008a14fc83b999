/** Opening a profile's database: paths, password, and asking for it when the server wants one. */
import path from 'node:path';
import * as vscode from 'vscode';
import { type Database, DatabaseError } from '../../core/database.ts';
import type { HostKeyTrust } from '../../databases/ssh/host-keys.ts';
import { SSH_PASSPHRASE_CODE, SSH_SIGN_IN_CODE } from '../../databases/ssh/sign-in.ts';
import type { Log } from '../log.ts';
import {
  type ConnectionProfile,
  type ProfileDraft,
  type ProfileSecrets,
  toConnectionSettings,
  withoutSecrets,
} from './profile.ts';
import type { Profiles } from './profiles.ts';
import type { OpenDatabase, OpenRequest } from './sessions.ts';

const CONNECT_TIMEOUT_MS = 20_000;
/** Starting the embedded database means filling it too. */
const EMBEDDED_TIMEOUT_MS = 180_000;

/** Opens databases for {@link Sessions}; the drivers are loaded at the first call. */
export function profileOpener(profiles: Profiles, hostKeys: HostKeyTrust, log: Log): OpenDatabase {
  return async (profile, request) => {
    let secrets = await profiles.secrets(profile);
    for (let attempt = 0; ; attempt++) {
      try {
        const database = await openDraft(profile, secrets, request, { hostKeys, log });
        if (attempt > 0) await profiles.storeSecrets(profile, secrets);
        return database;
      } catch (error) {
        if (!DatabaseError.is(error, 'authentication') || request.signal.aborted) throw error;
        const entered = await askSecret(profile, error);
        if (entered === undefined) throw error;
        secrets = { ...secrets, ...entered };
      }
    }
  };
}

/** What another attempt needs; undefined when nothing that could be entered helps, or the user gave up. */
async function askSecret(
  profile: ConnectionProfile,
  { code, message }: DatabaseError,
): Promise<Partial<ProfileSecrets> | undefined> {
  const { ssh } = profile;
  if (ssh && (code === SSH_PASSPHRASE_CODE || code === SSH_SIGN_IN_CODE)) {
    if (code === SSH_SIGN_IN_CODE && ssh.keyFile !== null) return undefined;
    const what = ssh.keyFile === null ? `password of ${ssh.user || 'the user'} on ${ssh.host}` : 'passphrase';
    const entered = await askPassword(`SSH password for ${profile.name}`, message, what);
    return entered === undefined ? undefined : { ssh: entered };
  }
  const what = `password of ${profile.user || 'the user'} on ${profile.host}`;
  const entered = await askPassword(`Password for ${profile.name}`, message, what);
  return entered === undefined ? undefined : { password: entered };
}

/** Open a database that need not be saved yet. @throws DatabaseError */
export async function openDraft(
  draft: ProfileDraft,
  secrets: ProfileSecrets,
  request: OpenRequest,
  { hostKeys, log }: { readonly hostKeys: HostKeyTrust; readonly log: Log },
): Promise<Database> {
  const { openDatabase } = await import('../../databases/open-database.ts');
  return openDatabase(toConnectionSettings(withAbsoluteFiles(draft), secrets), {
    hostKeys,
    signal: request.signal,
    timeoutMs: draft.engine === 'embedded' ? EMBEDDED_TIMEOUT_MS : CONNECT_TIMEOUT_MS,
    onProgress: (message: string) => {
      log.info(message);
      request.onProgress(message);
    },
  });
}

/** File names of a profile are relative to the first workspace folder, `~` is the home folder. */
export function withAbsoluteFiles<T extends ProfileDraft>(draft: T): T {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const base = folder?.scheme === 'file' ? folder.fsPath : null;
  const absolute = (file: string | null): string | null => {
    if (file === null) return null;
    const home = process.env['HOME'] ?? process.env['USERPROFILE'];
    if (home !== undefined && /^~[/\\]/.test(file)) return path.join(home, file.slice(2));
    return base === null ? file : path.resolve(base, file);
  };
  return {
    ...draft,
    caFile: absolute(draft.caFile),
    certificateFile: absolute(draft.certificateFile),
    keyFile: absolute(draft.keyFile),
    directory: absolute(draft.directory),
    init: absolute(draft.init),
    ssh: draft.ssh ? { ...draft.ssh, keyFile: absolute(draft.ssh.keyFile) } : null,
  };
}

async function askPassword(title: string, problem: string, placeHolder: string): Promise<string | undefined> {
  return vscode.window.showInputBox({
    title,
    prompt: `${withoutSecrets(problem)} It is kept in the editor’s secret storage.`,
    placeHolder,
    password: true,
    ignoreFocusOut: true,
  });
}
