/**
 * What OpenSSH's client is told of a host: ~/.ssh/config and /etc/ssh/ssh_config, reading only. No command in them is ever run.
 * https://man.openbsd.org/ssh_config
 */
import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { DatabaseError } from '../../core/database.ts';
import { homePath } from './host-keys.ts';
import { matchesPattern } from './known-hosts.ts';

/** What is taken of it; null and empty where it says nothing. */
export interface HostConfig {
  readonly hostName: string | null;
  readonly user: string | null;
  readonly port: number | null;
  readonly identityFiles: readonly string[];
  /** only these keys, and none of an agent besides */
  readonly identitiesOnly: boolean;
  /** the socket of an agent, 'none' for no agent */
  readonly agent: string | null;
  /** jump hosts on the way to this one, '[user@]host[:port]', in the order of the way */
  readonly jumps: readonly string[];
  /** a program would make the connection */
  readonly proxyCommand: boolean;
}

const SYSTEM_FILE = '/etc/ssh/ssh_config';
/** Files that include each other; OpenSSH has the same bound. */
const DEEPEST = 16;

interface Line {
  readonly keyword: string;
  readonly args: readonly string[];
}

/**
 * @param host as the connection names it
 * @param file null: the user's and the system's own; 'none': nothing is read
 * @throws DatabaseError when a file that was named cannot be read
 */
export async function readHostConfig(host: string, file: string | null): Promise<HostConfig> {
  const lines: Line[] = [];
  if (file !== 'none') {
    for (const [name, needed] of file === null
      ? [[userFile(), false] as const, [SYSTEM_FILE, false] as const]
      : [[homePath(file), true] as const]) {
      const text = await readFile(name, 'utf8').catch((cause: unknown) => {
        if (!needed) return '';
        throw new DatabaseError(
          'authentication',
          `The SSH configuration ${file} cannot be read. Check ssh_config in the connection.`,
          { cause },
        );
      });
      lines.push(...(await included(text, name, 0)), { keyword: 'host', args: ['*'] });
    }
  }
  return configOf(host, lines);
}

function userFile(): string {
  return path.join(homedir(), '.ssh', 'config');
}

/** The lines with those of included files in their place. */
async function included(text: string, file: string, depth: number): Promise<Line[]> {
  const lines: Line[] = [];
  for (const row of text.split(/\r?\n/)) {
    const line = readLine(row);
    if (!line) continue;
    if (line.keyword !== 'include') lines.push(line);
    else if (depth < DEEPEST) {
      for (const pattern of line.args) {
        for (const name of await filesOf(pattern, file)) {
          const inner = await readFile(name, 'utf8').catch(() => '');
          lines.push({ keyword: '(', args: [] }, ...(await included(inner, name, depth + 1)), {
            keyword: ')',
            args: [],
          });
        }
      }
    }
  }
  return lines;
}

/** Files of a pattern, whose last part may have wildcards; relative to ~/.ssh, or /etc/ssh in the system's file. */
async function filesOf(pattern: string, from: string): Promise<string[]> {
  const base = from.startsWith('/etc/ssh/') ? '/etc/ssh' : path.join(homedir(), '.ssh');
  const full = path.resolve(base, homePath(pattern));
  if (!/[*?]/.test(full)) return [full];
  const [folder, last] = [path.dirname(full), path.basename(full)];
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => matchesPattern(last, name, true))
    .sort()
    .map((name) => path.join(folder, name));
}

/** `Keyword value`, `Keyword=value`, values in double quotes. */
function readLine(row: string): Line | null {
  const [, keyword, rest = ''] = /^\s*([A-Za-z]+)(?:\s*=\s*|\s+)(.*)$/.exec(row) ?? [];
  if (keyword === undefined) return null;
  const args = [...rest.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  const comment = args.findIndex((arg) => arg.startsWith('#'));
  return { keyword: keyword.toLowerCase(), args: comment < 0 ? args : args.slice(0, comment) };
}

/** The first value of each keyword counts, as in OpenSSH. */
function configOf(host: string, lines: readonly Line[]): HostConfig {
  const first = new Map<string, string>();
  const identityFiles: string[] = [];
  let applies = true;
  const around: boolean[] = [];
  for (const { keyword, args } of lines) {
    const [value] = args;
    if (keyword === '(') around.push(applies);
    else if (keyword === ')') applies = around.pop() ?? true;
    else if (keyword === 'host') applies = (around.at(-1) ?? true) && matchesHost(args, host);
    else if (keyword === 'match') applies = (around.at(-1) ?? true) && matchesAll(args, host, first);
    else if (applies && value !== undefined) {
      if (keyword === 'identityfile') identityFiles.push(value);
      else if (!first.has(keyword)) first.set(keyword, keyword === 'proxyjump' ? args.join(',') : value);
    }
  }
  const text = (keyword: string) => first.get(keyword) ?? null;
  const hostName = text('hostname')?.replaceAll('%%', '%').replaceAll('%h', host) ?? null;
  const user = text('user');
  const port = Number(text('port') ?? 0);
  const jump = text('proxyjump');
  const names = { h: hostName ?? host, r: user ?? '', d: homedir(), u: process.env['USER'] ?? '' };
  const agent = text('identityagent');
  const command = text('proxycommand');
  return {
    ...{ hostName, user },
    port: Number.isInteger(port) && port > 0 && port <= 65_535 ? port : null,
    identityFiles: identityFiles
      .flatMap((file) => filled(file, names) ?? [])
      .filter((file) => file !== 'none'),
    identitiesOnly: /^(yes|true)$/i.test(text('identitiesonly') ?? ''),
    agent: agent === null || agent === 'SSH_AUTH_SOCK' ? null : filled(agent, names),
    jumps: jump === null || jump.toLowerCase() === 'none' ? [] : jump.split(',').filter((hop) => hop !== ''),
    // the one that comes first counts
    proxyCommand: jump === null && command !== null && command.toLowerCase() !== 'none',
  };
}

function matchesHost(patterns: readonly string[], host: string): boolean {
  let found = false;
  for (const pattern of patterns) {
    const negated = pattern.startsWith('!');
    if (!matchesPattern(negated ? pattern.slice(1) : pattern, host.toLowerCase())) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}

/** `Match all`, and conditions on the host; a block with any other condition (`exec` would run a program) does not apply. */
function matchesAll(args: readonly string[], host: string, first: ReadonlyMap<string, string>): boolean {
  if (args.length === 1) return args[0]?.toLowerCase() === 'all';
  for (let at = 0; at < args.length; at += 2) {
    const [criterion, patterns = ''] = [args[at]?.toLowerCase(), args[at + 1]];
    const against =
      criterion === 'host' ? (first.get('hostname') ?? host) : criterion === 'originalhost' ? host : null;
    if (against === null || !matchesHost(patterns.split(','), against)) return false;
  }
  return args.length > 0;
}

/** With `~` and the tokens %d %h %r %u filled in; null when it has others. */
function filled(file: string, names: Readonly<Record<string, string>>): string | null {
  let known = true;
  const text = file.replace(/%(.)/g, (_, token: string) => {
    if (token === '%') return '%';
    known &&= token in names;
    return names[token] ?? '';
  });
  return known ? homePath(text) : null;
}
