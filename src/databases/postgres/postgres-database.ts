/** {@link Database} for PostgreSQL 13 and later over any {@link Transport}. */
import type { Catalog } from '../../core/catalog/catalog.ts';
import type { CallOptions, Database, ReadOnlySession, RoleAdvice, ServerInfo } from '../../core/database.ts';
import { ConnectionPool } from '../connection-pool.ts';
import { readCatalog } from './catalog.ts';
import { ResultTypes } from './result-types.ts';
import { adviseOnRole } from './role.ts';
import { PostgresSession, type SessionKind, type SessionPlace } from './session.ts';
import type { Connected, SessionFacts, Transport } from './transport.ts';

/**
 * Connect and look who answers.
 * @throws DatabaseError why no connection could be made; the transport is closed then
 */
export async function openPostgresDatabase(transport: Transport, options: CallOptions): Promise<Database> {
  const pool = new ConnectionPool(transport);
  try {
    const first = await pool.acquire(options);
    pool.release(first);
    return new PostgresDatabase(transport, pool, first.session);
  } catch (error) {
    await pool.close();
    await transport.close();
    throw error;
  }
}

class PostgresDatabase implements Database {
  readonly info: ServerInfo;
  readonly parallelism: number;
  private readonly transport: Transport;
  private readonly pool: ConnectionPool<Connected>;
  private readonly place: SessionPlace;

  constructor(transport: Transport, pool: ConnectionPool<Connected>, facts: SessionFacts) {
    this.transport = transport;
    this.pool = pool;
    this.parallelism = transport.parallelism;
    this.info = serverInfo(facts, transport.embedded);
    this.place = {
      transport,
      types: new ResultTypes(),
      acquire: (options) => pool.acquire(options),
      release: (connected) => pool.release(connected),
    };
  }

  readCatalog(options: CallOptions = {}): Promise<Catalog> {
    return this.inSession('reads', (session) => readCatalog(session, this.info), options);
  }

  readOnly<T>(work: (session: ReadOnlySession) => Promise<T>, options: CallOptions = {}): Promise<T> {
    return this.inSession('reads', work, options);
  }

  rolledBack<T>(work: (session: ReadOnlySession) => Promise<T>, options: CallOptions = {}): Promise<T> {
    return this.inSession('writes', work, options);
  }

  async adviseOnRole(options: CallOptions = {}): Promise<RoleAdvice | null> {
    // whoever starts the embedded database owns it
    return this.info.embedded ? null : this.inSession('reads', adviseOnRole, options);
  }

  async close(): Promise<void> {
    await this.pool.close();
    await this.transport.close();
  }

  private async inSession<T>(
    kind: SessionKind,
    work: (session: ReadOnlySession) => Promise<T>,
    options: CallOptions,
  ): Promise<T> {
    const session = new PostgresSession(this.place, kind, options);
    try {
      await session.begin();
      return await work(session);
    } finally {
      await session.end();
    }
  }
}

function serverInfo(facts: SessionFacts, embedded: boolean): ServerInfo {
  return {
    dialect: 'postgresql',
    product: 'PostgreSQL',
    version: [Math.floor(facts.versionNumber / 10_000), facts.versionNumber % 10_000],
    versionText: facts.versionText,
    embedded,
    database: facts.database,
    user: facts.user,
    superuser: facts.superuser,
  };
}
