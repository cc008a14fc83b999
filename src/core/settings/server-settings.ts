/** What a server is set to: one model for every engine. The readers are the adapters in `src/databases/`. */

/**
 * What it takes for a new value to count:
 * - session: any session sets it for itself
 * - reload: an administrator sets it for all, and the server goes on (ALTER SYSTEM and a reload, SET GLOBAL, RECONFIGURE)
 * - restart: the server has to be started again
 * - fixed: it was decided when the server was built or its data made
 */
export type SettingChange = 'session' | 'reload' | 'restart' | 'fixed';

export interface ServerSetting {
  readonly name: string;
  /** as a new session gets it, with its unit; null where it may hold a secret */
  readonly value: string | null;
  /** what it is when nobody sets it; null where the server does not tell */
  readonly defaultValue: string | null;
  /** someone set it to something else than its default; null where the server does not tell */
  readonly isSet: boolean | null;
  /** null where the server does not tell */
  readonly change: SettingChange | null;
  /** another value is written down and counts after a restart */
  readonly pendingRestart: boolean;
  /** the server's own words */
  readonly description: string;
}

export interface ServerSettings {
  /** in the order of their names */
  readonly settings: readonly ServerSetting[];
  /** what limits the list, as sentences */
  readonly notes: readonly string[];
}

/** Names of settings whose values may hold a password or lead to one. */
const SECRET = /conninfo|passphrase|password|_pwd$|_auth$|secret|token|api_?key|private_key|_command$/i;

/** @returns the value, or null when a setting of that name may hold a secret and is not empty */
export function shownValue(name: string, value: string): string | null {
  return value !== '' && SECRET.test(name) ? null : value;
}

/** Order and notes; for the readers. */
export function serverSettings(
  settings: readonly ServerSetting[],
  notes: readonly string[] = [],
): ServerSettings {
  return { settings: [...settings].sort((a, b) => (a.name < b.name ? -1 : 1)), notes };
}
