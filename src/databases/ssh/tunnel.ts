/**
 * The way to a database through an SSH jump host. No port is opened on this machine: each connection of a driver gets
 * a channel of the SSH connection as its stream.
 */
import type { Duplex } from 'node:stream';
import type { AnyAuthMethod, Client, ConnectConfig, ServerHostKeyAlgorithm } from 'ssh2';
import type { CallOptions } from '../../core/database.ts';
import { cancelled } from '../call-errors.ts';
import { DEFAULT_CONNECT_MS } from '../connect-retry.ts';
import type { SshSettings } from '../connection-settings.ts';
import { PipeStream } from '../pipe-stream.ts';
import { forwardError, noAnswer, sshError, wayLost } from './errors.ts';
import { acceptHostKey, type HostKeyTrust, preferredKeyTypes, readKnownHosts } from './host-keys.ts';
import { type Hop, wayTo } from './jump-way.ts';
import { Limit } from './limit.ts';
import { signInMethods, signInUser } from './sign-in.ts';

/** The database server as the jump host sees it. */
export interface ForwardTarget {
  /** a name or an address, or the file of a Unix socket, which begins with '/' */
  readonly host: string;
  readonly port: number;
}

/** Milliseconds between questions whether the jump host is still there, and how many may stay unanswered. */
const KEEP_ALIVE_MS = 15_000;
const KEEP_ALIVE_COUNT = 3;

/** What the client takes of host keys, the best first; DSA and SHA-1 are left out. */
const HOST_KEYS: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

/** What it takes to sign in, once the way is there. */
interface SignIn {
  readonly methods: AnyAuthMethod[];
  readonly knownHosts: string;
  readonly way: PipeStream | undefined;
}

export class SshTunnel {
  /** as the connection names the jump host */
  private readonly named: SshSettings;
  /** as the configuration does, from the first connection on */
  private settings: SshSettings;
  private readonly hops: readonly Hop[] | null;
  private readonly target: ForwardTarget;
  private readonly trust: HostKeyTrust | null;
  private connecting: Promise<Client> | null = null;
  private client: Client | null = null;
  /** the way to the jump host itself, where others stand before it */
  private before: SshTunnel | null = null;
  private closed = false;

  /**
   * @param trust null: nobody can be asked, a host that is not known is refused
   * @param hops the way to the jump host, itself at the end; null: as OpenSSH's configuration has it
   */
  constructor(
    settings: SshSettings,
    target: ForwardTarget,
    trust: HostKeyTrust | null,
    hops: readonly Hop[] | null = null,
  ) {
    this.named = settings;
    this.settings = settings;
    this.hops = hops;
    this.target = target;
    this.trust = trust;
  }

  /**
   * Connect to the jump host; nothing happens when there is a connection.
   *
   * @param options `timeoutMs` does not run while the user is asked about the host's key
   * @throws DatabaseError
   */
  async connect({ signal, timeoutMs = DEFAULT_CONNECT_MS }: CallOptions = {}): Promise<void> {
    await this.unlessCancelled(this.connected(timeoutMs), signal);
  }

  /**
   * A new stream to the database server. Connects to the jump host first, or again, where there is no connection.
   *
   * @throws DatabaseError
   */
  async stream(options: CallOptions = {}): Promise<PipeStream> {
    if (options.signal?.aborted) throw cancelled(options.signal.reason);
    const { timeoutMs = DEFAULT_CONNECT_MS } = options;
    const client = await this.unlessCancelled(this.connected(timeoutMs), options.signal);
    const limit = new Limit(timeoutMs);
    try {
      return await this.unlessCancelled(
        Promise.race([this.forward(client), limit.exceeded(() => noAnswer(this.settings))]),
        options.signal,
      );
    } finally {
      limit.stop();
    }
  }

  /** End the SSH connection with every stream through it. */
  close(): void {
    this.closed = true;
    this.client?.destroy();
    this.client = null;
    this.before?.close();
  }

  private connected(timeoutMs: number): Promise<Client> {
    if (this.closed) return Promise.reject(wayLost(this.settings));
    if (this.client) return Promise.resolve(this.client);
    this.connecting ??= this.signedIn(timeoutMs).finally(() => {
      this.connecting = null;
    });
    return this.connecting;
  }

  private async signedIn(timeoutMs: number): Promise<Client> {
    const { default: ssh2 } = await import('ssh2');
    const hops = this.hops ?? (await wayTo(this.named));
    const hop = hops.at(-1);
    if (!hop) throw wayLost(this.named);
    this.settings = hop.settings;
    const methods = await signInMethods(hop, ssh2);
    const knownHosts = await readKnownHosts(this.settings);
    const way = await this.through(hops.slice(0, -1), timeoutMs);
    const client = new ssh2.Client();
    const limit = new Limit(timeoutMs);
    try {
      await Promise.race([
        this.signIn(client, { methods, knownHosts, way }, limit),
        limit.exceeded(() => noAnswer(this.settings)),
      ]);
      if (this.closed) throw wayLost(this.settings);
    } catch (error) {
      client.destroy();
      this.before?.close();
      throw sshError(error, this.settings);
    } finally {
      limit.stop();
    }
    const { before } = this;
    client.once('close', () => {
      if (this.client === client) this.client = null;
      before?.close();
    });
    this.client = client;
    return client;
  }

  /** A stream to the jump host by way of those before it; undefined when there are none. */
  private async through(hops: readonly Hop[], timeoutMs: number): Promise<PipeStream | undefined> {
    const last = hops.at(-1);
    if (!last) return undefined;
    const { host, port } = this.settings;
    this.before = new SshTunnel(last.settings, { host, port }, this.trust, hops);
    try {
      return await this.before.stream({ timeoutMs });
    } catch (error) {
      this.before.close();
      throw error;
    }
  }

  private signIn(client: Client, { methods, knownHosts, way }: SignIn, limit: Limit): Promise<void> {
    const { host, port } = this.settings;
    let refused: unknown = null;
    return new Promise((resolve, reject) => {
      client.once('ready', () => resolve());
      client.once('close', () => reject(refused ?? wayLost(this.settings)));
      // stays for the client's life: what fails later is told by 'close'
      client.on('error', (error) => {
        // an agent that does not answer: the next method follows
        if (error.level !== 'agent') reject(refused ?? error);
      });
      const config: ConnectConfig = {
        ...(way ? { sock: way } : { host, port }),
        username: signInUser(this.settings),
        authHandler: methods,
        // our own limit stops while the user is asked
        readyTimeout: 0,
        keepaliveInterval: KEEP_ALIVE_MS,
        keepaliveCountMax: KEEP_ALIVE_COUNT,
        algorithms: {
          serverHostKey: preferredKeyTypes(knownHosts, this.settings, HOST_KEYS) as ServerHostKeyAlgorithm[],
        },
        hostVerifier: (key: Buffer, accept: (accepted: boolean) => void) => {
          limit.pause();
          acceptHostKey(key, this.settings, knownHosts, this.trust).then(
            () => {
              limit.go();
              accept(true);
            },
            (error: unknown) => {
              refused = error;
              accept(false);
            },
          );
        },
      };
      client.connect(config);
    });
  }

  private forward(client: Client): Promise<PipeStream> {
    const { host, port } = this.target;
    const place = host.startsWith('/') ? `the socket ${host}` : `${host}:${port}`;
    return new Promise((resolve, reject) => {
      const lost = () => reject(wayLost(this.settings));
      client.once('close', lost);
      const take = (error: Error | undefined, channel: Duplex) => {
        client.removeListener('close', lost);
        if (error) reject(forwardError(error, this.settings, place));
        else resolve(new TunnelStream(channel));
      };
      try {
        if (host.startsWith('/')) client.openssh_forwardOutStreamLocal(host, take);
        else client.forwardOut('127.0.0.1', 0, host, port, take);
      } catch (error) {
        client.removeListener('close', lost);
        reject(forwardError(error, this.settings, place));
      }
    });
  }

  /** The work's result, unless the caller gives up: connecting goes on then, for the next one. */
  private async unlessCancelled<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    if (!signal) return work;
    let stop: () => void = () => undefined;
    const given = new Promise<never>((_, reject) => {
      stop = () => reject(cancelled(signal.reason));
      signal.addEventListener('abort', stop, { once: true });
    });
    work.catch(() => undefined);
    try {
      return await Promise.race([work, given]);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }
}

/** A channel as a driver's socket: its end is the channel's. */
class TunnelStream extends PipeStream {
  private readonly channel: Duplex;

  constructor(channel: Duplex) {
    super(channel);
    this.channel = channel;
  }

  override _final(done: (error?: Error | null) => void): void {
    this.channel.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.channel.destroy();
    done(error);
  }
}
