/** How a PostgreSQL is reached: a server over a socket, or the embedded one in a child process. */
import type { Client } from 'pg';
import type { CallOptions } from '../../core/database.ts';

/** A connection with what was learned of its server while connecting. */
export interface Connected {
  readonly client: Client;
  readonly session: SessionFacts;
  /** why the connection is gone; null while it lives */
  lost(): Error | null;
  /** 'I' idle, 'T' in a transaction, 'E' in a failed one */
  status(): 'I' | 'T' | 'E' | null;
  /** Say goodbye and close. */
  end(): Promise<void>;
  /** Close at once. */
  destroy(): void;
}

export interface SessionFacts {
  /** process of the server that serves this connection */
  readonly pid: number;
  /** when that process started, as text: process numbers are used again */
  readonly backendStart: string;
  /** server_version_num: 180004 for 18.4 */
  readonly versionNumber: number;
  readonly versionText: string;
  readonly database: string;
  readonly user: string;
  readonly superuser: boolean;
}

export interface Transport {
  readonly embedded: boolean;
  /** connections that may be open at the same time */
  readonly parallelism: number;
  /** milliseconds after which an unused connection is closed; null: never */
  readonly idleMs: number | null;
  /** how messages name it, without the password */
  readonly target: string;
  readonly user: string | null;
  /** the server obeys statement_timeout, so the client's own limit is only a second line */
  readonly obeysTimeouts: boolean;
  /** @throws DatabaseError */
  connect(options: CallOptions): Promise<Connected>;
  /**
   * Stop the statement that runs on a connection, if it still runs. The call that waits for it then fails.
   * @param sql the statement as it was sent
   * @throws DatabaseError when the server could not be asked
   */
  interrupt(connected: Connected, sql: string): Promise<void>;
  close(): Promise<void>;
}
