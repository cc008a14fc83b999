/** Connecting to SQL Server: what is sent, how it is protected, and what a person is told when it fails. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { DatabaseError, type DatabaseErrorReason } from '../../../src/core/database.ts';
import { parseConnectionUrl } from '../../../src/databases/connection-url.ts';
import { openDatabase } from '../../../src/databases/open-database.ts';
import { type Certificates, makeCertificates } from '../../servers/certificates.ts';
import { freePort } from '../../servers/child-program.ts';
import {
  type MssqlStandIn,
  type StandInOptions,
  startMssqlStandIn,
} from '../../servers/tds/mssql-stand-in.ts';

const ONE_ROW = () => ({ columns: ['a'], rows: [['1']] });

async function connecting(url: string, timeoutMs = 20_000): Promise<readonly (readonly (string | null)[])[]> {
  const database = await openDatabase(parseConnectionUrl(url), { timeoutMs });
  try {
    return (await database.readOnly((session) => session.query('SELECT 1 AS a'))).rows;
  } finally {
    await database.close();
  }
}

function refusal(url: string, reason: DatabaseErrorReason, message: RegExp, timeoutMs?: number) {
  return assert.rejects(connecting(url, timeoutMs), (error) => {
    assert.ok(DatabaseError.is(error, reason), `${error}`);
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /sw0rdfish/, 'the password is in no message');
    return true;
  });
}

/** A stand-in for the tests of the block around. */
function standIn(options: StandInOptions | (() => StandInOptions)): () => MssqlStandIn {
  let started: MssqlStandIn | null = null;
  before(async () => {
    started = await startMssqlStandIn(ONE_ROW, typeof options === 'function' ? options() : options);
  });
  after(() => started?.close());
  return () => {
    if (!started) throw new Error('The stand-in runs inside of tests only.');
    return started;
  };
}

describe('connecting to SQL Server (stand-in)', () => {
  const server = standIn({});

  test('logs in with user, password, database and its own name, and says who answers', async () => {
    const database = await openDatabase(parseConnectionUrl(server().url));
    const { info } = database;
    await database.close();
    assert.deepEqual(
      [info.dialect, info.product, info.version, info.database, info.user, info.superuser],
      ['tsql', 'SQL Server', [16, 0], 'shop', 'app', false],
    );
    assert.match(info.versionText, /^Microsoft SQL Server 16\.0/);
    assert.deepEqual(server().logins.at(-1), {
      user: 'app',
      password: 'sw0rdfish',
      database: 'shop',
      application: 'AI SQL Optimizer',
      readOnlyIntent: false,
      token: null,
      encrypted: false,
    });
  });

  test('asks for a readable replica when the URL says so', async () => {
    await connecting(`${server().url}&ApplicationIntent=ReadOnly`);
    assert.equal(server().logins.at(-1)?.readOnlyIntent, true);
  });

  test('logs in with an access token of Entra ID in place of a password', async () => {
    const url = `mssql://127.0.0.1:${server().port}/shop?encrypt=false&authentication=ActiveDirectoryAccessToken`;
    await connecting(`${url}&password=tok.en`);
    assert.deepEqual([server().logins.at(-1)?.token, server().logins.at(-1)?.password], ['tok.en', '']);
    await refusal(url, 'authentication', /needs an access token in place of the password/);
  });

  test('says which ways to log in there are', async () => {
    await refusal(
      `${server().url}&authentication=Kerberos`,
      'authentication',
      /authentication=Kerberos is not known here\. Take SqlPassword/,
    );
  });

  test('keeps dates as the log-in reads them', async () => {
    await connecting(server().url);
    assert.ok(!server().statements.some((sql) => /set (dateformat|datefirst|language)/i.test(sql)));
  });

  test('gives up when told to, and when nothing is behind the port', async () => {
    const silent = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.resume();
    });
    const port = await new Promise<number>((resolve) => {
      silent.listen(0, '127.0.0.1', () => resolve((silent.address() as { port: number }).port));
    });
    const url = `mssql://app:sw0rdfish@127.0.0.1:${port}/shop`;
    try {
      await refusal(url, 'timeout', /shop on 127\.0\.0\.1:\d+ did not answer in time/, 300);
      const stopper = new AbortController();
      const opening = openDatabase(parseConnectionUrl(url), { signal: stopper.signal });
      silent.once('connection', () => stopper.abort());
      await assert.rejects(opening, (error) => DatabaseError.is(error, 'cancelled'));
    } finally {
      await new Promise((resolve) => silent.close(resolve));
    }
    await refusal(`mssql://app:sw0rdfish@127.0.0.1:${await freePort()}/shop`, 'refused', /Nobody answers at/);
    await refusal(
      'mssql://app:sw0rdfish@127.0.0.1/shop?instanceName=NOBODY',
      'timeout',
      /127\.0\.0\.1\\NOBODY did not answer in time.*SQL Server Browser \(UDP 1434\)/,
      500,
    );
    await refusal(
      'mssql://app:sw0rdfish@no-such-host.invalid/shop',
      'unknownHost',
      /host of .* is not known/,
    );
  });
});

describe('refused log-ins to SQL Server (stand-in) say what to do', () => {
  const said = new Map([
    ['nobody', { number: 18456, message: "Login failed for user 'nobody'." }],
    ['expired', { number: 18487, message: "Login failed for user 'expired'. The password has expired." }],
    [
      'locked',
      { number: 18486, message: "Login failed for user 'locked' because the account is locked out." },
    ],
    [
      'outside',
      { number: 40615, message: "Client with IP address '1.2.3.4' is not allowed to access the server." },
    ],
    [
      'lost',
      { number: 4060, message: 'Cannot open database "shop" requested by the login. The login failed.' },
    ],
  ]);
  let tries = 0;
  let failover = 0;
  const server = standIn({
    refuse: ({ user }) => {
      if (user === 'failover') {
        // Azure SQL says so while a database moves, an availability group while a replica changes its role
        const [number, message] =
          failover++ % 2 === 0
            ? ([
                40613,
                "Database 'shop' on server 'sql' is not currently available. Please retry the connection later.",
              ] as const)
            : ([
                983,
                "Unable to access availability database 'shop' because the database replica is not in the PRIMARY or SECONDARY role.",
              ] as const);
        return failover < 4 ? { number, message } : null;
      }
      if (user === 'gone') return { number: 40613, message: "Database 'shop' is not currently available." };
      if (user === 'busy') {
        tries++;
        return tries < 3
          ? { number: 10928, message: 'The session limit for the database has been reached.' }
          : null;
      }
      return said.get(user) ?? null;
    },
  });
  const url = (user: string) => server().url.replace('app:', `${user}:`);

  test('for the user, the password, the firewall and the database', async () => {
    await refusal(
      url('nobody'),
      'authentication',
      /user "nobody" on .* is wrong, or there is no such user: .*Edit the connection/,
    );
    await refusal(url('expired'), 'authentication', /has to be changed first/);
    await refusal(url('locked'), 'authentication', /has locked user "locked"/);
    await refusal(url('outside'), 'authentication', /firewall of .* does not let this machine in/);
    await refusal(
      url('lost'),
      'unknownDatabase',
      /no such database .* Check the name at the end of the connection URL/,
    );
  });

  test('and a database that fails over is asked again, and told when it does not come back', async () => {
    assert.deepEqual(await connecting(url('failover')), [['1']]);
    assert.equal(failover, 4);
    await refusal(url('gone'), 'connectionLost', /not currently available/, 600);
  });

  test('and a server without a free session is asked again', async () => {
    assert.deepEqual(await connecting(url('busy')), [['1']]);
    assert.equal(tries, 3);
  });
});

describe('versions of SQL Server (stand-in)', () => {
  const old = standIn({ version: '12.0.6449.1' });
  const azure = standIn({ version: '12.0.2000.8', edition: '5', owner: true, snapshots: false });

  test('before 2016 are refused, and Azure SQL, which has an old number, is not', async () => {
    await refusal(
      old().url,
      'unsupportedVersion',
      /is too old .*12\.0\.6449\.1.* SQL Server 2016 and later and Azure SQL/,
    );
    const database = await openDatabase(parseConnectionUrl(azure().url));
    await database.close();
    assert.deepEqual([database.info.product, database.info.superuser], ['Azure SQL', true]);
  });
});

describe('availability groups of SQL Server (stand-in)', () => {
  const replica = standIn({});
  const primary = standIn({
    route: ({ readOnlyIntent }) => (readOnlyIntent ? replica().port : null),
  });

  test('send a connection that only reads to a replica, and others not', async () => {
    await connecting(primary().url);
    assert.deepEqual([primary().logins.length, replica().logins.length], [1, 0]);
    assert.deepEqual(await connecting(`${primary().url}&ApplicationIntent=ReadOnly`), [['1']]);
    assert.deepEqual([primary().logins.length, replica().logins.length], [2, 1]);
    assert.ok(replica().statements.includes('SELECT 1 AS a'), 'the statement ran on the replica');
  });
});

describe('encryption of connections to SQL Server (stand-in)', () => {
  let folder = '';
  let certificates: Certificates;
  let authority = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sqlopt-mssql-'));
    certificates = await makeCertificates(folder, 'localhost');
    authority = path.join(folder, 'authority.pem');
    await writeFile(authority, certificates.authority);
  });
  after(() => rm(folder, { recursive: true, force: true }));
  const secure = standIn(() => ({ tls: certificates }));
  const plain = standIn({});
  const url = (host: string, port: number, parameters: string) =>
    `mssql://app:sw0rdfish@${host}:${port}/shop?${parameters}`;

  test('is asked for by default, and the certificate is checked', async () => {
    const to = (host: string, parameters: string) => url(host, secure().port, parameters);
    await refusal(to('localhost', ''), 'tls', /TLS with .* failed: .* trustServerCertificate=true/);
    await connecting(to('localhost', `sslrootcert=${authority}`));
    await refusal(
      to('127.0.0.1', `sslrootcert=${authority}`),
      'tls',
      /certificate of .* is for another host name/,
    );
    await connecting(to('127.0.0.1', `sslrootcert=${authority}&hostNameInCertificate=localhost`));
    await connecting(to('127.0.0.1', 'trustServerCertificate=true'));
    await connecting(to('127.0.0.1', 'encrypt=false'));
    assert.ok(
      secure().logins.every(({ encrypted }) => encrypted),
      'no password went over a bare connection',
    );
  });

  test('begins before anything else with encrypt=strict, and is always checked there', async () => {
    const strict = (parameters: string) => url('localhost', secure().port, `encrypt=strict${parameters}`);
    await connecting(strict(`&sslrootcert=${authority}`));
    await refusal(strict('&trustServerCertificate=true'), 'tls', /TLS with .* failed/);
  });

  test('is never given up silently: the password does not leave', async () => {
    for (const parameters of ['', 'trustServerCertificate=true']) {
      await refusal(
        url('127.0.0.1', plain().port, parameters),
        'tls',
        /offers no encryption.*password was not sent/,
      );
    }
    assert.deepEqual(plain().logins, []);
    await connecting(url('127.0.0.1', plain().port, 'encrypt=false'));
    assert.equal(plain().logins.length, 1);
  });

  test('that a server insists on is named when the URL turns it off', async () => {
    await refusal(
      url('localhost', secure().port, 'encrypt=disable'),
      'tls',
      /takes encrypted connections only/,
    );
  });
});
