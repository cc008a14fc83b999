/**
 * A stand-in for SQL Server: it speaks TDS 7.4 ([MS-TDS]: PRELOGIN with and without TLS, LOGIN7, SQLBatch, ATTENTION)
 * and TDS 8's TLS from the first byte, and gives prepared answers. No SQL Server runs in these tests; what it answers
 * follows the documented formats.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { type Answer, type BatchMode, head, type ResultSet, rowOf } from './answers.ts';
import { asksForEncryption, type Login, preloginAnswer, preloginOptions, readLogin } from './login.ts';
import { type Message, MessageReader, PACKET, packets, TlsCarrier } from './packets.ts';
import {
  COLLATION,
  DONE,
  doneToken,
  environmentBytes,
  environmentText,
  federationAck,
  loginAck,
  messageToken,
  routing,
  type ServerMessage,
} from './tokens.ts';

export interface StandInOptions {
  /** 16 is SQL Server 2022 */
  readonly version?: string;
  /** `SERVERPROPERTY('EngineEdition')`; 5 is Azure SQL */
  readonly edition?: string;
  /** certificate and key in PEM; without them the server cannot encrypt */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** refuses a log-in by an error */
  readonly refuse?: (login: Login) => ServerMessage | null;
  /** sysadmin, or owner of the database */
  readonly owner?: boolean;
  readonly snapshots?: boolean;
  /** where a log-in is sent on to, as an availability group does with ApplicationIntent=ReadOnly */
  readonly route?: (login: Login) => number | null;
  /** an attention rolls the transaction back and is talked about, as with XACT_ABORT ON */
  readonly talksOnAttention?: boolean;
}

export interface MssqlStandIn {
  readonly url: string;
  readonly port: number;
  /** every batch in the order of arrival, from all connections */
  readonly statements: readonly string[];
  readonly logins: readonly Login[];
  /** attentions that came */
  readonly attentions: () => number;
  /** End all connections, as a server that is stopped. */
  breakConnections(): void;
  close(): Promise<void>;
}

/** @param answer for everything that is not answered here: first questions, settings, transactions */
export async function startMssqlStandIn(
  answer: (sql: string, mode: BatchMode) => Answer,
  options: StandInOptions = {},
): Promise<MssqlStandIn> {
  const state: State = { answer, options, statements: [], logins: [], attentions: 0 };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    new Conversation(socket, state).begin();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = portOf(server);
  const breakConnections = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `mssql://app:sw0rdfish@127.0.0.1:${port}/shop?encrypt=${options.tls ? 'true&trustServerCertificate=true' : 'false'}`,
    port,
    statements: state.statements,
    logins: state.logins,
    attentions: () => state.attentions,
    breakConnections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        breakConnections();
      }),
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The stand-in has no port.');
  return address.port;
}

interface State {
  readonly answer: (sql: string, mode: BatchMode) => Answer;
  readonly options: StandInOptions;
  readonly statements: string[];
  readonly logins: Login[];
  attentions: number;
}

const TLS_HANDSHAKE = 0x16;
const AS_USUAL: BatchMode = { plan: null, statistics: false };

/** One connection. */
class Conversation {
  private readonly socket: Socket;
  private readonly state: State;
  private reader = new MessageReader();
  private encrypted = false;
  private send: (data: Buffer) => boolean;
  /** transactions that are open */
  private depth = 0;
  private mode: BatchMode = AS_USUAL;
  private deaf = false;
  /** ends the batch that runs; null when none does */
  private stop: (() => void) | null = null;

  constructor(socket: Socket, state: State) {
    this.socket = socket;
    this.state = state;
    this.send = (data) => socket.writable && socket.write(data);
  }

  begin(): void {
    this.socket.once('data', (first) => {
      // TDS 8 begins with a TLS record
      if (first[0] === TLS_HANDSHAKE) this.encrypt(false).receive(first);
      else {
        this.socket.on('data', (chunk) => this.receive(chunk));
        this.receive(first);
      }
    });
  }

  private secureContext() {
    const { tls } = this.state.options;
    return createSecureContext(tls ? { cert: tls.certificate, key: tls.key } : {});
  }

  private receive(chunk: Buffer): void {
    for (const message of this.reader.push(chunk)) this.take(message);
  }

  private take(message: Message): void {
    switch (message.type) {
      case PACKET.prelogin:
        this.prelogin(message.data);
        return;
      case PACKET.login:
        this.login(readLogin(message.data, this.encrypted));
        return;
      case PACKET.batch:
        if (message.reset) [this.depth, this.mode] = [0, AS_USUAL];
        // the headers come first, with their length
        this.batch(message.data.subarray(message.data.readUInt32LE(0)).toString('utf16le'));
        return;
      case PACKET.attention:
        this.attention();
        return;
      default:
        this.socket.destroy();
    }
  }

  private respond(...tokens: readonly Buffer[]): void {
    this.send(packets(PACKET.response, Buffer.concat(tokens)));
  }

  private prelogin(data: Buffer): void {
    const { options } = this.state;
    const asked = preloginOptions(data);
    const encrypts = options.tls !== undefined && asksForEncryption(asked) && !this.encrypted;
    const kind = encrypts ? 0x01 : options.tls !== undefined && !this.encrypted ? 0x03 : 0x02;
    this.respond(preloginAnswer(this.major, kind, asked));
    if (encrypts) this.encrypt(true);
  }

  /** @param wrapped whether the handshake travels in packets */
  private encrypt(wrapped: boolean): TlsCarrier {
    const carrier = new TlsCarrier((data) => this.socket.writable && this.socket.write(data), wrapped);
    this.socket.removeAllListeners('data');
    this.socket.on('data', (chunk) => carrier.receive(chunk));
    const secure = new TLSSocket(carrier as unknown as Socket, {
      isServer: true,
      secureContext: this.secureContext(),
      ...(wrapped ? {} : { ALPNProtocols: ['tds/8.0'] }),
    });
    this.encrypted = true;
    this.reader = new MessageReader();
    this.send = (data) => secure.writable && secure.write(data);
    secure.on('error', () => this.socket.destroy());
    secure.on('data', (chunk: Buffer) => this.receive(chunk));
    return carrier;
  }

  private login(login: Login): void {
    this.state.logins.push(login);
    const refusal = this.state.options.refuse?.(login);
    if (refusal) {
      this.respond(messageToken('error', { class: 14, ...refusal }), doneToken(DONE.error));
      this.socket.end();
      return;
    }
    this.respond(
      environmentText(1, login.database || 'master', 'master'),
      environmentBytes(7, COLLATION),
      messageToken('info', { number: 5701, message: `Changed database context to '${login.database}'.` }),
      loginAck(this.major),
      environmentText(4, '4096', '4096'),
      ...this.routed(login),
      ...(login.token === null ? [] : [federationAck()]),
      doneToken(DONE.final),
    );
  }

  private routed(login: Login): Buffer[] {
    const port = this.state.options.route?.(login) ?? null;
    return port === null ? [] : [routing('127.0.0.1', port)];
  }

  private get major(): number {
    return Number.parseInt(this.state.options.version ?? '16', 10);
  }

  private attention(): void {
    this.state.attentions++;
    if (this.deaf) return;
    this.stop?.();
    this.stop = null;
    const talk = this.state.options.talksOnAttention
      ? [
          messageToken('info', { number: 3621, message: 'The statement has been terminated.' }),
          ...this.rolledBack(),
        ]
      : [];
    this.respond(...talk, doneToken(DONE.attention));
  }

  private batch(sql: string): void {
    this.state.statements.push(sql);
    const transaction = this.transaction(sql);
    if (transaction) {
      this.respond(...transaction, doneToken(DONE.final));
      return;
    }
    this.give(this.known(sql) ?? this.state.answer(sql, this.mode));
  }

  private give(found: Answer): void {
    if (found === 'break') {
      this.socket.destroy();
      return;
    }
    if (found === 'breakMidway') {
      const set = { columns: ['a'], rows: [['1']] };
      const part = Buffer.concat([head(set), rowOf(set, ['1'], 0), rowOf(set, ['2'], 0).subarray(0, 3)]);
      this.send(packets(PACKET.response, part, false));
      setImmediate(() => this.socket.destroy());
      return;
    }
    if (found === 'garbage') {
      this.respond(Buffer.from([0x01, 0x02, 0x03]));
      return;
    }
    if (found === 'deaf') {
      this.deaf = true;
      return;
    }
    if (found === 'hang') {
      // what was asked ends without a result, then comes the acknowledgement
      this.stop = () => this.respond(doneToken(DONE.error));
      return;
    }
    if ('endless' in found) {
      this.stream(found.endless);
      return;
    }
    if ('error' in found) {
      const undone = found.rolledBack === true && this.depth > 0 ? this.rolledBack() : [];
      this.respond(...undone, messageToken('error', found.error), doneToken(DONE.error));
      return;
    }
    if ('ok' in found) {
      this.respond(doneToken(DONE.count, found.ok));
      return;
    }
    if ('delayMs' in found && found.delayMs !== undefined) {
      const { delayMs: _waited, ...result } = found;
      const timer = setTimeout(() => {
        this.stop = null;
        this.give(result);
      }, found.delayMs);
      this.stop = () => {
        clearTimeout(timer);
        this.respond(doneToken(DONE.error));
      };
      return;
    }
    const sets = 'sets' in found ? found.sets : [found];
    const messages = (found.messages ?? []).map((message) => messageToken('info', message));
    const parts = sets.flatMap((set, index) => [
      head(set),
      ...set.rows.map((row, at) => rowOf(set, row, at)),
      doneToken(DONE.count | (index < sets.length - 1 ? DONE.more : 0), set.rows.length),
    ]);
    this.respond(...messages, ...parts);
  }

  /** Rows without an end, no faster than the network takes them. */
  private stream(set: ResultSet): void {
    let going = true;
    this.stop = () => {
      going = false;
      this.send(packets(PACKET.response, doneToken(DONE.error)));
    };
    this.send(packets(PACKET.response, head(set), false));
    const rows = Buffer.concat(set.rows.map((row, at) => rowOf(set, row, at)));
    const more = () => {
      if (!going || !this.socket.writable) return;
      this.send(packets(PACKET.response, rows, false));
      setImmediate(more);
    };
    more();
  }

  private transaction(sql: string): Buffer[] | null {
    if (/\bBEGIN TRANSACTION\b/.test(sql)) {
      this.depth++;
      return [environmentBytes(8, Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]))];
    }
    if (/\bROLLBACK\b/.test(sql)) return this.depth > 0 ? this.rolledBack() : [];
    return null;
  }

  private rolledBack(): Buffer[] {
    this.depth = 0;
    return [environmentBytes(10, Buffer.alloc(0), Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]))];
  }

  /** What every session asks and says. */
  private known(sql: string): Answer | null {
    const { version = '16.0.4105.2', edition = '3', owner = false, snapshots = true } = this.state.options;
    if (/SERVERPROPERTY\('ProductVersion'\)/.test(sql)) {
      return {
        columns: ['v', 't', 'e', 'd', 'u', 'o', 's'],
        rows: [
          [
            version,
            `Microsoft SQL Server ${version} (X64)\n\tCopyright (C) Microsoft Corporation`,
            edition,
            this.state.logins.at(-1)?.database ?? 'shop',
            'app',
            owner ? '1' : '0',
            snapshots ? '1' : '0',
          ],
        ],
      };
    }
    if (/^SELECT @@TRANCOUNT$/.test(sql)) return { columns: ['n'], rows: [[String(this.depth)]] };
    if (!/^\s*set /i.test(sql)) return null;
    const on = / ON$/.test(sql);
    if (/SHOWPLAN_XML/.test(sql)) this.mode = { ...this.mode, plan: on ? 'estimated' : null };
    else if (/STATISTICS XML/.test(sql)) this.mode = { ...this.mode, plan: on ? 'actual' : null };
    else if (/STATISTICS IO, TIME/.test(sql)) this.mode = { ...this.mode, statistics: on };
    return { ok: 0 };
  }
}
