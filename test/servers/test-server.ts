/** The servers that tests can ask for, by the names that a table of results shows. */
export type ServerName = 'PostgreSQL 18' | 'PostgreSQL 15' | 'MariaDB 10.11' | 'MySQL';

/** Those that npm or Debian bring: without one of them, tests are missing. */
export const SERVER_NAMES: readonly ServerName[] = ['PostgreSQL 18', 'PostgreSQL 15', 'MariaDB 10.11'];

/** Those that are there when their variable says so. */
export const NAMED_SERVERS: readonly ServerName[] = ['MySQL'];

/** The environment variable that names a running server, so that it is not started again. */
export const SERVER_VARIABLES: Readonly<Record<ServerName, string>> = {
  'PostgreSQL 18': 'SQLOPT_TEST_PG18_URL',
  'PostgreSQL 15': 'SQLOPT_TEST_PG15_URL',
  'MariaDB 10.11': 'SQLOPT_TEST_MARIADB_URL',
  MySQL: 'SQLOPT_TEST_MYSQL_URL',
};

/** A server with throw-away data on 127.0.0.1. */
export interface TestServer {
  readonly name: string;
  /** of a user who may do everything, with password, naming a database that always exists */
  readonly url: string;
  /** End it and delete its data; nothing when someone else started it. */
  stop(): Promise<void>;
}
