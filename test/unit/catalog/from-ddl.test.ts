import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findTable, type Table } from '../../../src/core/catalog/catalog.ts';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import type { Dialect } from '../../../src/core/sql/dialect.ts';

function table(sql: string, name: string, dialect: Dialect = 'postgresql'): Table {
  const found = findTable(catalogFromDdl(sql, dialect), name.split('.'));
  if (!found) throw new Error(`no table ${name}`);
  return found;
}

describe('a catalog from DDL', () => {
  test('has columns with their types, families and nullability', () => {
    const { columns } = table(
      `CREATE TABLE t (
        id serial PRIMARY KEY, big int8 NOT NULL, price decimal(10, 2) DEFAULT 0, name varchar(40) COLLATE "C",
        code char(3), at timestamptz(3), doc jsonb, tags text[], own my_type, made int GENERATED ALWAYS AS (1) STORED,
        ident bigint GENERATED ALWAYS AS IDENTITY
      )`,
      't',
    );
    assert.deepEqual(
      columns.map((c) => [c.name, c.type, c.family, c.notNull, c.hasDefault, c.generated]),
      [
        ['id', 'integer', 'integer', true, true, null],
        ['big', 'bigint', 'integer', true, false, null],
        ['price', 'numeric(10,2)', 'decimal', false, true, null],
        ['name', 'character varying(40)', 'text', false, false, null],
        ['code', 'character(3)', 'char', false, false, null],
        ['at', 'timestamp(3) with time zone', 'timestamptz', false, false, null],
        ['doc', 'jsonb', 'jsonb', false, false, null],
        ['tags', 'text[]', 'array', false, false, null],
        ['own', 'my_type', 'other', false, false, null],
        ['made', 'integer', 'integer', false, true, 'stored'],
        ['ident', 'bigint', 'integer', true, true, 'identity'],
      ],
    );
    assert.equal(columns.find((c) => c.name === 'own')?.deterministicCollation, false);
  });

  test('has keys of constraints and of whole, plain unique indexes only', () => {
    const { keys } = table(
      `CREATE TABLE t (a int, b int, c int UNIQUE, d int, CONSTRAINT k UNIQUE NULLS NOT DISTINCT (b, d), PRIMARY KEY (a, b));
       CREATE UNIQUE INDEX whole ON t (d);
       CREATE UNIQUE INDEX partial ON t (c) WHERE d > 1;
       CREATE UNIQUE INDEX expression ON t (lower(c::text));
       CREATE INDEX plain ON t (a);
       ALTER TABLE t ADD CONSTRAINT late UNIQUE (a) DEFERRABLE INITIALLY DEFERRED;`,
      't',
    );
    assert.deepEqual(
      keys.map((k) => [k.name, k.columns.join(), k.primary, k.nullsNotDistinct, k.deferrable]),
      [
        ['t_c_key', 'c', false, false, false],
        ['k', 'b,d', false, true, false],
        ['t_pkey', 'a,b', true, true, false],
        ['whole', 'd', false, false, false],
        ['late', 'a', false, false, true],
      ],
    );
  });

  test('makes the columns of a primary key NOT NULL, also by ALTER TABLE', () => {
    const { columns } = table(
      'CREATE TABLE t (a int, b int, c int); ALTER TABLE t ADD PRIMARY KEY (a); ALTER TABLE t ALTER COLUMN b SET NOT NULL',
      't',
    );
    assert.deepEqual(
      columns.map((c) => c.notNull),
      [true, true, false],
    );
  });

  test('resolves foreign keys without columns to the primary key, whichever table comes first', () => {
    const sql = `CREATE TABLE a (id int PRIMARY KEY, b_id int REFERENCES b, c_id int);
      CREATE TABLE b (k int PRIMARY KEY);
      CREATE TABLE c (id int UNIQUE);
      ALTER TABLE a ADD FOREIGN KEY (c_id) REFERENCES c (id) NOT VALID;`;
    assert.deepEqual(
      table(sql, 'a').foreignKeys.map((f) => [f.columns, f.references, f.validated]),
      [
        [['b_id'], { schema: 'public', table: 'b', columns: ['k'] }, true],
        [['c_id'], { schema: 'public', table: 'c', columns: ['id'] }, false],
      ],
    );
  });

  test('has checks and indexes with their text', () => {
    const t = table(
      `CREATE TABLE t (a int CHECK (a > 0), b text, CONSTRAINT ab CHECK (a < 10 OR b IS NULL));
       CREATE INDEX i ON t USING gin (lower(b) text_ops, a DESC NULLS LAST) INCLUDE (b) WHERE a > 5;`,
      't',
    );
    assert.deepEqual(
      t.checks.map((c) => [c.name, c.expression]),
      [
        ['t_a_check', 'a > 0'],
        ['ab', 'a < 10 OR b IS NULL'],
      ],
    );
    const [index] = t.indexes;
    assert.deepEqual(
      [index?.name, index?.method, index?.include, index?.predicate],
      ['i', 'gin', ['b'], 'a > 5'],
    );
    assert.deepEqual(
      index?.columns.map((c) => [c.column, c.expression, c.descending, c.nullsFirst]),
      [
        [null, 'lower(b)', false, false],
        ['a', null, true, false],
      ],
    );
  });

  test('knows enums, schemas, the search path and functions', () => {
    const sql = `CREATE TYPE mood AS ENUM ('sad', 'ok');
      CREATE TABLE app.people (m mood);
      SET search_path TO app, public;
      CREATE TABLE here (x int);
      CREATE OR REPLACE FUNCTION twice(x int) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS 'SELECT 2 * x';
      CREATE FUNCTION rows() RETURNS SETOF int LANGUAGE sql AS 'SELECT 1';`;
    const catalog = catalogFromDdl(sql, 'postgresql');
    assert.equal(findTable(catalog, ['people'])?.columns[0]?.family, 'enum');
    assert.equal(findTable(catalog, ['app', 'here'])?.name, 'here');
    assert.deepEqual(
      catalog.functions.map((f) => [f.schema, f.name, f.volatility, f.strict, f.returnsSet]),
      [
        ['app', 'twice', 'immutable', true, false],
        ['app', 'rows', 'volatile', false, true],
      ],
    );
  });

  test('knows what a function is made of, in any order of its clauses', () => {
    const sql = `CREATE FUNCTION f(a int, IN price numeric(10,2) DEFAULT 1 + 2, double precision, at timestamp with time zone, date date)
        RETURNS varchar(5) SECURITY DEFINER SET search_path = app, 'b' SET work_mem TO '1MB' NOT LEAKPROOF
        AS $x$ SELECT 'a;b' $x$ LANGUAGE 'sql' STABLE;
      CREATE FUNCTION g(VARIADIC ids int[], INOUT n bigint) LANGUAGE sql LEAKPROOF BEGIN ATOMIC SELECT n; END;
      CREATE FUNCTION h(x app.kind) RETURNS TABLE (a int) LANGUAGE plpgsql AS 'BEGIN END';
      CREATE FUNCTION r("A" char) RETURNS int RETURN 1;`;
    const [f, g, h, r] = catalogFromDdl(sql, 'postgresql').functions.map(({ definition }) => definition);
    const plain = { mode: 'in', default: null } as const;
    assert.deepEqual(f, {
      language: 'sql',
      parameters: [
        { name: 'a', type: 'integer', ...plain },
        { name: 'price', type: 'numeric', mode: 'in', default: '1 + 2' },
        { name: null, type: 'double precision', ...plain },
        { name: 'at', type: 'timestamp with time zone', ...plain },
        { name: 'date', type: 'date', ...plain },
      ],
      returns: 'character varying',
      securityDefiner: true,
      leakproof: false,
      settings: ['search_path=app, "b"', 'work_mem=1MB'],
      body: " SELECT 'a;b' ",
      standardBody: false,
    });
    assert.deepEqual(
      [g?.parameters.map(({ mode }) => mode), g?.returns, g?.body, g?.standardBody, g?.leakproof],
      [['variadic', 'inout'], 'bigint', 'SELECT n;', true, true],
    );
    assert.deepEqual(
      [h?.language, h?.body, h?.returns, h?.parameters[0]?.type],
      ['plpgsql', null, 'record', 'app.kind'],
    );
    assert.deepEqual([r?.body, r?.parameters[0]], ['SELECT 1', { name: 'A', type: 'character', ...plain }]);
  });

  test('forgets what a function was made of when it is changed', () => {
    const create = "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql STABLE STRICT AS 'SELECT 1';";
    const made = (more: string): unknown[] =>
      catalogFromDdl(create + more, 'postgresql').functions.map((f) => [f.volatility, f.definition?.body]);
    assert.deepEqual(
      made("CREATE OR REPLACE FUNCTION f(b integer) RETURNS int LANGUAGE sql AS 'SELECT 2';"),
      [['volatile', 'SELECT 2']],
    );
    assert.equal(made("CREATE FUNCTION f(a text) RETURNS int LANGUAGE sql AS 'SELECT 2';").length, 2);
    assert.deepEqual(made('ALTER FUNCTION f(int) SECURITY DEFINER;'), [['volatile', undefined]]);
    assert.deepEqual(made('DROP FUNCTION IF EXISTS f(int);'), [['volatile', undefined]]);
  });

  test('a body without quotes keeps what its names meant', () => {
    const body = (form: string): string | null | undefined =>
      catalogFromDdl(
        `CREATE FUNCTION f() RETURNS int LANGUAGE sql ${form}; SET search_path TO app;`,
        'postgresql',
      ).functions[0]?.definition?.body;
    assert.equal(body('RETURN (SELECT max(a) FROM t)'), null);
    assert.equal(body("AS 'SELECT max(a) FROM t'"), 'SELECT max(a) FROM t');
  });

  test('gives views the columns of their queries', () => {
    const view = table(
      'CREATE TABLE t (a int NOT NULL, b text); CREATE VIEW v (x) AS SELECT a, upper(b) AS up FROM t',
      'v',
    );
    assert.equal(view.kind, 'view');
    assert.deepEqual(
      view.columns.map((c) => [c.name, c.type, c.notNull]),
      [
        ['x', 'integer', true],
        ['up', 'text', false],
      ],
    );
    assert.deepEqual(view.keys, []);
  });

  test('gives partitions the columns of their parent, and trusts no key of an inherited table', () => {
    const sql = `CREATE TABLE p (a int NOT NULL, b date) PARTITION BY RANGE (b);
      CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
      CREATE TABLE base (id int PRIMARY KEY);
      CREATE TABLE child (extra int) INHERITS (base);`;
    assert.deepEqual([table(sql, 'p').kind, table(sql, 'p').partitionKey], ['partitioned', ['b']]);
    assert.deepEqual(
      table(sql, 'p1').columns.map((c) => c.name),
      ['a', 'b'],
    );
    assert.deepEqual(table(sql, 'base').keys, []);
    assert.deepEqual(
      table(sql, 'child').columns.map((c) => c.name),
      ['id', 'extra'],
    );
  });

  test('reads ALTER TABLE ADD and DROP COLUMN', () => {
    const { columns } = table(
      'CREATE TABLE t (a int, b int); ALTER TABLE t ADD COLUMN c text NOT NULL, DROP COLUMN a',
      't',
    );
    assert.deepEqual(
      columns.map((c) => [c.name, c.notNull]),
      [
        ['b', false],
        ['c', true],
      ],
    );
  });

  test('passes over what is no DDL or cannot be read', () => {
    const catalog = catalogFromDdl(
      "INSERT INTO t VALUES (1); nonsense; CREATE TABLE t (a int); COMMENT ON TABLE t IS ''",
      'postgresql',
    );
    assert.equal(catalog.tables.length, 1);
    assert.deepEqual(catalogFromDdl('', 'tsql').searchPath, ['dbo']);
  });

  test('compares text by collation in MySQL and SQL Server', () => {
    const t = table(
      'CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, a varchar(10), b varchar(10) COLLATE utf8mb4_bin, n int unsigned, f bool)',
      't',
      'mysql',
    );
    assert.deepEqual(
      t.columns.map((c) => [c.family, c.deterministicCollation]),
      [
        ['integer', true],
        ['text', false],
        ['text', true],
        ['integer', true],
        ['integer', true],
      ],
    );
  });
});
