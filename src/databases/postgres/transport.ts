/** How a PostgreSQL is reached: a server over a socket, or the embedded one in a child process. */
import type { Client } from 'pg';
import type { ConnectionSource, PooledConnection } from '../connection-pool.ts';

/** A connection with what was learned of its server while connecting. */
export interface Connected extends PooledConnection {
  readonly client: Client;
  readonly session: SessionFacts;
  /** 'I' idle, 'T' in a transaction, 'E' in a failed one */
  status(): 'I' | 'T' | 'E' | null;
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

export interface Transport extends ConnectionSource<Connected> {
  readonly embedded: boolean;
  /** how messages name it, without the password */
  readonly target: string;
  readonly user: string | null;
  /** the server obeys statement_timeout, so the client's own limit is only a second line */
  readonly obeysTimeouts: boolean;
  /**
   * Stop the statement that runs on a connection, if it still runs. The call that waits for it then fails.
   * @param sql the statement as it was sent
   * @throws DatabaseError when the server could not be asked
   */
  interrupt(connected: Connected, sql: string): Promise<void>;
  close(): Promise<void>;
}
