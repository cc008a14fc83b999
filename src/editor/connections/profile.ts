/**
 * Connection profiles as settings hold them, without an editor: reading, checking, writing, and the name under which
 * a profile's password is kept.
 */
import type { ConnectionSettings, TlsMode } from '../../databases/connection-settings.ts';
import {
  fromSshSettings,
  type ProfileSsh,
  type ProfileSshSetting,
  readProfileSsh,
  toSshSetting,
  toSshSettings,
} from './profile-ssh.ts';

export type Engine = 'postgresql' | 'mysql' | 'mariadb' | 'sqlserver' | 'embedded';

/** The engines that are servers, with what their makers choose for a new installation. */
const SERVERS = {
  postgresql: { port: 5432, database: 'postgres', user: 'postgres' },
  mysql: { port: 3306, database: '', user: 'root' },
  mariadb: { port: 3306, database: '', user: 'root' },
  sqlserver: { port: 1433, database: 'master', user: 'sa' },
} as const;

export type ServerEngineName = keyof typeof SERVERS;

export function isServer(engine: string): engine is ServerEngineName {
  return Object.hasOwn(SERVERS, engine);
}

/** The port that servers of an engine listen on when nobody chose another. */
export function defaultPort(engine: Engine): number {
  return isServer(engine) ? SERVERS[engine].port : SERVERS.postgresql.port;
}

/** A draft for another kind of database: what was only proposed so far changes with it. */
export function withEngine(draft: ProfileDraft, engine: Engine): ProfileDraft {
  const before = isServer(draft.engine) ? SERVERS[draft.engine] : SERVERS.postgresql;
  if (!isServer(engine)) return { ...draft, engine };
  const after = SERVERS[engine];
  return {
    ...draft,
    engine,
    port: draft.port === before.port ? after.port : draft.port,
    database: draft.database === before.database ? after.database : draft.database,
    user: draft.user === before.user ? after.user : draft.user,
  };
}

export const TLS_MODES: readonly TlsMode[] = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'];

export type ProfileColor = 'red' | 'orange' | 'yellow' | 'green' | 'blue' | 'purple';

export const PROFILE_COLORS: readonly ProfileColor[] = ['red', 'orange', 'yellow', 'green', 'blue', 'purple'];

/** Where a profile is written down. `sample` is the one that the extension brings. */
export type ProfileScope = 'sample' | 'user' | 'workspace';

/** A connection without its password. */
export interface ConnectionProfile {
  /** unique over all scopes: 'user:orders' */
  readonly key: string;
  /** as in the settings */
  readonly id: string;
  readonly scope: ProfileScope;
  readonly name: string;
  readonly engine: Engine;
  /** '' for the embedded database, as are `user` and `database` */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly tls: TlsMode;
  /** file with the certificates of authorities to trust, null for the system's */
  readonly caFile: string | null;
  /** files with a client certificate and its key */
  readonly certificateFile: string | null;
  readonly keyFile: string | null;
  /** what else the engine knows: '-c search_path=shop', 'applicationIntent=ReadOnly' */
  readonly options: string | null;
  /** the jump host through which the server is reached */
  readonly ssh: ProfileSsh | null;
  /** embedded: folder where its data is kept, null for memory */
  readonly directory: string | null;
  /** embedded: SQL file that fills the database when it starts empty */
  readonly init: string | null;
  readonly color: ProfileColor | null;
  /** under which heading lists show it */
  readonly group: string | null;
  /** nothing that writes is run, not even in a transaction that is rolled back */
  readonly readOnly: boolean;
  /** MySQL, MariaDB: databases for counterexamples may be created on the server; never by a workspace's profile */
  readonly scratchOnServer: boolean;
}

/** A profile as it stands in settings. */
export interface ProfileSetting {
  readonly id: string;
  readonly name: string;
  readonly engine: Engine;
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  readonly user?: string;
  readonly tls?: TlsMode;
  readonly caFile?: string;
  readonly certificateFile?: string;
  readonly keyFile?: string;
  readonly options?: string;
  readonly ssh?: ProfileSshSetting;
  readonly directory?: string;
  readonly init?: string;
  readonly color?: ProfileColor;
  readonly group?: string;
  readonly readOnly?: boolean;
  readonly scratchOnServer?: boolean;
}

/** What the steps of a form or a URL give; a profile before it has a name in the settings. */
export type ProfileDraft = Omit<ConnectionProfile, 'key' | 'id' | 'scope'>;

/** A server on this machine, as its makers ship it. */
export const EMPTY_DRAFT: ProfileDraft = {
  name: '',
  engine: 'postgresql',
  host: 'localhost',
  ...SERVERS.postgresql,
  tls: 'disable',
  caFile: null,
  certificateFile: null,
  keyFile: null,
  options: null,
  ssh: null,
  directory: null,
  init: null,
  color: null,
  group: null,
  readOnly: false,
  scratchOnServer: false,
};

export interface ReadProfiles {
  readonly profiles: readonly ConnectionProfile[];
  /** one sentence for each entry that could not be used, or not fully */
  readonly problems: readonly string[];
}

/**
 * Read profiles from a setting that anyone may have written by hand.
 *
 * @param value the setting's value in one scope
 */
export function readProfiles(value: unknown, scope: 'user' | 'workspace'): ReadProfiles {
  if (value === undefined) return { profiles: [], problems: [] };
  if (!Array.isArray(value)) {
    return { profiles: [], problems: [`The ${scope} setting aiSqlOptimizer.connections is not a list.`] };
  }
  const profiles: ConnectionProfile[] = [];
  const problems: string[] = [];
  for (const [index, entry] of value.entries()) {
    const read = readProfile(entry, scope);
    const place = `Connection ${index + 1} of the ${scope} settings`;
    if (typeof read === 'string') problems.push(`${place} is left out: ${read}.`);
    else if (profiles.some((profile) => profile.id === read.id))
      problems.push(`${place} is left out: the id "${read.id}" is taken.`);
    else profiles.push(read);
    if (isRecord(entry) && ('password' in entry || 'url' in entry)) {
      problems.push(
        `${place} has a "${'password' in entry ? 'password' : 'url'}", which is not read: passwords are asked for and kept in the editor's secret storage. Delete it there.`,
      );
    }
  }
  return { profiles, problems };
}

function readProfile(entry: unknown, scope: 'user' | 'workspace'): ConnectionProfile | string {
  if (!isRecord(entry)) return 'it is not an object';
  const id = text(entry['id']);
  if (id === null || !/^[\w.-]+$/.test(id)) return 'its id must be letters, digits, dots and dashes';
  const engine = entry['engine'] ?? 'postgresql';
  if (typeof engine !== 'string' || (!isServer(engine) && engine !== 'embedded'))
    return `the engine "${String(engine)}" is not supported`;
  const host = text(entry['host']) ?? '';
  if (isServer(engine) && host === '') return 'it has no host';
  const port = entry['port'] ?? defaultPort(engine);
  if (!isPort(port)) return `"${String(port)}" is no port`;
  const tls = entry['tls'] ?? defaultTls(host);
  if (!isOneOf(TLS_MODES, tls)) return `the TLS mode "${String(tls)}" is none of ${TLS_MODES.join(', ')}`;
  const ssh = readProfileSsh(entry['ssh']);
  if (typeof ssh === 'string') return ssh;
  const color = entry['color'];
  return {
    key: `${scope}:${id}`,
    id,
    scope,
    name: text(entry['name']) ?? id,
    engine,
    host,
    port,
    database: text(entry['database']) ?? '',
    user: text(entry['user']) ?? '',
    tls,
    caFile: text(entry['caFile']),
    certificateFile: text(entry['certificateFile']),
    keyFile: text(entry['keyFile']),
    options: text(entry['options']),
    ssh,
    directory: text(entry['directory']),
    init: text(entry['init']),
    color: isOneOf(PROFILE_COLORS, color) ? color : null,
    group: text(entry['group']),
    readOnly: entry['readOnly'] === true,
    // leave to create something on a server is given by the user, not by whoever wrote the workspace's settings
    scratchOnServer: scope === 'user' && entry['scratchOnServer'] === true,
  };
}

/** A profile as settings keep it: defaults left out, never a password. */
export function toSetting(id: string, draft: ProfileDraft): ProfileSetting {
  const { name, engine, host, port, database, user, tls, caFile, certificateFile, keyFile, options } = draft;
  const place = isServer(engine)
    ? { host, port, database, user, tls, ...given({ caFile, certificateFile, keyFile, options }) }
    : given({ directory: draft.directory, init: draft.init });
  return {
    id,
    name,
    engine,
    ...place,
    ...(isServer(engine) && draft.ssh ? { ssh: toSshSetting(draft.ssh) } : {}),
    ...(draft.color !== null ? { color: draft.color } : {}),
    ...(draft.group !== null ? { group: draft.group } : {}),
    ...(draft.readOnly ? { readOnly: true } : {}),
    ...(draft.scratchOnServer ? { scratchOnServer: true } : {}),
  };
}

function given<K extends string>(values: Readonly<Record<K, string | null>>): Partial<Record<K, string>> {
  const kept = Object.entries<string | null>(values).filter(([, value]) => value !== null);
  return Object.fromEntries(kept) as Partial<Record<K, string>>;
}

/** What opens a profile's database and is not in its settings. */
export interface ProfileSecrets {
  readonly password: string | null;
  /** the jump host's password, or the passphrase of the key */
  readonly ssh: string | null;
}

export const NO_SECRETS: ProfileSecrets = { password: null, ssh: null };

/** What opens a profile's database. File names are as in the profile. */
export function toConnectionSettings(profile: ProfileDraft, secrets: ProfileSecrets): ConnectionSettings {
  if (profile.engine === 'embedded') {
    const { directory, init } = profile;
    return { engine: 'embedded', directory, init: init === null ? [] : [init] };
  }
  const { engine, host, port, database, user, tls, caFile, certificateFile, keyFile, options } = profile;
  return {
    engine,
    host,
    port,
    database: database === '' ? null : database,
    user: user === '' ? null : user,
    password: secrets.password,
    tls: { mode: tls, authorityFile: caFile, certificateFile, keyFile },
    options,
    ...(profile.ssh ? { ssh: toSshSettings(profile.ssh, secrets.ssh) } : {}),
  };
}

/**
 * A profile from what a URL said.
 *
 * @returns the draft and the secrets that stood in the URL; a sentence when a profile cannot hold it
 */
export function fromConnectionSettings(
  settings: ConnectionSettings,
): { readonly draft: ProfileDraft; readonly secrets: ProfileSecrets } | string {
  if (settings.engine === 'embedded') {
    if (settings.init.length > 1) {
      return 'Name one init file; it can include others by \\ir.';
    }
    const draft = { ...EMPTY_DRAFT, engine: 'embedded' as const, directory: settings.directory };
    return { draft: { ...draft, init: settings.init[0] ?? null }, secrets: NO_SECRETS };
  }
  const { engine, host, port, database, user, password, tls, options } = settings;
  const draft: ProfileDraft = {
    ...EMPTY_DRAFT,
    engine,
    host,
    port,
    database: database ?? '',
    user: user ?? '',
    tls: tls.mode,
    caFile: tls.authorityFile,
    certificateFile: tls.certificateFile,
    keyFile: tls.keyFile,
    options,
    ssh: settings.ssh ? fromSshSettings(settings.ssh) : null,
  };
  return { draft, secrets: { password, ssh: settings.ssh?.secret ?? null } };
}

/**
 * What leave to send something of a connection to a model is bound to: the profile and the database that it leads to. A
 * folder's profile of the same name, and one that was changed to another server, have to ask again.
 */
export function sendingName(profile: ConnectionProfile): string {
  return JSON.stringify([profile.key, profile.engine, target(profile)]);
}

/**
 * The name under which a profile's password is kept. Everything that decides where the password would be sent, and
 * how well protected, is part of it: a profile that is changed to another host, or a workspace's profile with a
 * familiar name, finds no password and has to ask.
 */
export function secretName(profile: ConnectionProfile): string {
  const { scope, engine, host, port, user, database, tls, caFile, ssh, options } = profile;
  const way = ssh ? [ssh.host.toLowerCase(), ssh.port] : [];
  // of SQL Server they decide whose certificate is believed
  if (engine === 'sqlserver') way.push(options ?? '');
  return `password:${JSON.stringify([scope, engine, host.toLowerCase(), port, user, database, tls, caFile, ...way])}`;
}

/** An id for a new profile: made from its name, not taken yet. */
export function newId(name: string, taken: readonly string[]): string {
  const base =
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'connection';
  let id = base;
  for (let n = 2; taken.includes(id); n++) id = `${base}-${n}`;
  return id;
}

/** Where a profile leads to, for lists: `app@db.example.org:5432/shop`. */
export function target(profile: ConnectionProfile | ProfileDraft): string {
  if (profile.engine === 'embedded') {
    if (profile.directory !== null) return `embedded, kept in ${baseName(profile.directory)}`;
    return profile.init === null ? 'embedded, empty' : `embedded, filled by ${baseName(profile.init)}`;
  }
  const port = profile.port === defaultPort(profile.engine) ? '' : `:${profile.port}`;
  const host = profile.host.includes(':') ? `[${profile.host}]` : profile.host;
  const way = profile.ssh ? ` through ${profile.ssh.host}` : '';
  return `${profile.user === '' ? '' : `${profile.user}@`}${host}${port}/${profile.database}${way}`;
}

/** TLS by default, except to this machine, where nobody listens in between. */
export function defaultTls(host: string): TlsMode {
  return ['localhost', '127.0.0.1', '::1', ''].includes(host) || host.startsWith('/')
    ? 'disable'
    : 'verify-full';
}

/** Null when the text is a port, else what is wrong with it. */
export function portProblem(value: string): string | null {
  return /^\d+$/.test(value) && isPort(Number(value)) ? null : 'A port is a number from 1 to 65535.';
}

/** Hide passwords of URLs and key=value pairs in a text that is logged or shown. */
export function withoutSecrets(value: string): string {
  return value
    .replace(/([a-z][a-z0-9+.-]*:\/\/[^\s:@/]*):[^\s@/]*(?:@[^\s@/]*)*(?=@)/gi, '$1:***')
    .replace(/\b(\w*(?:password|passphrase|pwd|passwd))(\s*[=:]\s*)('[^']*'|"[^"]*"|[^\s&;]+)/gi, '$1$2***');
}

function baseName(file: string): string {
  return file.split(/[/\\]/).at(-1) ?? file;
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65535;
}

function isOneOf<T extends string>(all: readonly T[], value: unknown): value is T {
  return typeof value === 'string' && (all as readonly string[]).includes(value);
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
