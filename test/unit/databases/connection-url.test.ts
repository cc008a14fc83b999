import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { connectionLabel, type ServerSettings } from '../../../src/databases/connection-settings.ts';
import {
  ConnectionUrlError,
  connectionUrl,
  parseConnectionUrl,
  redactUrl,
  withPassword,
  withSshSecret,
} from '../../../src/databases/connection-url.ts';

const server = (url: string): ServerSettings => {
  const settings = parseConnectionUrl(url);
  assert.notEqual(settings.engine, 'embedded');
  return settings as ServerSettings;
};

test('reads every part of a PostgreSQL URL, percent-decoded', () => {
  const settings = server(
    'postgres://an%40na:p%2Fw%3A%23@db.example.com:6543/my%20shop?sslmode=verify-full&sslrootcert=/ca.pem',
  );
  assert.deepEqual(settings, {
    engine: 'postgresql',
    host: 'db.example.com',
    port: 6543,
    database: 'my shop',
    user: 'an@na',
    password: 'p/w:#',
    tls: { mode: 'verify-full', authorityFile: '/ca.pem', certificateFile: null, keyFile: null },
    options: null,
  });
});

test('takes the defaults of each engine', () => {
  assert.equal(server('postgresql://h').port, 5432);
  assert.equal(server('mysql://h/d').port, 3306);
  assert.equal(server('mariadb://h/d').engine, 'mariadb');
  assert.equal(server('mssql://h/d').port, 1433);
  assert.equal(server('postgresql:///d').host, 'localhost');
  assert.equal(server('postgresql://h').database, null);
  assert.equal(server('postgresql://h').tls.mode, 'prefer');
});

test('reads sockets, IPv6 addresses and unencoded @ in passwords', () => {
  assert.equal(server('postgresql://%2Fvar%2Frun%2Fpostgresql/shop').host, '/var/run/postgresql');
  assert.equal(server('postgresql:///shop?host=/tmp').host, '/tmp');
  assert.equal(server('postgresql://u@[::1]:5433/shop').host, '::1');
  assert.equal(server('postgresql://u:a@b@h/shop').password, 'a@b');
});

test('reads the embedded database with its folder and start files', () => {
  assert.deepEqual(parseConnectionUrl('embedded:'), { engine: 'embedded', directory: null, init: [] });
  assert.deepEqual(parseConnectionUrl('embedded:?init=a%20b.sql&init=c.sql'), {
    engine: 'embedded',
    directory: null,
    init: ['a b.sql', 'c.sql'],
  });
  assert.deepEqual(parseConnectionUrl('embedded:./data/shop'), {
    engine: 'embedded',
    directory: './data/shop',
    init: [],
  });
});

test('turns the schema that other tools put into URLs into a search path', () => {
  assert.equal(server('postgresql://h/d?schema=sales').options, '-c search_path=sales');
});

for (const [title, url, reason] of [
  ['no scheme', 'localhost/shop', 'scheme'],
  ['an unknown scheme', 'oracle://h/d', 'scheme'],
  ['a missing slash', 'postgres:h/d', 'syntax'],
  ['a bad port', 'postgres://h:54x/d', 'port'],
  ['a password with a slash', 'postgres://u:se/cret@h:x/d', 'port'],
  ['a lone percent sign', 'postgres://u:50%@h/d', 'encoding'],
  ['an unknown sslmode', 'postgres://h/d?sslmode=maybe', 'tls'],
  ['two hosts', 'postgres://a,b/d', 'unsupported'],
  ['an unknown parameter of the embedded database', 'embedded:?file=a.sql', 'unsupported'],
] as const) {
  test(`says what is wrong with ${title} and never repeats a password`, () => {
    assert.throws(
      () => parseConnectionUrl(url),
      (error) =>
        ConnectionUrlError.is(error, reason) && error.message.length > 30 && !error.message.includes('cret'),
    );
  });
}

test('never shows a password, whatever is typed', () => {
  assert.equal(redactUrl('postgres://u:p%40ss@h/d'), 'postgres://u:***@h/d');
  assert.equal(redactUrl('postgres://u:p@s:/s@h/d?password=x&a=1'), 'postgres://u:***@h/d?password=***&a=1');
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (password) => {
      const marked = `SECRET${password.replaceAll('&', '')}`;
      assert.ok(!redactUrl(`postgres://u:${marked}@h/d`).includes('SECRET'));
    }),
  );
});

test('keeps profiles without the password and reads them back', () => {
  const text = fc.string({ minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(text, text, text, (user, password, database) => {
      const url = `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@h:1/${encodeURIComponent(database)}?sslmode=verify-ca`;
      const settings = server(url);
      assert.equal(settings.password, password);
      assert.deepEqual(parseConnectionUrl(connectionUrl(settings)), withPassword(settings, null));
    }),
  );
  const embedded = parseConnectionUrl('embedded:my folder?init=a/b c.sql&init=d.sql');
  assert.deepEqual(parseConnectionUrl(connectionUrl(embedded)), embedded);
});

test('labels a connection without its user', () => {
  assert.equal(connectionLabel(parseConnectionUrl('postgres://u:p@h/shop')), 'shop on h:5432');
  assert.equal(
    connectionLabel(parseConnectionUrl('embedded:?init=shop.sql')),
    'Embedded PostgreSQL (shop.sql)',
  );
});

describe('a jump host in a URL', () => {
  const url =
    'postgresql://app@db.internal/shop?ssh=deploy%40jump.example.com%3A2222&ssh_key=~%2F.ssh%2Fid_ed25519&ssh_host_key=SHA256%3Aabc';

  test('is read with its key, and written back without its secret', () => {
    const settings = parseConnectionUrl(`${url}&ssh_password=hidden-word`);
    assert.ok(settings.engine === 'postgresql');
    assert.deepEqual(settings.ssh, {
      host: 'jump.example.com',
      port: 2222,
      user: 'deploy',
      keyFile: '~/.ssh/id_ed25519',
      agent: null,
      secret: 'hidden-word',
      knownHostsFile: null,
      hostKey: 'SHA256:abc',
    });
    const written = connectionUrl(settings);
    assert.doesNotMatch(written, /hidden-word/);
    assert.deepEqual(parseConnectionUrl(written), withSshSecret(settings, null));
    assert.match(connectionLabel(settings), /shop on db.internal:5432 through jump.example.com/);
  });

  test('its secret is not shown, in whatever form it was typed', () => {
    assert.doesNotMatch(redactUrl(`${url}&ssh_password=hidden-word&x=1`), /hidden-word/);
    assert.throws(
      () => parseConnectionUrl('postgresql://app@db/shop?ssh=deploy:hidden-word@jump'),
      (error) => ConnectionUrlError.is(error, 'syntax') && !/hidden-word/.test(error.message),
    );
  });

  test('without one there is none, and a port that is none is refused', () => {
    const settings = parseConnectionUrl('mariadb://app@db/shop');
    assert.ok(settings.engine === 'mariadb' && settings.ssh === undefined);
    assert.throws(
      () => parseConnectionUrl('mariadb://app@db/shop?ssh=jump:99999'),
      (error) => ConnectionUrlError.is(error, 'port'),
    );
  });
});
