/** Opening a connection: the driver, what is asked of the server first, retries. */
import type { Connection, ConnectionConfiguration } from 'tedious';
import { type CallOptions, DatabaseError } from '../../core/database.ts';
import { cancelled } from '../call-errors.ts';
import { DEFAULT_CONNECT_MS, retryConnecting } from '../connect-retry.ts';
import { type ConnectionLife, connectionLife } from '../connection-life.ts';
import type { PooledConnection } from '../connection-pool.ts';
import { type ErrorContext, noAnswer, toDatabaseError } from './errors.ts';
import { runBatch } from './wire.ts';

/** The server is being started or upgraded. */
const STARTING = '18401';
/** SQL Server 2016. */
const OLDEST = 13;
/** `SERVERPROPERTY('EngineEdition')` of what Microsoft runs: versions there say nothing. */
const CLOUD_EDITIONS = ['5', '6', '8', '9', '11', '12'];

export interface Connected extends PooledConnection, ConnectionLife {
  readonly client: Connection;
  readonly session: SessionFacts;
}

export interface SessionFacts {
  readonly version: readonly [number, number];
  readonly versionText: string;
  /** 'SQL Server', 'Azure SQL' */
  readonly product: string;
  readonly database: string | null;
  readonly user: string;
  /** sysadmin, or owner of the database */
  readonly superuser: boolean;
  /** the database lets transactions see one state (ALLOW_SNAPSHOT_ISOLATION) */
  readonly snapshots: boolean;
}

/**
 * Connect, with more attempts where waiting helps (the server has no free connection, is starting, or the network
 * broke in the middle).
 *
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

/** Makes the driver's settings for one attempt; that may mean to ask for a token first. */
export type Configure = (options: CallOptions) => Promise<ConnectionConfiguration>;

/** One attempt. @throws DatabaseError */
async function connectOnce(
  configure: Configure,
  context: ErrorContext,
  { signal, timeoutMs = DEFAULT_CONNECT_MS }: CallOptions,
): Promise<Connected> {
  if (signal?.aborted) throw cancelled(signal.reason);
  const expires = Date.now() + timeoutMs;
  const { EncryptedConnection } = await import('#drivers/mssql');
  const config = await configure({ signal, timeoutMs }).catch((error: unknown) => {
    throw signal?.aborted ? cancelled(error) : error;
  });
  const limit = Math.max(1, Math.ceil(expires - Date.now()));
  const client = new EncryptedConnection({
    ...config,
    options: { ...config.options, connectTimeout: limit },
  });
  const watched = watch(client);
  const close = () => watched.destroy();
  // the driver's own limit ends with the log-in
  const timer = setTimeout(close, limit);
  signal?.addEventListener('abort', close, { once: true });
  // the signal may have come while the settings were made
  if (signal?.aborted) close();
  try {
    await logIn(watched);
    const session = await readFacts(watched);
    refuseOldServer(session, context);
    return { ...watched, session };
  } catch (error) {
    watched.destroy();
    if (signal?.aborted) throw cancelled(error);
    if (!DatabaseError.is(error) && Date.now() >= expires) {
      const { reason, message } = noAnswer(context.target);
      throw new DatabaseError(reason, message, { cause: error });
    }
    throw toDatabaseError(error, context);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', close);
  }
}

/** The driver's error of a refused log-in leaves out the server's number: the first message of an error has it. */
function logIn(watched: Connected): Promise<void> {
  let said: object | null = null;
  const listen = ({ number, message, class: severity }: ServerError) => {
    said ??= { number, message, class: severity };
  };
  watched.client.on('errorMessage', listen);
  return watched
    .guarded<void>((resolve, reject) => {
      watched.client.connect((error) => {
        if (!error) resolve();
        else reject(said ? Object.assign(error, said) : error);
      });
    })
    .finally(() => watched.client.removeListener('errorMessage', listen));
}

interface ServerError {
  readonly number: number;
  readonly message: string;
  readonly class?: number;
}

function refuseOldServer(
  { product, version: [major], versionText }: SessionFacts,
  { target }: ErrorContext,
): void {
  if (product !== 'SQL Server' || major >= OLDEST) return;
  throw new DatabaseError(
    'unsupportedVersion',
    `${target} is too old (${versionText}). SQL Server 2016 and later and Azure SQL are supported.`,
  );
}

/** Follow the life of a connection: the driver tells it by events. */
function watch(client: Connection): Connected {
  const life = connectionLife();
  client.on('error', life.lose);
  client.on('end', () => life.lose(connectionLost()));
  return {
    client,
    session: UNKNOWN_SESSION,
    ...life,
    // the protocol has no goodbye
    end: async () => {
      life.lose(connectionLost());
      client.close();
    },
    destroy: () => {
      life.lose(connectionLost());
      client.close();
    },
  };
}

const UNKNOWN_SESSION: SessionFacts = {
  version: [0, 0],
  versionText: '',
  product: '',
  database: null,
  user: '',
  superuser: false,
  snapshots: false,
};

/** What the driver calls a connection that was closed. */
function connectionLost(): Error {
  return Object.assign(new Error('Connection lost'), { code: 'ECLOSE' });
}

/** https://learn.microsoft.com/sql/t-sql/functions/serverproperty-transact-sql */
const FACTS = `
  SELECT CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)), @@VERSION,
         CAST(SERVERPROPERTY('EngineEdition') AS nvarchar(10)), DB_NAME(), SUSER_SNAME(),
         CASE WHEN IS_SRVROLEMEMBER('sysadmin') = 1 OR IS_ROLEMEMBER('db_owner') = 1 THEN 1 ELSE 0 END,
         (SELECT snapshot_isolation_state FROM sys.databases WHERE database_id = DB_ID())`;

async function readFacts(connected: Connected): Promise<SessionFacts> {
  const [row = []] = (await runBatch(connected, FACTS)).rows;
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(row[0] ?? '') ?? [];
  return {
    version: [Number(major), Number(minor)],
    versionText: (row[1] ?? row[0] ?? '').split('\n')[0]?.trim() ?? '',
    product: CLOUD_EDITIONS.includes(row[2] ?? '') ? 'Azure SQL' : 'SQL Server',
    database: row[3] ?? null,
    user: row[4] ?? '',
    superuser: row[5] === '1',
    snapshots: row[6] === '1',
  };
}
