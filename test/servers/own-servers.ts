/** Servers that a suite has for itself: it may fill them up, kill and restart them, and make users on them. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Database } from '../../src/core/database.ts';
import type { Engine } from './engines.ts';
import { type MariadbServer, startMariadb } from './mariadb.ts';
import { type PostgresServer, startPostgres15, startPostgres18 } from './postgres.ts';
import { availableServers } from './servers.ts';
import type { ServerName } from './test-server.ts';
import { runOnce } from './with-database.ts';

/** Connections that a small server has for users who are no administrators of it. */
export const SMALL = 12;

export interface OwnServer {
  readonly url: string;
  readonly authorityFile: string | null;
  /** the URL by its Unix socket */
  readonly socketUrl: string;
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** What differs between the engines; everything else is said once in the suite. */
export interface OwnEngine {
  readonly name: ServerName;
  readonly dialect: Engine['dialect'];
  /** the user of the URL, who may do everything */
  readonly admin: string;
  /** without TLS, with {@link SMALL} connections */
  startSmall(): Promise<OwnServer>;
  /** with TLS, where the user `strict` (password `strict`) has to use it */
  startSecured(): Promise<OwnServer>;
  /** what `strict` is told without TLS */
  readonly strictSays: RegExp;
  encrypted(database: Database): Promise<boolean>;
  /** statements that make a user with a password, who may read the tables that are named */
  createUser(name: string, tables: readonly string[]): string;
  /** End every connection of the product that does nothing. */
  cutIdle(url: string): Promise<void>;
  /** Let the server end connections that did nothing for a second; null brings back its own limit. */
  endIdle(url: string, seconds: number | null): Promise<void>;
  /** Lock a table against reading until the returned function is called. */
  lock(url: string, table: string): Promise<() => Promise<void>>;
}

/** The engines that are installed here. */
export function ownEngines(): readonly OwnEngine[] {
  return availableServers().map((name) =>
    name === 'MariaDB 10.11'
      ? MARIADB
      : postgres(name, name === 'PostgreSQL 18' ? startPostgres18 : startPostgres15),
  );
}

const STRICT_ACCESS = [
  'hostssl all strict 127.0.0.1/32 scram-sha-256',
  'host all strict 127.0.0.1/32 reject',
  'hostnossl all unencrypted 127.0.0.1/32 scram-sha-256',
  'host all unencrypted 127.0.0.1/32 reject',
];

function postgres(name: ServerName, start: typeof startPostgres18): OwnEngine {
  return {
    name,
    dialect: 'postgresql',
    admin: 'postgres',
    startSmall: async () => {
      const folder = await mkdtemp(path.join(tmpdir(), 'sqlopt-socket-'));
      await chmod(folder, 0o777);
      const server = await start({
        settings: { max_connections: String(SMALL), unix_socket_directories: folder },
        access: ['local all all scram-sha-256'],
      });
      return ownPostgres(server, folder);
    },
    startSecured: async () => {
      const server = await start({ tls: true, access: STRICT_ACCESS });
      await runOnce(
        server.url,
        `CREATE ROLE strict LOGIN PASSWORD 'strict'; CREATE ROLE unencrypted LOGIN PASSWORD 'unencrypted'`,
      );
      return ownPostgres(server, null);
    },
    strictSays: /without TLS.*sslmode=require/,
    encrypted: async (database) => {
      const sql = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
      const { rows } = await database.readOnly((session) => session.query(sql));
      return rows[0]?.[0] === 't';
    },
    createUser: (user, tables) =>
      [
        `CREATE ROLE ${user} LOGIN PASSWORD '${user}'`,
        ...tables.map((table) => `GRANT SELECT ON ${table} TO ${user}`),
      ].join(';'),
    cutIdle: async (url) => {
      await runOnce(
        url,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'AI SQL Optimizer' AND state = 'idle'`,
      );
    },
    endIdle: async (url, seconds) => {
      // PostgreSQL 13 has no such limit
      await runOnce(
        url,
        seconds === null
          ? 'ALTER ROLE postgres RESET idle_session_timeout'
          : `ALTER ROLE postgres SET idle_session_timeout = '${seconds}s'`,
      );
    },
    lock: async (url, table) => {
      const { default: pg } = await import('pg');
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
      return () => client.end();
    },
  };
}

function ownPostgres(server: PostgresServer, folder: string | null): OwnServer {
  return {
    url: server.url,
    authorityFile: server.authorityFile,
    socketUrl: `postgresql://postgres:postgres@:${server.port}/postgres?host=${encodeURIComponent(folder ?? '')}`,
    kill: () => server.kill(),
    restart: () => server.restart(),
    stop: async () => {
      await server.stop();
      if (folder) await rm(folder, { recursive: true, force: true });
    },
  };
}

const MARIADB: OwnEngine = {
  name: 'MariaDB 10.11',
  dialect: 'mariadb',
  admin: 'sqlopt',
  startSmall: async () =>
    ownMariadb(await startMariadb({ settings: [`--max-connections=${SMALL}`, '--extra-max-connections=2'] })),
  startSecured: async () => {
    const server = await startMariadb({ tls: true });
    await runOnce(
      server.url,
      `CREATE USER strict@'127.0.0.1' IDENTIFIED BY 'strict' REQUIRE SSL; GRANT SELECT ON test.* TO strict@'127.0.0.1'`,
    );
    return ownMariadb(server);
  },
  strictSays: /strict/,
  encrypted: async (database) => {
    const { rows } = await database.readOnly((session) =>
      session.query("SHOW SESSION STATUS LIKE 'Ssl_cipher'"),
    );
    return rows[0]?.[1] !== '';
  },
  createUser: (user, tables) =>
    [
      `CREATE USER ${user}@'127.0.0.1' IDENTIFIED BY '${user}'`,
      `GRANT USAGE ON *.* TO ${user}@'127.0.0.1'`,
      ...tables.map((table) => `GRANT SELECT ON test.${table} TO ${user}@'127.0.0.1'`),
    ].join(';'),
  cutIdle: async (url) => {
    const sql = "SELECT id FROM information_schema.processlist WHERE command = 'Sleep' AND user = 'sqlopt'";
    for (const { id } of await runOnce(url, sql))
      await runOnce(url, `KILL ${String(id)}`).catch(() => undefined);
  },
  endIdle: async (url, seconds) => {
    await runOnce(url, `SET GLOBAL wait_timeout = ${seconds ?? 'DEFAULT'}`);
  },
  lock: async (url, table) => {
    const { default: mysql } = await import('mysql2/promise');
    const holder = await mysql.createConnection(url.replace('mariadb:', 'mysql:'));
    await holder.query(`LOCK TABLES ${table} WRITE`);
    return () => holder.end();
  },
};

function ownMariadb(server: MariadbServer): OwnServer {
  return {
    url: server.url,
    authorityFile: server.authorityFile,
    socketUrl: `mariadb://sqlopt:sqlopt@/test?host=${encodeURIComponent(server.socket)}`,
    kill: () => server.kill(),
    restart: () => server.restart(),
    stop: () => server.stop(),
  };
}
