/** A scratch database over PGlite in the test's own process: no child, no messages, so that a suite is quick. */
import { PGlite } from '@electric-sql/pglite';
import {
  type CallOptions,
  DatabaseError,
  type DatabaseErrorReason,
  type QueryResult,
  type ScratchDatabase,
} from '../../../src/core/database.ts';
import { CREATE_HARNESS } from '../../../src/core/verification/search/harness.ts';

export class PgliteScratch implements ScratchDatabase {
  readonly dialect = 'postgresql';
  private readonly db: PGlite;
  private readonly types = new Map<number, string>();
  private readonly asText: Record<number, (value: string) => string> = {};

  private constructor(db: PGlite) {
    this.db = db;
  }

  static async open(): Promise<PgliteScratch> {
    const db = await PGlite.create();
    await db.exec(CREATE_HARNESS.join(';\n'));
    const scratch = new PgliteScratch(db);
    const { rows } = await db.query<{ oid: number; name: string }>(
      'SELECT oid::int AS oid, format_type(oid, NULL) AS name FROM pg_type',
    );
    for (const { oid, name } of rows) {
      scratch.types.set(oid, name);
      // cells stay the text that the server sent, whatever their type
      scratch.asText[oid] = (value) => value;
    }
    return scratch;
  }

  async execute(
    sql: string,
    options: CallOptions & { readonly maxRows?: number } = {},
  ): Promise<QueryResult> {
    if (options.signal?.aborted) throw new DatabaseError('cancelled', 'cancelled');
    try {
      const result = await this.db.query<(string | null)[]>(sql, [], {
        rowMode: 'array',
        parsers: this.asText,
      });
      return {
        columns: result.fields.map(({ name, dataTypeID }) => ({
          name,
          type: this.types.get(dataTypeID) ?? String(dataTypeID),
        })),
        rows: result.rows,
        truncated: false,
        rowCount: result.affectedRows ?? result.rows.length,
      };
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      throw new DatabaseError(reasonOf(code), error instanceof Error ? error.message : String(error), {
        code,
      });
    }
  }

  async rolledBack<T>(work: () => Promise<T>): Promise<T> {
    await this.db.exec('BEGIN');
    try {
      return await work();
    } finally {
      await this.db.exec('ROLLBACK');
    }
  }

  async close(): Promise<void> {
    await this.db.close();
  }
}

function reasonOf(code: string): DatabaseErrorReason {
  if (code.startsWith('22')) return 'dataException';
  if (code === '42601') return 'syntax';
  return code.startsWith('42') ? 'undefinedObject' : 'other';
}
