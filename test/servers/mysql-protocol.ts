/**
 * A server that speaks MySQL 8's protocol: it logs in by `caching_sha2_password`, with or without TLS, gives prepared answers
 * with their types, describes what is prepared, stops by KILL QUERY and by max_execution_time. Written from the documented
 * protocol; no MySQL runs in these tests.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset.html
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_prepare.html
 */
import { constants, createHash, generateKeyPairSync, privateDecrypt, randomBytes } from 'node:crypto';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { TlsCarrier } from './tds/packets.ts';

export interface MysqlResult {
  /** a name alone is a column of varchar(255) */
  readonly columns: readonly (string | { readonly name: string; readonly type: string })[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** `'hang'` ends by KILL QUERY or by the time limit of the session; `endless` sends its rows until it is killed. */
export type MysqlAnswer =
  | MysqlResult
  | { readonly error: { readonly code: number; readonly state: string; readonly message: string } }
  | { readonly ok: number }
  | { readonly endless: MysqlResult }
  | 'hang';

export interface MysqlServerOptions {
  /** @param statements all that was sent before, from all connections. By default every question has one row */
  readonly answer?: (sql: string, statements: readonly string[]) => MysqlAnswer;
  readonly superuser?: boolean;
  /** as SELECT VERSION() gives it */
  readonly version?: string;
  readonly password: string;
  /** the server has the hash of the password in its cache */
  readonly cached?: boolean;
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** so many connections are refused with ER_CON_COUNT_ERROR before they begin */
  readonly full?: number;
}

export interface MysqlServer {
  readonly port: number;
  /** how each password came */
  readonly ways: readonly ('token' | 'tls' | 'rsa')[];
  /** every statement, in order */
  readonly statements: readonly string[];
  /** how many statements were killed */
  readonly killed: () => number;
  /** connections that were refused or let in */
  readonly connections: () => number;
  /** End every connection, with what the server says before */
  end(error: { readonly code: number; readonly message: string } | null): void;
  close(): Promise<void>;
}

interface Seen {
  readonly ways: ('token' | 'tls' | 'rsa')[];
  readonly statements: string[];
  connections: number;
  killed: number;
  /** ends the statement of a connection */
  readonly stops: Map<number, (error: { readonly code: number; readonly message: string }) => void>;
}

const CAPABILITY = {
  database: 0x8,
  protocol41: 0x200,
  ssl: 0x800,
  transactions: 0x2000,
  secure: 0x8000,
  plugin: 0x80000,
};
const COMMAND = { quit: 0x01, query: 0x03, prepare: 0x16, close: 0x19 };
const EOF = Buffer.from([0xfe, 0, 0, 2, 0]);
const BINARY = 63;
const UTF8MB4 = 45;
const PLUGIN = 'caching_sha2_password';
const sha256 = (...parts: readonly Buffer[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
const xor = (a: Buffer, b: Buffer) => Buffer.from(a.map((byte, at) => byte ^ (b[at % b.length] ?? 0)));
const keys = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

export async function startMysqlServer(options: MysqlServerOptions): Promise<MysqlServer> {
  const sockets = new Set<Conversation>();
  const seen: Seen = { ways: [], statements: [], connections: 0, killed: 0, stops: new Map() };
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
    ...{
      ways: seen.ways,
      statements: seen.statements,
      connections: () => seen.connections,
      killed: () => seen.killed,
      end,
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        end(null);
      }),
  };
}

class Conversation {
  private socket: Socket;
  private readonly options: MysqlServerOptions;
  private readonly seen: Seen;
  private readonly id: number;
  /** milliseconds, 0 for no limit */
  private limit = 0;
  private readonly salt = Buffer.from(randomBytes(20).map((byte) => 1 + (byte % 127)));
  private sequence = 0;
  private encrypted = false;
  private buffered = Buffer.alloc(0);
  private next: (packet: Buffer) => void = () => undefined;

  constructor(socket: Socket, options: MysqlServerOptions, seen: Seen) {
    this.id = seen.connections;
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
    this.ok(0);
  }

  private command(packet: Buffer): void {
    const [code] = packet;
    const sql = () => packet.subarray(1).toString();
    switch (code) {
      case COMMAND.quit:
        this.socket.end();
        return;
      case COMMAND.query:
        this.query(sql());
        return;
      case COMMAND.prepare:
        this.prepared(sql());
        return;
      case COMMAND.close:
        return;
      default:
        // COM_RESET_CONNECTION and COM_PING
        this.limit = 0;
        this.ok(0);
    }
  }

  private query(sql: string): void {
    const { answer = () => ({ columns: ['1'], rows: [['1']] }) } = this.options;
    const found = this.known(sql) ?? answer(sql, this.seen.statements);
    this.seen.statements.push(sql);
    this.give(found);
  }

  /** What every session asks and says. */
  private known(sql: string): MysqlAnswer | null {
    const { version = '8.4.3', superuser = false } = this.options;
    const [, limit] = /max_execution_time = (\d+)/.exec(sql) ?? [];
    if (limit !== undefined) this.limit = Number(limit);
    if (/^(SET|START TRANSACTION|ROLLBACK)/.test(sql)) return { ok: 0 };
    if (/CONNECTION_ID\(\)/.test(sql)) {
      const facts = [String(this.id), version, 'shop', 'app@%', superuser ? '1' : '0'];
      return { columns: facts.map((_, index) => `c${index}`), rows: [facts] };
    }
    const [, looked] = /SELECT ID FROM information_schema\.PROCESSLIST\s+WHERE ID = (\d+)/.exec(sql) ?? [];
    if (looked !== undefined) {
      return { columns: ['ID'], rows: this.seen.stops.has(Number(looked)) ? [[looked]] : [] };
    }
    const [, killed] = /^KILL QUERY (\d+)$/.exec(sql) ?? [];
    if (killed === undefined) return null;
    this.seen.killed++;
    this.seen.stops.get(Number(killed))?.({ code: 1317, message: 'Query execution was interrupted' });
    return { ok: 0 };
  }

  private give(found: MysqlAnswer): void {
    if (found === 'hang') this.running(() => undefined);
    else if ('error' in found) this.fail(found.error.code, found.error.message, found.error.state);
    else if ('ok' in found) this.ok(found.ok);
    else if ('endless' in found) this.stream(found.endless);
    else {
      this.head(found);
      for (const row of found.rows) this.row(row);
      this.send(EOF);
    }
  }

  /** The statement runs until it is killed, reaches the limit of its session, or loses its connection. */
  private running(ended: () => void): void {
    const stop = (error: { readonly code: number; readonly message: string }) => {
      clearTimeout(timer);
      this.seen.stops.delete(this.id);
      ended();
      this.fail(error.code, error.message, '70100');
    };
    const message = 'Query execution was interrupted, maximum statement execution time exceeded';
    const timer = this.limit > 0 ? setTimeout(() => stop({ code: 3024, message }), this.limit) : undefined;
    this.seen.stops.set(this.id, stop);
    this.socket.once('close', () => clearTimeout(timer));
  }

  private stream(result: MysqlResult): void {
    let going = true;
    this.running(() => {
      going = false;
    });
    this.head(result);
    const more = () => {
      if (!going || !this.socket.writable) return;
      for (const row of result.rows) this.row(row);
      if (this.socket.writableNeedDrain) this.socket.once('drain', more);
      else setImmediate(more);
    };
    more();
  }

  private head({ columns }: MysqlResult): void {
    this.send(Buffer.from([columns.length]));
    for (const column of columns) this.send(definition(column));
    this.send(EOF);
  }

  private row(cells: readonly (string | null)[]): void {
    this.send(Buffer.concat(cells.map((cell) => (cell === null ? Buffer.from([0xfb]) : counted(cell)))));
  }

  /** https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_prepare.html */
  private prepared(sql: string): void {
    const { answer } = this.options;
    const found = answer?.(sql, this.seen.statements) ?? { ok: 0 };
    this.seen.statements.push(sql);
    if (typeof found === 'object' && 'error' in found) {
      this.give(found);
      return;
    }
    const columns = typeof found === 'object' && 'columns' in found ? found.columns : [];
    const parameters = sql.split('?').length - 1;
    this.send(
      Buffer.concat([Buffer.from([0]), uint(1, 4), uint(columns.length, 2), uint(parameters, 2), uint(0, 3)]),
    );
    for (const list of [Array.from({ length: parameters }, () => '?'), columns]) {
      for (const column of list) this.send(definition(column));
      if (list.length > 0) this.send(EOF);
    }
  }

  private ok(affected: number): void {
    this.send(Buffer.from([0, affected, 0, 2, 0, 0, 0]));
  }

  private fail(code: number, message: string, state = 'HY000'): void {
    this.send(Buffer.concat([Buffer.from([0xff]), uint(code, 2), Buffer.from(`#${state}${message}`)]));
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

/** A text with its length before it. */
function counted(text: string): Buffer {
  const bytes = Buffer.from(text);
  const { length } = bytes;
  const head =
    length < 251
      ? Buffer.from([length])
      : length < 0x10000
        ? Buffer.concat([Buffer.from([0xfc]), uint(length, 2)])
        : Buffer.concat([Buffer.from([0xfd]), uint(length, 3)]);
  return Buffer.concat([head, bytes]);
}

/** A column as the protocol describes it. */
function definition(column: string | { readonly name: string; readonly type: string }): Buffer {
  const { name, type } = typeof column === 'string' ? { name: column, type: 'varchar(255)' } : column;
  const [, family = '', size = '0', scale = '0'] = /^(\w+)(?:\((\d+)(?:,(\d+))?\))?$/.exec(type) ?? [];
  const kinds: Readonly<Record<string, readonly [code: number, set: number, length: number]>> = {
    int: [3, BINARY, 11],
    bigint: [8, BINARY, 21],
    decimal: [246, BINARY, Number(size) + 2],
    varchar: [253, UTF8MB4, 4 * Number(size)],
    text: [252, UTF8MB4, 262_140],
  };
  const [code, set, length] = kinds[family] ?? [253, UTF8MB4, 1020];
  return Buffer.concat([
    ...['def', '', '', '', name, ''].map(counted),
    ...[Buffer.from([12]), uint(set, 2), uint(length, 4), Buffer.from([code, 0, 0, Number(scale), 0, 0])],
  ]);
}
