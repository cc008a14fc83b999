/** Opening a connection: the driver, what is asked of the server first, retries. */
import type { Client, ClientConfig } from 'pg';
import { DatabaseError } from '../../core/database.ts';
import { cancelled } from '../call-errors.ts';
import { DEFAULT_CONNECT_MS, retryConnecting } from '../connect-retry.ts';
import { type ErrorContext, toDatabaseError } from './errors.ts';
import type { Connected, SessionFacts } from './transport.ts';
import { runSimple } from './wire.ts';

/** The oldest server that is supported, as server_version_num. */
const OLDEST = 130_000;
/** SQLSTATE cannot_connect_now: the server is starting or stopping. */
const STARTING = '57P03';

export interface ConnectOptions {
  readonly signal?: AbortSignal | undefined;
  /** milliseconds for all attempts together */
  readonly timeoutMs?: number | undefined;
}

/** Makes the driver's settings for one attempt; that may mean to open the way to the server first. */
export type Configure = (options: ConnectOptions) => Promise<ClientConfig>;

/**
 * Connect, with more attempts where waiting helps (the server is starting, has no free connection, or the network
 * broke in the middle).
 *
 * @param configure makes the driver's settings anew for each attempt
 * @throws DatabaseError
 */
export function connectWithRetry(
  configure: Configure,
  context: ErrorContext,
  options: ConnectOptions,
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
  { signal, timeoutMs = DEFAULT_CONNECT_MS }: ConnectOptions,
): Promise<Connected> {
  if (signal?.aborted) throw cancelled(signal.reason);
  const expires = Date.now() + timeoutMs;
  const { default: pg } = await import('pg');
  const client = new pg.Client({ keepAlive: true, ...(await configure({ signal, timeoutMs })) });
  const watched = watch(client);
  const close = () => watched.destroy();
  // pg's own limit covers the socket and the log-in, not our first question
  const timer = setTimeout(close, Math.max(1, expires - Date.now()));
  signal?.addEventListener('abort', close, { once: true });
  try {
    // the signal may have come while the settings were made
    if (signal?.aborted) throw cancelled(signal.reason);
    await client.connect();
    const session = await readFacts(client);
    refuseOldServer(session, context);
    return { ...watched, session };
  } catch (error) {
    watched.destroy();
    if (signal?.aborted) throw cancelled(error);
    if (Date.now() >= expires) throw noAnswer(context, error);
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

function refuseOldServer({ versionNumber, versionText }: SessionFacts, { target }: ErrorContext): void {
  if (versionNumber >= OLDEST) return;
  throw new DatabaseError(
    'unsupportedVersion',
    `${target} is too old (${versionText}). PostgreSQL 13 and later are supported.`,
  );
}

/** Follow the life of a connection: pg tells it by events. */
function watch(client: Client): Omit<Connected, 'session'> {
  let lost: Error | null = null;
  let status: 'I' | 'T' | 'E' | null = null;
  client.on('error', (error: Error) => {
    lost ??= error;
  });
  client.on('end', () => {
    lost ??= new Error('Connection terminated');
  });
  const { connection } = client as unknown as { connection: DriverConnection };
  connection.on('readyForQuery', (message: { status: 'I' | 'T' | 'E' }) => {
    status = message.status;
  });
  return {
    client,
    lost: () => lost,
    status: () => status,
    clean: () => status === 'I',
    end: async () => {
      lost ??= new Error('Connection closed');
      await client.end();
    },
    destroy: () => {
      lost ??= new Error('Connection closed');
      connection.stream.destroy();
    },
  };
}

interface DriverConnection {
  on(event: 'readyForQuery', listener: (message: { status: 'I' | 'T' | 'E' }) => void): void;
  readonly stream: { destroy(): void };
}

/** For PostgreSQL 10 and later. A pooler between us and the server has process numbers of its own: so we ask. */
const FACTS = `
  SELECT pg_backend_pid(),
         coalesce((SELECT backend_start::text FROM pg_stat_activity WHERE pid = pg_backend_pid()), ''),
         current_setting('server_version_num'),
         version(),
         current_database(),
         current_user,
         coalesce((SELECT rolsuper FROM pg_roles WHERE rolname = current_user), false)`;

async function readFacts(client: Client): Promise<SessionFacts> {
  const [row = []] = (await runSimple(client, FACTS)).rows;
  const text = (index: number) => row[index] ?? '';
  return {
    pid: Number(text(0)),
    backendStart: text(1),
    versionNumber: Number(text(2)),
    versionText: text(3),
    database: text(4),
    user: text(5),
    superuser: text(6) === 't',
  };
}
