/** The committed version of a file, through the editor's built-in git extension. */
import * as vscode from 'vscode';

export type CommittedText =
  | { readonly kind: 'text'; readonly text: string }
  /** what is missing and what to do, in sentences for the user */
  | { readonly kind: 'none'; readonly message: string };

/** The parts of the git extension's interface (version 1, its `git.d.ts`) that are used here. */
interface GitExtension {
  readonly enabled: boolean;
  getAPI(version: 1): GitApi;
}

interface GitApi {
  readonly state: 'uninitialized' | 'initialized';
  readonly onDidChangeState: vscode.Event<unknown>;
  getRepository(uri: vscode.Uri): GitRepository | null;
  openRepository?(root: vscode.Uri): Promise<GitRepository | null>;
}

interface GitRepository {
  readonly state: { readonly HEAD: { readonly commit?: string } | undefined };
  status(): Promise<void>;
  show(ref: string, path: string): Promise<string>;
}

/** Milliseconds that the git extension gets to look for repositories. */
const INITIALIZE_MS = 10_000;

const none = (message: string): CommittedText => ({ kind: 'none', message });

/**
 * The text of a file in the last commit (HEAD).
 *
 * @param uri of a document
 * @returns never throws: whatever is missing is a message
 */
export async function committedText(uri: vscode.Uri): Promise<CommittedText> {
  if (uri.scheme !== 'file' && uri.scheme !== 'vscode-remote') {
    return none(
      'This document is not saved as a file, so git has no version of it. Save it into a repository.',
    );
  }
  try {
    const api = await gitApi();
    if (typeof api === 'string') return none(api);
    const repository = api.getRepository(uri) ?? (await openedRepository(api, uri));
    if (!repository) {
      return none(
        'This file is not in a git repository that is open here. Open its repository, or choose another statement of the file.',
      );
    }
    return await headOf(repository, uri);
  } catch (error) {
    return none(`Git could not be asked: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function gitApi(): Promise<GitApi | string> {
  const extension = vscode.extensions.getExtension<GitExtension>('vscode.git');
  if (!extension) {
    return 'The editor’s git extension is not there. Enable the built-in extension “Git”, or choose another statement of the file.';
  }
  const exported = await extension.activate();
  if (!exported.enabled) {
    return 'Git is turned off or not installed. Turn on the setting “git.enabled” and install git, or choose another statement of the file.';
  }
  const api = exported.getAPI(1);
  await initialized(api);
  return api;
}

/** A repository that the editor did not find by itself: one of the folders above the file. */
async function openedRepository(api: GitApi, uri: vscode.Uri): Promise<GitRepository | null> {
  if (!api.openRepository) return null;
  const folder = vscode.workspace.getWorkspaceFolder(uri);
  return folder ? api.openRepository(folder.uri) : null;
}

async function headOf(repository: GitRepository, uri: vscode.Uri): Promise<CommittedText> {
  if (repository.state.HEAD === undefined) await repository.status();
  if (repository.state.HEAD?.commit === undefined) {
    return none('The repository has no commit yet. Commit the file first, then change the statement.');
  }
  try {
    return { kind: 'text', text: await repository.show('HEAD', uri.fsPath) };
  } catch (error) {
    if (!isMissingFile(error)) throw error;
    return none(
      'This file is not in the last commit. Commit it first, or choose another statement of the file.',
    );
  }
}

/** What git and its extension, in their versions, say of a path that a commit does not have. */
function isMissingFile(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { message, stderr, gitErrorCode } = error as Readonly<Record<string, unknown>>;
  if (gitErrorCode === 'UnknownPath' || gitErrorCode === 'WrongCase') return true;
  return /relative path not found|exists on disk, but not in|does not exist in/i.test(`${message} ${stderr}`);
}

function initialized(api: GitApi): Promise<void> {
  if (api.state === 'initialized') return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      subscription.dispose();
      resolve();
    };
    const timer = setTimeout(done, INITIALIZE_MS);
    const subscription = api.onDidChangeState(() => {
      if (api.state === 'initialized') done();
    });
  });
}
