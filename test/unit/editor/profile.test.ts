import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConnectionUrl } from '../../../src/databases/connection-url.ts';
import {
  EMPTY_DRAFT,
  fromConnectionSettings,
  newId,
  readProfiles,
  secretName,
  sendingName,
  target,
  toConnectionSettings,
  toSetting,
  withEngine,
  withoutSecrets,
} from '../../../src/editor/connections/profile.ts';
import { jumpHostOf, jumpHostText, sshSecretName } from '../../../src/editor/connections/profile-ssh.ts';

const shop = {
  id: 'shop',
  name: 'Shop',
  engine: 'postgresql',
  host: 'db.example.org',
  port: 5433,
  database: 'shop',
  user: 'app',
};

function only(value: unknown, scope: 'user' | 'workspace' = 'user') {
  const [profile] = readProfiles([value], scope).profiles;
  assert.ok(profile);
  return profile;
}

test('a profile survives being written to the settings and read again', () => {
  const profile = only({ ...shop, tls: 'verify-ca', caFile: '/ca.pem', color: 'red', readOnly: true });
  assert.deepEqual(only(toSetting('shop', profile)), profile);
});

test('an entry that cannot be used is named, and the others stay', () => {
  const { profiles, problems } = readProfiles(
    [{ id: 'a' }, 7, shop, shop, { ...shop, id: 'b', port: 0 }],
    'user',
  );
  assert.deepEqual(
    profiles.map((profile) => profile.key),
    ['user:shop'],
  );
  assert.equal(problems.length, 4);
  assert.match(problems[0] ?? '', /Connection 1 of the user settings is left out: it has no host/);
});

test('a password in settings is never read, and the user is told', () => {
  const { profiles, problems } = readProfiles([{ ...shop, password: 'hunter2' }], 'user');
  assert.ok(!JSON.stringify(profiles).includes('hunter2'));
  assert.match(problems.join(), /password.*not read/);
  assert.ok(!problems.join().includes('hunter2'));
});

test('TLS with a checked name is the default, except on this machine', () => {
  assert.equal(only(shop).tls, 'verify-full');
  assert.equal(only({ ...shop, host: 'localhost' }).tls, 'disable');
});

test('a password is bound to where it goes: another host, user, database, TLS mode or scope finds none', () => {
  const name = secretName(only(shop));
  for (const change of [
    { host: 'evil.example' },
    { port: 1 },
    { user: 'x' },
    { database: 'x' },
    { tls: 'disable' },
  ]) {
    assert.notEqual(secretName(only({ ...shop, ...change })), name, JSON.stringify(change));
  }
  assert.notEqual(secretName(only(shop, 'workspace')), name);
  assert.equal(secretName(only({ ...shop, name: 'Renamed', color: 'red', readOnly: true })), name);
});

test('a pasted URL becomes a profile and a password apart from it', () => {
  const url = 'postgres://app:hunter2@db.example.org:5433/shop?sslmode=require&sslrootcert=/ca.pem';
  const read = fromConnectionSettings(parseConnectionUrl(url));
  assert.ok(typeof read !== 'string');
  assert.equal(read.secrets.password, 'hunter2');
  assert.ok(!JSON.stringify(toSetting('shop', read.draft)).includes('hunter2'));
  assert.deepEqual(
    toConnectionSettings(read.draft, { password: 'hunter2', ssh: null }),
    parseConnectionUrl(url),
  );
});

test('ids are made from names and never taken twice', () => {
  assert.equal(newId('My Shop (prod)', []), 'my-shop-prod');
  assert.equal(newId('My Shop', ['my-shop', 'my-shop-2']), 'my-shop-3');
  assert.equal(newId('商店', []), 'connection');
});

test('lists show where a connection leads to', () => {
  assert.equal(target(only(shop)), 'app@db.example.org:5433/shop');
  assert.equal(
    target(only({ id: 'e', engine: 'embedded', init: '/a/b/shop.sql' })),
    'embedded, filled by shop.sql',
  );
});

test('passwords are cut out of what is logged', () => {
  for (const text of [
    'postgres://app:hunter2@db/shop',
    'postgres://app:p@hunter2@db/shop',
    'host=db password=hunter2 user=app',
    "password='hunter2 x'",
    'mysql://u:hunter2@h?password=hunter2',
    'postgres://u@h/d?ssh=x@y&ssh_password=hunter2',
  ]) {
    assert.ok(!withoutSecrets(text).includes('hunter2'), withoutSecrets(text));
  }
  assert.equal(withoutSecrets('postgres://app@db/shop'), 'postgres://app@db/shop');
});

test('MySQL and MariaDB are engines of profiles and URLs, with their own port', () => {
  const { engine: _, port: __, ...place } = shop;
  for (const engine of ['mysql', 'mariadb'] as const) {
    const profile = only({ ...place, engine });
    assert.deepEqual([profile.engine, profile.port], [engine, 3306]);
    assert.deepEqual(only(toSetting('shop', profile)), profile);
    assert.equal(target(profile), 'app@db.example.org/shop');
    const settings = toConnectionSettings(profile, { password: 'hunter2', ssh: null });
    assert.equal(settings.engine, engine);
    const read = fromConnectionSettings(parseConnectionUrl(`${engine}://app:hunter2@db.example.org/shop`));
    assert.ok(typeof read !== 'string');
    assert.deepEqual([read.draft.engine, read.draft.port, read.secrets.password], [engine, 3306, 'hunter2']);
  }
});

test('choosing another engine changes what was only proposed', () => {
  const mariadb = withEngine(EMPTY_DRAFT, 'mariadb');
  assert.deepEqual([mariadb.port, mariadb.user, mariadb.database], [3306, 'root', '']);
  const own = withEngine({ ...EMPTY_DRAFT, port: 6000, user: 'app' }, 'mysql');
  assert.deepEqual([own.port, own.user], [6000, 'app']);
  assert.deepEqual(withEngine(mariadb, 'postgresql'), EMPTY_DRAFT);
});

test('leave to create test databases on a server comes from the user, never from a workspace', () => {
  const entry = { ...shop, engine: 'mariadb', scratchOnServer: true };
  assert.equal(only(entry).scratchOnServer, true);
  assert.equal(only(entry, 'workspace').scratchOnServer, false);
  assert.equal(only({ ...entry, scratchOnServer: 'yes' }).scratchOnServer, false);
  assert.deepEqual(only(toSetting('shop', only(entry))), only(entry));
});

test('a jump host is kept without its secret, which is bound to where it is sent', () => {
  const url = 'postgres://app:hunter2@db/shop?ssh=me%40jump%3A2222&ssh_key=%2Fk&ssh_password=open-sesame';
  const read = fromConnectionSettings(parseConnectionUrl(url));
  assert.ok(typeof read !== 'string' && read.draft.ssh);
  assert.deepEqual(read.secrets, { password: 'hunter2', ssh: 'open-sesame' });
  const setting = toSetting('shop', read.draft);
  assert.doesNotMatch(JSON.stringify(setting), /hunter2|open-sesame/);
  const profile = only(setting);
  assert.deepEqual(toConnectionSettings(profile, read.secrets), parseConnectionUrl(url));
  assert.match(target(profile), / through jump$/);
  const elsewhere = { ...profile, ssh: { ...read.draft.ssh, host: 'evil' } };
  assert.notEqual(secretName(elsewhere), secretName(profile), 'the password is not sent by another way');
  assert.notEqual(secretName({ ...profile, ssh: null }), secretName(profile));
  assert.notEqual(sshSecretName('user', elsewhere.ssh), sshSecretName('user', read.draft.ssh));
  assert.notEqual(sshSecretName('workspace', read.draft.ssh), sshSecretName('user', read.draft.ssh));
});

test('a jump host that cannot be read leaves the connection out, with the reason', () => {
  const problems = (ssh: unknown) => readProfiles([{ ...shop, ssh }], 'user').problems.join();
  assert.match(problems({ user: 'me' }), /"ssh" has no host/);
  assert.match(problems({ host: 'jump', port: 'x' }), /"x" is no port/);
  assert.match(problems('jump'), /"ssh" is not an object/);
});

test('a form takes a jump host as user@host:port', () => {
  const before = jumpHostOf('me@jump:2222', null);
  assert.ok(before);
  assert.equal(jumpHostText(before), 'me@jump:2222');
  assert.equal(jumpHostText(jumpHostOf('[::1]', null) ?? null), '[::1]');
  assert.equal(jumpHostOf('  ', before), null);
  for (const wrong of ['me@', 'a b', 'jump:0', 'jump:99999', 'ssh://jump']) {
    assert.equal(jumpHostOf(wrong, null), undefined, wrong);
  }
  const pinned = { ...before, keyFile: '/k', hostKey: 'SHA256:x' };
  assert.equal(jumpHostOf('you@jump:2222', pinned)?.hostKey, 'SHA256:x');
  assert.equal(jumpHostOf('me@other', pinned)?.hostKey, null, 'another host has another key');
});

test('a SQL Server connection survives its URL, and another certificate name finds no password', () => {
  const url = 'mssql://an:word@db.example.org\\DEV/shop?encrypt=strict&applicationIntent=ReadOnly';
  const read = fromConnectionSettings(parseConnectionUrl(url));
  assert.ok(typeof read !== 'string');
  assert.deepEqual(
    [read.draft.engine, read.draft.host, read.draft.port, read.draft.tls, read.secrets.password],
    ['sqlserver', 'db.example.org\\DEV', 1433, 'verify-full', 'word'],
  );
  const profile = only(toSetting('dev', { ...read.draft, name: 'Dev' }));
  assert.deepEqual(toConnectionSettings(profile, read.secrets), parseConnectionUrl(url));
  const changed = { ...profile, options: 'hostNameInCertificate=evil.example.org' };
  assert.notEqual(secretName(changed), secretName(profile));
  assert.equal(withEngine(EMPTY_DRAFT, 'sqlserver').port, 1433);
});

test('leave to send to a model is bound to where the connection leads, not to its name alone', () => {
  const profile = only(shop);
  assert.equal(
    sendingName({ ...profile, name: 'Renamed', color: 'red', tls: 'require' }),
    sendingName(profile),
  );
  assert.notEqual(sendingName({ ...profile, host: 'other.example' }), sendingName(profile));
  assert.notEqual(sendingName({ ...profile, database: 'other' }), sendingName(profile));
  assert.notEqual(sendingName(only(shop, 'workspace')), sendingName(profile));
});
