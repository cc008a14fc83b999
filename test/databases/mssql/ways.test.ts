/** Ways to SQL Server and what may be sent on them: jump hosts, tokens of Entra ID, and the role that is used. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { DatabaseError } from '../../../src/core/database.ts';
import type { ServerSettings } from '../../../src/databases/connection-settings.ts';
import { parseConnectionUrl } from '../../../src/databases/connection-url.ts';
import { tokenSource } from '../../../src/databases/mssql/entra.ts';
import { readOptions } from '../../../src/databases/mssql/options.ts';
import { openDatabase } from '../../../src/databases/open-database.ts';
import { makeCertificates } from '../../servers/certificates.ts';
import { startJumpHost } from '../../servers/jump-host.ts';
import type { Answer } from '../../servers/tds/answers.ts';
import { startMssqlStandIn } from '../../servers/tds/mssql-stand-in.ts';

describe('a jump host on the way to SQL Server (stand-in)', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sqlopt-mssql-ssh-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  test('carries the connection with its encryption, a cancelled statement too, and ends with it', async () => {
    const tls = await makeCertificates(folder, 'localhost');
    const authority = path.join(folder, 'authority.pem');
    await writeFile(authority, tls.authority);
    await writeFile(path.join(folder, 'none'), '');
    const answer = (sql: string): Answer =>
      /forever/.test(sql) ? 'hang' : { columns: ['a'], rows: [['1']] };
    const server = await startMssqlStandIn(answer, { tls });
    const host = await startJumpHost({ password: 'hidden-word' });
    const parameters = new URLSearchParams({
      sslrootcert: authority,
      ssh: `jumper@127.0.0.1:${host.port}`,
      ssh_agent: path.join(folder, 'no-agent'),
      ssh_known_hosts: path.join(folder, 'none'),
      ssh_password: 'hidden-word',
      ssh_host_key: host.fingerprint,
    });
    try {
      const url = `mssql://app:sw0rdfish@localhost:${server.port}/shop?${parameters}`;
      const database = await openDatabase(parseConnectionUrl(url));
      await database.readOnly(async (session) => {
        await assert.rejects(session.query('SELECT forever', { timeoutMs: 200 }), (error) =>
          DatabaseError.is(error, 'timeout'),
        );
        assert.deepEqual((await session.query('SELECT 1')).rows, [['1']]);
      });
      assert.ok(host.forwarded > 0, 'it went through the jump host');
      assert.equal(server.logins[0]?.encrypted, true);
      await database.close();
      while (host.clients > 0 || host.forwarded > 0) await new Promise(setImmediate);
    } finally {
      await host.stop();
      await server.close();
    }
  });
});

describe('tokens of Entra ID', () => {
  const source = (url: string) => {
    const settings = parseConnectionUrl(url) as ServerSettings;
    return tokenSource(settings, readOptions(settings.options));
  };
  const refuses = (url: string, says: RegExp) =>
    assert.throws(
      () => source(url),
      (error) => DatabaseError.is(error, 'authentication') && says.test(error.message),
      url,
    );

  test('go to Azure’s own hosts only, and only where the certificate is checked', () => {
    const by = 'authentication=ActiveDirectoryDefault';
    assert.ok(source(`mssql://shop.database.windows.net/shop?${by}`));
    assert.ok(source(`mssql://shop.database.windows.net/shop?${by}&encrypt=strict`));
    refuses(`mssql://shop.example.com/shop?${by}`, /Azure’s own hosts only, and shop\.example\.com is none/);
    refuses(`mssql://database.windows.net.example.com/shop?${by}`, /own hosts only/);
    refuses(
      `mssql://shop.database.windows.net/shop?${by}&trustServerCertificate=true`,
      /certificate is checked/,
    );
    refuses(`mssql://shop.database.windows.net/shop?${by}&encrypt=false`, /certificate is checked/);
    // a token that was given for this very connection is like a password
    assert.ok(source('mssql://shop.example.com/shop?authentication=ActiveDirectoryAccessToken&password=t'));
    assert.equal(source('mssql://an:word@shop.example.com/shop'), null);
  });

  test('are asked for with what the way to log in needs', async () => {
    const sign = source(
      'mssql://shop.database.windows.net/shop?authentication=ActiveDirectoryServicePrincipal&tenantId=t',
    );
    assert.ok(sign);
    await assert.rejects(sign(undefined), /needs the application’s id as user/);
  });
});

describe('the role of a connection to SQL Server (stand-in)', () => {
  const advice = async (...powers: readonly string[]) => {
    const server = await startMssqlStandIn((sql) =>
      /IS_SRVROLEMEMBER/.test(sql)
        ? { columns: ['u', 'd', 's', 'o', 'a', 'w'], rows: [['dbo', 'my]shop', ...powers]] }
        : { columns: ['a'], rows: [] },
    );
    const database = await openDatabase(parseConnectionUrl(server.url));
    const found = await database.adviseOnRole?.();
    await database.close();
    await server.close();
    return found;
  };

  test('is pointed out when it may more than read, with the statements for one that may not', async () => {
    assert.equal(await advice('0', '0', '0', '0'), null);
    assert.equal((await advice('1', '1', '1', '1'))?.power, 'superuser');
    assert.equal((await advice('0', '0', '1', '0'))?.power, 'owner');
    const found = await advice('0', '0', '0', '1');
    assert.equal(found?.power, 'writer');
    assert.match(
      found?.ddl ?? '',
      /USE \[my\]\]shop\];[\s\S]*ALTER ROLE db_datareader ADD MEMBER sqlopt_reader;[\s\S]*GRANT SHOWPLAN/,
    );
  });
});
