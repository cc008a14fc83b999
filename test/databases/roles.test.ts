/** A connection that may do more than read is pointed out, with the statements for one that may not. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { afterEach, test } from 'node:test';
import { DatabaseError, type RoleAdvice } from '../../src/core/database.ts';
import { parseConnectionUrl } from '../../src/databases/connection-url.ts';
import { powerOf } from '../../src/databases/mysql/role.ts';
import { openDatabase } from '../../src/databases/open-database.ts';
import { describeServers, type Engine } from '../servers/engines.ts';
import { runOnce } from '../servers/with-database.ts';

const SETUP = {
  postgresql: `CREATE TABLE item (id integer PRIMARY KEY, price numeric);
    CREATE SCHEMA "odd ""name"; CREATE TABLE "odd ""name".thing (id integer)`,
  mariadb: 'CREATE TABLE item (id integer PRIMARY KEY, price decimal(10,2))',
};

describeServers('the role of a connection', SETUP, (engine) => {
  const roles: string[] = [];
  afterEach(async () => {
    for (const role of roles.splice(0)) await runOnce(engine.url, dropRole(engine, role));
  });

  /** A user with these grants; `$` stands for its name. */
  async function user(...grants: string[]): Promise<string> {
    const name = `role_${randomBytes(4).toString('hex')}`;
    roles.push(name);
    const create =
      engine.dialect === 'postgresql'
        ? `CREATE ROLE ${name} LOGIN PASSWORD 'secret'`
        : `CREATE USER ${name} IDENTIFIED BY 'secret'`;
    await runOnce(engine.url, [create, ...grants.map((grant) => grant.replaceAll('$', name))].join(';'));
    return as(engine.url, name);
  }

  test('who may do everything, define tables, or write rows is told apart from who may only read', async () => {
    const database = new URL(engine.url).pathname.slice(1);
    assert.equal((await adviceOn(engine.url))?.power, 'superuser');
    if (engine.dialect === 'postgresql') {
      const owner = await user(`CREATE TABLE own_$ (id integer); ALTER TABLE own_$ OWNER TO $`);
      assert.equal((await adviceOn(owner))?.power, 'owner');
      assert.equal((await adviceOn(await user('GRANT UPDATE ON item TO $')))?.power, 'writer');
      assert.equal(await adviceOn(await user('GRANT SELECT ON item TO $')), null);
    } else {
      assert.equal((await adviceOn(await user(`GRANT ALL ON ${database}.* TO $`)))?.power, 'owner');
      assert.equal((await adviceOn(await user(`GRANT INSERT ON ${database}.item TO $`)))?.power, 'writer');
      assert.equal(await adviceOn(await user(`GRANT SELECT ON ${database}.* TO $`)), null);
    }
  });

  test('the statements that are proposed make a role which may read and nothing else', async () => {
    const advice = await adviceOn(engine.url);
    const name = `role_${randomBytes(4).toString('hex')}`;
    roles.push(name);
    await runOnce(engine.url, (advice?.ddl ?? '').replaceAll('sqlopt_reader', name).replace('…', 'secret'));
    const reader = as(engine.url, name);
    assert.equal(await adviceOn(reader), null);
    const database = await openDatabase(parseConnectionUrl(reader));
    try {
      const { rows } = await database.readOnly((session) => session.query('SELECT count(*) FROM item'));
      assert.deepEqual(rows, [['0']]);
      await assert.rejects(
        () => database.rolledBack((session) => session.query('DELETE FROM item')),
        (error) => DatabaseError.is(error, 'permission', 'readOnly'),
      );
    } finally {
      await database.close();
    }
  });
});

function as(url: string, name: string): string {
  const changed = new URL(url);
  changed.username = name;
  changed.password = 'secret';
  return changed.href;
}

function dropRole({ dialect }: Engine, role: string): string {
  return dialect === 'postgresql'
    ? `DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`
    : `DROP USER IF EXISTS ${role}`;
}

async function adviceOn(url: string): Promise<RoleAdvice | null> {
  const database = await openDatabase(parseConnectionUrl(url));
  try {
    return (await database.adviseOnRole?.()) ?? null;
  } finally {
    await database.close();
  }
}

test('grants are read as both kinds of servers print them', () => {
  const power = (...grants: string[]) => powerOf(grants);
  assert.equal(power('GRANT USAGE ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD ...'), null);
  assert.equal(power('GRANT ALL PRIVILEGES ON *.* TO `u`@`%` WITH GRANT OPTION'), 'superuser');
  assert.equal(power('GRANT SELECT, SUPER ON *.* TO `u`@`%`'), 'superuser');
  // MySQL 8 prints static privileges one by one, and dynamic ones in a row of their own
  assert.equal(power('GRANT SELECT, INSERT, CREATE, DROP ON *.* TO `u`@`%`'), 'owner');
  assert.equal(power('GRANT SELECT (`a`, `b`), UPDATE (`a`) ON `d`.`t` TO `u`@`%`'), 'writer');
  assert.equal(power('GRANT SELECT (`a`, `insert`) ON `d`.`t` TO `u`@`%`'), null);
  assert.equal(power('GRANT EXECUTE ON PROCEDURE `d`.`p` TO `u`@`%`'), null);
  assert.equal(power('GRANT `reader`@`%` TO `u`@`%`'), null);
  assert.equal(power('GRANT SELECT ON `d`.* TO `u`@`%`', 'GRANT DELETE ON `d`.`t` TO `u`@`%`'), 'writer');
});
