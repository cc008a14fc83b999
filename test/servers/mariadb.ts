/** Throw-away servers from Debian's package `mariadb-server`. */
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeCertificates } from './certificates.ts';
import {
  freePort,
  type Identity,
  type RunningProgram,
  runProgram,
  startProgram,
  unprivileged,
} from './child-program.ts';
import type { TestServer } from './test-server.ts';

const SERVER = '/usr/sbin/mariadbd';
const INSTALL = '/usr/bin/mariadb-install-db';
const USER = 'sqlopt';
const PASSWORD = 'sqlopt';

export interface MariadbOptions {
  /** more options of the server: '--max-connections=12' */
  readonly settings?: readonly string[];
  /** offer TLS with a certificate of a throw-away authority, for the host name `localhost` only */
  readonly tls?: boolean;
}

/** A server that a test may also kill and start again on the same port with the same data. */
export interface MariadbServer extends TestServer {
  /** its Unix socket */
  readonly socket: string;
  /** the authority's certificate, when started with TLS */
  readonly authorityFile: string | null;
  /** End it at once, as a crash would. */
  kill(): Promise<void>;
  /** Start it again after {@link kill}. */
  restart(): Promise<void>;
}

/** True when Debian's package is installed. */
export function hasMariadb(): boolean {
  return existsSync(SERVER) && existsSync(INSTALL);
}

/** Start MariaDB with an empty database `test`. @throws Error when it is not installed */
export async function startMariadb(options: MariadbOptions = {}): Promise<MariadbServer> {
  if (!hasMariadb()) throw new Error('MariaDB is missing: apt-get install mariadb-server');
  const identity = unprivileged(['mysql', 'nobody']);
  const folder = await mkdtemp(path.join(tmpdir(), 'sqlopt-mariadb-'));
  await giveTo(folder, identity);
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
  const certificates = options.tls ? await addCertificates(folder, identity) : [];
  const port = await freePort();
  const server = new Server({
    folder,
    identity,
    port,
    authorityFile: options.tls ? path.join(folder, 'authority.crt') : null,
    args: [
      '--no-defaults',
      `--datadir=${data}`,
      // temporary tables of two servers in one folder may have one name
      `--tmpdir=${folder}`,
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
      ...certificates,
      ...(options.settings ?? []),
    ],
  });
  await server.restart();
  return server;
}

interface Place {
  readonly folder: string;
  readonly identity: Identity;
  readonly port: number;
  readonly authorityFile: string | null;
  readonly args: readonly string[];
}

class Server implements MariadbServer {
  readonly name = 'MariaDB 10.11';
  private readonly place: Place;
  private program: RunningProgram | null = null;

  constructor(place: Place) {
    this.place = place;
  }

  get url(): string {
    return `mariadb://${USER}:${PASSWORD}@127.0.0.1:${this.place.port}/test`;
  }

  get socket(): string {
    return path.join(this.place.folder, 'mariadb.sock');
  }

  get authorityFile(): string | null {
    return this.place.authorityFile;
  }

  async restart(): Promise<void> {
    const { folder, identity, args } = this.place;
    this.program = await startProgram(SERVER, args, {
      ...identity,
      cwd: folder,
      ready: /ready for connections/,
      atExit: 'SIGKILL',
    });
  }

  async kill(): Promise<void> {
    await this.program?.end('SIGKILL');
    this.program = null;
  }

  async stop(): Promise<void> {
    await this.program?.end('SIGTERM');
    this.program = null;
    await rm(this.place.folder, { recursive: true, force: true });
  }
}

/** @returns the server's options for them */
async function addCertificates(folder: string, identity: Identity): Promise<string[]> {
  const made = path.join(folder, 'certificates');
  await mkdir(made);
  const { authority, certificate, key } = await makeCertificates(made, 'localhost');
  await writeFile(path.join(folder, 'authority.crt'), authority);
  for (const [name, text] of [
    ['server.crt', certificate],
    ['server.key', key],
  ] as const) {
    const file = path.join(folder, name);
    await writeFile(file, text);
    await chmod(file, 0o600);
    await giveTo(file, identity);
  }
  return [`--ssl-cert=${path.join(folder, 'server.crt')}`, `--ssl-key=${path.join(folder, 'server.key')}`];
}

async function giveTo(file: string, { uid, gid }: Identity): Promise<void> {
  if (uid !== undefined && gid !== undefined) await chown(file, uid, gid);
}
