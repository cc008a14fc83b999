/** What goes wrong with connections to MySQL and MariaDB, and what a person is told. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { DatabaseError, type DatabaseErrorReason } from '../../../src/core/database.ts';
import { parseConnectionUrl } from '../../../src/databases/connection-url.ts';
import { openDatabase } from '../../../src/databases/open-database.ts';
import { freePort } from '../../servers/child-program.ts';
import { hasMariadb, type MariadbServer, startMariadb } from '../../servers/mariadb.ts';
import { runOnce } from '../../servers/with-database.ts';

const ENDLESS = 'SELECT count(*) FROM seq_1_to_1000000 AS a, seq_1_to_1000000 AS b WHERE a.seq + b.seq = 7';

/** The URL with other parts. */
function changed(url: string, change: (url: URL) => void): string {
  const copy = new URL(url);
  change(copy);
  return copy.href;
}

function asUser(url: string, name: string, password: string): string {
  return changed(url, (u) => {
    u.username = name;
    u.password = password;
  });
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

describe('connecting to MariaDB 10.11', { skip: hasMariadb() ? false : 'MariaDB is not installed' }, () => {
  let plain: MariadbServer;
  let secured: MariadbServer;
  before(async () => {
    plain = await startMariadb({ settings: ['--max-connections=12', '--extra-max-connections=2'] });
    secured = await startMariadb({ tls: true });
    await runOnce(
      secured.url,
      `CREATE USER strict@'127.0.0.1' IDENTIFIED BY 'strict' REQUIRE SSL; GRANT SELECT ON test.* TO strict@'127.0.0.1'`,
    );
  });
  after(async () => {
    await plain?.stop();
    await secured?.stop();
  });

  test('a wrong password, a missing one and an unknown user are named', async () => {
    await refuses(
      asUser(plain.url, 'sqlopt', 'hidden-word'),
      'authentication',
      /password for user "sqlopt" .* is wrong/,
    );
    await refuses(
      asUser(plain.url, 'sqlopt', '').replace(':@', '@'),
      'authentication',
      /asks for a password/,
    );
    await refuses(asUser(plain.url, 'nobody-here', 'hidden-word'), 'authentication', /nobody-here/);
  });

  test('an unknown database, a port where nobody listens and an unknown host are told apart', async () => {
    const elsewhere = changed(plain.url, (u) => {
      u.pathname = '/nowhere';
    });
    await refuses(elsewhere, 'unknownDatabase', /'nowhere'.*Check the name/);
    const port = String(await freePort());
    const closed = changed(plain.url, (u) => {
      u.port = port;
    });
    await refuses(closed, 'refused', /Nobody answers at .*Check that the server runs/);
    await refuses('mariadb://u:hidden-word@no-such-host.invalid/d', 'unknownHost', /not known/);
  });

  test('the URL of MySQL reaches MariaDB too, and says what answered', async () => {
    const database = await openDatabase(parseConnectionUrl(plain.url.replace('mariadb:', 'mysql:')));
    assert.deepEqual([database.info.product, database.info.dialect], ['MariaDB', 'mariadb']);
    await database.close();
  });

  test('a Unix socket is a host that begins with /', async () => {
    const database = await openDatabase(
      parseConnectionUrl(`mariadb://sqlopt:sqlopt@/test?host=${encodeURIComponent(plain.socket)}`),
    );
    const { rows } = await database.readOnly((session) => session.query('SELECT 1'));
    await database.close();
    assert.deepEqual(rows, [['1']]);
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
    await refuses(`${secured.url}?sslmode=verify-full&${ca}`, 'tls', /is an address.*sslmode=verify-ca/);
    await refuses(`${secured.url}?sslmode=verify-ca`, 'tls', /sslrootcert/);
    await refuses(`${byName}?sslmode=verify-full`, 'tls', /sslrootcert/);
    await refuses(`${secured.url}?sslmode=require&sslrootcert=/no/such/file`, 'tls', /cannot be read/);
    await refuses(`${plain.url}?sslmode=require`, 'tls', /offers no TLS.*ssl_cert/);
  });

  test('TLS: the connection is really encrypted, and `prefer` encrypts when it can', async () => {
    for (const [url, encrypted] of [
      [`${secured.url}?sslmode=require`, true],
      [secured.url, true],
      [plain.url, false],
    ] as const) {
      const database = await openDatabase(parseConnectionUrl(url));
      const { rows } = await database.readOnly((session) =>
        session.query("SHOW SESSION STATUS LIKE 'Ssl_cipher'"),
      );
      await database.close();
      assert.equal(rows[0]?.[1] !== '', encrypted, url);
    }
  });

  test('TLS: a user who must use it', async () => {
    const strict = asUser(secured.url, 'strict', 'strict');
    await connects(`${strict}?sslmode=require`);
    await refuses(`${strict}?sslmode=disable`, 'authentication', /strict/);
  });

  test('a full server is told, and one that becomes free is waited for', async () => {
    const taken = await Promise.all(
      Array.from({ length: 13 }, () => openDatabase(parseConnectionUrl(plain.url)).catch(() => null)),
    );
    try {
      await assert.rejects(
        () => openDatabase(parseConnectionUrl(plain.url), { timeoutMs: 4000 }),
        (error) => DatabaseError.is(error, 'tooManyConnections') && /no free connection/.test(error.message),
      );
      const waiting = openDatabase(parseConnectionUrl(plain.url));
      for (const database of taken) await database?.close();
      await (await waiting).close();
    } finally {
      for (const database of taken) await database?.close();
    }
  });

  test('on a full server nobody can ask to stop a statement: its caller goes on, and its own limit ends it', async () => {
    const database = await openDatabase(parseConnectionUrl(plain.url));
    const taken: (Awaited<ReturnType<typeof openDatabase>> | null)[] = [];
    try {
      const stop = new AbortController();
      const running = database.readOnly((session) =>
        session.query(ENDLESS, { signal: stop.signal, timeoutMs: 4000 }),
      );
      running.catch(() => undefined);
      await untilRunning(plain.url, 1);
      for (let count = 0; count < 12; count++) {
        taken.push(await openDatabase(parseConnectionUrl(plain.url), { timeoutMs: 300 }).catch(() => null));
      }
      stop.abort();
      await assert.rejects(running, (error) => DatabaseError.is(error, 'cancelled'));
      for (const other of taken) await other?.close();
      await untilRunning(plain.url, 0);
      const { rows } = await database.readOnly((session) => session.query('SELECT 3'));
      assert.deepEqual(rows, [['3']]);
    } finally {
      for (const other of taken) await other?.close();
      await database.close();
    }
  });

  test('a connection that was cut while nobody used it is replaced without a word', async () => {
    const database = await openDatabase(parseConnectionUrl(plain.url));
    const idle = await runOnce(
      plain.url,
      "SELECT id FROM information_schema.processlist WHERE command = 'Sleep' AND user = 'sqlopt'",
    );
    for (const { id } of idle) await runOnce(plain.url, `KILL ${String(id)}`).catch(() => undefined);
    const { rows } = await database.readOnly((session) => session.query('SELECT 2'));
    await database.close();
    assert.deepEqual(rows, [['2']]);
  });

  test('a server whose wait_timeout is short ends idle connections, and the next call connects again', async () => {
    await runOnce(plain.url, 'SET GLOBAL wait_timeout = 1');
    const database = await openDatabase(parseConnectionUrl(plain.url));
    try {
      await new Promise((resolve) => setTimeout(resolve, 2500));
      const { rows } = await database.readOnly((session) => session.query('SELECT 4'));
      assert.deepEqual(rows, [['4']]);
    } finally {
      await database.close();
      await runOnce(plain.url, 'SET GLOBAL wait_timeout = DEFAULT');
    }
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
      `CREATE TABLE secret (a int); CREATE TABLE open_one (a int);
       CREATE USER guest@'127.0.0.1' IDENTIFIED BY 'guest'; GRANT SELECT ON test.open_one TO guest@'127.0.0.1'`,
    );
    const database = await openDatabase(parseConnectionUrl(asUser(plain.url, 'guest', 'guest')));
    try {
      assert.equal(database.info.superuser, false);
      await assert.rejects(
        () => database.readOnly((session) => session.query('SELECT * FROM secret')),
        (error) => DatabaseError.is(error, 'permission') && /GRANT … TO 'guest'/.test(error.message),
      );
      const catalog = await database.readCatalog();
      assert.deepEqual(
        catalog.tables.map((table) => table.name),
        ['open_one'],
      );
    } finally {
      await database.close();
    }
  });

  test('a lock held by someone else is waited for shortly and then named', async () => {
    await runOnce(plain.url, 'CREATE TABLE IF NOT EXISTS locked (a int)');
    const database = await openDatabase(parseConnectionUrl(plain.url));
    const { default: mysql } = await import('mysql2/promise');
    const holder = await mysql.createConnection(plain.url.replace('mariadb:', 'mysql:'));
    try {
      await holder.query('LOCK TABLES locked WRITE');
      await assert.rejects(
        () => database.readOnly((session) => session.query('SELECT * FROM locked')),
        (error) => DatabaseError.is(error, 'resources') && /holds a lock/.test(error.message),
      );
    } finally {
      await holder.end();
      await database.close();
    }
  });

  test('a server that is killed in the middle of a statement is told, and found again', async () => {
    const database = await openDatabase(parseConnectionUrl(plain.url));
    try {
      const running = database.readOnly((session) => session.query(ENDLESS));
      // the promise is looked at after the kill: it must not count as unhandled meanwhile
      running.catch(() => undefined);
      await untilRunning(plain.url, 1);
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
});

const RUNNING = `SELECT COUNT(*) AS n FROM information_schema.processlist
  WHERE info LIKE 'SELECT count(*) FROM seq_1_to_1000000%'`;

async function untilRunning(url: string, count: number): Promise<void> {
  while (Number((await runOnce(url, RUNNING))[0]?.['n']) !== count) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
