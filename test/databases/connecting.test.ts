/** What goes wrong with connections, and what a person is told: the same on every engine. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Database, DatabaseError, type DatabaseErrorReason } from '../../src/core/database.ts';
import { parseConnectionUrl } from '../../src/databases/connection-url.ts';
import { openDatabase } from '../../src/databases/open-database.ts';
import { freePort } from '../servers/child-program.ts';
import { ENDLESS, untilRunning } from '../servers/endless.ts';
import { type FaultyProxy, startFaultyProxy } from '../servers/faulty-proxy.ts';
import { type OwnServer, ownEngines, SMALL } from '../servers/own-servers.ts';
import { runOnce } from '../servers/with-database.ts';

/** The URL with other parts. */
function changed(
  url: string,
  parts: Partial<Record<'username' | 'password' | 'hostname' | 'port' | 'pathname', string>>,
): string {
  return Object.assign(new URL(url), parts).href;
}

const as = (url: string, user: string, password = user): string => changed(url, { username: user, password });

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

const one = async (database: Database): Promise<unknown> =>
  (await database.readOnly((session) => session.query('SELECT 1'))).rows[0]?.[0];

for (const engine of ownEngines()) {
  describe(`connecting to ${engine.name}`, () => {
    let plain: OwnServer;
    let secured: OwnServer;
    const endless = ENDLESS[engine.dialect];
    const opened: Database[] = [];
    const open = async (url = plain.url): Promise<Database> => {
      const database = await openDatabase(parseConnectionUrl(url));
      opened.push(database);
      return database;
    };
    before(async () => {
      plain = await engine.startSmall();
      secured = await engine.startSecured();
    });
    after(async () => {
      for (const database of opened) await database.close();
      await plain?.stop();
      await secured?.stop();
    });

    test('a wrong password, a missing one and an unknown user are named', async () => {
      await refuses(
        changed(plain.url, { password: 'hidden-word' }),
        'authentication',
        new RegExp(`password for user "${engine.admin}" .* is wrong`),
      );
      await refuses(
        changed(plain.url, { password: '' }).replace(':@', '@'),
        'authentication',
        /asks for a password/,
      );
      await refuses(as(plain.url, 'nobody-here', 'hidden-word'), 'authentication', /nobody-here/);
    });

    test('an unknown database, a port where nobody listens and an unknown host are told apart', async () => {
      await refuses(
        changed(plain.url, { pathname: '/nowhere' }),
        'unknownDatabase',
        /["']nowhere["'].*Check the name/,
      );
      const port = String(await freePort());
      await refuses(
        changed(plain.url, { port }),
        'refused',
        /Nobody answers at .*Check that the server runs/,
      );
      const { protocol } = new URL(plain.url);
      await refuses(`${protocol}//u:hidden-word@no-such-host.invalid/d`, 'unknownHost', /not known/);
    });

    test('a Unix socket is a host that begins with /', async () => {
      assert.equal(await one(await open(plain.socketUrl)), '1');
    });

    test('TLS: each mode demands what it says', async () => {
      const byName = changed(secured.url, { hostname: 'localhost' });
      const ca = `sslrootcert=${secured.authorityFile}`;
      await connects(`${secured.url}?sslmode=disable`);
      await connects(`${secured.url}?sslmode=require`);
      await connects(`${secured.url}?sslmode=verify-ca&${ca}`);
      await connects(`${byName}?sslmode=verify-full&${ca}`);
      await refuses(
        `${secured.url}?sslmode=verify-full&${ca}`,
        'tls',
        /(another host name|is an address).*sslmode=verify-ca/,
      );
      await refuses(`${secured.url}?sslmode=verify-ca`, 'tls', /sslrootcert/);
      await refuses(`${byName}?sslmode=verify-full`, 'tls', /sslrootcert/);
      await refuses(`${secured.url}?sslmode=require&sslrootcert=/no/such/file`, 'tls', /cannot be read/);
    });

    test('TLS: the connection is really encrypted, and `prefer` encrypts when it can', async () => {
      for (const [url, encrypted] of [
        [`${secured.url}?sslmode=require`, true],
        [secured.url, true],
        [plain.url, false],
      ] as const) {
        assert.equal(await engine.encrypted(await open(url)), encrypted, url);
      }
    });

    test('TLS: a server without it, and one that insists on it, each say what to change', async () => {
      await refuses(`${plain.url}?sslmode=require`, 'tls', /offers no TLS.*(ssl = on|ssl_cert)/);
      const strict = as(secured.url, 'strict');
      await connects(`${strict}?sslmode=require`);
      await refuses(`${strict}?sslmode=disable`, 'authentication', engine.strictSays);
      // pg_hba.conf can forbid TLS to a user: `prefer` goes on without
      if (engine.dialect === 'postgresql') await connects(as(secured.url, 'unencrypted'));
    });

    test('a full server is told, and one that becomes free is waited for', async () => {
      const taken = await Promise.all(
        // MariaDB has one connection more, for an administrator
        Array.from({ length: SMALL + 1 }, () =>
          openDatabase(parseConnectionUrl(plain.url)).catch(() => null),
        ),
      );
      try {
        await assert.rejects(
          () => openDatabase(parseConnectionUrl(plain.url), { timeoutMs: 4000 }),
          (error) =>
            DatabaseError.is(error, 'tooManyConnections') && /no free connection/.test(error.message),
        );
        const waiting = openDatabase(parseConnectionUrl(plain.url));
        for (const database of taken) await database?.close();
        await (await waiting).close();
      } finally {
        for (const database of taken) await database?.close();
      }
    });

    test('on a full server nobody can ask to stop a statement: its caller goes on, and its own limit ends it', async () => {
      const database = await open();
      const taken: (Database | null)[] = [];
      try {
        const stop = new AbortController();
        const running = database.readOnly((session) =>
          session.query(endless, { signal: stop.signal, timeoutMs: 4000 }),
        );
        running.catch(() => undefined);
        await untilRunning(plain.url, engine.dialect, 1);
        for (let count = 0; count < SMALL; count++) {
          taken.push(await openDatabase(parseConnectionUrl(plain.url), { timeoutMs: 300 }).catch(() => null));
        }
        stop.abort();
        await assert.rejects(running, (error) => DatabaseError.is(error, 'cancelled'));
        for (const other of taken) await other?.close();
        await untilRunning(plain.url, engine.dialect, 0);
        assert.equal(await one(database), '1');
      } finally {
        for (const other of taken) await other?.close();
      }
    });

    test('a connection that was cut while nobody used it is replaced without a word', async () => {
      const database = await open();
      await engine.cutIdle(plain.url);
      assert.equal(await one(database), '1');
    });

    test('a server that ends idle connections soon is connected to again', async () => {
      await engine.endIdle(plain.url, 1);
      try {
        const database = await open();
        const proxy = await startFaultyProxy(Number(new URL(plain.url).port));
        try {
          const seen = await open(changed(plain.url, { port: String(proxy.port) }));
          while (proxy.connections > 0) await new Promise((resolve) => setTimeout(resolve, 50));
          assert.equal(await one(seen), '1');
          assert.equal(await one(database), '1');
        } finally {
          await proxy.stop();
        }
      } finally {
        await engine.endIdle(plain.url, null);
      }
    });

    test('connecting can be cancelled', async () => {
      await assert.rejects(
        () => openDatabase(parseConnectionUrl(plain.url), { signal: AbortSignal.abort() }),
        (error) => DatabaseError.is(error, 'cancelled'),
      );
    });

    test('permission denied names the object and the way out, and the catalog has what may be seen', async () => {
      await runOnce(
        plain.url,
        `CREATE TABLE secret (a int); CREATE TABLE open_one (a int); ${engine.createUser('guest', ['open_one'])}`,
      );
      const database = await open(as(plain.url, 'guest'));
      assert.equal(database.info.superuser, false);
      await assert.rejects(
        () => database.readOnly((session) => session.query('SELECT * FROM secret')),
        (error) => DatabaseError.is(error, 'permission') && /GRANT … TO ["']guest["']/.test(error.message),
      );
      const catalog = await database.readCatalog();
      const names = catalog.tables.map((table) => table.name);
      assert.ok(names.includes('open_one'), names.join());
      // PostgreSQL lets everybody see the definitions of all tables
      if (engine.dialect === 'mariadb') assert.deepEqual(names, ['open_one']);
    });

    test('a lock held by someone else is waited for shortly and then named', async () => {
      await runOnce(plain.url, 'CREATE TABLE IF NOT EXISTS locked (a int)');
      const database = await open();
      const unlock = await engine.lock(plain.url, 'locked');
      try {
        await assert.rejects(
          () => database.readOnly((session) => session.query('SELECT * FROM locked')),
          (error) => DatabaseError.is(error, 'resources') && /lock/.test(error.message),
        );
        if (engine.dialect === 'postgresql') {
          const catalog = await database.readCatalog();
          assert.ok(
            catalog.tables.some((table) => table.name === 'locked'),
            'the catalog needs no lock',
          );
        }
      } finally {
        await unlock();
      }
    });

    test('a server that is killed in the middle of a statement is told, and found again', async () => {
      const database = await open();
      const running = database.readOnly((session) => session.query(endless));
      // the promise is looked at after the kill: it must not count as unhandled meanwhile
      running.catch(() => undefined);
      await untilRunning(plain.url, engine.dialect, 1);
      await plain.kill();
      await assert.rejects(
        running,
        (error) =>
          DatabaseError.is(error, 'connectionLost') && /next call connects again/.test(error.message),
      );
      await assert.rejects(
        () => one(database),
        (error) => DatabaseError.is(error, 'refused'),
      );
      await plain.restart();
      assert.equal(await one(database), '1');
    });

    describe('over a network that swallows everything', () => {
      let proxy: FaultyProxy;
      const through = () => changed(plain.url, { port: String(proxy.port) });
      before(async () => {
        proxy = await startFaultyProxy(Number(new URL(plain.url).port));
      });
      after(() => proxy?.stop());

      test('connecting ends at its limit, or when it is given up', async () => {
        proxy.swallow();
        await assert.rejects(
          () => openDatabase(parseConnectionUrl(through()), { timeoutMs: 400 }),
          (error) => DatabaseError.is(error, 'timeout') && /did not answer in time/.test(error.message),
        );
        const stop = new AbortController();
        const before = proxy.connections;
        const waiting = openDatabase(parseConnectionUrl(through()), { signal: stop.signal });
        waiting.catch(() => undefined);
        while (proxy.connections === before) await new Promise(setImmediate);
        stop.abort();
        await assert.rejects(waiting, (error) => DatabaseError.is(error, 'cancelled'));
        proxy.recover();
      });

      test('a statement ends at its limit, and the next one runs when the network is back', async () => {
        const database = await open(through());
        const running = database.readOnly((session) => session.query(endless, { timeoutMs: 1000 }));
        running.catch(() => undefined);
        await untilRunning(plain.url, engine.dialect, 1);
        proxy.swallow();
        await assert.rejects(running, (error) => DatabaseError.is(error, 'timeout', 'connectionLost'));
        await untilRunning(plain.url, engine.dialect, 0);
        proxy.recover();
        assert.equal(await one(database), '1');
      });

      test('a statement can be given up although the server cannot be asked to stop it', async () => {
        const database = await open(through());
        const stop = new AbortController();
        const running = database.readOnly((session) =>
          session.query(endless, { signal: stop.signal, timeoutMs: 8000 }),
        );
        running.catch(() => undefined);
        await untilRunning(plain.url, engine.dialect, 1);
        proxy.swallow();
        stop.abort();
        await assert.rejects(running, (error) => DatabaseError.is(error, 'cancelled'));
        proxy.recover();
        assert.equal(await one(database), '1');
      });

      test('a session that begins on a dead connection is given up in time', async () => {
        const database = await open(through());
        proxy.swallow();
        await assert.rejects(
          () => database.readOnly((session) => session.query('SELECT 1'), { timeoutMs: 1000 }),
          (error) => DatabaseError.is(error, 'timeout') && /did not answer in time/.test(error.message),
        );
        proxy.recover();
        assert.equal(await one(database), '1');
      });

      test('a standby that takes over the address is connected to in its place', async () => {
        const question = engine.dialect === 'postgresql' ? "SELECT current_setting('port')" : 'SELECT @@port';
        const database = await open(through());
        const port = async () => (await database.readOnly((session) => session.query(question))).rows[0]?.[0];
        assert.equal(await port(), new URL(plain.url).port);
        try {
          proxy.leadTo(Number(new URL(secured.url).port));
          proxy.cut();
          assert.equal(await port(), new URL(secured.url).port);
        } finally {
          proxy.leadTo(Number(new URL(plain.url).port));
          proxy.cut();
        }
      });

      test('connections that are cut in the middle of a result are told', async () => {
        const database = await open(through());
        const running = database.readOnly((session) => session.query(endless));
        running.catch(() => undefined);
        await untilRunning(plain.url, engine.dialect, 1);
        proxy.cut();
        await assert.rejects(running, (error) => DatabaseError.is(error, 'connectionLost'));
        assert.equal(await one(database), '1');
      });
    });
  });
}

test('the URL of MySQL reaches MariaDB too, and says what answered', async (context) => {
  const mariadb = ownEngines().find(({ dialect }) => dialect === 'mariadb');
  if (!mariadb) return context.skip('MariaDB is not installed');
  const server = await mariadb.startSmall();
  try {
    const database = await openDatabase(parseConnectionUrl(server.url.replace('mariadb:', 'mysql:')));
    assert.deepEqual([database.info.product, database.info.dialect], ['MariaDB', 'mariadb']);
    await database.close();
  } finally {
    await server.stop();
  }
});
