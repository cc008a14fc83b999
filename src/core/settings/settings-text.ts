/** The settings of a server as a text that a person reads: first those that someone has set. */
import type { ServerSetting, ServerSettings, SettingChange } from './server-settings.ts';

const CHANGES: Readonly<Record<SettingChange, string>> = {
  session: 'any session',
  reload: 'for all, no restart',
  restart: 'restart',
  fixed: 'fixed',
};

/** Characters of a value that are shown. */
const LONGEST = 60;

/**
 * @param where the connection's name
 * @param product 'PostgreSQL 18.1'
 */
export function settingsText({ settings, notes }: ServerSettings, where: string, product: string): string {
  const pending = settings.filter(({ pendingRestart }) => pendingRestart);
  const set = settings.filter(({ isSet, pendingRestart }) => isSet === true && !pendingRestart);
  const rest = settings.filter((each) => !pending.includes(each) && !set.includes(each));
  const untold = rest.length > 0 && rest.every(({ isSet }) => isSet === null);
  return [
    `Settings of ${where.replace(/\s+/g, ' ')} (${product}): ${settings.length.toLocaleString('en-US')}`,
    'The third column says what it takes for a new value to count: a statement of any session, an administrator’s for all',
    'sessions, or a restart of the server.',
    ...notes,
    ...section('Written down, and waiting for a restart', pending),
    ...section('Set to something else than their defaults', set),
    ...section(untold ? 'All (the server does not tell defaults)' : 'As they are by themselves', rest),
    '',
  ].join('\n');
}

function section(title: string, settings: readonly ServerSetting[]): string[] {
  if (settings.length === 0) return [];
  const name = Math.max(...settings.map((each) => each.name.length));
  const values = settings.map((each) => valueText(each));
  const value = Math.max(...values.map((text) => text.length));
  const change = Math.max(...Object.values(CHANGES).map((text) => text.length));
  const lines = settings.map((each, index) =>
    [
      each.name.padEnd(name),
      (values[index] ?? '').padEnd(value),
      (each.change === null ? 'not told' : CHANGES[each.change]).padEnd(change),
      oneLine(each.description),
    ]
      .join('  ')
      .trimEnd(),
  );
  return ['', `${title} (${settings.length.toLocaleString('en-US')})`, '', ...lines];
}

function valueText({ value, defaultValue, isSet }: ServerSetting): string {
  if (value === null) return '(not shown: it may hold a secret)';
  return isSet === true && defaultValue !== null
    ? `${short(value)} (default ${short(defaultValue)})`
    : short(value);
}

function short(text: string): string {
  const line = text === '' ? "''" : oneLine(text);
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
