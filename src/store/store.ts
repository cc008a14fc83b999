/** The observability store: what was found, proposed, applied and measured, kept in one SQLite file. */
import { Kysely, sql } from 'kysely';
import type { Dialect } from '../core/sql/dialect.ts';
import { Connections } from './connections.ts';
import { Measurements } from './measurements.ts';
import { migrate } from './migrations.ts';
import { Optimizations } from './optimizations.ts';
import type { StoreSchema } from './schema.ts';
import { NodeSqliteDialect, retryWhileLocked, type SqliteHandle } from './sqlite-dialect.ts';
import { Statements } from './statements.ts';
import { StoreError, storeErrorFrom } from './store-error.ts';

export interface StoreOptions {
  /**
   * Keep literals of statements. False (the default) keeps normalized texts only, and needs `redact` for what is
   * not a whole statement.
   */
  readonly keepLiterals?: boolean | undefined;
  /** Replaces the literals in a statement or a piece of one; without it such texts are left out. */
  readonly redact?: ((sql: string, dialect: Dialect) => string) | undefined;
  /** milliseconds to wait for another process's lock; default 10,000 */
  readonly lockWaitMs?: number | undefined;
}

/**
 * Open a store, making and migrating it when needed. Several processes may have the same file open and write.
 *
 * @param path a file in an existing folder, or ':memory:'
 * @throws StoreError 'unsupportedRuntime' without SQLite in the runtime, 'newerVersion', 'corrupt', 'unwritable' …
 */
export async function openStore(path: string, options: StoreOptions = {}): Promise<Store> {
  const handle = await openHandle(path);
  try {
    // WAL: readers and one writer at a time never block each other (https://www.sqlite.org/wal.html)
    await retryWhileLocked(() => handle.exec('PRAGMA journal_mode = WAL'), path, options.lockWaitMs);
    handle.exec('PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 0');
  } catch (error) {
    handle.close();
    throw storeErrorFrom(error, path);
  }
  const db = new Kysely<StoreSchema>({
    dialect: new NodeSqliteDialect({ handle, path, lockWaitMs: options.lockWaitMs }),
  });
  try {
    await migrate(db, path);
  } catch (error) {
    await db.destroy();
    throw storeErrorFrom(error, path);
  }
  return new Store(db, path, options);
}

/** An open store. Close it when the extension is deactivated or the command ends. */
export class Store {
  readonly path: string;
  readonly connections: Connections;
  readonly statements: Statements;
  readonly optimizations: Optimizations;
  readonly measurements: Measurements;
  private readonly db: Kysely<StoreSchema>;
  private dataVersion: number | null = null;

  constructor(db: Kysely<StoreSchema>, path: string, options: StoreOptions) {
    this.db = db;
    this.path = path;
    const keepLiterals = options.keepLiterals ?? false;
    const redact = options.redact ?? (() => '');
    this.connections = new Connections(db);
    this.statements = new Statements(db, keepLiterals);
    this.optimizations = new Optimizations(db, { keepLiterals, redact });
    this.measurements = new Measurements(db);
  }

  /**
   * Has another process (a second window) written since the last call? A caller asks now and then, or when the
   * file `path + '-wal'` changes, and reads its lists again. Costs microseconds: SQLite keeps a counter
   * (https://www.sqlite.org/pragma.html#pragma_data_version); own writes do not count.
   *
   * @returns false at the first call
   * @throws StoreError
   */
  async changedElsewhere(): Promise<boolean> {
    const { rows } = await sql<{ data_version: number }>`PRAGMA data_version`.execute(this.db);
    const version = rows[0]?.data_version ?? null;
    const changed = this.dataVersion !== null && version !== this.dataVersion;
    this.dataVersion = version;
    return changed;
  }

  /** Delete runs older than a moment, with what hangs on them. @returns how many. @throws StoreError */
  async prune(before: Date): Promise<number> {
    const result = await this.db
      .deleteFrom('optimizations')
      .where('created_at', '<', before.toISOString())
      .executeTakeFirst();
    return Number(result.numDeletedRows);
  }

  async close(): Promise<void> {
    await this.db.destroy();
  }
}

async function openHandle(path: string): Promise<SqliteHandle> {
  const sqlite = await loadSqlite();
  try {
    return new sqlite.DatabaseSync(path);
  } catch (error) {
    throw storeErrorFrom(error, path);
  }
}

/**
 * Loaded at the first use, so that the extension activates on a runtime without it; bundlers leave `node:` modules
 * alone.
 */
async function loadSqlite(): Promise<typeof import('node:sqlite')> {
  try {
    return await import('node:sqlite');
  } catch (error) {
    throw new StoreError(
      'unsupportedRuntime',
      `This runtime (Node ${process.versions.node}) has no built-in SQLite, so nothing can be remembered. ` +
        'Use VS Code 1.104 or later, or Node 22.13 or later on the command line; everything else works.',
      error,
    );
  }
}
