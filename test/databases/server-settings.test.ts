/** What servers are set to, on every engine at hand. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import {
  type ServerSetting,
  type ServerSettings,
  shownValue,
} from '../../src/core/settings/server-settings.ts';
import { settingsText } from '../../src/core/settings/settings-text.ts';
import { parseConnectionUrl } from '../../src/databases/connection-url.ts';
import { OF_DATABASE, OF_SERVER } from '../../src/databases/mssql/server-settings.ts';
import { MYSQL } from '../../src/databases/mysql/server-settings.ts';
import { openDatabase } from '../../src/databases/open-database.ts';
import { describeEngines, describeFreshServers, type Engine } from '../servers/engines.ts';
import { startMysqlStandIn } from '../servers/mysql-stand-in.ts';
import type { Answer } from '../servers/tds/answers.ts';
import { startMssqlStandIn } from '../servers/tds/mssql-stand-in.ts';
import { runOnce } from '../servers/with-database.ts';

const named = ({ settings }: ServerSettings, name: string): ServerSetting => {
  const found = settings.find((each) => each.name === name);
  assert.ok(found, `no setting ${name}`);
  return found;
};

/** One of each class, by engine. */
const KNOWN: Readonly<Partial<Record<Engine['dialect'], Readonly<Record<string, ServerSetting['change']>>>>> =
  {
    postgresql: {
      work_mem: 'session',
      checkpoint_timeout: 'reload',
      shared_buffers: 'restart',
      block_size: 'fixed',
    },
    mariadb: { sort_buffer_size: 'session', max_connections: 'reload', performance_schema: 'restart' },
  };

describeEngines('what a server is set to', { postgresql: 'SELECT 1', mariadb: 'SELECT 1' }, (engine) => {
  test('is read with what it takes to change it, in order, without the settings of our own sessions', async () => {
    const read = await engine.database.readServerSettings();
    assert.ok(read.settings.length > 200);
    const names = read.settings.map(({ name }) => name);
    assert.deepEqual(names, [...names].sort());
    for (const [name, change] of Object.entries(KNOWN[engine.dialect] ?? {})) {
      assert.equal(named(read, name).change, change, name);
    }
    if (engine.dialect === 'mariadb') return;
    // our sessions have a time limit, a new one has none
    assert.deepEqual(
      [named(read, 'statement_timeout').value, named(read, 'statement_timeout').isSet],
      ['0 ms', false],
    );
    assert.equal(named(read, 'work_mem').defaultValue, '4 MB');
  });
});

describeFreshServers('what a server is set to by its administrator', 'SELECT 1', (engine) => {
  test('shows what someone has set, waits for a restart, or may hold a secret', async () => {
    const written = [
      "work_mem = '64MB'",
      "primary_conninfo = 'host=a password=hidden-word'",
      'max_connections = 77',
    ];
    for (const each of written) await runOnce(engine.url, `ALTER SYSTEM SET ${each}`);
    await runOnce(engine.url, 'SELECT pg_reload_conf()');
    // each session takes the new values when it is told, a moment later
    let read = await engine.database.readServerSettings();
    for (let look = 0; look < 600; look++) {
      if (named(read, 'max_connections').pendingRestart && named(read, 'work_mem').isSet) break;
      await wait(50);
      read = await engine.database.readServerSettings();
    }
    assert.equal(named(read, 'max_connections').pendingRestart, true);
    assert.equal(named(read, 'primary_conninfo').value, null);
    const text = settingsText(read, 'Orders', 'PostgreSQL');
    assert.match(text, /waiting for a restart \(\d\)\n\n(.*\n)*?max_connections /);
    assert.match(text, /\nwork_mem +64 MB \(default 4 MB\) +any session/);
    assert.match(text, /primary_conninfo +\(not shown: it may hold a secret\)/);
    assert.doesNotMatch(text, /hidden-word/);
  });
});

describe('what a MySQL 8.4 (stand-in) is set to', () => {
  test('is read with its sources, and classes by the manual', async () => {
    const standIn = await startMysqlStandIn('8.4.3', (sql) =>
      sql === MYSQL
        ? {
            columns: ['a', 'b', 'c'],
            rows: [
              ['sort_buffer_size', '262144', 'COMPILED'],
              ['innodb_buffer_pool_size', '134217728', 'GLOBAL'],
              ['innodb_read_io_threads', '4', 'COMPILED'],
              ['unheard_of', '1', 'COMPILED'],
            ],
          }
        : { columns: ['a'], rows: [['1']] },
    );
    const database = await openDatabase(parseConnectionUrl(standIn.url));
    const read = await database.readServerSettings();
    await database.close();
    standIn.close();
    assert.deepEqual(
      read.settings.map(({ name, isSet, change }) => [name, isSet, change]),
      [
        ['innodb_buffer_pool_size', true, 'reload'],
        ['innodb_read_io_threads', false, 'restart'],
        ['sort_buffer_size', false, 'session'],
        ['unheard_of', false, null],
      ],
    );
    assert.match(read.notes.join(), /neither defaults nor/);
  });
});

describe('what a SQL Server (stand-in) is set to', () => {
  const rows = (...found: readonly (readonly (string | null)[])[]): Answer => ({
    columns: (found[0] ?? ['a']).map((_, index) => ({ name: `c${index}`, type: 'nvarchar(max)' })),
    rows: found,
  });
  const readFrom = async (answer: (sql: string) => Answer): Promise<ServerSettings> => {
    const server = await startMssqlStandIn(answer);
    const database = await openDatabase(parseConnectionUrl(server.url));
    const read = await database.readServerSettings();
    await database.close();
    await server.close();
    return read;
  };
  const ofDatabase = rows(['MAXDOP', '4', '0'], ['LEGACY_CARDINALITY_ESTIMATION', '0', '1']);

  test('is read of the server and of the database', async () => {
    const read = await readFrom((sql) => {
      if (sql === OF_DATABASE) return ofDatabase;
      if (sql !== OF_SERVER) return rows(['1']);
      return rows(
        ['cost threshold for parallelism', '50', '50', '1', 'cost'],
        ['priority boost', '0', '1', '0', 'Priority boost option'],
        ['max degree of parallelism', '0', '0', '1', 'maximum'],
      );
    });
    assert.deepEqual(
      read.settings.map(({ name, isSet, change, pendingRestart }) => [name, isSet, change, pendingRestart]),
      [
        ['cost threshold for parallelism', true, 'reload', false],
        ['database: LEGACY_CARDINALITY_ESTIMATION', false, 'reload', false],
        ['database: MAXDOP', true, 'reload', false],
        ['max degree of parallelism', false, 'reload', false],
        ['priority boost', true, 'restart', true],
      ],
    );
  });

  test('is read as far as it can be, as on Azure SQL, where there is no server to set', async () => {
    const missing = { error: { number: 208, message: "Invalid object name 'sys.configurations'." } };
    const read = await readFrom((sql) => {
      if (sql === OF_DATABASE) return ofDatabase;
      return sql === OF_SERVER ? missing : rows(['1']);
    });
    assert.equal(read.settings.length, 2);
    assert.match(read.notes.join(), /Settings of the server could not be read: Invalid object name/);
  });
});

test('values that may hold a secret are not shown, whoever defined the setting', () => {
  for (const name of [
    'primary_conninfo',
    'ssl_passphrase_command',
    'archive_command',
    'wsrep_sst_auth',
    'authentication_ldap_simple_bind_root_pwd',
    'app.jwt_secret',
    'app.api_key',
  ]) {
    assert.equal(shownValue(name, 'hidden-word'), null, name);
    assert.equal(shownValue(name, ''), '', name);
  }
  for (const name of ['work_mem', 'authentication_timeout', 'default_authentication_plugin']) {
    assert.equal(shownValue(name, 'x'), 'x', name);
  }
});
