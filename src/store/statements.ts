import { randomUUID } from 'node:crypto';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { StatementTable, StoreSchema } from './schema.ts';

/** A statement as a caller knows it. */
export interface SeenStatement {
  readonly fingerprint: string;
  readonly dialect: string;
  readonly kind: string;
  /** with its literals replaced by placeholders */
  readonly normalized: string;
  /** as written; kept only when the store may keep literals */
  readonly text: string;
  readonly tables: readonly string[];
}

export interface StoredStatement {
  readonly id: string;
  readonly fingerprint: string;
  readonly dialect: string;
  readonly kind: string;
  readonly normalized: string;
  readonly text: string | null;
  readonly tables: readonly string[];
  /** ISO 8601, UTC */
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
  readonly timesSeen: number;
}

/** Statements by fingerprint: the same statement with other literals is one row. */
export class Statements {
  private readonly db: Kysely<StoreSchema>;
  private readonly keepLiterals: boolean;

  constructor(db: Kysely<StoreSchema>, keepLiterals: boolean) {
    this.db = db;
    this.keepLiterals = keepLiterals;
  }

  /**
   * Remember a statement, or count that it was seen again.
   *
   * @returns its id in the store
   * @throws StoreError
   */
  async remember(statement: SeenStatement): Promise<string> {
    const now = new Date().toISOString();
    const text = this.keepLiterals ? statement.text : null;
    const row = await this.db
      .insertInto('statements')
      .values({
        id: randomUUID(),
        fingerprint: statement.fingerprint,
        dialect: statement.dialect,
        kind: statement.kind,
        normalized: statement.normalized,
        text,
        tables: JSON.stringify(statement.tables),
        first_seen_at: now,
        last_seen_at: now,
        times_seen: 1,
      })
      .onConflict((conflict) =>
        conflict.columns(['fingerprint', 'dialect']).doUpdateSet({
          last_seen_at: now,
          times_seen: sql<number>`statements.times_seen + 1`,
          text,
          normalized: statement.normalized,
        }),
      )
      .returning('id')
      .executeTakeFirstOrThrow();
    return row.id;
  }

  /** The statement of that fingerprint, or null. @throws StoreError */
  async find(fingerprint: string, dialect: string): Promise<StoredStatement | null> {
    const row = await this.db
      .selectFrom('statements')
      .selectAll()
      .where('fingerprint', '=', fingerprint)
      .where('dialect', '=', dialect)
      .executeTakeFirst();
    return row ? fromRow(row) : null;
  }

  /** Statements seen last come first. @throws StoreError */
  async recent(limit: number): Promise<StoredStatement[]> {
    const rows = await this.db
      .selectFrom('statements')
      .selectAll()
      .orderBy('last_seen_at', 'desc')
      .limit(limit)
      .execute();
    return rows.map(fromRow);
  }
}

function fromRow(row: Selectable<StatementTable>): StoredStatement {
  return {
    id: row.id,
    fingerprint: row.fingerprint,
    dialect: row.dialect,
    kind: row.kind,
    normalized: row.normalized,
    text: row.text,
    tables: JSON.parse(row.tables) as string[],
    firstSeenAt: row.first_seen_at,
    lastSeenAt: row.last_seen_at,
    timesSeen: row.times_seen,
  };
}
