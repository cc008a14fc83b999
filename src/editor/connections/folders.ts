/** Which connection the files of a folder work with, as settings say it; without an editor. */
import type { ProfileScope } from './profile.ts';

/** From a settings file: the folder's path, and the connection's key or id. */
export type FolderConnections = Readonly<Record<string, unknown>>;

/** One workspace folder and what its settings say. */
export interface FolderRules {
  /** the user's: absolute paths, and keys of any connection */
  readonly user: FolderConnections;
  /** the workspace's: paths below the workspace folder, and ids of connections of the same settings */
  readonly workspace: FolderConnections;
  /** the path of the workspace folder, null outside of one */
  readonly root: string | null;
}

/**
 * The key of the connection for a file: of the deepest folder that is named, the user's word before the workspace's.
 * What a workspace says can only lead to connections of the same workspace: a repository cannot send its files'
 * statements to a server of the user's.
 *
 * @param file its path, with `/`
 */
export function connectionOfFolder(file: string, { user, workspace, root }: FolderRules): string | null {
  const rules = [
    ...entries(user).map(([folder, key]) => ({ folder: clean(folder), key, rank: 1 })),
    ...(root === null ? [] : entries(workspace)).flatMap(([folder, id]) =>
      isBelow(folder) ? [{ folder: clean(`${root}/${folder}`), key: `workspace:${id}`, rank: 0 }] : [],
    ),
  ].filter(({ folder }) => file.startsWith(folder === '/' ? '/' : `${folder}/`));
  rules.sort((a, b) => b.folder.length - a.folder.length || b.rank - a.rank);
  return rules[0]?.key ?? null;
}

/**
 * Where a choice for a folder is written: the workspace's settings for a connection of theirs, else the user's.
 *
 * @param folder its path, with `/`
 */
export function folderEntry(
  folder: string,
  profile: { readonly scope: ProfileScope; readonly id: string; readonly key: string },
  root: string | null,
): { readonly scope: 'user' | 'workspace'; readonly path: string; readonly value: string } {
  const path = clean(folder);
  const base = root === null ? null : clean(root);
  if (profile.scope === 'workspace' && base !== null && (path === base || path.startsWith(`${base}/`))) {
    return { scope: 'workspace', path: path.slice(base.length + 1) || '.', value: profile.id };
  }
  return { scope: 'user', path, value: profile.key };
}

function entries(rules: FolderConnections): readonly (readonly [string, string])[] {
  return Object.entries(rules).flatMap(([folder, key]) => (typeof key === 'string' ? [[folder, key]] : []));
}

function clean(folder: string): string {
  const path = folder
    .replaceAll('\\', '/')
    .split('/')
    .filter((part) => part !== '.')
    .join('/')
    .replace(/\/+/g, '/');
  return path.length > 1 ? path.replace(/\/$/, '') : path;
}

/** A path of a workspace's settings stays in the workspace. */
function isBelow(folder: string): boolean {
  return !folder.startsWith('/') && !folder.split(/[/\\]/).includes('..');
}
