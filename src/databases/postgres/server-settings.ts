/** Reads what a PostgreSQL server is set to. */
import type { ReadOnlySession } from '../../core/database.ts';
import {
  type ServerSettings,
  type SettingChange,
  serverSettings,
  shownValue,
} from '../../core/settings/server-settings.ts';

/**
 * reset_val is what a session begins with: our own sessions set some for themselves. Values have the units of the view,
 * `current_setting` would tell ours. https://www.postgresql.org/docs/current/view-pg-settings.html
 */
const SETTINGS = `
SELECT name, reset_val, boot_val, unit, vartype, context, source, pending_restart, short_desc
  FROM pg_catalog.pg_settings
 WHERE name NOT LIKE 'sqlopt.%'`;

/** https://www.postgresql.org/docs/current/view-pg-settings.html#VIEW-PG-SETTINGS-CONTEXT */
const CHANGES: Readonly<Record<string, SettingChange>> = {
  internal: 'fixed',
  postmaster: 'restart',
  sighup: 'reload',
  // set when a session begins, and for all by a reload
  'superuser-backend': 'reload',
  backend: 'reload',
  superuser: 'session',
  user: 'session',
};

/** The server chose the value by itself, or our connection brought it along. */
const ITS_OWN: readonly string[] = ['default', 'override', 'client'];

/** @throws DatabaseError */
export async function readServerSettings(session: ReadOnlySession): Promise<ServerSettings> {
  const { rows } = await session.query(SETTINGS);
  const settings = rows.map(([name, value, initial, unit, type, context, source, pending, description]) => {
    const text = (raw: string | null | undefined) => withUnit(raw ?? '', unit ?? null, type ?? '');
    const change = CHANGES[context ?? ''] ?? null;
    return {
      name: name ?? '',
      value: shownValue(name ?? '', text(value)),
      defaultValue: shownValue(name ?? '', text(initial)),
      isSet: change !== 'fixed' && (value ?? '') !== (initial ?? '') && !ITS_OWN.includes(source ?? ''),
      change,
      pendingRestart: pending === 't',
      description: description ?? '',
    };
  });
  return serverSettings(settings, [
    'Settings that only superusers and members of pg_read_all_settings may see are missing for others.',
  ]);
}

const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1024,
  '8kB': 8192,
  MB: 1024 ** 2,
  '16MB': 16 * 1024 ** 2,
};

/** '16384' of 8kB is '128 MB'; -1 and the like are words of their own and have no unit. */
function withUnit(raw: string, unit: string | null, type: string): string {
  if (unit === null || raw === '' || Number(raw) < 0) return raw;
  const bytes = BYTES[unit];
  if (bytes === undefined || type !== 'integer') return `${raw} ${unit}`;
  let [size, name] = [Number(raw) * bytes, 'B'];
  for (const larger of ['kB', 'MB', 'GB', 'TB']) {
    if (size === 0 || size % 1024 !== 0) break;
    [size, name] = [size / 1024, larger];
  }
  return `${size} ${name}`;
}
