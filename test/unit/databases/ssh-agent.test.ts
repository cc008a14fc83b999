/** Which of an agent's keys a jump host sees, and in which order. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { SshTunnel } from '../../../src/databases/ssh/tunnel.ts';
import { type JumpHost, type KeyPair, newKey, startJumpHost } from '../../servers/jump-host.ts';
import { startAgent, type TestAgent } from '../../servers/ssh-agent.ts';

const blobOf = ({ public: key }: KeyPair): string => key.split(' ')[1] ?? '';

describe('the keys of an agent', { skip: process.platform === 'win32' && 'agents have pipes there' }, () => {
  const [strange, another, right] = [newKey(), newKey(), newKey()] as const;
  let folder = '';
  let agent: TestAgent;
  let host: JumpHost;
  let target: Server;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sqlopt-agent-'));
    agent = await startAgent(path.join(folder, 'agent'), [strange, another, right]);
    target = createServer((socket) => socket.on('error', () => undefined).write('here')).listen(
      0,
      '127.0.0.1',
    );
    await once(target, 'listening');
    // the agent alone has the private key
    await writeFile(path.join(folder, 'right.pub'), `${right.public}\n`);
  });
  beforeEach(async () => {
    host = await startJumpHost({ keys: [right.public] });
  });
  after(async () => {
    await agent.stop();
    target.close();
    await rm(folder, { recursive: true });
  });

  async function answer(config: string): Promise<string> {
    const [configFile, knownHostsFile] = [path.join(folder, 'config'), path.join(folder, 'known')];
    await writeFile(configFile, config);
    await writeFile(knownHostsFile, host.knownHost);
    const tunnel = new SshTunnel(
      {
        ...{ host: '127.0.0.1', port: host.port, user: 'jumper', keyFile: null, agent: agent.socket },
        ...{ secret: null, hostKey: null, knownHostsFile, configFile },
      },
      { host: '127.0.0.1', port: (target.address() as AddressInfo).port },
      null,
    );
    try {
      const stream = await tunnel.stream({ timeoutMs: 60_000 });
      const [piece] = await once(stream, 'data');
      return String(piece);
    } finally {
      tunnel.close();
      await host.stop();
    }
  }

  test('are all shown, in its order, when the configuration names none', async () => {
    assert.equal(await answer(''), 'here');
    assert.deepEqual([...new Set(host.shown)], [strange, another, right].map(blobOf));
  });

  test('that the configuration names are shown first', async () => {
    assert.equal(await answer(`IdentityFile ${folder}/right`), 'here');
    assert.deepEqual([...new Set(host.shown)], [blobOf(right)]);
  });

  test('are the only ones with IdentitiesOnly, by a public key file too', async () => {
    assert.equal(await answer(`IdentitiesOnly yes\nIdentityFile "${folder}/right.pub"`), 'here');
    assert.deepEqual([...new Set(host.shown)], [blobOf(right)]);
    await writeFile(path.join(folder, 'another.pub'), `${another.public}\n`);
    host = await startJumpHost({ keys: [right.public] });
    await assert.rejects(answer(`IdentitiesOnly yes\nIdentityFile "${folder}/another.pub"`));
    assert.deepEqual([...new Set(host.shown)], [blobOf(another)]);
  });
});
