/** {@link Database} for SQL Server 2016 and later and Azure SQL. */
import type { Catalog } from '../../core/catalog/catalog.ts';
import type { CallOptions, Database, ReadOnlySession, RoleAdvice, ServerInfo } from '../../core/database.ts';
import { ConnectionPool } from '../connection-pool.ts';
import { readCatalog } from './catalog.ts';
import type { Connected, SessionFacts } from './connect.ts';
import { adviseOnRole } from './role.ts';
import type { ServerTransport } from './server-transport.ts';
import { MssqlSession, type SessionKind, type SessionPlace } from './session.ts';

/**
 * Connect and look who answers.
 * @throws DatabaseError why no connection could be made
 */
export async function openMssqlDatabase(transport: ServerTransport, options: CallOptions): Promise<Database> {
  const pool = new ConnectionPool<Connected>(transport);
  try {
    const first = await pool.acquire(options);
    pool.release(first);
    return new MssqlDatabase(transport, pool, first.session);
  } catch (error) {
    await pool.close();
    throw error;
  }
}

class MssqlDatabase implements Database {
  readonly info: ServerInfo;
  readonly parallelism: number;
  private readonly pool: ConnectionPool<Connected>;
  private readonly place: SessionPlace;

  constructor(transport: ServerTransport, pool: ConnectionPool<Connected>, facts: SessionFacts) {
    this.pool = pool;
    this.parallelism = transport.parallelism;
    this.info = {
      dialect: 'tsql',
      product: facts.product,
      version: facts.version,
      versionText: facts.versionText,
      embedded: false,
      database: facts.database ?? '',
      user: facts.user,
      superuser: facts.superuser,
    };
    this.place = {
      transport,
      acquire: (acquiring) => pool.acquire(acquiring),
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

  adviseOnRole(options: CallOptions = {}): Promise<RoleAdvice | null> {
    return this.inSession('reads', adviseOnRole, options);
  }

  async close(): Promise<void> {
    await this.pool.close();
    this.place.transport.close();
  }

  private async inSession<T>(
    kind: SessionKind,
    work: (session: ReadOnlySession) => Promise<T>,
    options: CallOptions,
  ): Promise<T> {
    const session = new MssqlSession(this.place, kind, options);
    try {
      await session.begin();
      return await work(session);
    } finally {
      await session.end();
    }
  }
}
