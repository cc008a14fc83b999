import type { Kysely, Selectable } from 'kysely';
import type { ConnectionTable, StoreSchema } from './schema.ts';

/** A connection as the store knows it: enough to tell results apart, nothing that opens it. */
export interface KnownConnection {
  /** stable: the id of the profile in settings, or made from dialect, host, port and database */
  readonly id: string;
  readonly name: string;
  readonly dialect: string;
  readonly host: string | null;
  readonly port: number | null;
  readonly database: string;
  readonly user: string | null;
  readonly product: string | null;
  readonly version: string | null;
}

export interface StoredConnection extends KnownConnection {
  /** ISO 8601, UTC */
  readonly firstUsedAt: string;
  readonly lastUsedAt: string;
}

/** Connections that results were had on. */
export class Connections {
  private readonly db: Kysely<StoreSchema>;

  constructor(db: Kysely<StoreSchema>) {
    this.db = db;
  }

  /** Remember a connection, or that it was used again. @throws StoreError */
  async remember(connection: KnownConnection): Promise<void> {
    const now = new Date().toISOString();
    const { id, user, ...rest } = connection;
    const values = { ...pick(rest), username: user, last_used_at: now };
    await this.db
      .insertInto('connections')
      .values({ id, ...values, first_used_at: now })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(values))
      .execute();
  }

  /** Every connection, last used first. @throws StoreError */
  async list(): Promise<StoredConnection[]> {
    const rows = await this.db
      .selectFrom('connections')
      .selectAll()
      .orderBy('last_used_at', 'desc')
      .execute();
    return rows.map(fromRow);
  }

  /** Forget a connection; results had on it stay, without it. @throws StoreError */
  async forget(id: string): Promise<void> {
    await this.db.deleteFrom('connections').where('id', '=', id).execute();
  }
}

/** Exactly the fields that are kept, so that nothing else (a password in a wider object) gets in. */
function pick(connection: Omit<KnownConnection, 'id' | 'user'>): Omit<KnownConnection, 'id' | 'user'> {
  const { name, dialect, host, port, database, product, version } = connection;
  return { name, dialect, host, port, database, product, version };
}

function fromRow(row: Selectable<ConnectionTable>): StoredConnection {
  return {
    id: row.id,
    ...pick(row),
    user: row.username,
    firstUsedAt: row.first_used_at,
    lastUsedAt: row.last_used_at,
  };
}
