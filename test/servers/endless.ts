/** A statement that does not end by itself, and whether the server runs it. */
import type { Engine } from './engines.ts';
import { runOnce } from './with-database.ts';

type ServerDialect = Engine['dialect'];

/** Runs until it is stopped. */
export const ENDLESS: Readonly<Record<ServerDialect, string>> = {
  postgresql: 'SELECT count(*) FROM generate_series(1, 30000000000) AS g',
  mariadb: 'SELECT count(*) FROM seq_1_to_1000000 AS a, seq_1_to_1000000 AS b WHERE a.seq + b.seq = 7',
  mysql: `SELECT count(*) FROM ${['a', 'b', 'c', 'd', 'e', 'f'].map((alias) => `information_schema.collations AS ${alias}`).join(', ')}
           WHERE a.id + b.id + c.id + d.id + e.id + f.id = 7`,
};

const runningOnMysql = (part: string): string => `SELECT count(*) AS n FROM information_schema.PROCESSLIST
  WHERE COMMAND <> 'Sleep' AND DB = database() AND INFO LIKE '%${part}%' AND ID <> connection_id()`;

/** How many connections of a server run it now, in the database of the URL. */
const RUNNING: Readonly<Record<ServerDialect, string>> = {
  postgresql: `SELECT count(*) AS n FROM pg_stat_activity
                WHERE state = 'active' AND datname = current_database() AND query LIKE '%generate_series(1, 30000000000)%'
                  AND pid <> pg_backend_pid()`,
  mariadb: runningOnMysql('seq_1_to_1000000 AS a'),
  mysql: runningOnMysql('information_schema.collations AS a'),
};

/** Wait until a server runs {@link ENDLESS} as often as said. @param url of a user who sees all connections */
export async function untilRunning(url: string, dialect: ServerDialect, count: number): Promise<void> {
  while (Number((await runOnce(url, RUNNING[dialect]))[0]?.['n']) !== count) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
