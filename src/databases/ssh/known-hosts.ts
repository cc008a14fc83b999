/**
 * OpenSSH's files of known host keys: reading only.
 * Format: https://man.openbsd.org/sshd.8#SSH_KNOWN_HOSTS_FILE_FORMAT
 */
import { createHmac } from 'node:crypto';

/** Where a key was presented. */
export interface HostPlace {
  readonly host: string;
  readonly port: number;
}

export interface HostKey {
  /** 'ssh-ed25519', 'ecdsa-sha2-nistp256', … */
  readonly type: string;
  /** the key as it is on the wire, in base64 */
  readonly base64: string;
}

/**
 * `known`: this key was noted for the host; `changed`: others were noted, not this one; `revoked`: the key is marked as
 * stolen; `unknown`: nothing was noted for the host.
 */
export type HostKeyVerdict = 'known' | 'changed' | 'revoked' | 'unknown';

interface Line extends HostKey {
  readonly marker: string | null;
  readonly hosts: string;
}

/** What the text of a known_hosts file says of a key. */
export function checkKnownHosts(text: string, place: HostPlace, key: HostKey): HostKeyVerdict {
  const lines = linesOf(text, place);
  if (lines.some(({ marker, base64 }) => marker === '@revoked' && base64 === key.base64)) return 'revoked';
  const noted = lines.filter(({ marker }) => marker === null);
  if (noted.length === 0) return 'unknown';
  return noted.some(({ type, base64 }) => type === key.type && base64 === key.base64) ? 'known' : 'changed';
}

/** The types of the keys that are noted for a host, in the order of the file: to be asked of the server first. */
export function knownKeyTypes(text: string, place: HostPlace): readonly string[] {
  return [...new Set(linesOf(text, place).flatMap(({ marker, type }) => (marker === null ? [type] : [])))];
}

function linesOf(text: string, place: HostPlace): readonly Line[] {
  const name = placeName(place);
  return text.split(/\r?\n/).flatMap((row) => {
    const line = readLine(row);
    return line && matches(line.hosts, name) ? [line] : [];
  });
}

function readLine(row: string): Line | null {
  const parts = row.trim().split(/\s+/);
  const marker = parts[0]?.startsWith('@') ? (parts.shift() ?? null) : null;
  const [hosts, type, base64] = parts;
  if (!hosts || hosts.startsWith('#') || !type || !base64) return null;
  return { marker, hosts, type, base64 };
}

/** How the file names a host: with the port in brackets unless it is 22. */
export function placeName({ host, port }: HostPlace): string {
  return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
}

function matches(hosts: string, name: string): boolean {
  if (hosts.startsWith('|')) return matchesHash(hosts, name);
  let found = false;
  for (const pattern of hosts.split(',')) {
    const negated = pattern.startsWith('!');
    if (!matchesPattern(negated ? pattern.slice(1) : pattern, name)) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}

/** `|1|salt|hash`: HMAC-SHA1 of the name with the salt as its key, both in base64. */
function matchesHash(hosts: string, name: string): boolean {
  const [, version, salt, hash] = hosts.split('|');
  if (version !== '1' || !salt || !hash) return false;
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}

/** `*` and `?` as OpenSSH has them. @param exact upper and lower case differ in the pattern */
export function matchesPattern(pattern: string, name: string, exact = false): boolean {
  const expression = (exact ? pattern : pattern.toLowerCase())
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`).test(name);
}
