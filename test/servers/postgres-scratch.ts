/** A scratch database on a throw-away PostgreSQL server: many times as fast as the embedded one, for thousands of rounds. */
import pg from 'pg';
import {
  type CallOptions,
  DatabaseError,
  type DatabaseErrorReason,
  type QueryResult,
  type ScratchDatabase,
} from '../../src/core/database.ts';
import { CREATE_HARNESS } from '../../src/core/verification/search/harness.ts';

/** Milliseconds that one call may take; a pair that takes longer is left undecided. */
const LIMIT_MS = 60_000;

export class PostgresScratch implements ScratchDatabase {
  readonly dialect = 'postgresql';
  private readonly client: pg.Client;
  private readonly types: ReadonlyMap<number, string>;
  private depth = 0;

  private constructor(client: pg.Client, types: ReadonlyMap<number, string>) {
    this.client = client;
    this.types = types;
  }

  /** @param url of a database that nobody else uses */
  static async open(url: string): Promise<PostgresScratch> {
    const client = await connected(url);
    for (const statement of CREATE_HARNESS) await client.query(statement);
    const { rows } = await client.query<{ oid: number; name: string }>(
      'SELECT oid::int AS oid, format_type(oid, NULL) AS name FROM pg_type',
    );
    return new PostgresScratch(client, new Map(rows.map(({ oid, name }) => [oid, name])));
  }

  async execute(
    sql: string,
    options: CallOptions & { readonly maxRows?: number } = {},
  ): Promise<QueryResult> {
    if (options.signal?.aborted) throw new DatabaseError('cancelled', 'cancelled');
    try {
      const answer: unknown = await this.client.query({ text: sql, rowMode: 'array', types: AS_TEXT });
      // several statements in one text give an array, whatever the types say
      const result = (Array.isArray(answer) ? answer.at(-1) : answer) as pg.QueryArrayResult<
        (string | null)[]
      >;
      return {
        columns: result.fields.map(({ name, dataTypeID }) => ({
          name,
          type: this.types.get(dataTypeID) ?? String(dataTypeID),
        })),
        rows: result.rows,
        truncated: false,
        rowCount: result.rowCount ?? result.rows.length,
      };
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      throw new DatabaseError(reasonOf(code), error instanceof Error ? error.message : String(error), {
        code,
      });
    }
  }

  async rolledBack<T>(work: () => Promise<T>): Promise<T> {
    const savepoint = `nested_${this.depth}`;
    await this.client.query(this.depth === 0 ? 'BEGIN' : `SAVEPOINT ${savepoint}`);
    this.depth++;
    try {
      return await work();
    } finally {
      this.depth--;
      await this.client.query(this.depth === 0 ? 'ROLLBACK' : `ROLLBACK TO SAVEPOINT ${savepoint}`);
    }
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}

/** A connection whose values stay the text that the server sent, whatever their type. */
export async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`SET statement_timeout = ${LIMIT_MS}`);
  return client;
}

export const AS_TEXT = { getTypeParser: () => String };

function reasonOf(code: string): DatabaseErrorReason {
  if (code === '57014') return 'timeout';
  if (code.startsWith('22')) return 'dataException';
  if (code === '42601') return 'syntax';
  return code.startsWith('42') ? 'undefinedObject' : 'other';
}
