/** Plans with indexes that are not there: by HypoPG, or by building them in a transaction that is rolled back. */
import {
  type CallOptions,
  DatabaseError,
  type ReadOnlySession,
  type WhatIfIndex,
  type WhatIfSession,
  type WhatIfWay,
} from '../../core/database.ts';
import type { WhatIfEngine } from '../pooled-database.ts';
import { quoteIdentifier, quoteLiteral } from './quoting.ts';

/** The schema of HypoPG, quoted; no row where the extension is not in this database, or may not be used. */
const HYPOPG = `
SELECT quote_ident(n.nspname)
  FROM pg_catalog.pg_extension AS e
  JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
 WHERE e.extname = 'hypopg' AND has_schema_privilege(n.oid, 'USAGE')`;

/** A standby builds nothing. */
const STANDBY = 'SELECT pg_is_in_recovery()';

export const POSTGRES_WHAT_IF: WhatIfEngine = {
  async ways(session) {
    const ways: WhatIfWay[] = [];
    if ((await session.query(HYPOPG)).rows.length > 0) ways.push('hypopg');
    const [[standby] = []] = (await session.query(STANDBY)).rows;
    if (standby === 'f') ways.push('trial');
    return ways;
  },
  during: (way, begin, work) =>
    way === 'hypopg' ? withHypotheticalIndexes(begin, work) : withBuiltIndexes(begin, work),
};

type Begin = Parameters<WhatIfEngine['during']>[1];

/**
 * Hypothetical indexes belong to the connection, not to the transaction: they are taken back before it goes to its next
 * user. https://hypopg.readthedocs.io/en/rel1_stable/usage.html
 */
async function withHypotheticalIndexes<T>(
  begin: Begin,
  work: (session: WhatIfSession) => Promise<T>,
): Promise<T> {
  const { session, end } = await begin('reads');
  try {
    const [[schema] = []] = (await session.query(HYPOPG)).rows;
    if (!schema) {
      throw new DatabaseError(
        'undefinedObject',
        'HypoPG is not in this database. An administrator installs it and runs CREATE EXTENSION hypopg;',
      );
    }
    const reset = `SELECT ${schema}.hypopg_reset()`;
    await session.query(reset);
    try {
      return await work(new HypotheticalIndexes(session, schema));
    } finally {
      await session.query(reset).catch((error: unknown) => {
        // a lost connection has lost them too
        if (!DatabaseError.is(error, 'connectionLost')) throw error;
      });
    }
  } finally {
    await end();
  }
}

class HypotheticalIndexes implements WhatIfSession {
  private readonly session: ReadOnlySession;
  private readonly schema: string;
  /** object numbers by their DDL */
  private readonly present = new Map<string, number>();

  constructor(session: ReadOnlySession, schema: string) {
    this.session = session;
    this.schema = schema;
  }

  async use(indexes: readonly WhatIfIndex[], options: CallOptions = {}): Promise<void> {
    const wanted = new Set(indexes.map(({ ddl }) => ddl));
    for (const [ddl, oid] of this.present) {
      if (wanted.has(ddl)) continue;
      await this.session.query(`SELECT ${this.schema}.hypopg_drop_index(${oid})`, options);
      this.present.delete(ddl);
    }
    for (const { ddl } of indexes) {
      if (this.present.has(ddl)) continue;
      const sql = `SELECT indexrelid::text FROM ${this.schema}.hypopg_create_index(${quoteLiteral(ddl)})`;
      const { rows } = await this.session.query(sql, options);
      this.present.set(ddl, Number(rows[0]?.[0] ?? 0));
    }
  }

  explain(...call: Parameters<ReadOnlySession['explain']>): ReturnType<ReadOnlySession['explain']> {
    return this.session.explain(...call);
  }

  async sizeOf({ ddl }: WhatIfIndex, options: CallOptions = {}): Promise<number> {
    const oid = this.present.get(ddl) ?? 0;
    const { rows } = await this.session.query(
      `SELECT ${this.schema}.hypopg_relation_size(${oid})::text`,
      options,
    );
    return Number(rows[0]?.[0] ?? 0);
  }
}

async function withBuiltIndexes<T>(begin: Begin, work: (session: WhatIfSession) => Promise<T>): Promise<T> {
  const indexes = new BuiltIndexes(begin);
  try {
    return await work(indexes);
  } finally {
    await indexes.end();
  }
}

/**
 * Really built. CREATE INDEX holds off writes to the table, and nothing else, until its transaction is rolled back; DROP
 * INDEX would hold off reads too. So nothing is dropped: what is not wanted any more goes with the transaction, and the
 * rest is built in the next one.
 */
class BuiltIndexes implements WhatIfSession {
  private readonly begin: Begin;
  private begun: Awaited<ReturnType<Begin>> | null = null;
  /** qualified names by their DDL */
  private readonly present = new Map<string, string>();

  constructor(begin: Begin) {
    this.begin = begin;
  }

  async use(indexes: readonly WhatIfIndex[], options: CallOptions = {}): Promise<void> {
    const wanted = new Set(indexes.map(({ ddl }) => ddl));
    if ([...this.present.keys()].some((ddl) => !wanted.has(ddl))) await this.end();
    for (const { ddl, schema } of indexes) {
      if (this.present.has(ddl)) continue;
      const name = quoteIdentifier(`sqlopt_trial_${this.present.size + 1}`);
      const { session } = await this.current();
      try {
        await session.query(ddl.replace(/^CREATE INDEX ON/, `CREATE INDEX ${name} ON`), options);
      } catch (error) {
        // the embedded database is ended to stop a build, and its transaction with it
        await this.end();
        throw error;
      }
      this.present.set(ddl, `${quoteIdentifier(schema)}.${name}`);
    }
  }

  async explain(...call: Parameters<ReadOnlySession['explain']>): ReturnType<ReadOnlySession['explain']> {
    const { session } = await this.current();
    return session.explain(...call);
  }

  async sizeOf({ ddl }: WhatIfIndex, options: CallOptions = {}): Promise<number> {
    const name = this.present.get(ddl) ?? '';
    const { session } = await this.current();
    const { rows } = await session.query(
      `SELECT pg_relation_size(${quoteLiteral(name)}::regclass)::text`,
      options,
    );
    return Number(rows[0]?.[0] ?? 0);
  }

  /** Roll back: all that was built is gone. */
  async end(): Promise<void> {
    const { begun } = this;
    this.begun = null;
    this.present.clear();
    await begun?.end();
  }

  private async current(): Promise<Awaited<ReturnType<Begin>>> {
    this.begun ??= await this.begin('writes');
    return this.begun;
  }
}
