/**
 * Kysely over `node:sqlite`. Kysely has a dialect for `better-sqlite3`, which is a native module; the runtime's own
 * SQLite differs in how a statement says that it returns rows and in how values are passed.
 *
 * `node:sqlite` is synchronous. It is used on the calling thread nevertheless: every call of the repositories is
 * one small indexed statement (well under 1 ms; with WAL and `synchronous = NORMAL` a commit does not wait for the
 * disk), less than a message to a worker and back costs. What could block is waiting for another process's lock:
 * so SQLite itself never waits (`busy_timeout = 0`), and waiting is done here, asynchronously, with back-off.
 */
import {
  CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type Kysely,
  type QueryCompiler,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { sqliteCode, storeErrorFrom } from './store-error.ts';

/** What is used of `DatabaseSync`, stated structurally: no import of `node:sqlite` is needed to load this file. */
export interface SqliteHandle {
  prepare(sql: string): SqliteStatement;
  exec(sql: string): void;
  close(): void;
}

export interface SqliteStatement {
  columns(): readonly unknown[];
  all(...values: SqliteValue[]): unknown[];
  run(...values: SqliteValue[]): { changes: number | bigint; lastInsertRowid: number | bigint };
}

export type SqliteValue = null | number | bigint | string | Uint8Array;

export interface SqliteDialectOptions {
  readonly handle: SqliteHandle;
  /** the file, for messages */
  readonly path: string;
  /** milliseconds to wait for another process's lock before giving up; default 10,000 */
  readonly lockWaitMs?: number | undefined;
}

export class NodeSqliteDialect implements Dialect {
  private readonly options: SqliteDialectOptions;

  constructor(options: SqliteDialectOptions) {
    this.options = options;
  }

  createAdapter(): DialectAdapter {
    return new SqliteAdapter();
  }

  createDriver(): Driver {
    return new NodeSqliteDriver(this.options);
  }

  createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return new SqliteIntrospector(db);
  }

  createQueryCompiler(): QueryCompiler {
    return new SqliteQueryCompiler();
  }
}

class NodeSqliteDriver implements Driver {
  private readonly connection: NodeSqliteConnection;
  private readonly handle: SqliteHandle;
  /** resolves when the one connection is free */
  private free: Promise<void> = Promise.resolve();
  private release: () => void = () => undefined;

  constructor(options: SqliteDialectOptions) {
    this.handle = options.handle;
    this.connection = new NodeSqliteConnection(options);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    const previous = this.free;
    let release: () => void = () => undefined;
    this.free = new Promise((resolve) => {
      release = resolve;
    });
    await previous;
    this.release = release;
    return this.connection;
  }

  async releaseConnection(): Promise<void> {
    this.release();
  }

  /** IMMEDIATE takes the write lock at once: waiting is then safe to repeat, and nothing later is refused. */
  async beginTransaction(): Promise<void> {
    await this.connection.executeQuery(CompiledQuery.raw('BEGIN IMMEDIATE'));
  }

  async commitTransaction(): Promise<void> {
    await this.connection.executeQuery(CompiledQuery.raw('COMMIT'));
  }

  async rollbackTransaction(): Promise<void> {
    await this.connection.executeQuery(CompiledQuery.raw('ROLLBACK'));
  }

  async destroy(): Promise<void> {
    this.handle.close();
  }
}

const FIRST_WAIT_MS = 2;
const LONGEST_WAIT_MS = 100;
const DEFAULT_LOCK_WAIT_MS = 10_000;

class NodeSqliteConnection implements DatabaseConnection {
  private readonly options: SqliteDialectOptions;

  constructor(options: SqliteDialectOptions) {
    this.options = options;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const values = query.parameters.map(toSqliteValue);
    return retryWhileLocked(
      () => this.executeOnce<R>(query.sql, values),
      this.options.path,
      this.options.lockWaitMs,
    );
  }

  // biome-ignore lint/correctness/useYield: streaming is not offered; Kysely's interface asks for a generator.
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('The store reads small results only: streaming is not offered.');
  }

  private executeOnce<R>(sql: string, values: SqliteValue[]): QueryResult<R> {
    const statement = this.options.handle.prepare(sql);
    if (statement.columns().length > 0) {
      // rows come without a prototype, which makes them unequal to plain objects
      return { rows: statement.all(...values).map((row) => Object.assign({}, row) as R) };
    }
    const { changes, lastInsertRowid } = statement.run(...values);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }
}

/**
 * Repeat a call while another process holds the lock, with waits that double and vary.
 *
 * @param call must have no effect when it throws SQLITE_BUSY, as single statements and BEGIN IMMEDIATE have none
 * @throws StoreError
 */
export async function retryWhileLocked<T>(
  call: () => T,
  path: string,
  lockWaitMs = DEFAULT_LOCK_WAIT_MS,
): Promise<T> {
  const deadline = performance.now() + lockWaitMs;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(LONGEST_WAIT_MS, wait * 2)) {
    try {
      return call();
    } catch (error) {
      const code = sqliteCode(error);
      const busy = code !== null && (code & 0xff) === 5;
      if (!busy || performance.now() > deadline) throw storeErrorFrom(error, path);
    }
    const jittered = wait * (0.5 + Math.random());
    await new Promise((resolve) => setTimeout(resolve, jittered));
  }
}

function toSqliteValue(value: unknown): SqliteValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string') return value;
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`the store cannot keep a value of type ${typeof value}`);
}
