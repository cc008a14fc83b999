/**
 * Runs a suite on SQL Server: on the stand-in always, with recorded answers, and on a real one when
 * `SQLOPT_TEST_MSSQL_URL` names it (`docker compose up`; see CONTRIBUTING.md). The sibling of `describeEngines`.
 */
import { after, before, describe, test } from 'node:test';
import type { Database } from '../../../src/core/database.ts';
import { parseConnectionUrl } from '../../../src/databases/connection-url.ts';
import { openDatabase } from '../../../src/databases/open-database.ts';
import { createDatabase, type TestDatabase } from '../with-database.ts';
import type { Answer, BatchMode } from './answers.ts';
import { type MssqlStandIn, type StandInOptions, startMssqlStandIn } from './mssql-stand-in.ts';

/** A running SQL Server, or what stands in for it; its properties can be used inside tests and hooks only. */
export interface SqlServer {
  readonly database: Database;
  /** its connection URL */
  readonly url: string;
  /** the stand-in with what it was sent; null for a real server */
  readonly standIn: MssqlStandIn | null;
}

export interface SqlServerSetup {
  /** builds the database on a real server; batches are divided by GO */
  readonly sql: string;
  /** what such a server answers */
  readonly answer: (sql: string, mode: BatchMode) => Answer;
  /** what kind of server answers */
  readonly options?: StandInOptions;
}

/** @param body registers the tests */
export function describeSqlServer(
  title: string,
  { sql, answer, options }: SqlServerSetup,
  body: (server: SqlServer) => void,
): void {
  describe(`${title} on SQL Server (stand-in)`, () => {
    let started: MssqlStandIn | null = null;
    let opened: Database | null = null;
    before(async () => {
      started = await startMssqlStandIn(answer, options);
      opened = await openDatabase(parseConnectionUrl(started.url));
    });
    after(async () => {
      await opened?.close();
      await started?.close();
    });
    body({
      get database() {
        return present(opened);
      },
      get url() {
        return present(started).url;
      },
      get standIn() {
        return started;
      },
    });
  });
  const real = process.env['SQLOPT_TEST_MSSQL_URL'];
  if (!real) {
    test(`${title} on SQL Server`, { skip: 'set SQLOPT_TEST_MSSQL_URL' });
    return;
  }
  describe(`${title} on SQL Server`, () => {
    let created: TestDatabase | null = null;
    let opened: Database | null = null;
    before(async () => {
      created = await createDatabase(real, sql);
      opened = await openDatabase(parseConnectionUrl(created.url));
    });
    after(async () => {
      await opened?.close();
      await created?.drop();
    });
    body({
      get database() {
        return present(opened);
      },
      get url() {
        return present(created).url;
      },
      standIn: null,
    });
  });
}

function present<T>(value: T | null): T {
  if (value === null) throw new Error('The server runs inside of tests and their hooks only.');
  return value;
}
