/** What is known of a database after reading its catalog, on every PostgreSQL. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Catalog,
  type Column,
  findColumn,
  findTable,
  type Table,
} from '../../src/core/catalog/catalog.ts';
import { parseConnectionUrl } from '../../src/databases/connection-url.ts';
import { openDatabase } from '../../src/databases/open-database.ts';
import { functionsQuery } from '../../src/databases/postgres/catalog-queries.ts';
import { describeEngines } from '../servers/engines.ts';
import { runOnce } from '../servers/with-database.ts';

const SETUP = `
  CREATE SCHEMA sales;
  CREATE TYPE sales.mood AS ENUM ('good', 'bad');
  CREATE DOMAIN sales.positive AS integer CHECK (VALUE > 0);
  CREATE COLLATION sales.ignoring (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
  CREATE TABLE sales.customer (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE,
    name varchar(40) COLLATE "C",
    nick text COLLATE sales.ignoring,
    code char(3), mood sales.mood, size sales.positive, tags text[], span int4range,
    born date, seen timestamp with time zone DEFAULT now(), price numeric(10,2), twice integer GENERATED ALWAYS AS (1 + 1) STORED,
    gone integer,
    CONSTRAINT adult CHECK (born < DATE '2010-01-01'),
    UNIQUE (name, code) DEFERRABLE,
    UNIQUE (nick)
  );
  ALTER TABLE sales.customer DROP COLUMN gone, ADD CONSTRAINT later CHECK (price > 0) NOT VALID;
  CREATE TABLE sales."Order Line" (
    id bigint PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES sales.customer (id),
    placed date NOT NULL,
    note text
  );
  CREATE INDEX late ON sales."Order Line" (placed DESC NULLS LAST, lower(note)) INCLUDE (customer_id) WHERE note IS NOT NULL;
  CREATE INDEX prefix ON sales."Order Line" (note text_pattern_ops);
  CREATE UNIQUE INDEX partial ON sales."Order Line" (customer_id) WHERE placed > '2020-01-01';
  CREATE UNIQUE INDEX by_expression ON sales."Order Line" ((customer_id + id));
  CREATE UNIQUE INDEX plain ON sales."Order Line" (customer_id, placed, id);
  CREATE INDEX hashed ON sales."Order Line" USING hash (note);
  CREATE TABLE sales.event (id integer, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
  CREATE TABLE sales.event_2024 PARTITION OF sales.event FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
  CREATE TABLE sales.visit (id integer PRIMARY KEY, event_id integer, at date, FOREIGN KEY (event_id, at) REFERENCES sales.event (id, at));
  CREATE TABLE sales.parent (id integer PRIMARY KEY);
  CREATE TABLE sales.child () INHERITS (sales.parent);
  CREATE VIEW sales.adults AS SELECT id, email FROM sales.customer WHERE born < DATE '2000-01-01';
  CREATE MATERIALIZED VIEW sales.counts AS SELECT count(*) AS n FROM sales.customer;
  CREATE TABLE watched (id integer);
  ALTER TABLE watched ENABLE ROW LEVEL SECURITY;
  CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
  CREATE TRIGGER watching BEFORE INSERT ON watched FOR EACH ROW EXECUTE FUNCTION watch();
  CREATE FUNCTION twice(integer) RETURNS integer LANGUAGE sql IMMUTABLE STRICT AS 'SELECT $1 * 2';
  CREATE FUNCTION numbers() RETURNS SETOF integer LANGUAGE sql STABLE AS 'SELECT 1';
  CREATE FUNCTION sales.spent(customer bigint, since date DEFAULT '2020-01-01', OUT n numeric) LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = sales, pg_temp SET timezone = 'UTC' AS $$ SELECT count(*) FROM "Order Line" $$;
  CREATE FUNCTION sales.half(n integer) RETURNS integer LANGUAGE sql IMMUTABLE RETURN n / 2;
  CREATE FUNCTION sales.lines(c integer) RETURNS bigint LANGUAGE sql STABLE
    BEGIN ATOMIC SELECT count(*) FROM sales."Order Line" AS l WHERE l.customer_id = c; END;
  CREATE FUNCTION long_one() RETURNS text LANGUAGE sql AS $$ SELECT '${'x'.repeat(9000)}' $$;
  CREATE FUNCTION lower(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1';
  INSERT INTO sales.customer (email, name, mood, tags)
    SELECT g || '@example.com', CASE WHEN g % 4 > 0 THEN 'n' || g % 3 END, 'good', ARRAY['x'] FROM generate_series(1, 400) AS g;
  INSERT INTO sales.event SELECT g, '2024-05-01' FROM generate_series(1, 70) AS g;
  ANALYZE sales.customer; ANALYZE sales.event`;

describeEngines('the catalog', SETUP, (engine) => {
  let known: Promise<Catalog> | null = null;
  const catalog = () => {
    known ??= engine.database.readCatalog();
    return known;
  };
  const table = async (name: string): Promise<Table> => {
    const found = findTable(await catalog(), ['sales', name]);
    assert.ok(found, `${name} is in the catalog`);
    return found;
  };
  const column = async (name: string): Promise<Column> => {
    const found = findColumn(await table('customer'), name);
    assert.ok(found, `${name} is in the table`);
    return found;
  };

  test('holds the user’s tables and views with their kinds, and no system ones', async () => {
    const { tables, origin, dialect, searchPath, gaps } = await catalog();
    assert.deepEqual(
      tables.map(({ schema, name, kind }) => `${schema}.${name} ${kind}`),
      [
        'public.watched table',
        'sales.Order Line table',
        'sales.adults view',
        'sales.child table',
        'sales.counts materializedView',
        'sales.customer table',
        'sales.event partitioned',
        'sales.event_2024 partition',
        'sales.parent table',
        'sales.visit table',
      ],
    );
    assert.deepEqual([origin, dialect, searchPath, gaps], ['server', 'postgresql', ['public'], []]);
  });

  test('knows columns with exact types, families and nullability', async () => {
    const facts = (await table('customer')).columns.map(
      ({ name, type, family, notNull, hasDefault, generated }) =>
        [name, type, family, notNull, hasDefault, generated] as const,
    );
    assert.deepEqual(facts, [
      ['id', 'integer', 'integer', true, false, 'identity'],
      ['email', 'text', 'text', true, false, null],
      ['name', 'character varying(40)', 'text', false, false, null],
      ['nick', 'text', 'text', false, false, null],
      ['code', 'character(3)', 'char', false, false, null],
      ['mood', 'sales.mood', 'enum', false, false, null],
      ['size', 'sales.positive', 'integer', false, false, null],
      ['tags', 'text[]', 'array', false, false, null],
      ['span', 'int4range', 'range', false, false, null],
      ['born', 'date', 'date', false, false, null],
      ['seen', 'timestamp with time zone', 'timestamptz', false, true, null],
      ['price', 'numeric(10,2)', 'decimal', false, false, null],
      ['twice', 'integer', 'integer', false, false, 'stored'],
    ]);
  });

  test('knows collations, and where equality is not equality of bytes', async () => {
    assert.equal((await column('email')).collation, null);
    assert.equal((await column('email')).deterministicCollation, true);
    assert.equal((await column('name')).collation, 'C');
    assert.equal((await column('nick')).collation, 'ignoring');
    assert.equal((await column('nick')).deterministicCollation, false);
  });

  test('calls a key only what makes rows unique', async () => {
    const lines = await table('Order Line');
    assert.deepEqual(
      lines.keys.map(({ name, columns, primary }) => [name, columns, primary]),
      [
        ['Order Line_pkey', ['id'], true],
        ['plain', ['customer_id', 'placed', 'id'], false],
      ],
    );
    const keys = Object.fromEntries((await table('customer')).keys.map((key) => [key.name, key]));
    assert.deepEqual(keys['customer_email_key'], {
      name: 'customer_email_key',
      columns: ['email'],
      primary: false,
      nullsNotDistinct: false,
      deferrable: false,
    });
    assert.equal(keys['customer_name_code_key']?.deferrable, true);
    assert.equal(keys['customer_pkey']?.nullsNotDistinct, true);
    assert.deepEqual(
      (await table('event')).keys.map((key) => key.columns),
      [['id', 'at']],
    );
    assert.deepEqual((await table('parent')).keys, [], 'children may repeat the keys of their parent');
  });

  test('knows foreign keys, once each', async () => {
    assert.deepEqual((await table('Order Line')).foreignKeys, [
      {
        name: 'Order Line_customer_id_fkey',
        columns: ['customer_id'],
        references: { schema: 'sales', table: 'customer', columns: ['id'] },
        validated: true,
        deferrable: false,
      },
    ]);
    assert.deepEqual(
      (await table('visit')).foreignKeys.map((key) => key.references.table),
      ['event'],
      'not another one for each partition',
    );
  });

  test('knows checks and whether all rows obey them', async () => {
    const checks = (await table('customer')).checks;
    assert.deepEqual(
      checks.map(({ name, validated }) => [name, validated]),
      [
        ['adult', true],
        ['later', false],
      ],
    );
    assert.match(checks[0]?.expression ?? '', /^\(?born < '2010-01-01'::date\)?$/);
  });

  test('knows indexes with order, expressions, operator classes, included columns and predicates', async () => {
    const indexes = Object.fromEntries(
      (await table('Order Line')).indexes.map((index) => [index.name, index]),
    );
    assert.deepEqual(indexes['late']?.columns, [
      {
        column: 'placed',
        expression: null,
        descending: true,
        nullsFirst: false,
        operatorClass: null,
        collation: null,
      },
      {
        column: null,
        expression: 'lower(note)',
        descending: false,
        nullsFirst: false,
        operatorClass: null,
        collation: null,
      },
    ]);
    assert.deepEqual(indexes['late']?.include, ['customer_id']);
    assert.match(indexes['late']?.predicate ?? '', /note IS NOT NULL/);
    assert.match(indexes['late']?.definition ?? '', /^CREATE INDEX late ON sales\."Order Line"/);
    assert.equal(indexes['prefix']?.columns[0]?.operatorClass, 'text_pattern_ops');
    assert.equal(indexes['hashed']?.method, 'hash');
    assert.equal(indexes['Order Line_pkey']?.primary, true);
    assert.equal(indexes['plain']?.unique && indexes['plain'].valid, true);
  });

  test('knows statistics of analysed tables and says nothing of others', async () => {
    assert.equal((await table('customer')).rows, 400);
    assert.equal((await table('event')).rows, 70);
    assert.equal((await table('Order Line')).rows, null);
    assert.ok(((await table('customer')).bytes ?? 0) > 8000);
    const name = (await column('name')).statistics;
    assert.equal(name?.nullFraction, 0.25);
    assert.equal(name?.distinct, 3);
    assert.deepEqual(name?.mostCommon.map((entry) => entry.value).sort(), ['n0', 'n1', 'n2']);
    const email = (await column('email')).statistics;
    assert.equal(email?.distinct, 400);
    assert.equal(email?.histogram[0], '100@example.com');
    assert.deepEqual((await column('tags')).statistics?.mostCommon, [{ value: '{x}', frequency: 1 }]);
    const lines = await table('Order Line');
    assert.equal(findColumn(lines, 'note')?.statistics, null);
  });

  test('knows partition keys, views, row security, triggers', async () => {
    assert.deepEqual((await table('event')).partitionKey, ['at']);
    assert.match((await table('adults')).definition ?? '', /FROM sales\.customer/);
    assert.equal((await table('adults')).rowSecurity, false);
    const watched = findTable(await catalog(), ['watched']);
    assert.equal(watched?.rowSecurity && watched.hasTriggers, true);
    assert.equal((await table('Order Line')).hasTriggers, false, 'those of foreign keys do not count');
  });

  test('knows functions and the settings that give expressions their meaning', async () => {
    const { functions, settings, version } = await catalog();
    const byName = Object.fromEntries(functions.map((entry) => [entry.name, entry]));
    assert.deepEqual(byName['twice'], {
      schema: 'public',
      name: 'twice',
      volatility: 'immutable',
      strict: true,
      returnsSet: false,
      kind: 'function',
      overloadsBuiltIn: false,
      definition: {
        language: 'sql',
        parameters: [{ name: null, type: 'integer', mode: 'in', default: null }],
        returns: 'integer',
        securityDefiner: false,
        leakproof: false,
        settings: [],
        body: 'SELECT $1 * 2',
        standardBody: false,
      },
    });
    assert.deepEqual([byName['numbers']?.returnsSet, byName['numbers']?.volatility], [true, 'stable']);
    assert.equal(byName['lower']?.overloadsBuiltIn, true);
    assert.equal(byName['upper'], undefined);
    assert.equal(settings['datestyle'], 'ISO, MDY');
    const order = settings['default_collation_order'] ?? '';
    assert.ok(['bytes', 'libc', 'icu'].includes(order));
    assert.ok(settings['timezone'] && settings['lc_collate'] && settings['server_version_num']);
    assert.equal(version?.[0], engine.database.info.version[0]);
  });

  test('knows what functions in SQL are made of', async () => {
    const byName = Object.fromEntries((await catalog()).functions.map((entry) => [entry.name, entry]));
    assert.deepEqual(byName['spent']?.definition, {
      language: 'sql',
      parameters: [
        { name: 'customer', type: 'bigint', mode: 'in', default: null },
        { name: 'since', type: 'date', mode: 'in', default: "'2020-01-01'::date" },
        { name: 'n', type: 'numeric', mode: 'out', default: null },
      ],
      returns: 'numeric',
      securityDefiner: true,
      leakproof: false,
      settings: ['search_path=sales, pg_temp', 'TimeZone=UTC'],
      body: ' SELECT count(*) FROM "Order Line" ',
      standardBody: false,
    });
    assert.equal(byName['watch']?.definition?.language, 'plpgsql');
    assert.equal(byName['watch']?.definition?.body, null, 'only what is in SQL is read');
    assert.equal(byName['long_one']?.definition?.body, null, 'it is too long');
  });

  test('knows bodies without quotes', async () => {
    const { functions } = await catalog();
    const definition = (name: string) => functions.find((f) => f.name === name)?.definition;
    assert.match(definition('half')?.body ?? '', /^SELECT \(?n \/ 2\)?$/);
    assert.match(
      definition('lines')?.body ?? '',
      /^SELECT count\(\*\)[\s\S]*FROM sales\."Order Line" l[\s\S]*;$/,
    );
    assert.equal(definition('half')?.standardBody, true);
  });

  test('asks version 13 for no more than it has', async () => {
    const sql = functionsQuery(13);
    assert.doesNotMatch(sql, /sqlbody/);
    const { rows } = await engine.database.readOnly((session) => session.query(sql));
    assert.ok(rows.some(([json]) => json?.includes('"spent"')));
  });

  if (engine.name !== 'embedded') {
    test('says which statistics are hidden and what would show them', async () => {
      await runOnce(
        engine.url,
        `DROP ROLE IF EXISTS narrow; CREATE ROLE narrow LOGIN PASSWORD 'narrow';
         GRANT USAGE ON SCHEMA sales TO narrow; GRANT SELECT ON sales.customer TO narrow`,
      );
      try {
        const narrow = await asUser(engine.url, 'narrow');
        const gap = narrow.gaps.find(({ what }) => what === 'statistics');
        assert.match(gap?.reason ?? '', /"narrow" may not read .*Order Line/);
        assert.match(gap?.grant ?? '', /^GRANT SELECT ON .*"sales"\."Order Line".* TO "narrow";$/);
        const customer = findTable(narrow, ['sales', 'customer']);
        assert.ok(customer && findColumn(customer, 'email')?.statistics, 'what may be read is there');
        assert.equal(narrow.tables.length, (await catalog()).tables.length);
      } finally {
        await runOnce(engine.url, 'DROP OWNED BY narrow; DROP ROLE narrow');
      }
    });

    test('reads on when a system catalog is forbidden, and names the grant', async () => {
      await runOnce(
        engine.url,
        `DROP ROLE IF EXISTS walled; CREATE ROLE walled LOGIN PASSWORD 'walled';
         GRANT USAGE ON SCHEMA sales TO walled; GRANT SELECT ON ALL TABLES IN SCHEMA sales TO walled;
         REVOKE SELECT ON pg_catalog.pg_stats FROM PUBLIC; REVOKE SELECT ON pg_catalog.pg_constraint FROM PUBLIC`,
      );
      try {
        const walled = await asUser(engine.url, 'walled');
        assert.deepEqual(
          new Set(walled.gaps.map(({ what }) => what)),
          new Set(['statistics', 'constraints', 'columns', 'indexes']),
        );
        const gap = walled.gaps.find(({ grant }) => grant?.includes('pg_stats'));
        assert.equal(gap?.grant, 'GRANT SELECT ON pg_catalog."pg_stats" TO "walled";');
        assert.ok(findTable(walled, ['sales', 'customer']));
      } finally {
        await runOnce(
          engine.url,
          `GRANT SELECT ON pg_catalog.pg_stats TO PUBLIC; GRANT SELECT ON pg_catalog.pg_constraint TO PUBLIC;
           DROP OWNED BY walled; DROP ROLE walled`,
        );
      }
    });

    test('takes no NOT NULL, foreign key or check for granted that is not enforced', async () => {
      if (engine.database.info.version[0] < 18) return;
      await runOnce(
        engine.url,
        `CREATE TABLE sales.loose (a integer, b integer, CONSTRAINT c CHECK (b > 0) NOT ENFORCED,
           CONSTRAINT f FOREIGN KEY (b) REFERENCES sales.customer (id) NOT ENFORCED);
         ALTER TABLE sales.loose ADD CONSTRAINT nn NOT NULL a NOT VALID`,
      );
      const loose = findTable(await engine.database.readCatalog(), ['sales', 'loose']);
      assert.equal(loose?.columns[0]?.notNull, false);
      assert.equal(loose?.checks[0]?.validated, false);
      assert.equal(loose?.foreignKeys[0]?.validated, false);
      await runOnce(engine.url, 'DROP TABLE sales.loose');
    });
  }
});

async function asUser(url: string, name: string): Promise<Catalog> {
  const named = new URL(url);
  named.username = name;
  named.password = name;
  const database = await openDatabase(parseConnectionUrl(named.href));
  try {
    return await database.readCatalog();
  } finally {
    await database.close();
  }
}
