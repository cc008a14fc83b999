/** A fresh database for a test file. */
import { randomBytes } from 'node:crypto';
import { after, before } from 'node:test';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { parseConnectionUrl } from '../../src/databases/connection-url.ts';
import { ServerTransport as MssqlTransport } from '../../src/databases/mssql/server-transport.ts';
import { runBatch, type WireResult } from '../../src/databases/mssql/wire.ts';
import { serverOf } from './servers.ts';
import type { ServerName } from './test-server.ts';

export interface TestDatabase {
  /** of a user who may do everything */
  readonly url: string;
  /** Run SQL (several statements may be in one text) and get the last one's rows. */
  run(sql: string): Promise<readonly Record<string, unknown>[]>;
  drop(): Promise<void>;
}

/**
 * Create an empty database.
 *
 * @param serverUrl of a PostgreSQL, MySQL or MariaDB server, of a user who may create databases
 * @param setup SQL to run in it
 */
export async function createDatabase(serverUrl: string, setup = ''): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await runOnce(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const database = {
    url: url.href,
    run: (sql: string) => runOnce(url.href, sql),
    drop: async () => {
      if (isSqlServer(serverUrl)) {
        await runOnce(serverUrl, `ALTER DATABASE ${name} SET SINGLE_USER WITH ROLLBACK IMMEDIATE`);
      }
      const force = isMysql(serverUrl) || isSqlServer(serverUrl) ? '' : ' WITH (FORCE)';
      await runOnce(serverUrl, `DROP DATABASE IF EXISTS ${name}${force}`);
    },
  };
  if (setup) await database.run(setup);
  return database;
}

/** Connect, run SQL, disconnect; the rows of the last statement. */
export async function runOnce(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  if (isSqlServer(url)) return runOnceOnSqlServer(url, sql);
  if (isMysql(url)) return runOnceOnMysql(url, sql);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    // several statements in one text give an array, whatever the types say
    const results: unknown = await client.query(sql);
    const last = Array.isArray(results) ? results.at(-1) : results;
    return (last as pg.QueryResult<Record<string, unknown>>).rows;
  } finally {
    await client.end();
  }
}

function isMysql(url: string): boolean {
  return /^(mysql|mariadb):/.test(url);
}

async function runOnceOnMysql(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const { hostname, port, username, password, pathname } = new URL(url);
  const connection = await mysql.createConnection({
    host: hostname,
    port: Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: pathname.slice(1),
    multipleStatements: true,
  });
  try {
    const [result] = await connection.query(sql);
    // several statements in one text give one result each
    const results = Array.isArray(result) ? result : [];
    const last: unknown = results.at(-1);
    return (Array.isArray(last) ? last : results) as readonly Record<string, unknown>[];
  } finally {
    await connection.end();
  }
}

function isSqlServer(url: string): boolean {
  return /^(mssql|sqlserver):/.test(url);
}

/** Batches are divided by lines with nothing but GO. */
async function runOnceOnSqlServer(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const settings = parseConnectionUrl(url);
  if (settings.engine === 'embedded') throw new Error(`${url} names no server.`);
  const transport = new MssqlTransport(settings);
  const connected = await transport.connect({});
  try {
    let last: WireResult | null = null;
    for (const batch of sql.split(/^\s*GO\s*$/im)) {
      if (batch.trim() !== '') last = await runBatch(connected, batch);
    }
    const { columns = [], rows = [] } = last ?? {};
    return rows.map((row) =>
      Object.fromEntries(columns.map(({ colName }, index) => [colName, row[index] ?? null])),
    );
  } finally {
    await connected.end();
  }
}

/**
 * A fresh database for the tests of the `describe` (or file) that this is called in: created before them, dropped
 * after them. A server that was started for it ends with the process.
 *
 * @returns its properties can be used inside tests and hooks only
 */
export function withDatabase(server: ServerName, setup = ''): TestDatabase {
  let created: TestDatabase | null = null;
  const database = (): TestDatabase => {
    if (!created) throw new Error('The database exists inside of tests and their hooks only.');
    return created;
  };
  before(async () => {
    created = await createDatabase((await serverOf(server)).url, setup);
  });
  after(async () => {
    await created?.drop();
  });
  return {
    get url() {
      return database().url;
    },
    run: (sql) => database().run(sql),
    drop: () => database().drop(),
  };
}
