/** A scratch database of PostgreSQL whose texts compare as those of SQL Server do. */
import type { CallOptions, QueryResult, ScratchDatabase } from '../../../src/core/database.ts';
import { PostgresScratch } from '../../servers/postgres-scratch.ts';

/** As SQL Server's usual collations: case does not count. */
const COLLATION = 'tsql_ci';

const TEXT = /\b(?:character varying|character|text)\b(?:\(\d+\))?(?=[,\s)])/g;

export class TransactScratch implements ScratchDatabase {
  readonly dialect = 'postgresql';
  /**
   * How the texts of tables that are created from now on compare: 'plain' byte by byte, 'anyCase' without case, 'padded'
   * without case and without blanks at their end (as SQL Server does; but such a text of PostgreSQL loses them in ||).
   */
  texts: 'plain' | 'anyCase' | 'padded' = 'plain';
  private readonly inner: PostgresScratch;

  private constructor(inner: PostgresScratch) {
    this.inner = inner;
  }

  /** @param url of a database that nobody else uses */
  static async open(url: string): Promise<TransactScratch> {
    const inner = await PostgresScratch.open(url);
    await inner.execute(
      `CREATE COLLATION ${COLLATION} (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
    );
    return new TransactScratch(inner);
  }

  execute(sql: string, options?: CallOptions & { readonly maxRows?: number }): Promise<QueryResult> {
    const text = /^CREATE TABLE\b/.test(sql) ? this.compared(sql) : sql;
    return this.inner.execute(text, options);
  }

  private compared(ddl: string): string {
    if (this.texts === 'plain') return ddl;
    return ddl.replace(TEXT, (type) => `${this.texts === 'padded' ? 'bpchar' : type} COLLATE ${COLLATION}`);
  }

  rolledBack<T>(work: () => Promise<T>): Promise<T> {
    return this.inner.rolledBack(work);
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
