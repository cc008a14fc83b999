/** What is read of OpenSSH's client configuration, and what is refused. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { DatabaseError } from '../../../src/core/database.ts';
import type { SshSettings } from '../../../src/databases/connection-settings.ts';
import { parseConnectionUrl } from '../../../src/databases/connection-url.ts';
import { readHostConfig } from '../../../src/databases/ssh/client-config.ts';
import { wayTo } from '../../../src/databases/ssh/jump-way.ts';

describe('the SSH configuration', () => {
  let folder = '';
  let files = 0;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sqlopt-ssh-config-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));
  const fileOf = async (text: string): Promise<string> => {
    const file = path.join(folder, `config${++files}`);
    await writeFile(file, text);
    return file;
  };
  const hostConfig = async (host: string, text: string) => readHostConfig(host, await fileOf(text));
  const wayOf = async (place: string, text: string) => {
    const file = await fileOf(text);
    const { ssh } = parseConnectionUrl(`postgres://db/shop?ssh=${place}&ssh_config=${file}`) as {
      ssh: SshSettings;
    };
    return (await wayTo(ssh)).map(({ settings: { host, port, user } }) => `${user ?? ''}@${host}:${port}`);
  };

  test('the first value counts, patterns and negations hold, defaults come last', async () => {
    const text = `
# a comment
Host jump* !jump-old
  HostName=%h.example.com
  User "jo smith" # who
  port 2222
Host *
  User other
  Port 1
  HostName wrong
  IdentityFile ~/.ssh/%r_key
  IdentityFile /keys/%h
  IdentityFile /keys/%C
`;
    const found = await hostConfig('jump1', text);
    assert.deepEqual([found.hostName, found.user, found.port], ['jump1.example.com', 'jo smith', 2222]);
    assert.deepEqual(found.identityFiles, [
      path.join(homedir(), '.ssh', 'jo smith_key'),
      '/keys/jump1.example.com',
    ]);
    const old = await hostConfig('jump-old', text);
    assert.deepEqual([old.hostName, old.user, old.port], ['wrong', 'other', 1]);
  });

  test('files are included where they stand, and only for the hosts around them', async () => {
    const inner = path.join(folder, 'parts');
    await mkdir(inner);
    await writeFile(path.join(inner, 'a.conf'), 'User a\nHost b\n  Port 7\n');
    await writeFile(path.join(inner, 'b.conf'), 'Host *\n  Port 9\n');
    await writeFile(path.join(inner, 'c.other'), 'User c\n');
    const text = `Host a b\n  Include ${inner}/*.conf\n  Include ${inner}/missing\n  IdentitiesOnly yes\nHost *\n  Port 22\n`;
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((host) => hostConfig(host, text)));
    assert.deepEqual([a?.user, a?.port, a?.identitiesOnly], ['a', 9, true]);
    assert.deepEqual([b?.user, b?.port], ['a', 7]);
    assert.deepEqual([c?.user, c?.port, c?.identitiesOnly], [null, 22, false]);
    const loop = path.join(folder, 'loop');
    await writeFile(loop, `Include ${loop}\nUser looped\n`);
    assert.equal((await readHostConfig('x', loop)).user, 'looped');
  });

  test('Match blocks hold for hosts; one that would run a program does not, and nothing is run', async () => {
    const mark = path.join(folder, 'ran');
    const text = `Match exec "touch ${mark}"\n  User run\nMatch host *.example.com\n  User inside\nMatch all\n  Port 5\n`;
    assert.deepEqual((await hostConfig('a.example.com', text)).user, 'inside');
    const other = await hostConfig('b', text);
    assert.deepEqual([other.user, other.port], [null, 5]);
    await assert.rejects(() => import('node:fs/promises').then(({ access }) => access(mark)));
  });

  test('agents are named or turned off', async () => {
    assert.equal((await hostConfig('a', 'IdentityAgent none')).agent, 'none');
    assert.equal((await hostConfig('a', 'IdentityAgent SSH_AUTH_SOCK')).agent, null);
    assert.equal((await hostConfig('a', 'IdentityAgent ~/agent')).agent, path.join(homedir(), 'agent'));
  });

  test('jump hosts stand before each other in the order of the way', async () => {
    const text = `
Host far
  ProxyJump first,me@second:23
Host near
  ProxyJump first
Host first
  HostName 10.0.0.1
Host straight
  ProxyJump none
Host *
  User all
`;
    assert.deepEqual(await wayOf('far', text), ['all@10.0.0.1:22', 'me@second:23', 'all@far:22']);
    assert.deepEqual(await wayOf('you@near:24', text), ['all@10.0.0.1:22', 'you@near:24']);
    assert.deepEqual(await wayOf('straight', text), ['all@straight:22']);
  });

  test('a circle, a program and a file that is not there are said, and `none` reads nothing', async () => {
    const refuses = (place: string, text: string, says: RegExp) =>
      assert.rejects(
        () => wayOf(place, text),
        (error) => DatabaseError.is(error, 'refused') && says.test(error.message),
      );
    await refuses('a', 'Host a\n  ProxyJump b\nHost b\n  ProxyJump a\n', /leads in a circle/);
    await refuses('a', 'ProxyCommand nc %h %p\n', /by a ProxyCommand, and no program is run here/);
    await refuses('a', 'ProxyJump @:3\n', /names no host/);
    assert.deepEqual(await wayOf('a', 'ProxyCommand none\n'), ['@a:22']);
    await assert.rejects(() => readHostConfig('a', '/no/such/file'), /cannot be read/);
    assert.equal((await readHostConfig('a', 'none')).user, null);
  });
});
