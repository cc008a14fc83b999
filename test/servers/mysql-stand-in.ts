/**
 * A stand-in for a MySQL server: it speaks the protocol by `mysql2`'s server side, lets everybody in, and gives prepared
 * answers. No MySQL runs in these tests; what it answers follows the documented formats.
 */
import type { EventEmitter } from 'node:events';
import mysql from 'mysql2';
import { freePort } from './child-program.ts';

/** What a statement is answered with. `'hang'` answers nothing until the statement is killed. */
export type Answer =
  | { readonly columns: readonly string[]; readonly rows: readonly (readonly (string | null)[])[] }
  | { readonly error: { readonly code: number; readonly state: string; readonly message: string } }
  | { readonly ok: number }
  | 'hang';

export interface MysqlStandIn {
  readonly url: string;
  /** every statement in the order of arrival, from all connections */
  readonly statements: readonly string[];
  close(): void;
}

const VARCHAR = 253;
const UTF8MB4 = 45;
const INTERRUPTED = { code: 1317, state: '70100', message: 'Query execution was interrupted' };

/** What is used of the server's side of a connection; mysql2's types leave most of it out. */
interface ServerSide extends EventEmitter {
  serverHandshake(options: object): void;
  writeOk(options?: object): void;
  writeError(error: { code: number; message: string }): void;
  writeColumns(columns: readonly object[]): void;
  writeTextRow(row: readonly (string | null)[]): void;
  writeEof(): void;
  /** of the next packet; mysql2 does not begin anew with each command, as the protocol asks */
  sequenceId: number;
}

/**
 * @param version as SELECT VERSION() gives it: '8.4.3'
 * @param answer for everything that is not answered here: the first questions, settings, transactions, KILL
 */
export async function startMysqlStandIn(
  version: string,
  answer: (sql: string) => Answer,
): Promise<MysqlStandIn> {
  const statements: string[] = [];
  const hanging = new Map<number, () => void>();
  let connections = 0;
  const server = mysql.createServer((given) => {
    const connection = given as unknown as ServerSide;
    const beginAnew = () => {
      connection.sequenceId = 0;
    };
    const id = ++connections;
    connection.on('error', () => undefined);
    connection.serverHandshake({
      protocolVersion: 10,
      serverVersion: version,
      connectionId: id,
      statusFlags: 2,
      characterSet: UTF8MB4,
      capabilityFlags: 0x00_ff_f7_df,
      authCallback: (_login: unknown, done: (error: null) => void) => {
        done(null);
        beginAnew();
      },
    });
    const respond = (sql: string): void => {
      statements.push(sql);
      const kill = /^KILL QUERY (\d+)$/.exec(sql);
      if (kill) hanging.get(Number(kill[1]))?.();
      const found = kill ? { ok: 0 } : (known(sql, version, id) ?? answer(sql));
      if (found === 'hang') {
        hanging.set(id, () => {
          send(connection, { error: INTERRUPTED });
          beginAnew();
        });
        return;
      }
      send(connection, found);
      beginAnew();
    };
    connection.on('query', respond);
    connection.on('stmt_prepare', respond);
    connection.on('packet', (_packet: unknown, isKnown: boolean) => {
      // COM_RESET_CONNECTION
      if (isKnown) return;
      connection.writeOk();
      beginAnew();
    });
  });
  const port = await freePort();
  await new Promise<void>((resolve) => {
    (server as unknown as { listen(port: number, done: () => void): void }).listen(port, resolve);
  });
  return {
    url: `mysql://app:word@127.0.0.1:${port}/shop?sslmode=disable`,
    statements,
    close: () => (server as unknown as { close(): void }).close(),
  };
}

/** What every session asks and says. */
function known(sql: string, version: string, id: number): Answer | null {
  if (/CONNECTION_ID\(\)/.test(sql)) {
    return { columns: ['a', 'b', 'c', 'd', 'e'], rows: [[String(id), version, 'shop', 'app@%', '0']] };
  }
  if (/^(SET|START TRANSACTION|ROLLBACK)/.test(sql)) return { ok: 0 };
  const running = /SELECT ID FROM information_schema\.PROCESSLIST\s+WHERE ID = (\d+)/.exec(sql);
  return running ? { columns: ['ID'], rows: [[running[1] ?? '']] } : null;
}

function send(connection: ServerSide, answer: Exclude<Answer, 'hang'>): void {
  if ('error' in answer) {
    connection.writeError(answer.error);
    return;
  }
  if ('ok' in answer) {
    connection.writeOk({ affectedRows: answer.ok });
    return;
  }
  connection.writeColumns(
    answer.columns.map((name) => ({
      catalog: 'def',
      schema: 'shop',
      table: '',
      orgTable: '',
      name,
      orgName: name,
      characterSet: UTF8MB4,
      columnLength: 1024,
      columnType: VARCHAR,
      flags: 0,
      decimals: 0,
    })),
  );
  for (const row of answer.rows) connection.writeTextRow(row);
  connection.writeEof();
}
