/** Databases behind a jump host: the way there, what can be wrong with it, and its end. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { root } from '../../scripts/bootstrap.mjs';
import { type Database, DatabaseError, type DatabaseErrorReason } from '../../src/core/database.ts';
import { parseConnectionUrl } from '../../src/databases/connection-url.ts';
import { type OpenOptions, openDatabase } from '../../src/databases/open-database.ts';
import type { HostKeyTrust, PresentedHostKey } from '../../src/databases/ssh/host-keys.ts';
import { freePort } from '../servers/child-program.ts';
import { ENDLESS, untilRunning } from '../servers/endless.ts';
import { describeServers } from '../servers/engines.ts';
import {
  type JumpHost,
  type JumpHostOptions,
  newKey,
  newRsaKey,
  startJumpHost,
  writeKey,
} from '../servers/jump-host.ts';

const SETUP = { postgresql: 'SELECT 1', mariadb: 'SELECT 1' };
/** Someone who answers the question about a host's key, and remembers. */
class Answers implements HostKeyTrust {
  readonly asked: PresentedHostKey[] = [];
  readonly known = new Map<string, string>();
  readonly answer: boolean;

  constructor(answer: boolean) {
    this.answer = answer;
  }

  trusted(place: string): string | null {
    return this.known.get(place) ?? null;
  }

  async ask(key: PresentedHostKey): Promise<boolean> {
    this.asked.push(key);
    if (this.answer) this.known.set(`[${key.host}]:${key.port}`, key.fingerprint);
    return this.answer;
  }
}

let folder = '';
const started: JumpHost[] = [];
const opened: Database[] = [];
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sqlopt-ssh-'));
});
afterEach(async () => {
  for (const database of opened.splice(0)) await database.close();
  for (const host of started.splice(0)) await host.stop();
});
after(() => rm(folder, { recursive: true, force: true }));

const fileOf = async (name: string, text: string): Promise<string> => {
  const file = path.join(folder, name);
  await writeFile(file, text);
  return file;
};

async function jumpHost(options: JumpHostOptions = {}): Promise<JumpHost> {
  const host = await startJumpHost(options);
  started.push(host);
  return host;
}

interface Way {
  readonly user?: string;
  readonly key?: string;
  readonly agent?: string;
  readonly password?: string;
  readonly knownHosts?: string;
  readonly hostKey?: string;
}

/** The URL by way of a jump host. Nothing of this machine's own ~/.ssh is used. */
async function through(url: string, port: number, way: Way): Promise<string> {
  const parameters = new URLSearchParams({
    ssh: `${way.user ?? 'jumper'}@127.0.0.1:${port}`,
    ssh_agent: way.agent ?? path.join(folder, 'no-agent'),
    ssh_known_hosts: way.knownHosts ?? (await fileOf('none', '')),
    ...(way.key === undefined ? {} : { ssh_key: way.key }),
    ...(way.password === undefined ? {} : { ssh_password: way.password }),
    ...(way.hostKey === undefined ? {} : { ssh_host_key: way.hostKey }),
  });
  return `${url}${url.includes('?') ? '&' : '?'}${parameters.toString().replaceAll('+', '%20')}`;
}

async function open(url: string, options: OpenOptions = {}): Promise<Database> {
  const database = await openDatabase(parseConnectionUrl(url), options);
  opened.push(database);
  return database;
}

async function refuses(
  url: string,
  reason: DatabaseErrorReason,
  says: RegExp,
  options: OpenOptions = {},
): Promise<void> {
  await assert.rejects(
    () => open(url, options),
    (error) => {
      assert.ok(DatabaseError.is(error, reason), `${reason} expected: ${String(error)}`);
      assert.match(error.message, says);
      assert.doesNotMatch(error.message, /hidden-word/, 'the secret is not shown');
      assert.match(error.message, /\.$/);
      return true;
    },
  );
}

/** Run a program to its end; what it says on both outputs. */
async function run(
  program: string,
  args: readonly string[],
  { env, input }: { env: Record<string, string>; input: string },
): Promise<{ status: number | null; output: string }> {
  const child = spawn(program, args, { env, stdio: 'pipe' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  child.stdin.end(input);
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, output };
}

const one = async (database: Database): Promise<string | null | undefined> =>
  (await database.readOnly((session) => session.query('SELECT 1'))).rows[0]?.[0];

describeServers('through a jump host', SETUP, (engine) => {
  // signing in costs much: one engine is enough for what no engine knows of
  if (engine.name === 'PostgreSQL 18')
    test('as the SSH configuration names it, with its keys and the host before it', async () => {
      const keys = [newKey(), newKey()];
      const files = await Promise.all(
        keys.map((key, index) => writeKey(path.join(folder, `key${index}`), key)),
      );
      const users = ['jumper', 'second'];
      const hosts = await Promise.all(
        users.map((user, index) => jumpHost({ user, keys: [keys[index]?.public ?? ''] })),
      );
      const known = await fileOf('known', hosts.map(({ knownHost }) => knownHost).join(''));
      const host = (name: string, index: number, more = '') =>
        `Host ${name}\n  HostName 127.0.0.1\n  Port ${hosts[index]?.port}\n  User ${users[index]}\n  IdentityFile "${files[index]}"\n${more}\n`;
      const config = await fileOf('config', `${host('first', 0)}${host('far*', 1, '  ProxyJump first')}`);
      const parameters = new URLSearchParams({
        ssh: 'faraway',
        ssh_config: config,
        ssh_known_hosts: known,
        ssh_agent: path.join(folder, 'no-agent'),
      });
      const url = `${engine.url}?${parameters}`;
      const database = await open(url);
      assert.equal(await one(database), '1');
      assert.ok(hosts.every(({ clients, forwarded }) => clients === 1 && forwarded > 0));
      // the first one breaks: all of the way is made anew
      hosts[0]?.cut();
      assert.equal(await one(database), '1');
      await opened.pop()?.close();
      while (hosts.some(({ clients, forwarded }) => clients > 0 || forwarded > 0)) {
        await new Promise(setImmediate);
      }
      await hosts[0]?.stop();
      await refuses(
        url,
        'refused',
        new RegExp(`Nobody answers at the jump host 127.0.0.1:${hosts[0]?.port}`),
      );
    });

  test('a key file lets in, the statements run on the server, and the tunnel ends with the connection', async () => {
    const key = newKey();
    const host = await jumpHost({ keys: [key.public] });
    const file = await writeKey(path.join(folder, 'id'), key);
    const knownHosts = await fileOf('known', host.knownHost);
    const database = await open(await through(engine.url, host.port, { key: file, knownHosts }));
    assert.equal(await one(database), '1');
    const catalog = await database.readCatalog();
    assert.equal(catalog.dialect, engine.dialect);
    assert.ok(host.forwarded > 0, 'it went through the jump host');
    await database.close();
    while (host.clients > 0 || host.forwarded > 0) await new Promise(setImmediate);
  });

  test('a statement can be cancelled, and several run at once', async () => {
    const host = await jumpHost({ password: 'hidden-word' });
    const url = await through(engine.url, host.port, {
      password: 'hidden-word',
      hostKey: host.fingerprint,
    });
    const database = await open(url);
    const abort = new AbortController();
    const endless = database.readOnly((session) => session.query(ENDLESS[engine.dialect]), {
      signal: abort.signal,
    });
    endless.catch(() => undefined);
    await untilRunning(engine.url, engine.dialect, 1);
    const results = await Promise.all([one(database), one(database)]);
    assert.deepEqual(results, ['1', '1']);
    abort.abort();
    await assert.rejects(endless, (error) => DatabaseError.is(error, 'cancelled'));
    assert.equal(await one(database), '1');
  });

  test('a tunnel that is cut in the middle of a statement is told, and the next call makes a new one', async () => {
    const host = await jumpHost({ password: 'hidden-word' });
    const url = await through(engine.url, host.port, { password: 'hidden-word', hostKey: host.fingerprint });
    const database = await open(url);
    const running = database.readOnly((session) => session.query(ENDLESS[engine.dialect]));
    running.catch(() => undefined);
    await untilRunning(engine.url, engine.dialect, 1);
    host.cut();
    await assert.rejects(
      running,
      (error) => DatabaseError.is(error, 'connectionLost') && /next call connects again/.test(error.message),
    );
    assert.equal(await one(database), '1');
    await host.stop();
    await assert.rejects(
      () => one(database),
      (error) => DatabaseError.is(error, 'refused', 'connectionLost'),
    );
  });

  test('the built command line goes that way too, with its secret from the environment', async () => {
    const host = await jumpHost({ password: 'hidden-word' });
    const url = await through(engine.url, host.port, { hostKey: host.fingerprint });
    const cli = (env: Record<string, string>, connection: string) =>
      run(process.execPath, [path.join(root, 'dist', 'cli.js'), 'explain', '-', '--connection', connection], {
        env: { PATH: process.env['PATH'] ?? '', ...env },
        input: 'SELECT 1 AS one',
      });
    const right = await cli({ SQLOPT_SSH_PASSWORD: 'hidden-word' }, url);
    assert.equal(right.status, 0, right.output);
    const wrong = await cli({ SQLOPT_SSH_PASSWORD: 'wrong-word' }, url);
    assert.equal(wrong.status, 3);
    assert.match(wrong.output, /does not let "jumper" in/);
    const unknown = await cli({ SQLOPT_SSH_PASSWORD: 'hidden-word' }, url.replace(/&ssh_host_key=.*/, ''));
    assert.equal(unknown.status, 3);
    assert.match(unknown.output, /ssh_host_key=SHA256/);
    assert.doesNotMatch(right.output + wrong.output + unknown.output, /hidden-word|wrong-word/);
  });

  test('a server that the jump host does not reach is named', async () => {
    const host = await jumpHost({ password: 'hidden-word' });
    const nobody = new URL(engine.url);
    nobody.port = String(await freePort());
    const way = { password: 'hidden-word', hostKey: host.fingerprint };
    await refuses(
      await through(nobody.href, host.port, way),
      'refused',
      /jump host 127\.0\.0\.1 reaches nobody at 127\.0\.0\.1:\d+.*looked up there/,
    );
  });
});

describe('signing in to a jump host', () => {
  const url = 'postgres://u:p@127.0.0.1:1/d?sslmode=disable';
  const passes = { reason: 'refused', says: /reaches nobody/ } as const;

  test('a wrong key, a wrong password and a wrong user are told with what to check', async () => {
    const right = newKey();
    const host = await jumpHost({ keys: [right.public], password: 'right' });
    const hostKey = host.fingerprint;
    const wrong = await writeKey(path.join(folder, 'wrong'), newKey());
    await refuses(
      await through(url, host.port, { key: wrong, hostKey }),
      'authentication',
      /does not let "jumper" in with the key .*wrong.*authorized_keys/,
    );
    await refuses(
      await through(url, host.port, { password: 'hidden-word', hostKey }),
      'authentication',
      /does not let "jumper" in\. Check the user and the password/,
    );
    const key = await writeKey(path.join(folder, 'right'), right);
    await refuses(
      await through(url, host.port, { user: 'stranger', key, hostKey }),
      'authentication',
      /"stranger"/,
    );
    await refuses(await through(url, host.port, { key, hostKey }), passes.reason, passes.says);
  });

  test('a key of the older form, and one with a passphrase', async () => {
    const rsa = newRsaKey();
    const guarded = newKey('hidden-word');
    const host = await jumpHost({ keys: [rsa.public, guarded.public] });
    const hostKey = host.fingerprint;
    const old = await writeKey(path.join(folder, 'rsa'), rsa);
    await refuses(await through(url, host.port, { key: old, hostKey }), passes.reason, passes.says);
    const key = await writeKey(path.join(folder, 'guarded'), guarded);
    await refuses(
      await through(url, host.port, { key, hostKey }),
      'authentication',
      /guarded is protected by a passphrase/,
    );
    await refuses(
      await through(url, host.port, { key, hostKey, password: 'another' }),
      'authentication',
      /passphrase of the SSH key .*guarded is wrong/,
    );
    const right = await through(url, host.port, { key, hostKey, password: 'hidden-word' });
    await refuses(right, passes.reason, passes.says);
  });

  test('a key file that is missing or no private key is named', async () => {
    const host = await jumpHost();
    const hostKey = host.fingerprint;
    const missing = path.join(folder, 'missing');
    await refuses(
      await through(url, host.port, { key: missing, hostKey }),
      'authentication',
      /cannot be read/,
    );
    const key = await fileOf('id.pub', newKey().public);
    await refuses(
      await through(url, host.port, { key, hostKey }),
      'authentication',
      /holds no private SSH key.*\.pub/,
    );
  });

  test('forwarding that is forbidden is told with the setting that allows it', async () => {
    const host = await jumpHost({ password: 'right', forwards: false });
    await refuses(
      await through(url, host.port, { password: 'right', hostKey: host.fingerprint }),
      'permission',
      /AllowTcpForwarding/,
    );
  });
});

describe('the key of a jump host', () => {
  const url = 'postgres://u:p@127.0.0.1:1/d?sslmode=disable';
  const way = { password: 'right' };

  test('one that is not known is asked about once, and remembered', async () => {
    const host = await jumpHost({ password: 'right' });
    const trust = new Answers(true);
    const via = await through(url, host.port, way);
    await refuses(via, 'refused', /reaches nobody/, { hostKeys: trust });
    await refuses(via, 'refused', /reaches nobody/, { hostKeys: trust });
    assert.deepEqual(trust.asked, [
      { host: '127.0.0.1', port: host.port, type: 'ssh-ed25519', fingerprint: host.fingerprint },
    ]);
  });

  test('a no ends the connection before anything secret is sent', async () => {
    const host = await jumpHost({ password: 'right' });
    await refuses(await through(url, host.port, way), 'tls', /was not accepted. Nothing was sent/, {
      hostKeys: new Answers(false),
    });
    assert.equal(host.clients, 0);
  });

  test('where nobody can be asked, an unknown one is refused with its fingerprint', async () => {
    const host = await jumpHost({ password: 'right' });
    await refuses(
      await through(url, host.port, way),
      'tls',
      new RegExp(`not in known_hosts.*ssh_host_key=${host.fingerprint.replace(/[+]/g, '\\+')}`),
    );
  });

  test('a changed one is refused without a question, whoever noted the old one', async () => {
    const host = await jumpHost({ password: 'right' });
    const other = await jumpHost({ password: 'right' });
    const trust = new Answers(true);
    trust.known.set(`[127.0.0.1]:${host.port}`, other.fingerprint);
    const says = /shows another key .* than the one that .* knows.*Nothing was sent/;
    await refuses(await through(url, host.port, way), 'tls', says, { hostKeys: trust });
    const line = other.knownHost.replace(`:${other.port}`, `:${host.port}`);
    const knownHosts = await fileOf('changed', line);
    const asking = new Answers(true);
    await refuses(await through(url, host.port, { ...way, knownHosts }), 'tls', says, { hostKeys: asking });
    await refuses(
      await through(url, host.port, { ...way, hostKey: other.fingerprint }),
      'tls',
      /this connection knows/,
      { hostKeys: asking },
    );
    assert.deepEqual([trust.asked, asking.asked], [[], []]);
    assert.equal(host.clients, 0, 'nobody signed in');
  });
});

describe('a jump host that is not there', () => {
  const url = 'mariadb://u:p@127.0.0.1:1/d?sslmode=disable';
  const silent = new Set<Socket>();
  let server: Server;
  let port = 0;
  before(async () => {
    server = createServer((socket) => silent.add(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as { port: number }).port;
  });
  after(() => {
    for (const socket of silent) socket.destroy();
    server.close();
  });

  test('a port where nobody listens and a host that does not exist are told apart', async () => {
    const nobody = await through(url, await freePort(), { password: 'x' });
    await refuses(nobody, 'refused', /Nobody answers at the jump host/);
    const unknown = `${url}&ssh=u@no-such-host.invalid&ssh_password=hidden-word`;
    await refuses(unknown, 'unknownHost', /host of the jump host no-such-host.invalid is not known/);
  });

  test('one that says nothing is given up in time, or when the user gives up', async () => {
    const via = await through(url, port, { password: 'x' });
    await refuses(via, 'timeout', /The jump host 127.* did not answer in time/, { timeoutMs: 300 });
    const abort = new AbortController();
    const waiting = open(via, { signal: abort.signal });
    waiting.catch(() => undefined);
    const before = silent.size;
    while (silent.size === before) await new Promise(setImmediate);
    abort.abort();
    await assert.rejects(waiting, (error) => DatabaseError.is(error, 'cancelled'));
  });

  test('something else than SSH is named as such', async () => {
    const web = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    const via = await through(url, (web.address() as { port: number }).port, { password: 'x' });
    await refuses(via, 'driver', /does not speak SSH/);
    web.close();
  });
});
