/** Logging in to MySQL 8 and what can go wrong around it. MySQL is not at hand: a server of ours speaks its protocol. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Database, DatabaseError } from '../../../src/core/database.ts';
import { parseConnectionUrl } from '../../../src/databases/connection-url.ts';
import { openDatabase } from '../../../src/databases/open-database.ts';
import { type Certificates, makeCertificates } from '../../servers/certificates.ts';
import { type MysqlServer, type MysqlServerOptions, startMysqlServer } from '../../servers/mysql-protocol.ts';

describe('logging in to MySQL 8.4 (stand-in)', () => {
  let folder = '';
  let tls: Certificates;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sqlopt-mysql-'));
    tls = await makeCertificates(folder, 'localhost');
    await writeFile(path.join(folder, 'authority.pem'), tls.authority);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const during = async (
    options: Partial<MysqlServerOptions>,
    work: (server: MysqlServer, url: (parameters: string, password?: string) => string) => Promise<void>,
  ) => {
    const server = await startMysqlServer({ password: 'sw0rd/fish', ...options });
    try {
      await work(
        server,
        (parameters, password = 'sw0rd/fish') =>
          `mysql://app:${encodeURIComponent(password)}@localhost:${server.port}/shop?${parameters}`,
      );
    } finally {
      await server.close();
    }
  };
  const one = async (database: Database) =>
    (await database.readOnly((session) => session.query('SELECT 1'))).rows;
  const connects = async (url: string) => {
    const database = await openDatabase(parseConnectionUrl(url));
    assert.deepEqual([database.info.product, database.info.version], ['MySQL', [8, 4]]);
    assert.deepEqual(await one(database), [['1']]);
    await database.close();
  };
  const refuses = (url: string, reason: DatabaseError['reason'], timeoutMs = 10_000) =>
    assert.rejects(
      () => openDatabase(parseConnectionUrl(url), { timeoutMs }),
      (error) => {
        assert.ok(DatabaseError.is(error, reason), String(error));
        assert.doesNotMatch(error.message, /sw0rd/);
        return true;
      },
    );

  test('by caching_sha2_password: the whole password goes through TLS, checked or not', () =>
    during({ tls }, async (server, url) => {
      await connects(url('sslmode=require'));
      const authority = encodeURIComponent(path.join(folder, 'authority.pem'));
      await connects(url(`sslmode=verify-full&sslrootcert=${authority}`));
      assert.deepEqual(server.ways, ['tls', 'tls']);
    }));

  test('by caching_sha2_password: without TLS it is encrypted by the server’s key, and never sent as it is', () =>
    during({}, async (server, url) => {
      await connects(url('sslmode=disable'));
      await connects(url('sslmode=prefer'));
      assert.deepEqual(server.ways, ['rsa', 'rsa']);
      await refuses(url('sslmode=require'), 'tls');
      assert.equal(server.ways.length, 2, 'no password went to a server without TLS');
    }));

  test('by caching_sha2_password: a server that knows the hash gets no more than a token', () =>
    during({ cached: true }, async (server, url) => {
      await connects(url('sslmode=disable'));
      assert.deepEqual(server.ways, ['token']);
    }));

  test('a wrong password is told in each of the ways', async () => {
    await during({ tls }, (_server, url) => refuses(url('sslmode=require', 'sw0rd'), 'authentication'));
    await during({}, (_server, url) => refuses(url('sslmode=disable', 'sw0rd'), 'authentication'));
    await during({ cached: true }, (_server, url) =>
      refuses(url('sslmode=disable', 'sw0rd'), 'authentication'),
    );
  });

  test('a full server is asked again, and told when it stays full', async () => {
    await during({ full: 2 }, async (server, url) => {
      await connects(url('sslmode=disable'));
      assert.ok(server.connections() >= 3);
    });
    await during({ full: 1000 }, (_server, url) =>
      refuses(url('sslmode=disable'), 'tooManyConnections', 1500),
    );
  });

  test('a server that ended an idle connection, with a word or without one, is connected to again', () =>
    during({}, async (server, url) => {
      const database = await openDatabase(parseConnectionUrl(url('sslmode=disable')));
      try {
        for (const error of [
          { code: 4031, message: 'The client was disconnected by the server because of inactivity.' },
          { code: 1053, message: 'Server shutdown in progress' },
          null,
        ]) {
          const before = server.connections();
          server.end(error);
          assert.deepEqual(await one(database), [['1']], String(error?.code));
          assert.ok(server.connections() > before);
        }
      } finally {
        await database.close();
      }
    }));

  test('versions that are too old are refused by name: MySQL before 8.0, MariaDB before 10.6', async () => {
    for (const [version, old] of [
      ['5.7.44-log', true],
      ['10.5.29-MariaDB', true],
      ['5.5.5-10.5.29-MariaDB-log', true],
      ['10.6.0-MariaDB', false],
      ['11.8.2-MariaDB', false],
      ['9.4.0', false],
    ] as const) {
      await during({ version }, async (_server, url) => {
        const opening = openDatabase(parseConnectionUrl(url('sslmode=disable')));
        if (!old) {
          const database = await opening;
          assert.equal(database.info.product, /MariaDB/.test(version) ? 'MariaDB' : 'MySQL', version);
          await database.close();
          return;
        }
        await assert.rejects(
          opening,
          (error) =>
            DatabaseError.is(error, 'unsupportedVersion') &&
            error.message.includes(version) &&
            /MariaDB 10\.6 and later and MySQL 8\.0 and later/.test(error.message),
        );
      });
    }
  });
});
