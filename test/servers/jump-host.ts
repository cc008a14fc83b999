/** A jump host: `ssh2`'s own server, which lets in by key or password and forwards connections. */
import { generateKeyPairSync, timingSafeEqual } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, type Socket } from 'node:net';
import ssh2, { type Connection, type ParsedKey } from 'ssh2';

export interface JumpHostOptions {
  /** authorized_keys, one public key of OpenSSH's form each */
  readonly keys?: readonly string[];
  readonly user?: string;
  readonly password?: string;
  /** false: forwarding is forbidden, as by AllowTcpForwarding no */
  readonly forwards?: boolean;
  /** the host's private key; a new one by default */
  readonly hostKey?: string;
  readonly port?: number;
}

export interface JumpHost {
  readonly port: number;
  /** 'SHA256:…' */
  readonly fingerprint: string;
  /** a line for known_hosts */
  readonly knownHost: string;
  /** how many connections are forwarded now */
  readonly forwarded: number;
  /** how many clients are signed in */
  readonly clients: number;
  /** the public keys that clients have shown, in their order, as base64 */
  readonly shown: readonly string[];
  /** Cut every connection as a broken network does. */
  cut(): void;
  stop(): Promise<void>;
}

export interface KeyPair {
  /** OpenSSH's form */
  readonly private: string;
  readonly public: string;
}

/** A new key as `ssh-keygen` makes it. @param passphrase protects the private part */
export function newKey(passphrase?: string): KeyPair {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync(
      'ed25519',
      passphrase === undefined ? {} : { passphrase, cipher: 'aes256-ctr', rounds: 4 },
    );
    // ssh2 writes a key now and then that it cannot read itself
    if (!(ssh2.utils.parseKey(pair.private, passphrase) instanceof Error)) return pair;
  }
}

/** A key of the older form (PKCS#1, PEM), which many people still have. */
export function newRsaKey(): KeyPair {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const key = parsed(privateKey);
  return { private: privateKey, public: `${key.type} ${key.getPublicSSH().toString('base64')}` };
}

/** Write a private key where only its owner may read it. @returns the file */
export async function writeKey(file: string, key: KeyPair): Promise<string> {
  await writeFile(file, key.private);
  await chmod(file, 0o600);
  return file;
}

/** Start one on 127.0.0.1. */
export async function startJumpHost(options: JumpHostOptions = {}): Promise<JumpHost> {
  const hostKey = options.hostKey ?? newKey().private;
  const clients = new Set<Connection>();
  const sockets = new Set<Socket>();
  const shown: string[] = [];
  let signedIn = 0;
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
    clients.add(client);
    client.on('error', () => undefined).once('close', () => clients.delete(client));
    client.on('authentication', (attempt) => {
      if (attempt.method === 'publickey') shown.push(attempt.key.data.toString('base64'));
      if (attempt.username !== (options.user ?? 'jumper')) return attempt.reject(['publickey', 'password']);
      if (attempt.method === 'password' && attempt.password === options.password) return attempt.accept();
      if (attempt.method === 'publickey' && isAllowed(attempt, options.keys ?? [])) return attempt.accept();
      attempt.reject(['publickey', 'password']);
    });
    client.once('ready', () => {
      signedIn++;
      client.once('close', () => signedIn--);
    });
    // without a listener, ssh2 says that it is administratively prohibited
    if (options.forwards === false) return;
    client.on('tcpip', (accept, reject, { destIP, destPort }) => {
      forward(connect(destPort, destIP), accept, reject);
    });
    client.on('openssh.streamlocal', (accept, reject, { socketPath }) => {
      forward(connect(socketPath), accept, reject);
    });
  });
  const forward = (
    socket: Socket,
    accept: () => NodeJS.ReadWriteStream | undefined,
    reject: () => void,
  ): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.removeListener('error', reject).on('error', () => socket.destroy());
      const channel = accept();
      if (!channel) return socket.destroy();
      channel.on('error', () => socket.destroy());
      channel.on('close', () => socket.destroy());
      channel.pipe(socket).pipe(channel);
    });
  };
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as AddressInfo;
  const key = parsed(hostKey);
  const blob = key.getPublicSSH();
  const { fingerprintOf } = await import('../../src/databases/ssh/host-keys.ts');
  const cut = (): void => {
    for (const client of clients) socketOf(client).destroy();
    for (const socket of sockets) socket.destroy();
  };
  return {
    port,
    fingerprint: fingerprintOf(blob),
    knownHost: `[127.0.0.1]:${port} ${key.type} ${blob.toString('base64')}\n`,
    get forwarded() {
      return sockets.size;
    },
    get clients() {
      return signedIn;
    },
    shown,
    cut,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}

/** The server's types do not tell of a connection's socket. */
function socketOf(client: Connection): Socket {
  return (client as unknown as { _sock: Socket })._sock;
}

interface PublicKeyAttempt {
  readonly key: { readonly algo: string; readonly data: Buffer };
  readonly signature?: Buffer | undefined;
  readonly blob?: Buffer | undefined;
  readonly hashAlgo?: string | undefined;
}

function isAllowed(
  { key, signature, blob, hashAlgo }: PublicKeyAttempt,
  allowed: readonly string[],
): boolean {
  return allowed.map(parsed).some((known) => {
    const data = known.getPublicSSH();
    if (data.length !== key.data.length || !timingSafeEqual(data, key.data)) return false;
    return !signature || !blob || known.verify(blob, signature, hashAlgo) === true;
  });
}

function parsed(text: string): ParsedKey {
  const key = ssh2.utils.parseKey(text);
  if (key instanceof Error) throw key;
  return Array.isArray(key) ? key[0] : key;
}
