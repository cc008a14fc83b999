/** Opening a profile's database: paths, password, and asking for it when the server wants one. */
import path from 'node:path';
import * as vscode from 'vscode';
import { type Database, DatabaseError } from '../../core/database.ts';
import type { Log } from '../log.ts';
import {
  type ConnectionProfile,
  type ProfileDraft,
  toConnectionSettings,
  withoutSecrets,
} from './profile.ts';
import type { Profiles } from './profiles.ts';
import type { OpenDatabase, OpenRequest } from './sessions.ts';

const CONNECT_TIMEOUT_MS = 20_000;
/** Starting the embedded database means filling it too. */
const EMBEDDED_TIMEOUT_MS = 180_000;

/** Opens databases for {@link Sessions}; the drivers are loaded at the first call. */
export function profileOpener(profiles: Profiles, log: Log): OpenDatabase {
  return async (profile, request) => {
    let password = await profiles.password(profile);
    for (let attempt = 0; ; attempt++) {
      try {
        const database = await openDraft(profile, password, request, log);
        if (attempt > 0 && password !== null) await profiles.storePassword(profile, password);
        return database;
      } catch (error) {
        if (!DatabaseError.is(error, 'authentication') || request.signal.aborted) throw error;
        const entered = await askPassword(profile, error.message);
        if (entered === undefined) throw error;
        password = entered;
      }
    }
  };
}

/** Open a database that need not be saved yet. @throws DatabaseError */
export async function openDraft(
  draft: ProfileDraft,
  password: string | null,
  request: OpenRequest,
  log: Log,
): Promise<Database> {
  const { openDatabase } = await import('../../databases/open-database.ts');
  return openDatabase(toConnectionSettings(withAbsoluteFiles(draft), password), {
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
  };
}

async function askPassword(profile: ConnectionProfile, problem: string): Promise<string | undefined> {
  return vscode.window.showInputBox({
    title: `Password for ${profile.name}`,
    prompt: `${withoutSecrets(problem)} It is kept in the editor’s secret storage.`,
    placeHolder: `password of ${profile.user || 'the user'} on ${profile.host}`,
    password: true,
    ignoreFocusOut: true,
  });
}
