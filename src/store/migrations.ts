/**
 * The store's schema, step by step. Steps are only ever added at the end; a released step is never changed.
 */
import { type Kysely, sql } from 'kysely';
import type { StoreSchema } from './schema.ts';
import { StoreError } from './store-error.ts';

interface Migration {
  readonly name: string;
  up(db: Kysely<StoreSchema>): Promise<void>;
}

const MIGRATIONS: readonly Migration[] = [
  {
    name: 'statements, optimizations and their measurements',
    async up(db) {
      await db.schema
        .createTable('connections')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('name', 'text', (c) => c.notNull())
        .addColumn('dialect', 'text', (c) => c.notNull())
        .addColumn('host', 'text')
        .addColumn('port', 'integer')
        .addColumn('database', 'text', (c) => c.notNull())
        .addColumn('username', 'text')
        .addColumn('product', 'text')
        .addColumn('version', 'text')
        .addColumn('first_used_at', 'text', (c) => c.notNull())
        .addColumn('last_used_at', 'text', (c) => c.notNull())
        .execute();
      await db.schema
        .createTable('statements')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('fingerprint', 'text', (c) => c.notNull())
        .addColumn('dialect', 'text', (c) => c.notNull())
        .addColumn('kind', 'text', (c) => c.notNull())
        .addColumn('normalized', 'text', (c) => c.notNull())
        .addColumn('text', 'text')
        .addColumn('tables', 'text', (c) => c.notNull())
        .addColumn('first_seen_at', 'text', (c) => c.notNull())
        .addColumn('last_seen_at', 'text', (c) => c.notNull())
        .addColumn('times_seen', 'integer', (c) => c.notNull())
        .addUniqueConstraint('statements_fingerprint', ['fingerprint', 'dialect'])
        .execute();
      await db.schema
        .createTable('optimizations')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('statement_id', 'text', (c) => c.notNull().references('statements.id').onDelete('cascade'))
        .addColumn('connection_id', 'text', (c) => c.references('connections.id').onDelete('set null'))
        .addColumn('created_at', 'text', (c) => c.notNull())
        .addColumn('source', 'text')
        .addColumn('best_candidate_id', 'text')
        .addColumn('reason', 'text', (c) => c.notNull())
        .addColumn('product_version', 'text', (c) => c.notNull())
        .execute();
      await db.schema
        .createTable('findings')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('optimization_id', 'text', (c) =>
          c.notNull().references('optimizations.id').onDelete('cascade'),
        )
        .addColumn('pattern', 'text', (c) => c.notNull())
        .addColumn('category', 'text', (c) => c.notNull())
        .addColumn('severity', 'text', (c) => c.notNull())
        .addColumn('message', 'text', (c) => c.notNull())
        .addColumn('start_offset', 'integer', (c) => c.notNull())
        .addColumn('end_offset', 'integer', (c) => c.notNull())
        .addColumn('fixable', 'integer', (c) => c.notNull())
        .execute();
      await db.schema
        .createTable('candidates')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('optimization_id', 'text', (c) =>
          c.notNull().references('optimizations.id').onDelete('cascade'),
        )
        .addColumn('label', 'text', (c) => c.notNull())
        .addColumn('status', 'text', (c) => c.notNull())
        .addColumn('status_at', 'text', (c) => c.notNull())
        .addColumn('origin', 'text', (c) => c.notNull())
        .addColumn('sql', 'text', (c) => c.notNull())
        .addColumn('edits', 'text', (c) => c.notNull())
        .addColumn('patterns', 'text', (c) => c.notNull())
        .addColumn('evidence_level', 'text')
        .addColumn('assumptions', 'text', (c) => c.notNull())
        .addColumn('databases', 'integer', (c) => c.notNull())
        .addColumn('rows_compared', 'bigint', (c) => c.notNull())
        .addColumn('cost_before', 'double precision')
        .addColumn('cost_after', 'double precision')
        .addColumn('estimate', 'text')
        .addColumn('speedup', 'double precision')
        .addColumn('speedup_low', 'double precision')
        .addColumn('speedup_high', 'double precision')
        .addColumn('significant', 'integer')
        .addColumn('counterexample', 'text')
        .addColumn('rating', 'integer')
        .addColumn('comment', 'text')
        .addColumn('feedback_at', 'text')
        .execute();
      await db.schema
        .createTable('measurements')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('candidate_id', 'text', (c) => c.notNull().references('candidates.id').onDelete('cascade'))
        .addColumn('connection_id', 'text', (c) => c.references('connections.id').onDelete('set null'))
        .addColumn('occasion', 'text', (c) => c.notNull())
        .addColumn('role', 'text', (c) => c.notNull())
        .addColumn('taken_at', 'text', (c) => c.notNull())
        .addColumn('median_ms', 'double precision', (c) => c.notNull())
        .addColumn('low_ms', 'double precision', (c) => c.notNull())
        .addColumn('high_ms', 'double precision', (c) => c.notNull())
        .addColumn('runs', 'integer', (c) => c.notNull())
        .addColumn('row_count', 'bigint', (c) => c.notNull())
        .addColumn('cpu_ms', 'double precision')
        .addColumn('shared_hit', 'bigint', (c) => c.notNull())
        .addColumn('shared_read', 'bigint', (c) => c.notNull())
        .addColumn('temp_blocks', 'bigint', (c) => c.notNull())
        .addColumn('timed_out', 'integer', (c) => c.notNull())
        .execute();
      for (const [table, columns] of [
        ['optimizations', ['created_at']],
        ['optimizations', ['statement_id', 'created_at']],
        ['findings', ['optimization_id']],
        ['findings', ['pattern']],
        ['candidates', ['optimization_id']],
        ['candidates', ['status', 'status_at']],
        ['measurements', ['candidate_id']],
      ] as const) {
        await db.schema
          .createIndex(`${table}_by_${columns.join('_')}`)
          .on(table)
          .columns([...columns])
          .execute();
      }
    },
  },
  {
    name: 'the model that wrote a candidate',
    async up(db) {
      await db.schema.alterTable('candidates').addColumn('model', 'text').execute();
    },
  },
];

/** The schema version that this release writes. */
export const STORE_VERSION = MIGRATIONS.length;

/**
 * Bring a store to {@link STORE_VERSION}: forward only, in one transaction that holds the write lock, so that of
 * two windows opening at once one migrates and the other finds it done.
 *
 * @param path the file, for messages
 * @returns the number of steps that were applied
 * @throws StoreError 'newerVersion' when a newer release wrote it
 */
export async function migrate(db: Kysely<StoreSchema>, path: string): Promise<number> {
  return db.transaction().execute(async (transaction) => {
    await transaction.schema
      .createTable('store_version')
      .ifNotExists()
      .addColumn('version', 'integer', (c) => c.primaryKey())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('applied_at', 'text', (c) => c.notNull())
      .execute();
    const row = await transaction
      .selectFrom('store_version')
      .select(sql<number | null>`max(version)`.as('version'))
      .executeTakeFirst();
    const from = row?.version ?? 0;
    if (from > STORE_VERSION) {
      throw new StoreError(
        'newerVersion',
        `The store ${path} was written by a newer release of AI SQL Optimizer (schema ${from}, this release knows ` +
          `${STORE_VERSION}). Update the extension, or choose another store; nothing was changed.`,
      );
    }
    for (const [index, migration] of MIGRATIONS.entries()) {
      if (index < from) continue;
      await migration.up(transaction);
      await transaction
        .insertInto('store_version')
        .values({ version: index + 1, name: migration.name, applied_at: new Date().toISOString() })
        .execute();
    }
    return STORE_VERSION - from;
  });
}
