/** The jump host of a connection profile, as settings hold it, without an editor and without its secret. */
import type { SshSettings } from '../../databases/connection-settings.ts';
import { SSH_PORT } from '../../databases/connection-url.ts';

export interface ProfileSsh {
  readonly host: string;
  readonly port: number;
  /** '': the name of the operating system's user */
  readonly user: string;
  /** a private key; null: the agent, the usual keys of ~/.ssh, a password */
  readonly keyFile: string | null;
  /** the socket of an agent, null for the one of the environment */
  readonly agent: string | null;
  /** 'SHA256:…': the only host key to accept; null: known_hosts, and what was trusted */
  readonly hostKey: string | null;
}

/** As it stands in settings. */
export interface ProfileSshSetting {
  readonly host: string;
  readonly port?: number;
  readonly user?: string;
  readonly keyFile?: string;
  readonly agent?: string;
  readonly hostKey?: string;
}

/** Read a profile's `ssh`. @returns null when there is none, a sentence's end when it cannot be used */
export function readProfileSsh(value: unknown): ProfileSsh | null | string {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'object' || Array.isArray(value)) return 'its "ssh" is not an object';
  const entry = value as Record<string, unknown>;
  const host = text(entry['host']);
  if (host === null) return 'its "ssh" has no host';
  const port = entry['port'] ?? SSH_PORT;
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) {
    return `"${String(port)}" is no port of its "ssh"`;
  }
  return {
    host,
    port,
    user: text(entry['user']) ?? '',
    keyFile: text(entry['keyFile']),
    agent: text(entry['agent']),
    hostKey: text(entry['hostKey']),
  };
}

/** A jump host as settings keep it: defaults left out, never a secret. */
export function toSshSetting({ host, port, user, keyFile, agent, hostKey }: ProfileSsh): ProfileSshSetting {
  return {
    host,
    ...(port === SSH_PORT ? {} : { port }),
    ...(user === '' ? {} : { user }),
    ...(keyFile === null ? {} : { keyFile }),
    ...(agent === null ? {} : { agent }),
    ...(hostKey === null ? {} : { hostKey }),
  };
}

export function toSshSettings(ssh: ProfileSsh, secret: string | null): SshSettings {
  return { ...ssh, user: ssh.user === '' ? null : ssh.user, secret, knownHostsFile: null };
}

/** A jump host from what a URL said, without its secret. */
export function fromSshSettings(ssh: SshSettings): ProfileSsh {
  const { host, port, user, keyFile, agent, hostKey } = ssh;
  return { host, port, user: user ?? '', keyFile, agent, hostKey };
}

/** The name under which the secret of a jump host is kept: whatever decides where it is sent is part of it. */
export function sshSecretName(scope: string, { host, port, user, keyFile }: ProfileSsh): string {
  return `ssh:${JSON.stringify([scope, host.toLowerCase(), port, user, keyFile])}`;
}

/** How a form shows a jump host: `user@host:port`; '' for none. */
export function jumpHostText(ssh: ProfileSsh | null): string {
  if (!ssh) return '';
  const host = ssh.host.includes(':') ? `[${ssh.host}]` : ssh.host;
  return `${ssh.user === '' ? '' : `${ssh.user}@`}${host}${ssh.port === SSH_PORT ? '' : `:${ssh.port}`}`;
}

/**
 * The jump host that a form's text names.
 *
 * @param before what other parts are kept of while the host stays the same
 * @returns null for an empty text, undefined when it names none
 */
export function jumpHostOf(value: string, before: ProfileSsh | null): ProfileSsh | null | undefined {
  if (value.trim() === '') return null;
  const match = /^(?:([^@\s]+)@)?(\[[^\]\s]+\]|[^\s:@/]+)(?::(\d{1,5}))?$/.exec(value.trim());
  const host = match?.[2]?.replace(/^\[(.*)\]$/, '$1');
  const port = match?.[3] === undefined ? SSH_PORT : Number(match[3]);
  if (!host || port < 1 || port > 65_535) return undefined;
  const kept = before?.host === host && before.port === port ? before : null;
  return {
    host,
    port,
    user: match?.[1] ?? '',
    keyFile: before?.keyFile ?? null,
    agent: before?.agent ?? null,
    hostKey: kept?.hostKey ?? null,
  };
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}
