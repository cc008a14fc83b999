/** What is shown to a jump host to be let in: a key file, an agent, a password. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import path from 'node:path';
import type { AnyAuthMethod, ParsedKey } from 'ssh2';
import { DatabaseError } from '../../core/database.ts';
import type { SshSettings } from '../connection-settings.ts';
import { agentShowing } from './agent-keys.ts';
import { homePath } from './host-keys.ts';
import type { Hop } from './jump-way.ts';

/** Codes of the {@link DatabaseError}s that another password or passphrase may mend. */
export const SSH_SIGN_IN_CODE = 'SSH_SIGN_IN';
export const SSH_PASSPHRASE_CODE = 'SSH_PASSPHRASE';

/** OpenSSH's own keys, in its order: https://man.openbsd.org/ssh#i */
const USUAL_KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa'];
/** Where OpenSSH's agent listens on Windows. */
const WINDOWS_AGENT = '\\\\.\\pipe\\openssh-ssh-agent';

type Ssh2 = typeof import('ssh2');
type ParseKey = (text: Buffer, passphrase?: string) => ParsedKey | readonly ParsedKey[] | Error;

/** The user to sign in as. */
export function signInUser(settings: SshSettings): string {
  return settings.user ?? userInfo().username;
}

/**
 * What to try, in this order. A key file that is named is the only key that is shown: a jump host closes the connection
 * after a few wrong ones. Without one: the agent's keys, those of the configuration first (and no others with
 * IdentitiesOnly), the key files of the configuration or else the usual ones, the password.
 *
 * @throws DatabaseError reason 'authentication' when the named key cannot be used
 */
export async function signInMethods(hop: Hop, ssh2: Ssh2): Promise<AnyAuthMethod[]> {
  const { settings } = hop;
  const { parseKey } = ssh2.utils;
  const username = signInUser(settings);
  const methods: AnyAuthMethod[] = [];
  if (settings.keyFile !== null) {
    methods.push({ type: 'publickey', username, key: await namedKey(settings, parseKey) });
    return methods;
  }
  const files = hop.identityFiles.length > 0 ? hop.identityFiles : usualFiles();
  const socket = hop.agent === null ? null : agentSocket(settings);
  if (socket !== null) {
    const named = await publicKeys(files, parseKey);
    methods.push({ type: 'agent', username, agent: agentShowing(ssh2, socket, named, hop.identitiesOnly) });
  }
  for (const key of await readableKeys(files, settings, parseKey))
    methods.push({ type: 'publickey', username, key });
  if (settings.secret !== null) {
    const password = settings.secret;
    methods.push({ type: 'password', username, password });
    methods.push({
      type: 'keyboard-interactive',
      username,
      // servers that ask for the password in this way have one question; a second one is not ours to answer
      prompt: (_name, _instructions, _language, prompts, finish) =>
        finish(prompts.length === 1 ? [password] : []),
    });
  }
  return methods;
}

async function namedKey({ keyFile, secret }: SshSettings, parseKey: ParseKey): Promise<ParsedKey> {
  const file = homePath(keyFile ?? '');
  let text: Buffer;
  try {
    text = await readFile(file);
  } catch (cause) {
    throw new DatabaseError(
      'authentication',
      `The SSH key ${keyFile} cannot be read: ${(cause as Error).message}. Check its path in the connection.`,
      { cause },
    );
  }
  const key = parsed(text, secret, parseKey);
  if (!(key instanceof Error)) return key;
  if (/passphrase|integrity check failed|bad decrypt/i.test(key.message)) {
    throw new DatabaseError(
      'authentication',
      secret === null
        ? `The SSH key ${keyFile} is protected by a passphrase.`
        : `The passphrase of the SSH key ${keyFile} is wrong.`,
      { cause: key, code: SSH_PASSPHRASE_CODE },
    );
  }
  throw new DatabaseError(
    'authentication',
    `The file ${keyFile} holds no private SSH key that can be used. Name the private key, not the one that ends in .pub.`,
    { cause: key },
  );
}

function usualFiles(): string[] {
  return USUAL_KEYS.map((name) => path.join(homedir(), '.ssh', name));
}

/** The keys that can be read without asking; others are no reason to fail. */
async function readableKeys(
  files: readonly string[],
  { secret }: SshSettings,
  parseKey: ParseKey,
): Promise<readonly ParsedKey[]> {
  const found = await Promise.all(
    files.map(async (file) => {
      try {
        const key = parsed(await readFile(file), secret, parseKey);
        return key instanceof Error ? [] : [key];
      } catch {
        return [];
      }
    }),
  );
  return found.flat();
}

/** The public parts of keys, by the files themselves or by those beside them: a key that only an agent has is named so. */
async function publicKeys(files: readonly string[], parseKey: ParseKey): Promise<readonly Buffer[]> {
  const found = await Promise.all(
    files
      .flatMap((file) => [file, `${file}.pub`])
      .map(async (file) => {
        const text = await readFile(file).catch(() => null);
        const read = text === null ? null : parseKey(text);
        if (read === null || read instanceof Error) return [];
        const [key] = Array.isArray(read) ? (read as readonly ParsedKey[]) : [read as ParsedKey];
        return key ? [key.getPublicSSH()] : [];
      }),
  );
  return found.flat();
}

function parsed(text: Buffer, passphrase: string | null, parseKey: ParseKey): ParsedKey | Error {
  const read = passphrase === null ? parseKey(text) : parseKey(text, passphrase);
  if (read instanceof Error) return read;
  const [key] = Array.isArray(read) ? (read as readonly ParsedKey[]) : [read as ParsedKey];
  return key?.isPrivateKey() ? key : new Error('It is not a private key');
}

function agentSocket({ agent }: SshSettings): string | null {
  if (agent !== null) return agent;
  const named = process.env['SSH_AUTH_SOCK'];
  if (named) return existsSync(named) ? named : null;
  return process.platform === 'win32' && existsSync(WINDOWS_AGENT) ? WINDOWS_AGENT : null;
}
