/** Opening a connection: the driver, what is asked of the server first, retries. */
import type { Connection, ConnectionOptions } from 'mysql2';
import { type CallOptions, DatabaseError } from '../../core/database.ts';
import { cancelled } from '../call-errors.ts';
import { DEFAULT_CONNECT_MS, retryConnecting } from '../connect-retry.ts';
import { type ConnectionLife, connectionLife } from '../connection-life.ts';
import type { PooledConnection } from '../connection-pool.ts';
import { type ErrorContext, toDatabaseError } from './errors.ts';
import { runText } from './wire.ts';

/** ER_SERVER_SHUTDOWN: the server is starting or stopping. */
const STARTING = '1053';

export interface Connected extends PooledConnection, ConnectionLife {
  readonly client: Connection;
  readonly session: SessionFacts;
}

export interface SessionFacts {
  /** CONNECTION_ID() */
  readonly id: string;
  readonly mariadb: boolean;
  readonly version: readonly [number, number];
  readonly versionText: string;
  readonly database: string | null;
  readonly user: string;
  readonly superuser: boolean;
}

/** Makes the driver's settings for one attempt; that may mean to open the way to the server first. */
export type Configure = (options: CallOptions) => Promise<ConnectionOptions>;

/**
 * Connect, with more attempts where waiting helps (the server has no free connection, is starting, or the network
 * broke in the middle).
 *
 * @param configure makes the driver's settings anew for each attempt
 * @throws DatabaseError
 */
export function connectWithRetry(
  configure: Configure,
  context: ErrorContext,
  options: CallOptions,
): Promise<Connected> {
  return retryConnecting(
    (timeoutMs) => connectOnce(configure, context, { signal: options.signal, timeoutMs }),
    STARTING,
    options,
  );
}

/** One attempt. @throws DatabaseError */
export async function connectOnce(
  configure: Configure,
  context: ErrorContext,
  { signal, timeoutMs = DEFAULT_CONNECT_MS }: CallOptions,
): Promise<Connected> {
  if (signal?.aborted) throw cancelled(signal.reason);
  const expires = Date.now() + timeoutMs;
  const { default: mysql } = await import('mysql2');
  const config = await configure({ signal, timeoutMs });
  const left = () => Math.max(1, expires - Date.now());
  const client = mysql.createConnection({ ...config, connectTimeout: left() });
  const watched = watch(client);
  const close = () => watched.destroy();
  // mysql2's own limit ends with the log-in
  const timer = setTimeout(close, left());
  signal?.addEventListener('abort', close, { once: true });
  // the signal may have come while the settings were made
  if (signal?.aborted) close();
  try {
    await watched.guarded<void>((resolve) => client.once('connect', () => resolve()));
    const session = await readFacts(watched);
    refuseOldServer(session, context);
    return { ...watched, session };
  } catch (error) {
    watched.destroy();
    if (signal?.aborted) throw cancelled(error);
    if (!DatabaseError.is(error) && Date.now() >= expires) throw noAnswer(context, error);
    throw toDatabaseError(error, context);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', close);
  }
}

function noAnswer({ target }: ErrorContext, cause: unknown): DatabaseError {
  return new DatabaseError('timeout', `${target} did not answer in time. Check host, port and firewall.`, {
    cause,
  });
}

function refuseOldServer(
  { mariadb, version: [major, minor], versionText }: SessionFacts,
  { target }: ErrorContext,
): void {
  if (mariadb ? major > 10 || (major === 10 && minor >= 6) : major >= 8) return;
  throw new DatabaseError(
    'unsupportedVersion',
    `${target} is too old (${versionText}). MariaDB 10.6 and later and MySQL 8.0 and later are supported.`,
  );
}

/** Follow the life of a connection: mysql2 tells it by events. */
function watch(client: Connection): Connected {
  const life = connectionLife();
  client.on('error', life.lose);
  client.on('end', () => life.lose(connectionLost()));
  const { stream } = client as unknown as { readonly stream: { destroy(): void } };
  return {
    client,
    session: UNKNOWN_SESSION,
    ...life,
    end: () =>
      new Promise<void>((resolve) => {
        life.lose(connectionLost());
        client.end(() => resolve());
      }),
    destroy: () => {
      life.lose(connectionLost());
      client.destroy();
      stream.destroy();
    },
  };
}

const UNKNOWN_SESSION: SessionFacts = {
  id: '',
  mariadb: false,
  version: [0, 0],
  versionText: '',
  database: null,
  user: '',
  superuser: false,
};

function connectionLost(): Error {
  return Object.assign(new Error('Connection lost'), { code: 'PROTOCOL_CONNECTION_LOST' });
}

/** A proxy between us and the server has connection numbers of its own: so we ask. */
const FACTS = `
  SELECT CONNECTION_ID(), VERSION(), DATABASE(), CURRENT_USER(),
         EXISTS (SELECT 1 FROM information_schema.USER_PRIVILEGES
                  WHERE PRIVILEGE_TYPE = 'SUPER'
                    AND REPLACE(GRANTEE, '''', '') = CURRENT_USER())`;

async function readFacts(connected: Connected): Promise<SessionFacts> {
  const [row = []] = (await runText(connected, FACTS)).rows;
  const versionText = row[1] ?? '';
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(versionText.replace(/^5\.5\.5-/, '')) ?? [];
  return {
    id: row[0] ?? '',
    mariadb: /mariadb/i.test(versionText),
    version: [Number(major), Number(minor)],
    versionText,
    database: row[2] ?? null,
    user: row[3] ?? '',
    superuser: row[4] === '1',
  };
}
