/**
 * A server that logs in as MySQL 8 does, by `caching_sha2_password`, with or without TLS: mysql2's server side, which the other
 * stand-in is made of, cannot. Afterwards it answers every question with one row. Written from the documented protocol; no
 * MySQL runs in these tests.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html
 */
import { constants, createHash, generateKeyPairSync, privateDecrypt, randomBytes } from 'node:crypto';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { TlsCarrier } from './tds/packets.ts';

export interface LoginServerOptions {
  /** as SELECT VERSION() gives it */
  readonly version?: string;
  readonly password: string;
  /** the server has the hash of the password in its cache */
  readonly cached?: boolean;
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** so many connections are refused with ER_CON_COUNT_ERROR before they begin */
  readonly full?: number;
}

export interface LoginServer {
  readonly port: number;
  /** how each password came */
  readonly ways: readonly ('token' | 'tls' | 'rsa')[];
  /** every statement, in order */
  readonly statements: readonly string[];
  /** connections that were refused or let in */
  readonly connections: () => number;
  /** End every connection, with what the server says before */
  end(error: { readonly code: number; readonly message: string } | null): void;
  close(): Promise<void>;
}

const CAPABILITY = {
  database: 0x8,
  protocol41: 0x200,
  ssl: 0x800,
  transactions: 0x2000,
  secure: 0x8000,
  plugin: 0x80000,
};
const PLUGIN = 'caching_sha2_password';
const sha256 = (...parts: readonly Buffer[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
const xor = (a: Buffer, b: Buffer) => Buffer.from(a.map((byte, at) => byte ^ (b[at % b.length] ?? 0)));
const keys = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

export async function startMysqlLogin(options: LoginServerOptions): Promise<LoginServer> {
  const sockets = new Set<Conversation>();
  const seen = { ways: [] as ('token' | 'tls' | 'rsa')[], statements: [] as string[], connections: 0 };
  const server = createServer((socket) => {
    seen.connections++;
    const conversation = new Conversation(socket, options, seen);
    sockets.add(conversation);
    socket.on('close', () => sockets.delete(conversation));
    socket.on('error', () => undefined);
    if (seen.connections <= (options.full ?? 0)) conversation.refuse();
    else conversation.greet();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const end = (error: { readonly code: number; readonly message: string } | null) => {
    for (const conversation of sockets) conversation.end(error);
  };
  return {
    port: (server.address() as AddressInfo).port,
    ...{ ways: seen.ways, statements: seen.statements, connections: () => seen.connections, end },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        end(null);
      }),
  };
}

class Conversation {
  private socket: Socket;
  private readonly options: LoginServerOptions;
  private readonly seen: { readonly ways: ('token' | 'tls' | 'rsa')[]; readonly statements: string[] };
  private readonly salt = Buffer.from(randomBytes(20).map((byte) => 1 + (byte % 127)));
  private sequence = 0;
  private encrypted = false;
  private buffered = Buffer.alloc(0);
  private next: (packet: Buffer) => void = () => undefined;

  constructor(socket: Socket, options: LoginServerOptions, seen: Conversation['seen']) {
    this.socket = socket;
    this.options = options;
    this.seen = seen;
    socket.on('data', (chunk) => this.receive(chunk));
  }

  refuse(): void {
    // before the greeting an error has no SQLSTATE
    this.send(Buffer.concat([Buffer.from([0xff]), uint(1040, 2), Buffer.from('Too many connections')]));
    this.socket.end();
  }

  greet(): void {
    const { version = '8.4.3', tls } = this.options;
    const flags = Object.values(CAPABILITY).reduce((sum, flag) => sum | flag) & (tls ? -1 : ~CAPABILITY.ssl);
    this.next = (packet) => this.login(packet);
    this.send(
      Buffer.concat([
        ...[
          Buffer.from([10]),
          Buffer.from(`${version}\0`),
          uint(7, 4),
          this.salt.subarray(0, 8),
          Buffer.from([0]),
        ],
        ...[uint(flags & 0xffff, 2), Buffer.from([45]), uint(2, 2), uint(flags >>> 16, 2), Buffer.from([21])],
        ...[Buffer.alloc(10), this.salt.subarray(8), Buffer.from([0]), Buffer.from(`${PLUGIN}\0`)],
      ]),
    );
  }

  end(error: { readonly code: number; readonly message: string } | null): void {
    if (error) {
      this.sequence = 0;
      this.fail(error.code, error.message);
    }
    this.socket.end();
  }

  private login(packet: Buffer): void {
    if (packet.length === 32 && (packet.readUInt32LE(0) & CAPABILITY.ssl) !== 0) {
      this.encrypt();
      return;
    }
    const userEnd = packet.indexOf(0, 32);
    const length = packet[userEnd + 1] ?? 0;
    const token = packet.subarray(userEnd + 2, userEnd + 2 + length);
    const hash = sha256(Buffer.from(this.options.password));
    const right = token.equals(xor(hash, sha256(sha256(hash), this.salt)));
    if (this.options.cached) {
      this.seen.ways.push('token');
      if (right) this.send(Buffer.from([1, 3]));
      this.conclude(right);
      return;
    }
    this.next = (answer) => this.full(answer);
    this.send(Buffer.from([1, 4]));
  }

  /** The whole password: as it is where TLS hides it, else by the server's key. */
  private full(answer: Buffer): void {
    if (this.encrypted) {
      this.seen.ways.push('tls');
      this.conclude(answer.toString() === `${this.options.password}\0`);
    } else if (answer.length === 1 && answer[0] === 2) {
      this.next = (secret) => {
        this.seen.ways.push('rsa');
        const padding = constants.RSA_PKCS1_OAEP_PADDING;
        const plain = privateDecrypt({ key: keys.privateKey, padding, oaepHash: 'sha1' }, secret);
        this.conclude(xor(plain, this.salt).toString() === `${this.options.password}\0`);
      };
      this.send(Buffer.concat([Buffer.from([1]), Buffer.from(keys.publicKey)]));
    } else {
      this.conclude(false);
    }
  }

  private conclude(right: boolean): void {
    if (!right) {
      this.fail(1045, "Access denied for user 'app'@'localhost' (using password: YES)");
      this.socket.end();
      return;
    }
    this.next = (packet) => this.command(packet);
    this.ok();
  }

  private command(packet: Buffer): void {
    const [code] = packet;
    if (code === 1) this.socket.end();
    else if (code !== 3) this.ok();
    else this.query(packet.subarray(1).toString());
  }

  private query(sql: string): void {
    this.seen.statements.push(sql);
    const { version = '8.4.3' } = this.options;
    if (/^(SET|START TRANSACTION|ROLLBACK)/.test(sql)) this.ok();
    else if (/CONNECTION_ID\(\)/.test(sql)) this.row(['7', version, 'shop', 'app@%', '0']);
    else this.row(['1']);
  }

  private row(cells: readonly string[]): void {
    const text = (value: string) =>
      Buffer.concat([Buffer.from([Buffer.byteLength(value)]), Buffer.from(value)]);
    const eof = Buffer.from([0xfe, 0, 0, 2, 0]);
    this.send(Buffer.from([cells.length]));
    for (const [index] of cells.entries()) {
      const names = ['def', '', '', '', `c${index}`, ''].map(text);
      this.send(
        Buffer.concat([
          ...names,
          Buffer.from([12]),
          uint(45, 2),
          uint(1024, 4),
          Buffer.from([253, 0, 0, 0, 0, 0]),
        ]),
      );
    }
    this.send(eof);
    this.send(Buffer.concat(cells.map(text)));
    this.send(eof);
  }

  private ok(): void {
    this.send(Buffer.from([0, 0, 0, 2, 0, 0, 0]));
  }

  private fail(code: number, message: string): void {
    this.send(Buffer.concat([Buffer.from([0xff]), uint(code, 2), Buffer.from(`#HY000${message}`)]));
  }

  private encrypt(): void {
    const { tls } = this.options;
    if (!tls) return;
    const raw = this.socket;
    const carrier = new TlsCarrier((data) => raw.writable && raw.write(data), false);
    raw.removeAllListeners('data');
    raw.on('data', (chunk) => carrier.receive(chunk));
    const secureContext = createSecureContext({ cert: tls.certificate, key: tls.key });
    this.socket = new TLSSocket(carrier as unknown as Socket, { isServer: true, secureContext });
    this.socket.on('error', () => raw.destroy());
    this.socket.on('data', (chunk) => this.receive(chunk));
    this.encrypted = true;
    // the client does not wait for an answer before it begins with TLS
    const begun = this.buffered;
    this.buffered = Buffer.alloc(0);
    if (begun.length > 0) carrier.receive(begun);
  }

  private send(payload: Buffer): void {
    if (!this.socket.writable) return;
    this.socket.write(
      Buffer.concat([uint(payload.length, 3), Buffer.from([this.sequence++ & 0xff]), payload]),
    );
  }

  private receive(chunk: Buffer): void {
    this.buffered = Buffer.concat([this.buffered, chunk]);
    while (this.buffered.length >= 4) {
      const length = this.buffered.readUIntLE(0, 3);
      if (this.buffered.length < 4 + length) return;
      this.sequence = (this.buffered[3] ?? 0) + 1;
      const packet = this.buffered.subarray(4, 4 + length);
      this.buffered = this.buffered.subarray(4 + length);
      this.next(packet);
    }
  }
}

function uint(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntLE(value >>> 0, 0, bytes);
  return buffer;
}
