/** Runs a suite on every database that can be had: servers and the embedded one. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Database } from '../../src/core/database.ts';
import { parseConnectionUrl } from '../../src/databases/connection-url.ts';
import { openDatabase } from '../../src/databases/open-database.ts';
import { type MysqlServer, type MysqlServerOptions, startMysqlServer } from './mysql-protocol.ts';
import { availableServers, serverOf, startServer } from './servers.ts';
import { describeSqlServer, type SqlServerSetup } from './tds/describe-sql-server.ts';
import { SERVER_VARIABLES, type ServerName, type TestServer } from './test-server.ts';
import { createDatabase, type TestDatabase } from './with-database.ts';

export interface Engine {
  readonly name: ServerName | 'embedded';
  readonly dialect: 'postgresql' | 'mariadb' | 'mysql';
  /** connected to a database of its own, in which the setup was run; inside tests and hooks only */
  readonly database: Database;
  /** its connection URL */
  readonly url: string;
}

/** SQL that builds the database: by dialect, for the engines that the suite is for. A text is for PostgreSQL only. */
export type EngineSetup = string | Partial<Readonly<Record<Engine['dialect'], string>>>;

/** Any engine, SQL Server too: a real one, or a stand-in that speaks its protocol. */
export interface AnyEngine extends Omit<Engine, 'name' | 'dialect'> {
  readonly name: Engine['name'] | 'SQL Server';
  readonly dialect: Engine['dialect'] | 'tsql';
  /** null for a real server */
  readonly standIn: StandIn | null;
}

/** What stands in for a server that is not at hand. */
export interface StandIn {
  /** every statement in the order of arrival */
  readonly statements: readonly string[];
  /** how often it was asked to stop one */
  stops(): number;
}

/** {@link describeEngines}, with SQL Server as one of them, and stand-ins for it and for MySQL. */
export function describeAllEngines(
  title: string,
  setup: Readonly<Record<Engine['dialect'], string>> & {
    readonly tsql: SqlServerSetup;
    /** what MySQL's stand-in is */
    readonly mysqlAnswers: Omit<MysqlServerOptions, 'password'>;
  },
  body: (engine: AnyEngine) => void,
): void {
  const { tsql, mysqlAnswers, ...others } = setup;
  describeEngines(title, others, (engine) =>
    body({
      ...{ name: engine.name, dialect: engine.dialect, standIn: null },
      get database() {
        return engine.database;
      },
      get url() {
        return engine.url;
      },
    }),
  );
  describe(`${title} on MySQL (stand-in)`, () => {
    let server: MysqlServer | null = null;
    let opened: Opened | null = null;
    before(async () => {
      server = await startMysqlServer({ ...mysqlAnswers, password: 'word', cached: true });
      const url = `mysql://app:word@127.0.0.1:${server.port}/shop?sslmode=disable`;
      opened = { url, database: await openDatabase(parseConnectionUrl(url)) };
    });
    after(async () => {
      await opened?.database.close();
      await server?.close();
    });
    body({
      ...{ name: 'MySQL', dialect: 'mysql' },
      get standIn() {
        return server && { statements: server.statements, stops: server.killed };
      },
      get database() {
        return present(opened).database;
      },
      get url() {
        return present(opened).url;
      },
    });
  });
  describeSqlServer(title, tsql, (server) =>
    body({
      ...{ name: 'SQL Server', dialect: 'tsql' },
      get standIn() {
        const { standIn } = server;
        return standIn && { statements: standIn.statements, stops: standIn.attentions };
      },
      get database() {
        return server.database;
      },
      get url() {
        return server.url;
      },
    }),
  );
}

/**
 * A `describe` per engine, each with a fresh database.
 *
 * @param body registers the tests
 */
export function describeEngines(title: string, setup: EngineSetup, body: (engine: Engine) => void): void {
  describeEach([...availableServers(), 'embedded'], title, setup, body);
}

/** A `describe` per server, for what the embedded database does not have: a network, users, several connections. */
export function describeServers(title: string, setup: EngineSetup, body: (engine: Engine) => void): void {
  describeEach(availableServers(), title, setup, body);
}

/**
 * The same, each on a server of its own that is started for it: for what servers keep of all that was ever run on them, in
 * tables that other suites fill up.
 */
export function describeFreshServers(
  title: string,
  setup: EngineSetup,
  body: (engine: Engine) => void,
): void {
  describeEach(availableServers(), title, setup, body, startServer);
}

function describeEach(
  names: readonly Engine['name'][],
  title: string,
  setup: EngineSetup,
  body: (engine: Engine) => void,
  start: ((name: ServerName) => Promise<TestServer>) | null = null,
): void {
  const byDialect = typeof setup === 'string' ? { postgresql: setup } : setup;
  if (byDialect.mysql !== undefined && !names.includes('MySQL')) {
    test(`${title} on MySQL`, { skip: `set ${SERVER_VARIABLES.MySQL}` });
  }
  for (const name of names) {
    const dialect = name === 'MySQL' ? 'mysql' : name === 'MariaDB 10.11' ? 'mariadb' : 'postgresql';
    const sql = byDialect[dialect];
    if (sql === undefined) continue;
    describe(`${title} on ${name}`, () => {
      const opened = name === 'embedded' ? embedded(sql) : served(name, sql, start);
      body({
        name,
        dialect,
        get database() {
          return opened().database;
        },
        get url() {
          return opened().url;
        },
      });
    });
  }
}

interface Opened {
  readonly database: Database;
  readonly url: string;
}

/** @param start starts a server for this suite alone; null: the one that all use */
function served(
  name: ServerName,
  setup: string,
  start: ((name: ServerName) => Promise<TestServer>) | null,
): () => Opened {
  let own: TestServer | null = null;
  let created: TestDatabase | null = null;
  let opened: Opened | null = null;
  before(async () => {
    own = (await start?.(name)) ?? null;
    created = await createDatabase((own ?? (await serverOf(name))).url, setup);
    opened = { url: created.url, database: await openDatabase(parseConnectionUrl(created.url)) };
  });
  after(async () => {
    await opened?.database.close();
    if (own) await own.stop();
    else await created?.drop();
  });
  return () => present(opened);
}

function embedded(setup: string): () => Opened {
  let folder: string | null = null;
  let opened: Opened | null = null;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sqlopt-setup-'));
    const file = path.join(folder, 'setup.sql');
    await writeFile(file, setup);
    const url = `embedded:?init=${encodeURIComponent(file)}`;
    opened = { url, database: await openDatabase(parseConnectionUrl(url)) };
  });
  after(async () => {
    await opened?.database.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });
  return () => present(opened);
}

function present(opened: Opened | null): Opened {
  if (!opened) throw new Error('The database exists inside of tests and their hooks only.');
  return opened;
}
