/** OpenSSH's known_hosts: https://man.openbsd.org/sshd.8#SSH_KNOWN_HOSTS_FILE_FORMAT */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, mock, test } from 'node:test';
import { checkKnownHosts, knownKeyTypes, placeName } from '../../../src/databases/ssh/known-hosts.ts';
import { Limit } from '../../../src/databases/ssh/limit.ts';

const key = { type: 'ssh-ed25519', base64: 'AAAAright' };
const other = { type: 'ssh-ed25519', base64: 'AAAAother' };
const at = (host: string, port = 22) => ({ host, port });

describe('known hosts', () => {
  const text = `# a comment
jump.example.com,10.0.0.7 ssh-ed25519 AAAAright someone@somewhere
[jump.example.com]:2222 ssh-ed25519 AAAAother
*.internal,!evil.internal ssh-ed25519 AAAAright
@cert-authority *.example.org ssh-ed25519 AAAAright
@revoked * ssh-ed25519 AAAAstolen

not a line`;

  test('a noted key is known by each of its names, whatever their case', () => {
    assert.equal(checkKnownHosts(text, at('jump.example.com'), key), 'known');
    assert.equal(checkKnownHosts(text, at('JUMP.example.com'), key), 'known');
    assert.equal(checkKnownHosts(text, at('10.0.0.7'), key), 'known');
  });

  test('another key for a noted host is a changed one, of whatever type', () => {
    assert.equal(checkKnownHosts(text, at('jump.example.com'), other), 'changed');
    assert.equal(checkKnownHosts(text, at('10.0.0.7'), { ...key, type: 'ssh-rsa' }), 'changed');
  });

  test('another port is another host', () => {
    assert.equal(checkKnownHosts(text, at('jump.example.com', 2222), other), 'known');
    assert.equal(checkKnownHosts(text, at('jump.example.com', 2222), key), 'changed');
    assert.equal(checkKnownHosts(text, at('jump.example.com', 23), key), 'unknown');
  });

  test('patterns match whole names, and a negated one excludes', () => {
    assert.equal(checkKnownHosts(text, at('a.internal'), key), 'known');
    assert.equal(checkKnownHosts(text, at('a.internal.example'), key), 'unknown');
    assert.equal(checkKnownHosts(text, at('axinternal'), key), 'unknown');
    assert.equal(checkKnownHosts(text, at('evil.internal'), key), 'unknown');
  });

  test('a revoked key is refused everywhere, and an authority’s own key lets nobody in', () => {
    assert.equal(checkKnownHosts(text, at('new.example'), { ...key, base64: 'AAAAstolen' }), 'revoked');
    assert.equal(checkKnownHosts(text, at('a.example.org'), key), 'unknown');
  });

  test('hashed names are recognized', () => {
    const salt = Buffer.from('0123456789abcdefghij');
    const hash = createHmac('sha1', salt).update('[jump.example.com]:2222').digest('base64');
    const hashed = `|1|${salt.toString('base64')}|${hash} ssh-ed25519 AAAAright`;
    assert.equal(checkKnownHosts(hashed, at('jump.example.com', 2222), key), 'known');
    assert.equal(checkKnownHosts(hashed, at('jump.example.com'), key), 'unknown');
  });

  test('the types of the noted keys are told, to be asked for first', () => {
    assert.deepEqual(knownKeyTypes(text, at('10.0.0.7')), ['ssh-ed25519']);
    assert.deepEqual(knownKeyTypes(text, at('nowhere.example')), []);
    assert.deepEqual([placeName(at('A.b')), placeName(at('A.b', 2222))], ['a.b', '[a.b]:2222']);
  });
});

test('the time that a person takes to answer does not count', async (context) => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  context.after(() => mock.timers.reset());
  const limit = new Limit(1000);
  let over = false;
  limit
    .exceeded(() => new Error('over'))
    .catch(() => {
      over = true;
    });
  mock.timers.tick(900);
  limit.pause();
  mock.timers.tick(60_000);
  limit.go();
  mock.timers.tick(99);
  await Promise.resolve();
  assert.equal(over, false);
  mock.timers.tick(1);
  await new Promise(setImmediate);
  assert.equal(over, true);
});
