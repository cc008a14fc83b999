/** {@link Database} over a pool of connections, for every engine: what differs is said by its {@link Engine}. */
import type { Catalog } from '../core/catalog/catalog.ts';
import type {
  CallOptions,
  Database,
  ReadOnlySession,
  RoleAdvice,
  ScratchDatabase,
  ServerInfo,
  StatisticsOptions,
  WhatIfSession,
  WhatIfWay,
} from '../core/database.ts';
import type { SchemaDetails } from '../core/indexes/index-details.ts';
import type { ServerSettings } from '../core/settings/server-settings.ts';
import type { IndexHints } from '../core/workload/index-hints.ts';
import type { IndexStatistics } from '../core/workload/index-usage.ts';
import {
  type StatementStatistics,
  type StatisticsUnavailable,
  statementLimit,
} from '../core/workload/statement-statistics.ts';
import { ConnectionPool, type ConnectionSource, type PooledConnection } from './connection-pool.ts';
import type { GuardedSession, SessionKind, SessionPlace } from './guarded-session.ts';

/** The way to a server. */
export interface Transport<C extends PooledConnection> extends ConnectionSource<C> {
  /** Close the way itself, after its connections. */
  close(): void | Promise<void>;
}

/** A session as the engines make it. */
type Session<C extends PooledConnection> = GuardedSession<C, SessionPlace<C>> & ReadOnlySession;

/** What an engine does in its own way. */
export interface Engine<C extends PooledConnection> {
  readonly info: ServerInfo;
  session(kind: SessionKind, options: CallOptions): Session<C>;
  /** @throws DatabaseError */
  readCatalog(session: ReadOnlySession, info: ServerInfo): Promise<Catalog>;
  /** @param limit statements wanted at most. @throws DatabaseError */
  readStatementStatistics(
    session: ReadOnlySession,
    info: ServerInfo,
    limit: number,
  ): Promise<StatementStatistics | StatisticsUnavailable>;
  /** @throws DatabaseError */
  readIndexUsage(
    session: ReadOnlySession,
    info: ServerInfo,
  ): Promise<IndexStatistics | StatisticsUnavailable>;
  /** left out: the engine says nothing of missing or superfluous indexes. @throws DatabaseError */
  readonly readIndexHints?: (
    session: ReadOnlySession,
    info: ServerInfo,
  ) => Promise<IndexHints | StatisticsUnavailable>;
  /** @throws DatabaseError */
  readServerSettings(session: ReadOnlySession, info: ServerInfo): Promise<ServerSettings>;
  /** left out: details of tables and indexes are not read. @throws DatabaseError */
  readonly readSchemaDetails?: (session: ReadOnlySession, info: ServerInfo) => Promise<SchemaDetails>;
  /** left out: the engine cannot plan with indexes that are not there */
  readonly whatIf?: WhatIfEngine;
  /** null: whoever connects may do everything, and that is as it should be. @throws DatabaseError */
  readonly adviseOnRole: ((session: ReadOnlySession) => Promise<RoleAdvice | null>) | null;
  /** left out: generated databases are not built on this engine. @throws DatabaseError */
  readonly openScratch?: (options: CallOptions) => Promise<ScratchDatabase>;
}

/** How an engine plans with indexes that are not there. */
export interface WhatIfEngine {
  /** @throws DatabaseError */
  ways(session: ReadOnlySession): Promise<readonly WhatIfWay[]>;
  /** @param begin begins a transaction, which is rolled back at its end. @throws DatabaseError; what `work` throws */
  during<T>(
    way: WhatIfWay,
    begin: (kind: SessionKind) => Promise<BegunSession>,
    work: (session: WhatIfSession) => Promise<T>,
  ): Promise<T>;
}

/** A transaction that was begun; whoever has it ends it. */
export interface BegunSession {
  readonly session: ReadOnlySession;
  /** Roll back and give the connection back. */
  end(): Promise<void>;
}

/**
 * Connect and look who answers.
 *
 * @param engineOf the engine, from the first connection and the pool that it came from
 * @throws DatabaseError why no connection could be made; the transport is closed then
 */
export async function openPooledDatabase<C extends PooledConnection>(
  transport: Transport<C>,
  options: CallOptions,
  engineOf: (first: C, pool: ConnectionPool<C>) => Engine<C>,
): Promise<Database> {
  const pool = new ConnectionPool<C>(transport);
  try {
    const first = await pool.acquire(options);
    pool.release(first);
    return new PooledDatabase(transport, pool, engineOf(first, pool));
  } catch (error) {
    await pool.close();
    await transport.close();
    throw error;
  }
}

class PooledDatabase<C extends PooledConnection> implements Database {
  readonly info: ServerInfo;
  readonly parallelism: number;
  readonly openScratch?: (options?: CallOptions) => Promise<ScratchDatabase>;
  readonly readIndexHints?: (options?: CallOptions) => Promise<IndexHints | StatisticsUnavailable>;
  readonly readSchemaDetails?: (options?: CallOptions) => Promise<SchemaDetails>;
  readonly whatIfWays?: (options?: CallOptions) => Promise<readonly WhatIfWay[]>;
  readonly whatIf?: NonNullable<Database['whatIf']>;
  private readonly transport: Transport<C>;
  private readonly pool: ConnectionPool<C>;
  private readonly engine: Engine<C>;

  constructor(transport: Transport<C>, pool: ConnectionPool<C>, engine: Engine<C>) {
    this.transport = transport;
    this.pool = pool;
    this.engine = engine;
    this.info = engine.info;
    this.parallelism = transport.parallelism;
    const { openScratch, readIndexHints, readSchemaDetails, whatIf } = engine;
    if (openScratch) this.openScratch = (options = {}) => openScratch(options);
    if (readIndexHints) {
      this.readIndexHints = (options = {}) =>
        this.inSession('reads', (session) => readIndexHints(session, engine.info), options);
    }
    if (readSchemaDetails) {
      this.readSchemaDetails = (options = {}) =>
        this.inSession('reads', (session) => readSchemaDetails(session, this.info), options);
    }
    if (whatIf) {
      this.whatIfWays = (options = {}) => this.inSession('reads', (session) => whatIf.ways(session), options);
      this.whatIf = (way, work, options = {}) =>
        whatIf.during(way, (kind) => this.begin(kind, options), work);
    }
  }

  readCatalog(options: CallOptions = {}): Promise<Catalog> {
    return this.inSession('reads', (session) => this.engine.readCatalog(session, this.info), options);
  }

  readOnly<T>(work: (session: ReadOnlySession) => Promise<T>, options: CallOptions = {}): Promise<T> {
    return this.inSession('reads', work, options);
  }

  rolledBack<T>(work: (session: ReadOnlySession) => Promise<T>, options: CallOptions = {}): Promise<T> {
    return this.inSession('writes', work, options);
  }

  async adviseOnRole(options: CallOptions = {}): Promise<RoleAdvice | null> {
    const { adviseOnRole } = this.engine;
    return adviseOnRole === null ? null : this.inSession('reads', adviseOnRole, options);
  }

  readStatementStatistics({
    limit,
    ...options
  }: StatisticsOptions = {}): Promise<StatementStatistics | StatisticsUnavailable> {
    const wanted = statementLimit(limit);
    const read = (session: ReadOnlySession) =>
      this.engine.readStatementStatistics(session, this.info, wanted);
    return this.inSession('reads', read, options);
  }

  readIndexUsage(options: CallOptions = {}): Promise<IndexStatistics | StatisticsUnavailable> {
    return this.inSession('reads', (session) => this.engine.readIndexUsage(session, this.info), options);
  }

  readServerSettings(options: CallOptions = {}): Promise<ServerSettings> {
    return this.inSession('reads', (session) => this.engine.readServerSettings(session, this.info), options);
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
    const { session, end } = await this.begin(kind, options);
    try {
      return await work(session);
    } finally {
      await end();
    }
  }

  private async begin(kind: SessionKind, options: CallOptions): Promise<BegunSession> {
    const session = this.engine.session(kind, options);
    try {
      await session.begin();
    } catch (error) {
      await session.end();
      throw error;
    }
    return { session, end: () => session.end() };
  }
}
