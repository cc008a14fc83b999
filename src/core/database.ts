/**
 * What the core needs of a connected database. Implemented once per engine in `src/databases/`; the embedded
 * PostgreSQL is the PostgreSQL adapter over another transport.
 */
import type { Catalog } from './catalog/catalog.ts';
import type { SchemaDetails } from './indexes/index-details.ts';
import type { Plan } from './plans/plan.ts';
import type { ServerSettings } from './settings/server-settings.ts';
import type { Dialect } from './sql/dialect.ts';
import type { IndexHints } from './workload/index-hints.ts';
import type { IndexStatistics } from './workload/index-usage.ts';
import type { StatementStatistics, StatisticsUnavailable } from './workload/statement-statistics.ts';

export interface ServerInfo {
  readonly dialect: Dialect;
  /** 'PostgreSQL', 'MariaDB', 'MySQL', 'SQL Server' */
  readonly product: string;
  readonly version: readonly [number, number];
  /** as the server says it */
  readonly versionText: string;
  readonly embedded: boolean;
  readonly database: string;
  readonly user: string;
  readonly superuser: boolean;
}

/** What a role may do at most: everything; change tables' definitions; change rows. */
export type RolePower = 'superuser' | 'owner' | 'writer';

/** A connection whose role may do more than reading needs. */
export interface RoleAdvice {
  readonly power: RolePower;
  /** the role, as the server names it */
  readonly user: string;
  /** statements that create a role which may only read; its password is to be filled in for '…' */
  readonly ddl: string;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** milliseconds until the server (or, for the embedded one, its process) stops the statement */
  readonly timeoutMs?: number | undefined;
}

export interface ResultColumn {
  readonly name: string;
  /** the engine's own type name with modifiers, e.g. 'numeric(10,2)' */
  readonly type: string;
}

/** A value as its text representation on the wire; null is NULL. Text is compared bytewise. */
export type Cell = string | null;

export interface QueryResult {
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly (readonly Cell[])[];
  /** true when there were more rows than `maxRows` */
  readonly truncated: boolean;
  /** rows reported by the command for writes, rows returned for reads */
  readonly rowCount: number;
}

/** A value for a parameter. */
export interface ParameterValue {
  readonly kind: 'number' | 'text' | 'bytes';
  /** as the server gave it; bytes as 0x… */
  readonly text: string;
}

export interface ExplainOptions extends CallOptions {
  /** execute the statement and report actual figures; only for statements that read */
  readonly analyze?: boolean;
  /** VERBOSE: output lists and qualified names, needed to compare plans */
  readonly verbose?: boolean;
  /** session settings for this statement only */
  readonly settings?: Readonly<Record<string, string>>;
  /**
   * a value for each `?` of the statement, for engines that plan for values only (MySQL, MariaDB). They serve for the plan
   * alone: neither it nor an error tells one
   */
  readonly values?: readonly ParameterValue[];
}

export interface Timing {
  /** wall-clock milliseconds in the server */
  readonly elapsedMs: number;
  /** milliseconds of processor time in the server, null where it does not tell */
  readonly cpuMs: number | null;
  readonly rows: number;
  readonly sharedHit: number;
  readonly sharedRead: number;
  readonly tempBlocks: number;
}

/**
 * One transaction on one connection that reads and can never write: the server itself refuses
 * (`READ ONLY`, `REPEATABLE READ`), and it is rolled back at its end.
 */
export interface ReadOnlySession {
  /** @throws DatabaseError */
  query(sql: string, options?: CallOptions & { readonly maxRows?: number }): Promise<QueryResult>;
  /** @throws DatabaseError */
  explain(sql: string, options?: ExplainOptions): Promise<Plan>;
  /**
   * Run a statement once, throw its rows away in the server and say what it took (EXPLAIN ANALYZE).
   * @throws DatabaseError; reason 'timeout' when the limit ended it
   */
  time(sql: string, options?: CallOptions): Promise<Timing>;
  /** The result's columns without running the statement. @throws DatabaseError */
  describe(sql: string, options?: CallOptions): Promise<readonly ResultColumn[]>;
}

export type WhatIfWay = 'hypopg' | 'trial';

/** An index that is not there. */
export interface WhatIfIndex {
  /** CREATE INDEX without a name: `CREATE INDEX ON sales.orders (customer_id)` */
  readonly ddl: string;
  /** the schema of its table */
  readonly schema: string;
}

/** Plans statements as if there were more indexes than there are. */
export interface WhatIfSession {
  /** Have these indexes beside the real ones, and no others. @throws DatabaseError */
  use(indexes: readonly WhatIfIndex[], options?: CallOptions): Promise<void>;
  /** @throws DatabaseError */
  explain(sql: string, options?: ExplainOptions): Promise<Plan>;
  /** Bytes of an index that is in use, as the server has them or expects them. @throws DatabaseError */
  sizeOf(index: WhatIfIndex, options?: CallOptions): Promise<number>;
}

export interface StatisticsOptions extends CallOptions {
  /** how many statements are wanted at most; see `DEFAULT_STATEMENTS` and `MOST_STATEMENTS` */
  readonly limit?: number | undefined;
}

/** A private, empty database in which anything may be created; it is thrown away when closed. */
export interface ScratchDatabase {
  execute(sql: string, options?: CallOptions & { readonly maxRows?: number }): Promise<QueryResult>;
  /** Run `work` inside a transaction that is always rolled back. */
  rolledBack<T>(work: () => Promise<T>): Promise<T>;
  readonly dialect: Dialect;
  close(): Promise<void>;
}

export interface Database {
  readonly info: ServerInfo;
  /** @throws DatabaseError */
  readCatalog(options?: CallOptions): Promise<Catalog>;
  /** @throws DatabaseError; the session's transaction is rolled back whatever `work` does */
  readOnly<T>(work: (session: ReadOnlySession) => Promise<T>, options?: CallOptions): Promise<T>;
  /**
   * Run `work` in a transaction that may write and is always rolled back. Only after the user's consent.
   * @throws DatabaseError
   */
  rolledBack<T>(work: (session: ReadOnlySession) => Promise<T>, options?: CallOptions): Promise<T>;
  /**
   * A private database on the same server, for engines that the embedded PostgreSQL says nothing of. It creates a
   * database there and drops it at the end: only with the user's permission.
   * @throws DatabaseError
   */
  openScratch?(options?: CallOptions): Promise<ScratchDatabase>;
  /**
   * Whether the connection's role may do more than read; null when not. Left out where roles mean nothing.
   * @throws DatabaseError
   */
  adviseOnRole?(options?: CallOptions): Promise<RoleAdvice | null>;
  /**
   * The costliest statements that the server has counted, of this database and without our own. Missing extensions,
   * settings and privileges are no error: the answer says then what to do.
   * @throws DatabaseError when the connection fails, or the call is stopped
   */
  readStatementStatistics(options?: StatisticsOptions): Promise<StatementStatistics | StatisticsUnavailable>;
  /**
   * How often each index was used. What is missing is no error, as above.
   * @throws DatabaseError when the connection fails, or the call is stopped
   */
  readIndexUsage(options?: CallOptions): Promise<IndexStatistics | StatisticsUnavailable>;
  /**
   * What the server itself says of missing and superfluous indexes; left out where it says nothing of them. What is missing
   * is no error, as above.
   * @throws DatabaseError when the connection fails, or the call is stopped
   */
  readIndexHints?(options?: CallOptions): Promise<IndexHints | StatisticsUnavailable>;
  /**
   * What advice on indexes has to know beyond the catalog. Left out where the engine's adapter does not read it.
   * @throws DatabaseError
   */
  readSchemaDetails?(options?: CallOptions): Promise<SchemaDetails>;
  /**
   * The ways to plan with indexes that are not there, the cheapest first: `hypopg` where that extension is in the
   * database, `trial` where an index can be built in a transaction and rolled back. Left out where there is none.
   * @throws DatabaseError
   */
  whatIfWays?(options?: CallOptions): Promise<readonly WhatIfWay[]>;
  /**
   * Plan with indexes that are not there. Nothing of them is left when `work` ends, however it ends.
   *
   * @param way `trial` builds them: nobody else can write to their tables until the transaction is rolled back
   * @throws DatabaseError
   */
  whatIf?<T>(way: WhatIfWay, work: (session: WhatIfSession) => Promise<T>, options?: CallOptions): Promise<T>;
  /** What the server is set to, and what it takes to change it. Values that may hold secrets are left out. @throws DatabaseError */
  readServerSettings(options?: CallOptions): Promise<ServerSettings>;
  /** how many sessions can work at the same time (1 for the embedded database) */
  readonly parallelism: number;
  close(): Promise<void>;
}

export type DatabaseErrorReason =
  | 'refused'
  | 'unknownHost'
  | 'authentication'
  | 'tls'
  | 'unknownDatabase'
  | 'tooManyConnections'
  | 'connectionLost'
  | 'timeout'
  | 'cancelled'
  | 'permission'
  | 'readOnly'
  | 'syntax'
  | 'undefinedObject'
  | 'dataException'
  | 'unsupportedVersion'
  | 'resources'
  | 'driver'
  | 'other';

/** A failed call to a database: why, in a word and in a sentence that a person can act on. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly reason: DatabaseErrorReason;
  /** the server's code: SQLSTATE, errno */
  readonly code: string | null;
  /** offset in the statement that the server points at, if it does */
  readonly position: number | null;

  constructor(
    reason: DatabaseErrorReason,
    message: string,
    details: {
      readonly code?: string | null;
      readonly position?: number | null;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.reason = reason;
    this.code = details.code ?? null;
    this.position = details.position ?? null;
  }

  static is(error: unknown, ...reasons: readonly DatabaseErrorReason[]): error is DatabaseError {
    return error instanceof DatabaseError && (reasons.length === 0 || reasons.includes(error.reason));
  }
}
