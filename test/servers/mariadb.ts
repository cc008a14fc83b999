/** A throw-away MariaDB from Debian's package `mariadb-server`. */
import { existsSync } from 'node:fs';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, runProgram, startProgram, unprivileged } from './child-program.ts';
import type { TestServer } from './test-server.ts';

const SERVER = '/usr/sbin/mariadbd';
const INSTALL = '/usr/bin/mariadb-install-db';
const USER = 'sqlopt';
const PASSWORD = 'sqlopt';

/** True when Debian's package is installed. */
export function hasMariadb(): boolean {
  return existsSync(SERVER) && existsSync(INSTALL);
}

/** Start MariaDB with an empty database `test`. @throws Error when it is not installed */
export async function startMariadb(): Promise<TestServer> {
  if (!hasMariadb()) throw new Error('MariaDB is missing: apt-get install mariadb-server');
  const identity = unprivileged(['mysql', 'nobody']);
  const folder = await mkdtemp(path.join(tmpdir(), 'sqlopt-mariadb-'));
  if (identity.uid !== undefined && identity.gid !== undefined) {
    await chown(folder, identity.uid, identity.gid);
  }
  const data = path.join(folder, 'data');
  await runProgram(
    INSTALL,
    ['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db'],
    { ...identity, cwd: folder },
  );
  const start = path.join(folder, 'start.sql');
  await writeFile(
    start,
    `${['127.0.0.1', 'localhost']
      .flatMap((host) => [
        `CREATE USER IF NOT EXISTS '${USER}'@'${host}' IDENTIFIED BY '${PASSWORD}';`,
        `GRANT ALL ON *.* TO '${USER}'@'${host}' WITH GRANT OPTION;`,
      ])
      .join('\n')}\nCREATE DATABASE IF NOT EXISTS test;\n`,
  );
  const port = await freePort();
  const program = await startProgram(
    SERVER,
    [
      '--no-defaults',
      `--datadir=${data}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${path.join(folder, 'mariadb.sock')}`,
      `--pid-file=${path.join(folder, 'mariadb.pid')}`,
      `--init-file=${start}`,
      '--skip-name-resolve',
      '--innodb-flush-log-at-trx-commit=0',
      '--innodb-buffer-pool-size=128M',
      '--character-set-server=utf8mb4',
      '--performance-schema=ON',
    ],
    { ...identity, cwd: folder, ready: /ready for connections/, atExit: 'SIGKILL' },
  );
  return {
    name: 'MariaDB 10.11',
    url: `mariadb://${USER}:${PASSWORD}@127.0.0.1:${port}/test`,
    stop: async () => {
      await program.end('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
