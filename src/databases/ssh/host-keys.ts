/** Whether a jump host is the one that it says: its key against what is known of it. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { DatabaseError } from '../../core/database.ts';
import type { SshSettings } from '../connection-settings.ts';
import { checkKnownHosts, type HostKey, knownKeyTypes, placeName } from './known-hosts.ts';

/** A key that was presented by a host of which nothing is known. */
export interface PresentedHostKey {
  readonly host: string;
  readonly port: number;
  /** 'ssh-ed25519', … */
  readonly type: string;
  /** 'SHA256:…', as `ssh-keygen -l` prints it */
  readonly fingerprint: string;
}

/** What the user said of hosts that no known_hosts file names. */
export interface HostKeyTrust {
  /** The fingerprint that was trusted for a host before, null when none was. @param place 'host' or '[host]:port' */
  trusted(place: string): string | null;
  /** Ask whether the key is right; the answer is remembered by whoever implements it. */
  ask(key: PresentedHostKey): Promise<boolean>;
}

/** Code of the {@link DatabaseError} for a host key that is not accepted. */
export const HOST_KEY_CODE = 'SSH_HOST_KEY';

const SYSTEM_FILE = '/etc/ssh/ssh_known_hosts';

/** What known_hosts files say, read once per connection. */
export async function readKnownHosts({ knownHostsFile }: SshSettings): Promise<string> {
  const files =
    knownHostsFile === null ? [path.join(homedir(), '.ssh', 'known_hosts'), SYSTEM_FILE] : [knownHostsFile];
  const texts = await Promise.all(files.map((file) => readFile(homePath(file), 'utf8').catch(() => '')));
  return texts.join('\n');
}

/** The file name with `~/` replaced by the user's folder. */
export function homePath(file: string): string {
  return /^~[/\\]/.test(file) ? path.join(homedir(), file.slice(2)) : file;
}

/**
 * The server's host key algorithms in the order to ask for: those of noted keys first, so that a host which has several
 * keys shows the one that is noted.
 *
 * @param offered all that the client can
 */
export function preferredKeyTypes(
  knownHosts: string,
  settings: SshSettings,
  offered: readonly string[],
): readonly string[] {
  const noted = knownKeyTypes(knownHosts, settings).flatMap((type) =>
    type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'] : [type],
  );
  const first = noted.filter((type) => offered.includes(type));
  return [...first, ...offered.filter((type) => !first.includes(type))];
}

/**
 * Accept or refuse a host's key: by the fingerprint that the connection names, else by known_hosts files, else by what
 * the user trusted before, else by asking.
 *
 * @param blob the key as on the wire: a length of four bytes, the type, the rest
 * @throws DatabaseError reason 'tls', code {@link HOST_KEY_CODE}: why it is not accepted, and what to do
 */
export async function acceptHostKey(
  blob: Buffer,
  settings: SshSettings,
  knownHosts: string,
  trust: HostKeyTrust | null,
): Promise<void> {
  const key: HostKey = { type: keyType(blob), base64: blob.toString('base64') };
  const fingerprint = fingerprintOf(blob);
  if (settings.hostKey !== null) {
    if (settings.hostKey !== fingerprint) throw changed(settings, fingerprint, 'this connection');
    return;
  }
  switch (checkKnownHosts(knownHosts, settings, key)) {
    case 'known':
      return;
    case 'revoked':
      throw refused(
        `The key of the jump host ${settings.host} is marked as revoked in known_hosts. Nothing was sent to it.`,
      );
    case 'changed':
      throw changed(settings, fingerprint, 'known_hosts');
    case 'unknown':
      break;
  }
  const before = trust?.trusted(placeName(settings)) ?? null;
  if (before === fingerprint) return;
  if (before !== null) throw changed(settings, fingerprint, 'an earlier connection');
  if (!trust) {
    throw refused(
      `The jump host ${settings.host} is not in known_hosts; its ${key.type} key is ${fingerprint}. If that is right, connect to it once by ssh, or write ssh_host_key=${fingerprint} into the connection.`,
    );
  }
  const { host, port } = settings;
  if (!(await trust.ask({ host, port, type: key.type, fingerprint }))) {
    throw refused(`The key of the jump host ${host} was not accepted. Nothing was sent to it.`);
  }
}

/** 'SHA256:…' of a key, as `ssh-keygen -l` prints it. */
export function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** RFC 4253, section 6.6: a key begins with its type as a string. */
function keyType(blob: Buffer): string {
  return blob.length < 4 ? '' : blob.subarray(4, 4 + blob.readUInt32BE(0)).toString('latin1');
}

function changed({ host }: SshSettings, fingerprint: string, where: string): DatabaseError {
  return refused(
    `The jump host ${host} shows another key (${fingerprint}) than the one that ${where} knows. Someone may be listening in between, or the host was set up anew: ask its administrator. Nothing was sent to it.`,
  );
}

function refused(message: string): DatabaseError {
  return new DatabaseError('tls', message, { code: HOST_KEY_CODE });
}
