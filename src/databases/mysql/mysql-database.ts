/** {@link Database} for MariaDB 10.6 and later and MySQL 8.0 and later. */
import type { Catalog } from '../../core/catalog/catalog.ts';
import type {
  CallOptions,
  Database,
  ReadOnlySession,
  RoleAdvice,
  ScratchDatabase,
  ServerInfo,
} from '../../core/database.ts';
import type { Dialect } from '../../core/sql/dialect.ts';
import { ConnectionPool } from '../connection-pool.ts';
import { readCatalog } from './catalog.ts';
import type { Connected, SessionFacts } from './connect.ts';
import { adviseOnRole } from './role.ts';
import { openMysqlScratch } from './scratch.ts';
import type { ServerTransport } from './server-transport.ts';
import { MysqlSession, type SessionKind, type SessionPlace } from './session.ts';

/**
 * Connect and look who answers.
 * @throws DatabaseError why no connection could be made
 */
export async function openMysqlDatabase(transport: ServerTransport, options: CallOptions): Promise<Database> {
  const pool = new ConnectionPool<Connected>(transport);
  try {
    const first = await pool.acquire(options);
    pool.release(first);
    return new MysqlDatabase(transport, pool, first.session);
  } catch (error) {
    await pool.close();
    throw error;
  }
}

class MysqlDatabase implements Database {
  readonly info: ServerInfo;
  readonly parallelism: number;
  private readonly pool: ConnectionPool<Connected>;
  private readonly place: SessionPlace;

  constructor(transport: ServerTransport, pool: ConnectionPool<Connected>, facts: SessionFacts) {
    this.pool = pool;
    this.parallelism = transport.parallelism;
    const dialect: Dialect = facts.mariadb ? 'mariadb' : 'mysql';
    this.info = {
      dialect,
      product: facts.mariadb ? 'MariaDB' : 'MySQL',
      version: facts.version,
      versionText: facts.versionText,
      embedded: false,
      database: facts.database ?? '',
      user: facts.user,
      superuser: facts.superuser,
    };
    this.place = {
      transport,
      dialect,
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

  openScratch(options: CallOptions = {}): Promise<ScratchDatabase> {
    return openMysqlScratch(this.place.transport, options);
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
    const session = new MysqlSession(this.place, kind, options);
    try {
      await session.begin();
      return await work(session);
    } finally {
      await session.end();
    }
  }
}
