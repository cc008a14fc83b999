/** Runs a suite on every PostgreSQL that can be had: servers and the embedded one. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe } from 'node:test';
import type { Database } from '../../src/core/database.ts';
import { parseConnectionUrl } from '../../src/databases/connection-url.ts';
import { openDatabase } from '../../src/databases/open-database.ts';
import { availableServers, serverOf } from './servers.ts';
import { createDatabase, type TestDatabase } from './with-database.ts';

export interface Engine {
  readonly name: 'PostgreSQL 18' | 'PostgreSQL 15' | 'embedded';
  /** connected to a database of its own, in which the setup was run; inside tests and hooks only */
  readonly database: Database;
  /** its connection URL */
  readonly url: string;
}

/**
 * A `describe` per engine, each with a fresh database.
 *
 * @param setup SQL that builds it
 * @param body registers the tests
 */
export function describeEngines(title: string, setup: string, body: (engine: Engine) => void): void {
  const names = [...availableServers().filter((name) => name !== 'MariaDB 10.11'), 'embedded' as const];
  for (const name of names) {
    describe(`${title} on ${name}`, () => {
      const opened = name === 'embedded' ? embedded(setup) : served(name, setup);
      body({
        name,
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

function served(name: 'PostgreSQL 18' | 'PostgreSQL 15', setup: string): () => Opened {
  let created: TestDatabase | null = null;
  let opened: Opened | null = null;
  before(async () => {
    created = await createDatabase((await serverOf(name)).url, setup);
    opened = { url: created.url, database: await openDatabase(parseConnectionUrl(created.url)) };
  });
  after(async () => {
    await opened?.database.close();
    await created?.drop();
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
