/** What goes wrong with connections, and what a person is told. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { DatabaseError, type DatabaseErrorReason } from '../../src/core/database.ts';
import { parseConnectionUrl } from '../../src/databases/connection-url.ts';
import { openDatabase } from '../../src/databases/open-database.ts';
import { freePort } from '../servers/child-program.ts';
import { type PostgresServer, startPostgres15, startPostgres18 } from '../servers/postgres.ts';
import { availableServers } from '../servers/servers.ts';
import { runOnce } from '../servers/with-database.ts';

const STARTERS = { 'PostgreSQL 18': startPostgres18, 'PostgreSQL 15': startPostgres15 } as const;

/** The URL with other parts. */
function changed(url: string, change: (url: URL) => void): string {
  const copy = new URL(url);
  change(copy);
  return copy.href;
}

async function connects(url: string): Promise<void> {
  await (await openDatabase(parseConnectionUrl(url))).close();
}

async function refuses(url: string, reason: DatabaseErrorReason, says: RegExp): Promise<void> {
  await assert.rejects(
    () => openDatabase(parseConnectionUrl(url)),
    (error) => {
      assert.ok(DatabaseError.is(error, reason), `${reason} expected: ${String(error)}`);
      assert.match(error.message, says);
      assert.doesNotMatch(error.message, /hidden-word/, 'the password is not shown');
      assert.match(error.message, /\.$/);
      return true;
    },
  );
}

for (const name of availableServers().filter((each) => each !== 'MariaDB 10.11')) {
  describe(`connecting to ${name}`, () => {
    let plain: PostgresServer;
    let secured: PostgresServer;
    before(async () => {
      plain = await STARTERS[name]({ settings: { max_connections: '12' } });
      secured = await STARTERS[name]({
        tls: true,
        access: [
          'hostssl all strict 127.0.0.1/32 scram-sha-256',
          'host all strict 127.0.0.1/32 reject',
          'hostnossl all unencrypted 127.0.0.1/32 scram-sha-256',
          'host all unencrypted 127.0.0.1/32 reject',
        ],
      });
      await runOnce(
        secured.url,
        `CREATE ROLE strict LOGIN PASSWORD 'strict'; CREATE ROLE unencrypted LOGIN PASSWORD 'unencrypted'`,
      );
    });
    after(async () => {
      await plain?.stop();
      await secured?.stop();
    });

    test('a wrong password is named as such', async () => {
      const url = changed(plain.url, (u) => {
        u.password = 'hidden-word';
      });
      await refuses(url, 'authentication', /password for user "postgres" .* is wrong/);
    });

    test('a missing password is asked for', async () => {
      const url = changed(plain.url, (u) => {
        u.password = '';
      });
      await refuses(url.replace(':@', '@'), 'authentication', /asks for a password/);
    });

    test('an unknown user and an unknown database are told apart', async () => {
      await refuses(
        changed(plain.url, (u) => {
          u.username = 'nobody-here';
        }),
        'authentication',
        /nobody-here/,
      );
      await refuses(
        changed(plain.url, (u) => {
          u.pathname = '/nowhere';
        }),
        'unknownDatabase',
        /"nowhere" does not exist.*Check the name/,
      );
    });

    test('a port where nobody listens and a host that does not exist are told apart', async () => {
      const port = String(await freePort());
      await refuses(
        changed(plain.url, (u) => {
          u.port = port;
        }),
        'refused',
        /Nobody answers at .*Check that the server runs/,
      );
      await refuses('postgres://u:hidden-word@no-such-host.invalid/d', 'unknownHost', /not known/);
    });

    test('TLS: each mode demands what it says', async () => {
      const byName = changed(secured.url, (u) => {
        u.hostname = 'localhost';
      });
      const ca = `sslrootcert=${secured.authorityFile}`;
      await connects(`${secured.url}?sslmode=disable`);
      await connects(`${secured.url}?sslmode=require`);
      await connects(`${secured.url}?sslmode=verify-ca&${ca}`);
      await connects(`${byName}?sslmode=verify-full&${ca}`);
      await refuses(
        `${secured.url}?sslmode=verify-full&${ca}`,
        'tls',
        /another host name.*sslmode=verify-ca/,
      );
      await refuses(`${secured.url}?sslmode=verify-ca`, 'tls', /sslrootcert/);
      await refuses(`${byName}?sslmode=verify-full`, 'tls', /sslrootcert/);
      await refuses(`${secured.url}?sslmode=require&sslrootcert=/no/such/file`, 'tls', /cannot be read/);
    });

    test('TLS: the connection is really encrypted, and `prefer` encrypts when it can', async () => {
      for (const [url, encrypted] of [
        [`${secured.url}?sslmode=require`, 't'],
        [secured.url, 't'],
        [plain.url, 'f'],
      ] as const) {
        const database = await openDatabase(parseConnectionUrl(url));
        const { rows } = await database.readOnly((session) =>
          session.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'),
        );
        await database.close();
        assert.deepEqual(rows, [[encrypted]]);
      }
    });

    test('TLS: a server without it, and one that insists on it, each say what to change', async () => {
      await refuses(`${plain.url}?sslmode=require`, 'tls', /offers no TLS.*ssl = on/);
      const strict = changed(secured.url, (u) => {
        u.username = 'strict';
        u.password = 'strict';
      });
      await connects(`${strict}?sslmode=require`);
      await connects(
        changed(secured.url, (u) => {
          u.username = 'unencrypted';
          u.password = 'unencrypted';
        }),
      );
      await refuses(`${strict}?sslmode=disable`, 'authentication', /without TLS.*sslmode=require/);
    });

    test('a full server is told, and one that becomes free is waited for', async () => {
      const taken = await Promise.all(
        Array.from({ length: 12 }, () => openDatabase(parseConnectionUrl(plain.url)).catch(() => null)),
      );
      try {
        await assert.rejects(
          () => openDatabase(parseConnectionUrl(plain.url), { timeoutMs: 4000 }),
          (error) =>
            DatabaseError.is(error, 'tooManyConnections') && /no free connection/.test(error.message),
        );
        const waiting = openDatabase(parseConnectionUrl(plain.url));
        await taken.find((database) => database !== null)?.close();
        await (await waiting).close();
      } finally {
        for (const database of taken) await database?.close();
      }
    });

    test('a server that is killed in the middle of a statement is told, and found again', async () => {
      const database = await openDatabase(parseConnectionUrl(plain.url));
      try {
        const running = database.readOnly((session) =>
          session.query('SELECT count(*) FROM generate_series(1, 30000000000) AS g'),
        );
        // the promise is looked at after the kill: it must not count as unhandled meanwhile
        running.catch(() => undefined);
        await untilRunning(plain.url);
        await plain.kill();
        await assert.rejects(
          running,
          (error) =>
            DatabaseError.is(error, 'connectionLost') && /next call connects again/.test(error.message),
        );
        await assert.rejects(
          () => database.readOnly((session) => session.query('SELECT 1')),
          (error) => DatabaseError.is(error, 'refused'),
        );
        await plain.restart();
        const { rows } = await database.readOnly((session) => session.query('SELECT 1'));
        assert.deepEqual(rows, [['1']]);
      } finally {
        await database.close();
      }
    });

    test('a connection that was cut while nobody used it is replaced without a word', async () => {
      const database = await openDatabase(parseConnectionUrl(plain.url));
      await runOnce(
        plain.url,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'AI SQL Optimizer'`,
      );
      const { rows } = await database.readOnly((session) => session.query('SELECT 2'));
      await database.close();
      assert.deepEqual(rows, [['2']]);
    });

    test('connecting can be cancelled', async () => {
      await assert.rejects(
        () => openDatabase(parseConnectionUrl(plain.url), { signal: AbortSignal.abort() }),
        (error) => DatabaseError.is(error, 'cancelled'),
      );
    });

    test('permission denied names the object and the way out', async () => {
      await runOnce(
        plain.url,
        `CREATE TABLE secret (a integer); CREATE ROLE guest LOGIN PASSWORD 'guest'; CREATE SCHEMA hidden; CREATE TABLE hidden.t ()`,
      );
      const guest = changed(plain.url, (u) => {
        u.username = 'guest';
        u.password = 'guest';
      });
      const database = await openDatabase(parseConnectionUrl(guest));
      try {
        for (const sql of ['SELECT * FROM secret', 'SELECT * FROM hidden.t']) {
          await assert.rejects(
            () => database.readOnly((session) => session.query(sql)),
            (error) => DatabaseError.is(error, 'permission') && /GRANT … TO "guest"/.test(error.message),
          );
        }
      } finally {
        await database.close();
      }
    });

    test('a lock held by someone else is waited for shortly and then named', async () => {
      await runOnce(plain.url, 'CREATE TABLE IF NOT EXISTS locked (a integer)');
      const database = await openDatabase(parseConnectionUrl(plain.url));
      const { default: pg } = await import('pg');
      const client = new pg.Client({ connectionString: plain.url });
      await client.connect();
      try {
        await client.query('BEGIN; LOCK TABLE locked IN ACCESS EXCLUSIVE MODE');
        await assert.rejects(
          () => database.readOnly((session) => session.query('SELECT * FROM locked')),
          (error) => DatabaseError.is(error, 'resources') && /lock/.test(error.message),
        );
        const catalog = await database.readCatalog();
        assert.ok(
          catalog.tables.some((table) => table.name === 'locked'),
          'the catalog needs no lock',
        );
      } finally {
        await client.end();
        await database.close();
      }
    });
  });
}

test('engines that come later are refused with a sentence, not with a failure', async () => {
  await refuses('mssql://u:hidden-word@h/d', 'driver', /SQL Server connections are not supported yet/);
});

async function untilRunning(url: string): Promise<void> {
  const sql = `SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT count(*) FROM generate%'`;
  while ((await runOnce(url, sql)).length === 0) await new Promise(setImmediate);
}
