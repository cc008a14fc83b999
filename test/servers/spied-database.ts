/** A database that keeps what is sent to it, so that a test can say what was not. */
import type { CallOptions, Database, ReadOnlySession } from '../../src/core/database.ts';

export interface SpiedDatabase extends Database {
  /** every statement that was sent, in order, with what was to be done with it */
  readonly sent: readonly { readonly how: keyof ReadOnlySession; readonly sql: string }[];
}

/** Watch a database. */
export function spyOn(database: Database): SpiedDatabase {
  const sent: { how: keyof ReadOnlySession; sql: string }[] = [];
  const spied = (session: ReadOnlySession): ReadOnlySession => ({
    query: (sql, options) => {
      sent.push({ how: 'query', sql });
      return session.query(sql, options);
    },
    explain: (sql, options) => {
      sent.push({ how: 'explain', sql });
      return session.explain(sql, options);
    },
    time: (sql, options) => {
      sent.push({ how: 'time', sql });
      return session.time(sql, options);
    },
    describe: (sql, options) => {
      sent.push({ how: 'describe', sql });
      return session.describe(sql, options);
    },
  });
  return {
    sent,
    info: database.info,
    parallelism: database.parallelism,
    readCatalog: (options) => database.readCatalog(options),
    readOnly: (work, options) => database.readOnly((session) => work(spied(session)), options),
    rolledBack: (work, options) => database.rolledBack((session) => work(spied(session)), options),
    readStatementStatistics: (options) => database.readStatementStatistics(options),
    readIndexUsage: (options) => database.readIndexUsage(options),
    ...(database.readIndexHints && {
      readIndexHints: (options?: CallOptions) =>
        database.readIndexHints?.(options) ?? Promise.reject(new Error('none')),
    }),
    readServerSettings: (options) => database.readServerSettings(options),
    close: () => database.close(),
  };
}
